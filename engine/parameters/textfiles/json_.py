"""JSON: members of objects by path. Numbers are kept as they are written, digit by digit."""

from __future__ import annotations

import json
import re
from typing import Any

from engine.parameters.textfiles.document import Entry, Item, Lines, Misread, Span, Unwritable, line_of, shown
from engine.parameters.textfiles.spelling import number, quoted
from engine.runtimes.interface import Value

_BLANK = re.compile(r"[ \t\r\n]*")
MOST_DEPTH = 100


class _Number(str):
    """The digits of a number, so that nothing of it is lost."""

    __slots__ = ()


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(
        parse_float=_Number, parse_int=_Number, parse_constant=_Number, object_pairs_hook=_once
    )


class _Twice(ValueError):
    """A name that an object has twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for name in names if names.count(name) > 1), None) if len(names) < 1000 else None
    if twice is not None:
        raise _Twice(twice)
    return dict(pairs)


def item(found: Any, raw: str = "") -> Item:
    """What a decoded value is."""
    if isinstance(found, _Number):
        return number_item(str(found), raw or str(found))
    if found is None:
        return Item("missing", None, raw or "null")
    if isinstance(found, bool):
        return Item("boolean", found, raw or str(found).lower())
    if isinstance(found, str):
        return Item("text", found, raw or found)
    if isinstance(found, list):
        if found and all(isinstance(row, dict) for row in found):
            return Item("table", [{k: item(v) for k, v in row.items()} for row in found], raw)
        return Item("list", [item(element) for element in found], raw)
    return Item("computed", "a group of values", raw)


def number_item(digits: str, raw: str) -> Item:
    """A number as a literal says it: whole, or with a fraction."""
    return Item("integer" if re.fullmatch(r"[-+]?\d+", digits) else "number", digits, raw)


def entries(text: str, *, strict: bool = False) -> list[Entry]:
    """All members that are no objects themselves. Raises Misread."""
    walker = _Walker(text)
    try:
        end = walker.walk(0, "", 0)
        if strict and _skip(text, end) < len(text):
            at = _skip(text, end)
            raise Misread(
                line_of(text, at), shown(text[at:]), "stands behind the end of the JSON", "Take it out."
            )
    except _Twice as error:
        raise _doubled(text, str(error)) from None
    except json.JSONDecodeError as error:
        at = min(error.pos, len(text))
        piece = text[max(0, at - 10) : at + 20]
        raise Misread(
            line_of(text, at), f"The JSON near {shown(piece)}", f"is not valid ({error.msg})",
            "Look for a missing comma, quote or bracket, or a file that was cut off.",
        ) from None  # fmt: skip
    if strict and not text[_skip(text, 0) :].startswith("{"):
        raise Misread(
            1, "The JSON", "is no object with names and values", 'Write { "name": value, … } around it.'
        )
    return walker.found


def _doubled(text: str, name: str) -> Misread:
    places = [m.start() for m in re.finditer(re.escape(json.dumps(name, ensure_ascii=False)) + r"\s*:", text)]
    line = line_of(text, places[1]) if len(places) > 1 else 0
    return Misread(line, f"“{name}”", "occurs twice in one object", "Take one of the two out.")


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at


class _Walker:
    """Goes through nested objects; everything else is decoded in one go."""

    def __init__(self, text: str) -> None:
        self.text, self.found = text, list[Entry]()
        self.decoder = _decoder()
        self.lines = Lines(text)

    def walk(self, at: int, prefix: str, depth: int) -> int:
        """Read the value at a position; returns where it ends."""
        text = self.text
        at = _skip(text, at)
        if text[at : at + 1] != "{" or depth > MOST_DEPTH:
            return self._leaf(at, prefix)
        at = _skip(text, at + 1)
        if text[at : at + 1] == "}":
            return at + 1
        names: set[str] = set()
        while True:
            if text[at : at + 1] != '"':
                raise json.JSONDecodeError("a name in double quotes is expected", text, at)
            begin = at
            name, at = self.decoder.raw_decode(text, at)
            if name in names:
                line = line_of(text, begin)
                raise Misread(line, f"“{name}”", "occurs twice in one object", "Take one of the two out.")
            names.add(name)
            at = _skip(text, at)
            if text[at : at + 1] != ":":
                raise json.JSONDecodeError("a colon is expected", text, at)
            at = _skip(text, self.walk(at + 1, f"{prefix}.{name}" if prefix else name, depth + 1))
            if text[at : at + 1] == "}":
                return at + 1
            if text[at : at + 1] != ",":
                raise json.JSONDecodeError("a comma or } is expected", text, at)
            at = _skip(text, at + 1)

    def _leaf(self, at: int, path: str) -> int:
        try:
            found, end = self.decoder.raw_decode(self.text, at)
        except RecursionError:
            raise json.JSONDecodeError("the brackets are nested too deeply", self.text, at) from None
        if path:
            raw = self.text[at:end]
            self.found.append(Entry(path, Span(at, end), item(found, raw), self.lines.of(at)))
        return end


def spelled(value: Value, entry: Entry, text: str) -> list[tuple[Span, str]]:
    """What to replace, and by what. Raises Unwritable."""
    return [(entry.span, dumped(value, entry.item.text, ascii_only=text.isascii()))]


def dumped(value: Value, old: str = "", *, ascii_only: bool = False) -> str:
    """A value as JSON."""
    content = value.value
    if content is None:
        return "null"
    if value.type == "boolean":
        return "true" if content else "false"
    if value.type == "money":
        return str(content["amount"])
    if value.type in ("integer", "number", "percent"):
        if isinstance(content, str):
            raise Unwritable(
                "JSON has no number for infinity or “not a number”. Use another value or format."
            )
        return number(content, old)
    if value.type in ("list", "multi-choice"):
        kind = str(value.extra.get("item", "text"))
        return "[" + ", ".join(dumped(Value(kind, one), ascii_only=ascii_only) for one in content) + "]"
    if value.type == "table":
        return json.dumps(content, ensure_ascii=ascii_only, allow_nan=False)
    return json.dumps(content, ensure_ascii=True) if ascii_only else quoted(content)
