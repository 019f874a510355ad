"""A document beside a model's fields: what matches, what does not, what is out of range, and what must be asked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from engine.errors import Invalid
from engine.parameters.field_types import FieldBase, PercentField
from engine.parameters.formatting import format_text
from engine.parameters.textfiles.document import Document, Entry, Item
from engine.parameters.textfiles.suggesting import suggestions
from engine.parameters.textfiles.values import REFUSED, Reading, value_of, without_bounds

MATCHED, OUT_OF_RANGE, AMBIGUOUS, UNREADABLE, REFUSED_STATE = (
    "matched", "out of range", "ambiguous", "unreadable", "refused",
)  # fmt: skip
MOST_COMPARED = 500
_OPEN = ("could mean", "could be", "happens twice", "has no currency", "has no time zone")


@dataclass(frozen=True)
class Options:
    """What a person said about the file.

    ``decimal``: its decimal sign (``,`` or ``.``). ``paths``: field → path in the file, where names differ (None:
    the file does not have it). ``scales``: field → how the file writes its percentages (``points`` for 12.5 %,
    ``fraction`` for 0.125). ``zone``: the time zone meant. ``choices``: field → values of ``choices_from``.
    ``days``: what comes first in 03/04/2026 (``day`` or ``month``). ``currencies``: field → that of bare amounts.
    """

    decimal: str = ""
    paths: Mapping[str, str | None] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    zone: str | None = None
    choices: Mapping[str, Collection[str]] = field(default_factory=dict)
    days: str = ""
    currencies: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One field that the file has. ``value`` is canonical where ``state`` is ``matched``, else None.

    ``text`` is how the file writes it, ``guessed`` the type that it looks like, ``suggestions`` sentences.
    """

    name: str
    path: str
    line: int
    text: str
    guessed: str
    state: str
    value: Any = None
    sentence: str = ""
    notes: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unknown:
    """A value of the file that no field takes; ``near`` are fields with such a name that have no value yet."""

    path: str
    line: int
    text: str
    guessed: str
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class Missing:
    """A field that the file does not have; ``near`` are paths with such a name."""

    name: str
    required: bool
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What an import would do. Nothing is stored by it."""

    kind: str
    lines: tuple[Line, ...]
    unknown: tuple[Unknown, ...]
    missing: tuple[Missing, ...]
    notes: tuple[str, ...]
    options: Options

    @property
    def paths(self) -> dict[str, str]:
        """Field → path in the file."""
        return {line.name: line.path for line in self.lines}

    @property
    def values(self) -> dict[str, Any]:
        """The canonical values of all fields that match."""
        return {line.name: line.value for line in self.lines if line.state == MATCHED}

    @property
    def ready(self) -> bool:
        """Has every value one reading that the rules allow?"""
        return all(line.state == MATCHED for line in self.lines)


def reading_of(document: Document, options: Options, name: str, spec: FieldBase, entry: Entry) -> Reading:
    """How the value of one field is meant in this file."""
    scale = options.scales.get(name, "")
    if not scale and entry.unit == "%" and isinstance(spec, PercentField):
        scale = "points"
    return Reading(
        options.decimal, document.decimal, options.zone, scale, options.choices.get(name), options.days,
        options.currencies.get(name, ""),
    )  # fmt: skip


def match(document: Document, fields: Mapping[str, FieldBase], options: Options | None = None) -> Preview:
    """Find each field's value in the file. Never raises for a value: its line says what is wrong with it."""
    options = options or Options()
    taken = _paths(document, fields, options)
    lines = [_line(document, name, fields[name], entry, how, options) for name, (entry, how) in taken.items()]
    used = {entry.path for entry, _ in taken.values()}
    free = [entry for entry in document.entries if entry.path not in used]
    absent = [name for name in fields if name not in taken]
    compare = (
        len(free) <= MOST_COMPARED
    )  # else it is hardly the model's file, and names nearby would be chance
    near = absent if compare else []
    unknown = tuple(
        Unknown(e.path, e.line, _shown(e), guessed(e.item), _near(e.name, near, fields)) for e in free
    )
    missing = tuple(
        Missing(
            name,
            fields[name].required and fields[name].default is None,
            _near_paths(name, fields[name], free if compare else []),
        )
        for name in absent
    )
    return Preview(document.kind, tuple(lines), unknown, missing, document.notes, options)


