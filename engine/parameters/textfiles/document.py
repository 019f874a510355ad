"""What a parameter text file holds: entries with their exact places, and the errors of reading and writing."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from engine.errors import Invalid, Problem

MOST_BYTES = 5 * 2**20  # a parameter file is typed by people; what is larger is data
MOST_ENTRIES = 20_000


@dataclass(frozen=True)
class Span:
    """A value in a text: where it is (characters), and how it is spelled."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The old spelling."""
        return text[self.start : self.end]


def replace_spans(text: str, changes: Iterable[tuple[Span, str]]) -> str:
    """The text with each span replaced; spans must not overlap."""
    for span, new in sorted(changes, key=lambda change: change[0].start, reverse=True):
        text = text[: span.start] + new + text[span.end :]
    return text


@dataclass(frozen=True)
class Item:
    """A value as the file's own rules read it.

    kind: ``bare`` (text without quotes in a file without types: the type is open), ``text`` (in quotes, or what
    is no other literal), ``integer``, ``number`` (content: its decimal text), ``boolean``, ``date``, ``missing``,
    ``list`` (content: list of Item), ``table`` (content: list of dicts of Item) or ``computed`` (code, blocks and
    anchors: not read; content says what it is). ``text`` is how it is written.
    """

    kind: str
    content: Any
    text: str = ""


@dataclass(frozen=True)
class Entry:
    """One value of the file. ``path`` is its key with the sections above it (``model.horizon``).

    ``room`` is how many characters the place holds in a file of fixed columns; ``rows`` are the items of a YAML
    list with one item a line, each with what stands before it.
    """

    path: str
    span: Span
    item: Item
    line: int = 0
    unit: str = ""
    comment: str = ""
    room: int | None = None
    right: bool = False
    rows: tuple[tuple[Span, str], ...] = ()

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Document:
    """A file that was read. Writing it without changes gives the very same bytes.

    ``encoding`` is Python's name, ``mark`` the byte order mark, ``newline`` one of ``\\n``, ``\\r\\n``, ``\\r``,
    ``mixed`` or ``none``; ``decimal`` the decimal sign that the file's own numbers prove (else a point);
    ``notes`` are sentences about what was guessed.
    """

    name: str
    kind: str
    text: str
    entries: tuple[Entry, ...]
    encoding: str = "utf-8"
    mark: bytes = b""
    newline: str = "\n"
    decimal: str = "."
    notes: tuple[str, ...] = field(default=())

    def entry(self, path: str) -> Entry | None:
        """The entry of that path; None where there is none."""
        return next((e for e in self.entries if e.path == path), None)


class Misread(Exception):
    """A place in a file that breaks the rules of its kind: line, what, rule, remedy."""

    def __init__(self, line: int, what: str, rule: str, remedy: str) -> None:
        super().__init__(f"{what} {rule}. {remedy}")
        self.line, self.what, self.rule, self.remedy = line, what, rule, remedy


class Unwritable(ValueError):
    """A value that the place in the file cannot hold; the message is a sentence with its remedy."""


def unreadable(name: str, misread: Misread) -> Invalid:
    """The error of a file that cannot be read: nothing of it is used."""
    where = f"{name}, line {misread.line}" if misread.line else name
    sentence = f"{where}: {misread.what} {misread.rule}. {misread.remedy}"
    return Invalid("the file", [Problem(where, sentence, misread.what[:80], misread.rule)])


class Lines:
    """The line numbers of many positions in one text."""

    def __init__(self, text: str) -> None:
        self._starts = [match.end() for match in re.finditer(r"\r\n|\r|\n", text)]

    def of(self, position: int) -> int:
        """The number of the line in which a character stands, from 1."""
        return 1 + bisect_right(self._starts, position)


def line_of(text: str, position: int) -> int:
    """The number of the line in which a character stands, from 1."""
    before = text[:position]
    return 1 + before.count("\n") + before.count("\r") - before.count("\r\n")


def newline_of(text: str) -> str:
    """How lines end."""
    both = text.count("\r\n")
    found = {"\r\n": both, "\n": text.count("\n") - both, "\r": text.count("\r") - both}
    used = [kind for kind, times in found.items() if times]
    return used[0] if len(used) == 1 else "mixed" if used else "none"


def shown(text: str, most: int = 40) -> str:
    """A piece of a file for a sentence: in quotes, on one line, not too long."""
    flat = "".join(c if c.isprintable() else " " for c in text.strip())
    return f"“{flat if len(flat) <= most else flat[: most - 1] + '…'}”"
