"""Literals of Python, R and Julia: what one says, and a value written like the old one. Nothing is executed."""

from __future__ import annotations

import ast
import re
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.parameters.textfiles.document import Item, Unwritable
from engine.parameters.textfiles.json_ import number_item
from engine.parameters.textfiles.spelling import NUMBERS, number, plain, quoted, unescaped
from engine.runtimes.interface import Value

_WORDS = {
    "python": ("True", "False", "None", 'float("inf")', '-float("inf")', 'float("nan")'),
    "r": ("TRUE", "FALSE", "NULL", "Inf", "-Inf", "NaN"),
    "julia": ("true", "false", "nothing", "Inf", "-Inf", "NaN"),
}
_READ = {
    "r": {"TRUE": True, "T": True, "FALSE": False, "F": False, "NULL": None, "NA": None, "NA_real_": None,
          "NA_character_": None, "NA_integer_": None},
    "julia": {"true": True, "false": False, "nothing": None, "missing": None},
}  # fmt: skip
_SPECIAL = {"Inf": "Infinity", "-Inf": "-Infinity", "NaN": "NaN"}
_NUMBER = re.compile(r"[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?")
_DAYS = r"(?:as\.Date|(?:[Dd]ates\.|datetime\.|dt\.)?[Dd]ate|(?:lubridate::)?ymd)"
_DAY_PARTS = re.compile(rf"{_DAYS}\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)")
_DAY_TEXT = re.compile(rf"{_DAYS}\(\s*([\"'])(\d{{4}}-\d\d-\d\d)\1\s*\)")
_COMPUTED = "computed by code"


def read(raw: str, language: str) -> Item:
    """What a piece of R or Julia says; ``computed`` where it is no literal."""
    if raw in _READ[language]:
        found = _READ[language][raw]
        return Item("missing" if found is None else "boolean", found, raw)
    if raw in _SPECIAL:
        return Item("number", _SPECIAL[raw], raw)
    whole = raw[:-1] if language == "r" and re.fullmatch(r"[-+]?\d+L", raw) else raw
    if _NUMBER.fullmatch(whole):
        return number_item(whole.replace("_", "").lstrip("+"), raw)
    if raw[:1] in "\"'" and raw:
        return _string(raw, language)
    if parts := _DAY_PARTS.fullmatch(raw):
        year, month, day = (int(part) for part in parts.groups())
        return Item("date", f"{year:04d}-{month:02d}-{day:02d}", raw)
    if written := _DAY_TEXT.fullmatch(raw):
        return Item("date", written[2], raw)
    opening = "c(" if language == "r" else "["
    if raw.startswith(opening) and raw[-1] in ")]":
        items = [read(piece, language) for piece in _pieces(raw[len(opening) : -1])]
        if not any(item.kind in ("computed", "list") for item in items):
            return Item("list", items, raw)
    return Item("computed", _COMPUTED, raw)


def _string(raw: str, language: str) -> Item:
    quote = raw[0]
    if not re.fullmatch(rf"{quote}(?:[^{quote}\\]|\\.)*{quote}", raw, re.DOTALL):
        return Item("computed", _COMPUTED, raw)
    if language == "julia" and (quote == "'" or re.search(r"(?<!\\)(?:\\\\)*\$", raw)):
        return Item("computed", _COMPUTED, raw)
    try:
        return Item("text", unescaped(raw[1:-1]), raw)
    except ValueError:
        return Item("computed", "a text with an unknown escape", raw)


def _pieces(inner: str) -> list[str]:
    """The arguments between commas outside quotes and brackets, without comments."""
    pieces, depth, start, at = [], 0, 0, 0
    bare = _blanked(inner)
    for at, sign in enumerate(bare):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0:
            pieces.append((start, at))
            start = at + 1
    pieces.append((start, len(inner)))
    found = [_trimmed(inner, bare, *piece) for piece in pieces]
    return found[:-1] if not found[-1] else found


def _trimmed(inner: str, bare: str, start: int, end: int) -> str:
    """A piece without blanks and comments around it."""
    kept = [n for n in range(start, end) if not bare[n].isspace()]
    return inner[kept[0] : kept[-1] + 1] if kept else ""


def _blanked(text: str) -> str:
    """The text with strings as x and comments as blanks: every character keeps its place."""
    pattern = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|#[^\r\n]*"
    return re.sub(pattern, lambda m: (" " if m[0][0] == "#" else "x") * len(m[0]), text, flags=re.DOTALL)


