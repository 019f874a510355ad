"""What of a parameter file must not be kept: values of secret fields, and lines that look like passwords."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.errors import Invalid, Problem
from engine.parameters.field_types import FieldBase
from engine.parameters.textfiles.document import Document, Entry
from engine.parameters.textfiles.files import FORMATS, write
from engine.parameters.textfiles.matching import Preview
from engine.runtimes.interface import Value

_WORD = r"pass(?:word|wd|phrase|wort)|pwd|kennwort"
_KEY = r"secret|token|api[ _.-]?key|credentials?|private[ _.-]?key"
_NAME = re.compile(rf"(?i)(?:^|[^a-z])(?:(?P<password>{_WORD})|{_KEY})(?:$|[^a-z])")
_PLAIN = re.compile(r"[-+\d.,eE]*|(?i:true|false|yes|no|on|off)")  # as a number of tokens is
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def withheld(document: Document, preview: Preview, fields: Mapping[str, FieldBase]) -> list[Entry]:
    """The entries whose values are not kept: those of secret fields, and unknown ones that look secret."""
    taken = {path: fields[name] for name, path in preview.paths.items()}
    return [entry for entry in document.entries if _secret(entry, taken.get(entry.path))]


def _secret(entry: Entry, field: FieldBase | None) -> bool:
    if entry.item.kind == "missing" or not entry.item.text.strip("\"' "):
        return False
    if field is not None:
        return field.type == "secret"
    named = _NAME.search(_CAMEL.sub("_", entry.name))
    if named and (named["password"] or not _PLAIN.fullmatch(entry.item.text.strip())):
        return True
    return bool(_ADDRESS.search(entry.item.text))


def without(document: Document, entries: list[Entry]) -> bytes:
    """The file without these values; everything else stays byte for byte. Raises Invalid where that cannot be."""
    typed = FORMATS[document.kind].typed
    empty = Value("text", "")
    changes: dict[str, Value | str] = {entry.path: empty if typed else "" for entry in entries}
    try:
        return write(document, changes)
    except Invalid as error:
        remedy = "This value looks secret and would not be kept: take it out of the file first."
        told = [Problem(p.where, f"{p.sentence} {remedy}", p.value, p.rule) for p in error.problems]
        raise Invalid(error.subject, told) from None
