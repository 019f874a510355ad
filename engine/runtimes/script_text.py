"""Text of parameters: how a value is written so that it looks like what stood there before.

Files are edited as text that maps back to the very same bytes: their encoding, byte order mark and line
ends are kept, and a value whose meaning does not change keeps its spelling.
"""

from __future__ import annotations

import codecs
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.runtimes.interface import CallFailed, Value

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOOLEANS = (
    ("TRUE", "FALSE"),
    ("True", "False"),
    ("true", "false"),
    ("YES", "NO"),
    ("Yes", "No"),
    ("yes", "no"),
    ("ON", "OFF"),
    ("On", "Off"),
    ("on", "off"),
    ("T", "F"),
    ("Y", "N"),
    ("y", "n"),
    ("1", "0"),
)
NUMBERS = ("integer", "number", "percent", "money")
_COMMA_NUMBER = re.compile(r"[-+]?\d+,\d+")


def refused(sentence: str) -> CallFailed:
    """A value could not be written where the script reads it."""
    return CallFailed("load-error", sentence)


@dataclass
class TextFile:
    """A text file with all that is needed to write it back byte for byte."""

    path: Path
    text: str
    encoding: str
    mark: bytes

    @classmethod
    def read(cls, path: Path) -> TextFile:
        """UTF-8, UTF-16 with its mark, or Windows' Western encoding. Raises CallFailed when it is not there."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise refused(
                f"The parameter file “{path.name}” is not in the model's folder ({error.strerror}); "
                "correct script in the manifest."
            ) from error
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                return cls(path, data[len(mark) :].decode(encoding, "surrogateescape"), encoding, mark)
        try:
            return cls(path, data.decode("utf-8"), "utf-8", b"")
        except UnicodeDecodeError:
            return cls(path, data.decode("cp1252", "surrogateescape"), "cp1252", b"")

    def write(self) -> None:
        """Write it back. Raises CallFailed for a character that the file's encoding does not have."""
        try:
            body = self.text.encode(self.encoding, "surrogateescape")
        except UnicodeEncodeError as error:
            raise refused(
                f"“{self.path.name}” is in {self.encoding} and cannot hold “{error.object[error.start : error.end]}”. "
                "Save the file as UTF-8, or use another value."
            ) from error
        self.path.write_bytes(self.mark + body)


@dataclass(frozen=True)
class Span:
    """A value in a text: where it is and how it is spelled."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The old spelling."""
        return text[self.start : self.end]


def replace_spans(text: str, changes: list[tuple[Span, str]]) -> str:
    """The text with each span replaced; spans must not overlap."""
    for span, new in sorted(changes, key=lambda change: change[0].start, reverse=True):
        text = text[: span.start] + new + text[span.end :]
    return text


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
    return str(content)


def boolean(content: bool, old: str) -> str:
    """A truth value spelled like the old one."""
    for yes, no in _BOOLEANS:
        if old in (yes, no):
            return yes if content else no
    return "true" if content else "false"


def number(content: Any, old: str = "") -> str:
    """Shortest exact text of a number; whole ones stay without a point unless the old text had one."""
    if isinstance(content, str):
        return {"Infinity": "inf", "-Infinity": "-inf", "NaN": "nan"}[content]
    if isinstance(content, int):
        return f"{content}.0" if re.fullmatch(r"[-+]?\d+\.\d*", old) else str(content)
    if math.isinf(content) or math.isnan(content):
        return str(float(content))
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
        return any(text == (yes if content else no) for yes, no in _BOOLEANS)
    if kind in NUMBERS:
        wanted = content["amount"] if kind == "money" else number(content)
        spelled = text.replace(",", ".") if _COMMA_NUMBER.fullmatch(text) else text
        try:
            if kind == "money" or (isinstance(content, int) and re.fullmatch(r"[-+]?\d+", spelled)):
                return spelled == str(wanted) or int(spelled) == content
            return float(spelled) == float(wanted)
        except (ValueError, TypeError):
            return False
    return text == plain(value, old)


def _with_comma(text: str, old: str) -> str:
    """A file that writes 0,4 gets 0,5 and not 0.5."""
    return text.replace(".", ",") if _COMMA_NUMBER.fullmatch(old.strip()) else text


def fill(template: str, values: dict[str, str]) -> str:
    """Replace ``{name}`` of known names; other braces stay."""
    return re.sub(r"\{([A-Za-z_][\w.-]*)\}", lambda m: values.get(m[1], m[0]), template)


def alone(template: str) -> str:
    """The name when a template holds exactly one placeholder, else empty."""
    names = re.findall(r"\{([A-Za-z_][\w.-]*)\}", template)
    return names[0] if len(names) == 1 else ""