def _paths(
    document: Document, fields: Mapping[str, FieldBase], options: Options
) -> dict[str, tuple[Entry, str]]:
    """Field → its entry, and how it was found: by what was said, its name, or what its name comes to."""
    left = {entry.path: entry for entry in document.entries}
    found: dict[str, tuple[Entry, str]] = {}
    for name, path in options.paths.items():
        if name in fields and path is not None and path in left:
            found[name] = (left.pop(path), "")
    open_names = [name for name in fields if name not in found and name not in options.paths]
    for name in open_names:
        if name in left:
            found[name] = (left.pop(name), "")
    rules = ((lambda e: e.name, str), (lambda e: _plain(e.path), _plain), (lambda e: _plain(e.name), _plain))
    for of_entry, of_name in rules:
        called: dict[str, list[str]] = {}  # looked up by name: a file may have many thousand entries
        for entry in left.values():
            called.setdefault(of_entry(entry), []).append(entry.path)
        for name in open_names:
            words = {of_name(name)} | ({_plain(fields[name].label(name))} if of_name is _plain else set())
            fits = [path for word in words for path in called.get(word, ()) if path in left]
            if name not in found and len(fits) == 1:
                found[name] = (left.pop(fits[0]), f"The file calls it “{fits[0]}”.")
    return {name: found[name] for name in fields if name in found}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).casefold()


def _near(name: str, absent: list[str], fields: Mapping[str, FieldBase]) -> tuple[str, ...]:
    known = {_plain(n): n for n in absent} | {_plain(fields[n].label(n)): n for n in absent}
    return tuple(dict.fromkeys(known[n] for n in get_close_matches(_plain(name), list(known), 2, 0.7)))


def _near_paths(name: str, spec: FieldBase, free: list[Entry]) -> tuple[str, ...]:
    known = {_plain(entry.name): entry.path for entry in free}
    words = [*get_close_matches(_plain(name), list(known), 2, 0.7)]
    words += get_close_matches(_plain(spec.label(name)), list(known), 2, 0.7)
    return tuple(dict.fromkeys(known[word] for word in words))


def _line(
    document: Document, name: str, spec: FieldBase, entry: Entry, how: str, options: Options
) -> Line:  # fmt: skip
    reading = reading_of(document, options, name, spec, entry)
    notes = [how] if how else []
    if entry.unit and spec.unit and _plain(entry.unit) != _plain(spec.unit):
        notes.append(f"The file says the unit “{entry.unit}”; the field has {spec.unit}.")
    if spec.type in REFUSED:
        sentence = f"{spec.label(name)} {REFUSED[spec.type]}"
        return Line(
            name, entry.path, entry.line, "•••", spec.type, REFUSED_STATE, None, sentence, tuple(notes)
        )
    state, value, sentence = _state(name, spec, entry.item, reading)
    hints = suggestions(name, spec, entry, reading, state)
    if state == MATCHED and entry.item.kind in ("bare", "text") and spec.type != "text":
        read_as = format_text(spec, value)
        notes += [f"Read as {read_as}."] if read_as and _plain(read_as) != _plain(entry.item.text) else []
    return Line(
        name,
        entry.path,
        entry.line,
        _shown(entry),
        guessed(entry.item),
        state,
        value,
        sentence,
        tuple(notes),
        hints,
    )


def _state(name: str, spec: FieldBase, item: Item, reading: Reading) -> tuple[str, Any, str]:
    try:
        return MATCHED, value_of(name, spec, item, reading), ""
    except Invalid as error:
        told = error.problems[0]
    if any(word in told.rule for word in _OPEN):
        return AMBIGUOUS, None, told.sentence
    try:
        value_of(name, without_bounds(spec), item, reading)
    except Invalid:
        chosen = "not one of the choices" in told.rule
        return (OUT_OF_RANGE if chosen else UNREADABLE), None, told.sentence
    return OUT_OF_RANGE, None, told.sentence


def _shown(entry: Entry) -> str:
    return (
        entry.item.text
        if entry.item.kind != "list" or entry.item.text
        else "; ".join(item.text for item in entry.item.content)
    )


def guessed(item: Item) -> str:
    """The type that a value looks like, in words: for values that no field explains."""
    if item.kind != "bare":
        return item.kind
    text = item.text.strip()
    patterns = (
        ("missing", r""), ("boolean", r"(?i:true|false|yes|no|on|off|ja|nein)"), ("integer", r"[-+]?\d+"),
        ("number", r"[-+]?(?:\d+[.,]\d*|[.,]\d+|\d+(?=[eE]))(?:[eE][-+]?\d+)?"),
        ("percent", r"[-+]?\d+(?:[.,]\d+)? ?%"),
        ("date", r"\d{4}-\d\d-\d\d|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2}/\d{1,2}/\d{4}"),
        ("date-time", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*"), ("period", r"\d{4}-(?:Q\d|W\d\d|H\d|\d\d)"),
        ("money", r"(?:[€$£¥] ?[\d.,]+|[\d.,]+ ?(?:[€$£¥]|[A-Z]{3}))"),
        ("list", r"[^;|]+(?:[;|][^;|]+)+"),
    )  # fmt: skip
    return next((kind for kind, pattern in patterns if re.fullmatch(pattern, text)), "text")
