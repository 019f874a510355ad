"""TOML parameter files: one value is changed, and a parser confirms that nothing else was."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from engine.runtimes.interface import Value
from engine.runtimes.script_shared import equal, find, natural
from engine.runtimes.script_text import NUMBERS, Span, number, refused, replace_spans


def toml(text: str, key: str, value: Value) -> str:
    """One key, by name or by a dotted path with its table."""
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refused(f"The parameter file is no valid TOML: {error}.") from error
    spans = _toml_spans(text)
    span = find(spans, key, text)
    path = next(name for name, place in spans.items() if place == span)
    if value.value is None:
        raise refused(f"TOML has no word for “not given”, which “{key}” should be. Give it a value.")
    wanted = natural(value)
    old = _at(before, path)
    if equal(old, wanted) or (value.type in ("date", "date-time") and str(old) == value.value):
        return text
    new = replace_spans(text, [(span, _toml_text(value, span.of(text)))])
    if {**_flat(tomllib.loads(new)), path: None} != {**_flat(before), path: None}:
        raise refused(
            f"The key “{key}” could not be changed without changing others; write it on a line of its own."
        )
    return new


def _toml_spans(text: str) -> dict[str, Span]:
    found: dict[str, Span] = {}
    for match in re.finditer(r"^[ \t]*([A-Za-z0-9_.\"'-]+)[ \t]*=[ \t]*", text, re.MULTILINE):
        tables = re.findall(r"^[ \t]*\[([^\[\]\r\n]+)\]", text[: match.start()], re.MULTILINE)
        prefix = f"{tables[-1].strip()}." if tables else ""
        end = _toml_end(text, match.end())
        if end:
            found[prefix + match[1].strip("\"'")] = Span(match.end(), end)
    return found


def _toml_end(text: str, start: int) -> int:
    """Where a value ends: the shortest piece that is a valid value up to a line's end or comment."""
    for match in re.finditer(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)", text[start:]):
        piece = text[start : start + match.start()].rstrip()
        try:
            tomllib.loads(f"x = {piece}")
        except tomllib.TOMLDecodeError:
            continue
        return start + len(piece)
    return 0


def _toml_text(value: Value, old: str) -> str:
    if value.type in ("date", "date-time") and not old.startswith(('"', "'")):
        return str(value.value)
    if (
        old.startswith("'")
        and isinstance(value.value, str)
        and "'" not in value.value
        and "\n" not in value.value
    ):
        return f"'{value.value}'"
    if value.type in NUMBERS and value.type != "money":
        return number(value.value, old)
    wanted = natural(value)
    if isinstance(wanted, list):
        return "[" + ", ".join(json.dumps(item, ensure_ascii=False) for item in wanted) + "]"
    return json.dumps(wanted, ensure_ascii=False)


def _at(tree: Any, path: str) -> Any:
    return _flat(tree).get(path)


def _flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in tree.items():
        if isinstance(item, dict):
            found |= _flat(item, f"{prefix}{name}.")
        else:
            found[prefix + name] = item
    return found
