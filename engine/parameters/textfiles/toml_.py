"""TOML: keys by path. Python's own reader says what a value is; what is replaced is found in the text."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime, time
from typing import Any

from engine.parameters.textfiles import json_
from engine.parameters.textfiles.document import Entry, Item, Lines, Misread, Span, Unwritable, line_of, shown
from engine.parameters.textfiles.spelling import number, quoted
from engine.runtimes.interface import Value

_KEY = re.compile(
    r"""^[ \t]*((?:[A-Za-z0-9_-]+|"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*')"""
    r"""(?:[ \t]*\.[ \t]*(?:[A-Za-z0-9_-]+|"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'))*)[ \t]*=[ \t]*""",
    re.MULTILINE,
)
_TABLE = re.compile(r"[ \t]*(\[\[?)([^\[\]\r\n]+)\]\]?[ \t]*(?:#[^\n]*)?\r?\n?")
_TOKEN = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|'{3}.*?'{3,5}|"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|#[^\n]*|[ \t]+|[^\s"'#\[\]{}]+|.''',
    re.DOTALL,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?)?")


class _Number(str):
    __slots__ = ()


def entries(text: str, *, strict: bool = False) -> list[Entry]:
    """All keys of all tables; those of arrays of tables are left out. Raises Misread."""
    try:
        tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at (?:line (\d+), column \d+|end of document)\)", str(error))
        line = int(place[1]) if place and place[1] else line_of(text, len(text.rstrip()))
        reason = str(error).partition(" (at ")[0]
        wrong = text.splitlines()[line - 1 : line]
        raise Misread(
            line, f"The TOML {shown(wrong[0] if wrong else '')}", f"is not valid ({reason})",
            "Mend that line; texts need quotes, each key one value, and a key may occur once only.",
        ) from None  # fmt: skip
    found: list[Entry] = []
    lines = Lines(text)
    prefix, repeated, at = "", False, 0
    while at < len(text):
        line_end = text.find("\n", at) + 1 or len(text)
        if (table := _TABLE.match(text, at)) and not _KEY.match(text[at:line_end]):
            prefix, repeated = ".".join(_parts(table[2])) + ".", table[1] == "[["
            at = max(table.end(), at + 1)
            continue
        key = _KEY.match(text, at)
        if key is None or key.end() > line_end:
            at = line_end
            continue
        end = _end(text, key.end())
        if not repeated and end:
            path = prefix + ".".join(_parts(key[1]))
            span = Span(key.end(), end)
            found.append(Entry(path, span, _item(span.of(text)), lines.of(key.start())))
        at = text.find("\n", end or key.end()) + 1 or len(text)
    return found


def _parts(key: str) -> list[str]:
    tree = tomllib.loads(f"{key.strip()} = 0")
    parts: list[str] = []
    here: Any = tree
    while isinstance(here, dict):
        parts.append(next(iter(here)))
        here = here[parts[-1]]
    return parts


def _end(text: str, start: int) -> int:
    """Where a value ends: at a line's end or comment outside brackets and strings."""
    depth, at, end = 0, start, start
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None
        piece = match[0]
        if depth == 0 and piece[0] in "#\r\n":
            break
        depth += piece.count("[") + piece.count("{") if len(piece) == 1 else 0
        depth -= piece.count("]") + piece.count("}") if len(piece) == 1 else 0
        at = match.end()
        if not piece.isspace() and piece[0] != "#":
            end = at
    return end


def _item(raw: str) -> Item:
    if re.fullmatch(r"[-+]?[\d_]+", raw):
        return json_.number_item(raw.replace("_", "").lstrip("+"), raw)
    return _of(tomllib.loads(f"x = {raw}".replace("\r\n", "\n"), parse_float=_Number)["x"], raw)


def _of(found: Any, raw: str = "") -> Item:
    if isinstance(found, _Number):
        digits = found.replace("_", "").lstrip("+")
        special = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN", "-nan": "NaN"}
        return Item("number", special.get(digits, digits), raw or str(found))
    if isinstance(found, bool):
        return Item("boolean", found, raw or str(found).lower())
    if isinstance(found, int):
        return Item("integer", str(found), raw or str(found))
    if isinstance(found, str):
        return Item("text", found, raw or found)
    if isinstance(found, datetime):
        return Item("date-time", found.isoformat(), raw or found.isoformat())
    if isinstance(found, date):
        return Item("date", found.isoformat(), raw or found.isoformat())
    if isinstance(found, list):
        if found and all(isinstance(row, dict) for row in found):
            return Item("table", [{k: _of(v) for k, v in row.items()} for row in found], raw)
        return Item("list", [_of(element) for element in found], raw)
    kind = "a time of day" if isinstance(found, time) else "a group of values"
    return Item("computed", kind, raw)


def spelled(value: Value, entry: Entry, text: str) -> list[tuple[Span, str]]:
    """What to replace, and by what. Raises Unwritable."""
    if value.value is None:
        raise Unwritable(
            f"TOML has no word for “not given”, which “{entry.path}” should be. Give it a value."
        )
    return [(entry.span, literal(value, entry.item.text))]


def literal(value: Value, old: str = "") -> str:
    """A value as TOML, written like the old one."""
    content = value.value
    if value.type == "boolean":
        return "true" if content else "false"
    if value.type == "money":
        return str(content["amount"])
    if value.type in ("integer", "number", "percent"):
        if isinstance(content, int) and not -(2**63) <= content < 2**63:
            raise Unwritable(f"TOML holds whole numbers of 64 bits; {content} is larger. Use a text for it.")
        return number(content, old)
    if value.type in ("list", "multi-choice"):
        kind = str(value.extra.get("item", "text"))
        return "[" + ", ".join(literal(Value(kind, one)) for one in content) + "]"
    if value.type == "table":
        return "[" + ", ".join(_row(row) for row in content) + "]"
    if value.type in ("date", "date-time") and _DATE.fullmatch(content) and old[:1] not in ("'", '"', ""):
        return str(content)
    if old.startswith("'") and not old.startswith("'''") and "'" not in content and content.isprintable():
        return f"'{content}'"
    return quoted(content, long_escapes=True)


def _row(row: dict[str, Any]) -> str:
    """One row as an inline table; a missing cell is left out."""
    cells = []
    for name, cell in row.items():
        if cell is None:
            continue
        kind = "boolean" if isinstance(cell, bool) else "number" if isinstance(cell, int | float) else "text"
        cells.append(f"{quoted(name, long_escapes=True)} = {literal(Value(kind, cell))}")
    return "{" + ", ".join(cells) + "}"