def python_item(node: ast.expr, raw: str) -> Item:
    """What a Python expression says; ``computed`` where it is no literal."""
    if _DAY_PARTS.fullmatch(raw) or _DAY_TEXT.fullmatch(raw):
        return read(raw, "r")
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub | ast.UAdd)
        and (inner := python_item(node.operand, raw.lstrip("-+ "))).kind in ("integer", "number")
    ):
        sign = "-" if isinstance(node.op, ast.USub) else ""
        digits = sign + inner.content if inner.content != "NaN" else "NaN"
        return Item(inner.kind, digits, raw)
    if isinstance(node, ast.Constant):
        return _python_constant(node.value, raw)
    if isinstance(node, ast.List | ast.Tuple):
        return _python_list(node, raw)
    called = re.fullmatch(r"(?:float|(?:decimal\.)?Decimal)\(\s*([\"'])([^\"'\\]*)\1\s*\)", raw)
    if called:
        word = {"inf": "Infinity", "infinity": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(
            called[2].lower(), called[2]
        )
        if word in ("Infinity", "-Infinity", "NaN") or _NUMBER.fullmatch(word):
            return Item("number", word, raw)
    return Item("computed", _COMPUTED, raw)


def _python_constant(content: Any, raw: str) -> Item:
    if content is None:
        return Item("missing", None, raw)
    if isinstance(content, bool):
        return Item("boolean", content, raw)
    if isinstance(content, int):
        return Item("integer", str(content), raw)
    if isinstance(content, float):
        return Item("number", raw.replace("_", "") if _NUMBER.fullmatch(raw) else repr(content), raw)
    if isinstance(content, str):
        return Item("text", content, raw)
    return Item("computed", _COMPUTED, raw)


def _python_list(node: ast.List | ast.Tuple, raw: str) -> Item:
    rows = [_python_row(one) for one in node.elts if isinstance(one, ast.Dict)]
    if rows and len(rows) == len(node.elts) and None not in rows:
        return Item("table", rows, raw)
    items = [python_item(one, _source(one)) for one in node.elts]
    simple = not any(item.kind in ("computed", "list", "table") for item in items)
    return Item("list", items, raw) if simple else Item("computed", _COMPUTED, raw)


def _source(node: ast.expr) -> str:
    return ast.unparse(node)


def _python_row(node: ast.Dict) -> dict[str, Item] | None:
    row = {}
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            return None
        row[key.value] = python_item(value, _source(value))
        if row[key.value].kind in ("computed", "list", "table"):
            return None
    return row


def literal(value: Value, old: str, language: str) -> str:
    """The value as a literal of the language, written like the old one. Raises Unwritable."""
    words = _WORDS[language]
    if value.value is None:
        return words[2]
    if value.type == "boolean":
        if language == "r" and old in ("T", "F"):
            return "T" if value.value else "F"
        return words[0] if value.value else words[1]
    if value.type in NUMBERS:
        return _number(value, old, language, words)
    if value.type in ("list", "multi-choice"):
        kind = str(value.extra.get("item", "text"))
        items = ", ".join(literal(Value(kind, item), "", language) for item in value.value)
        return f"c({items})" if language == "r" else f"[{items}]"
    if value.type == "table":
        return _table(value.value, language)
    return _text(plain(value), old, value.type, language)


def _table(rows: list[dict[str, Any]], language: str) -> str:
    if language != "python":
        raise Unwritable(
            f"A table cannot be written as one literal of {language.title()}. "
            "Use a JSON, YAML or TOML file for it, or give it as a dataset."
        )
    return repr(rows)


def _number(value: Value, old: str, language: str, words: tuple[str, ...]) -> str:
    content = value.value["amount"] if value.type == "money" else value.value
    if isinstance(content, str) and value.type != "money":
        return {"Infinity": words[3], "-Infinity": words[4], "NaN": words[5]}[content]
    if language == "r" and isinstance(content, int) and abs(content) > 2**53:
        raise Unwritable(
            f"R holds whole numbers exactly up to {2**53}; {content} is beyond that. Use a text for it."
        )
    plainly = old[:-1] if language == "r" and re.fullmatch(r"-?\d+L", old) else old
    new = str(content) if value.type == "money" else number(content, plainly)
    if inside := re.fullmatch(r"((?:decimal\.)?Decimal\(\s*)([\"'])[^\"']*\2(\s*\))", old):
        return f"{inside[1]}{inside[2]}{new}{inside[2]}{inside[3]}"
    try:
        before, after = Decimal(plainly.replace("_", "")), Decimal(new)
        if before == after and before.is_signed() == after.is_signed():
            return old
    except InvalidOperation:
        return new
    return f"{new}L" if plainly != old and _fits(new) else new


def _fits(digits: str) -> bool:
    return bool(re.fullmatch(r"-?\d+", digits)) and abs(int(digits)) < 2**31


def _text(text: str, old: str, kind: str, language: str) -> str:
    iso = re.fullmatch(r"\d{4}-\d\d-\d\d", text)
    day = re.fullmatch(r"([\w.:]+)\(\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\)", old)
    if day and kind == "date" and iso:
        return f"{day[1]}({', '.join(str(int(part)) for part in text.split('-'))})"
    inner = re.fullmatch(r"([\w.:]+\(\s*)([\"'])(?:(?!\2).)*\2(.*\))", old, re.DOTALL)
    if inner and kind in ("date", "date-time", "period", "duration") and (iso or kind != "date"):
        return f"{inner[1]}{inner[2]}{text}{inner[2]}{inner[3]}"
    return _quoted(text, old, language)


def _quoted(text: str, old: str, language: str) -> str:
    if _unquoted(old) == text:
        return old
    single = old.startswith("'") and language != "julia"
    if single and not any(sign in text for sign in "'\\") and text.isprintable():
        return f"'{text}'"
    new = quoted(text, long_escapes=True)
    return new.replace("$", "\\$") if language == "julia" else new


def _unquoted(old: str) -> str | None:
    if len(old) > 1 and old[0] in "\"'" and old[-1] == old[0] and "\\" not in old:
        return old[1:-1]
    return None
