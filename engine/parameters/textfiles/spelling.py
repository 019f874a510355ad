"""How a value is written so that it looks like what stood there before.

A value whose meaning does not change keeps its spelling. Both script models and the import and export of
parameter sets write through here.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from engine.parameters.textfiles.document import Item
from engine.runtimes.interface import Value

BOOLEANS = (
    ("TRUE", "FALSE"), ("True", "False"), ("true", "false"), ("YES", "NO"), ("Yes", "No"), ("yes", "no"),
    ("ON", "OFF"), ("On", "Off"), ("on", "off"), ("T", "F"), ("Y", "N"), ("y", "n"), ("1", "0"), ("ja", "nein"),
    ("Ja", "Nein"), ("JA", "NEIN"),
)  # fmt: skip
NUMBERS = ("integer", "number", "percent", "money")
SPECIAL = {"Infinity": "inf", "-Infinity": "-inf", "NaN": "nan"}
_COMMA_NUMBER = re.compile(r"[-+]?\d+,\d+")


def plain(value: Value, old: str = "") -> str:
    """A value as bare text, in the style of the old one where it had one."""
    kind, content = value.type, value.value
    if content is None:
        return ""
    if kind == "boolean":
        return boolean(bool(content), old)
    if kind == "money":
        return _with_comma(str(content["amount"]), old)
    if kind in NUMBERS:
        return _with_comma(number(content, old), old)
    if kind in ("list", "multi-choice"):
        item = str(value.extra.get("item", "text"))
        separator = next((s for s in (", ", "; ", ";", "|", ",") if s in old), ",")
        return separator.join(plain(Value(item, element)) for element in content)
    return day(str(content), old) if kind == "date" else str(content)


def boolean(content: bool, old: str) -> str:
    """A truth value spelled like the old one."""
    for yes, no in BOOLEANS:
        if old in (yes, no):
            return yes if content else no
    return "true" if content else "false"


def number(content: Any, old: str = "") -> str:
    """Shortest exact text of a number; whole ones stay without a point unless the old text had one."""
    if isinstance(content, Decimal):
        return format(content, "f") if -12 < content.adjusted() < 20 else str(content)
    if isinstance(content, str):
        return SPECIAL[content]
    if isinstance(content, int):
        return f"{content}.0" if re.fullmatch(r"[-+]?\d+\.\d*", old) else str(content)
    if math.isinf(content) or math.isnan(content):
        return str(float(content))
    if content == 0 and math.copysign(1, content) < 0:
        return "-0.0"  # a whole -0 would read as 0
    if content == int(content) and abs(content) < 1e15:
        return f"{int(content)}.0" if "." in old else str(int(content))
    return repr(float(content))


def same(value: Value, old: str) -> bool:
    """Does the old text already say this value? Then its spelling is kept."""
    kind, content = value.type, value.value
    text = old.strip()
    if content is None:
        return text == ""
    if kind == "boolean":
        return any(text == (yes if content else no) for yes, no in BOOLEANS)
    if kind in NUMBERS:
        wanted = content["amount"] if kind == "money" else number(content)
        spelled = text.replace(",", ".") if _COMMA_NUMBER.fullmatch(text) else text
        try:
            if kind == "money" or (isinstance(content, int) and re.fullmatch(r"[-+]?\d+", spelled)):
                return spelled == str(wanted) or int(spelled) == content
            return _bits(float(spelled)) == _bits(float(wanted))
        except (ValueError, TypeError):
            return False
    return text == plain(value, old)


def _bits(content: float) -> str:
    return repr(content)  # tells -0.0 from 0.0


def _with_comma(text: str, old: str) -> str:
    """A file that writes 0,4 gets 0,5 and not 0.5."""
    return text.replace(".", ",") if _COMMA_NUMBER.fullmatch(old.strip()) else text


def day(iso: str, old: str, order: str = "") -> str:
    """A day in the order and with the signs of the old one: 22.11.2026, 20261122, 22/11/2026.

    ``order`` says which of two comes first where the old one leaves that open: ``day`` or ``month``.
    """
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", iso)
    if found is None:
        return iso  # relative, for instance today-7d
    year, month, date = found.groups()
    if re.fullmatch(r"\d{8}", old):
        return year + month + date
    if dotted := re.fullmatch(r"(\d{1,2})\.(\s*)(\d{1,2})\.(\s*)\d{4}", old):
        short = len(dotted[1]) == 1 or len(dotted[3]) == 1
        first, second = (str(int(date)), str(int(month))) if short else (date, month)
        return f"{first}.{dotted[2]}{second}.{dotted[4]}{year}"
    if slashed := re.fullmatch(r"(\d{1,2})([/-])(\d{1,2})\2\d{4}", old):
        month_first = int(slashed[3]) > 12 or (order == "month" and int(slashed[1]) <= 12)
        ordered = (month, date) if month_first else (date, month)
        return f"{ordered[0]}{slashed[2]}{ordered[1]}{slashed[2]}{year}"
    return iso


def quoted(text: str, *, long_escapes: bool = False) -> str:
    """Text in double quotes with the escapes that JSON, YAML, TOML, Python, R and Julia share.

    What a person cannot see is escaped; ``long_escapes``: as ``\\UXXXXXXXX`` beyond the first plane.
    """
    short = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    parts = []
    for sign in text:
        if sign in short:
            parts.append(short[sign])
        elif sign.isprintable() or (ord(sign) > 0xFFFF and not long_escapes):
            parts.append(sign)
        else:
            parts.append(f"\\U{ord(sign):08X}" if ord(sign) > 0xFFFF else f"\\u{ord(sign):04x}")
    return '"' + "".join(parts) + '"'


_ESCAPE = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|U\{([0-9A-Fa-f]{1,8})\}|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})"
    r"|U([0-9A-Fa-f]{8})|(\r?\n)|(.))",
    re.DOTALL,
)
_SIGNS = {
    "n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "0": "\0", "e": "\x1b", "/": "/",
    "\\": "\\", '"': '"', "'": "'", "`": "`", "$": "$", " ": " ", "N": "\x85", "_": "\xa0", "L": "\u2028",
    "P": "\u2029",
}  # fmt: skip


def unescaped(inner: str) -> str:
    """The text of what stands between double quotes. Raises ValueError for an escape that is not known."""

    def one(match: re.Match[str]) -> str:
        code = next((group for group in match.groups()[:5] if group), None)
        if code is not None:
            return chr(int(code, 16))
        if match[6]:
            return ""
        if match[7] not in _SIGNS:
            raise ValueError(f"the escape \\{match[7]} is not known")
        return _SIGNS[match[7]]

    if inner.endswith("\\") and (len(inner) - len(inner.rstrip("\\"))) % 2:
        raise ValueError("it ends within an escape")
    joined = _ESCAPE.sub(one, inner)
    return joined.encode("utf-16", "surrogatepass").decode("utf-16")  # pairs of \\ud83d\\ude00


def says(item: Item, value: Value) -> bool:
    """Does the file's typed value already say this one? Then its spelling is kept."""
    kind, content = value.type, value.value
    if content is None:
        return item.kind == "missing"
    if kind == "boolean":
        return item.kind == "boolean" and item.content == content
    if kind in NUMBERS:
        wanted = content["amount"] if kind == "money" else number(content)
        if item.kind not in ("integer", "number"):
            return False
        try:
            held, asked = Decimal(item.content), Decimal(wanted)
        except ArithmeticError:
            return False
        return held == asked and held.is_signed() == asked.is_signed()
    if kind in ("list", "multi-choice"):
        inner = str(value.extra.get("item", "text"))
        return (
            item.kind == "list"
            and len(item.content) == len(content)
            and all(says(one, Value(inner, new)) for one, new in zip(item.content, content, strict=True))
        )
    return item.kind in ("text", "date", "date-time") and item.content == content
