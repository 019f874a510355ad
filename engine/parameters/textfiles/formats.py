"""The kinds of parameter files: how each one finds its entries and how it writes a value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from engine.parameters.textfiles import (
    assignments,
    csv_,
    fixed_columns,
    ini,
    json_,
    key_value,
    toml_,
    yaml_,
)
from engine.parameters.textfiles.document import Entry, Span
from engine.runtimes.interface import Value


@dataclass(frozen=True)
class Format:
    """One kind of file.

    ``entries(text, strict=…)`` finds the values and raises Misread; ``spelled(value, entry, text)`` says what to
    replace by what and raises Unwritable. ``typed``: the file itself tells text from numbers; where it does not,
    ``spelled`` gets the finished text.
    """

    kind: str
    title: str
    typed: bool
    entries: Callable[..., list[Entry]]
    spelled: Callable[[Value, Entry, str], list[tuple[Span, str]]]
    endings: tuple[str, ...] = ()
    tables: bool = False


def _in_line(value: Value, entry: Entry, text: str) -> list[tuple[Span, str]]:
    old = entry.span.of(text)
    new = key_value.wrapped(str(value.value), old)
    before = text[entry.span.start - 1 : entry.span.start]
    behind = re.match(r"[^\r\n]*", text[entry.span.end : entry.span.end + 2000])
    if not new and behind and behind[0].strip():
        new = '""'  # else the comment behind it would be the value
    glue = " " if not old and before.strip() and before not in "=:" else ""
    return [(entry.span, f"{glue}{new}{' ' if not old and behind and behind[0][:1] in ('#', ';') else ''}")]


def _in_cell(value: Value, entry: Entry, text: str) -> list[tuple[Span, str]]:
    new = csv_.wrapped(str(value.value), entry.span.of(text), csv_.separator_of(text))
    return [(entry.span, new)]


def _in_column(value: Value, entry: Entry, text: str) -> list[tuple[Span, str]]:
    return [fixed_columns.placed(text, entry, str(value.value))]


def _source(language: str, title: str, ending: str, *, tables: bool = False) -> Format:
    return Format(
        language, title, True, partial(assignments.entries, language=language),
        partial(assignments.spelled, language=language), (ending,), tables,
    )  # fmt: skip


FORMATS: dict[str, Format] = {
    f.kind: f
    for f in (
        Format("key=value", "key = value lines", False, key_value.entries, _in_line,
               (".properties", ".env", ".prm", ".par")),
        Format("ini", "INI with sections", False, ini.entries, _in_line, (".ini", ".cfg", ".conf")),
        Format("csv", "CSV of names and values", False, csv_.entries, _in_cell, (".csv", ".tsv", ".tab")),
        Format("json", "JSON", True, json_.entries, json_.spelled, (".json",), True),
        Format("yaml", "YAML", True, yaml_.entries, yaml_.spelled, (".yaml", ".yml"), True),
        Format("toml", "TOML", True, toml_.entries, toml_.spelled, (".toml",), True),
        _source("python", "Python assignments", ".py", tables=True),
        _source("r", "R assignments", ".r"),
        _source("julia", "Julia assignments", ".jl"),
        Format("fixed", "fixed columns", False, fixed_columns.entries, _in_column, ()),
    )
}  # fmt: skip
