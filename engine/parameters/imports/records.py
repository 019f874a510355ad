"""What callers see of imports and exports: plain frozen records, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from engine.parameters.set_records import SetVersion
from engine.parameters.textfiles.matching import Line, Missing, Options, Unknown

MOST_NAME = 120


@dataclass(frozen=True)
class GivenFile:
    """A file as somebody gave it: its name, without folders, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Answers:
    """What a person said about a file; what is empty nobody said.

    ``kind`` of file; ``encoding``; ``decimal`` sign (``,`` or ``.``); ``days``: what comes first in 03/04/2026 (``day``
    or ``month``); ``zone`` of times without one; ``scales``: field → how the file writes its percentages (``points``
    for 12.5 %, ``fraction`` for 0.125); ``currencies``: field → currency of bare amounts; ``paths``: field → what the
    file calls it (None: leave it out).
    """

    kind: str = ""
    encoding: str = ""
    decimal: str = ""
    days: str = ""
    zone: str = ""
    scales: Mapping[str, str] = field(default_factory=dict)
    currencies: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str | None] = field(default_factory=dict)

    def options(self) -> Options:
        """The same for the reader of text files."""
        return Options(
            self.decimal, dict(self.paths), dict(self.scales), self.zone or None, {}, self.days,
            dict(self.currencies),
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """What was said, without what nobody said."""
        return {key: value for key, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Option:
    """An answer that a question takes, and what it means."""

    answer: str
    label: str


@dataclass(frozen=True)
class Question:
    """What the file leaves open. ``about`` is a name of ``Answers``; ``field`` empty: it is asked for the whole file.

    ``lines`` are the lines of the file that hang on it, ``answered`` what was said; ``needed``: without an answer
    these values cannot be stored.
    """

    about: str
    sentence: str
    options: tuple[Option, ...]
    field: str = ""
    lines: tuple[int, ...] = ()
    answered: str = ""
    needed: bool = True

    @property
    def open(self) -> bool:
        """Must it still be answered?"""
        return self.needed and not self.answered


@dataclass(frozen=True)
class Difference:
    """A field that would change: ``old`` is what holds now, ``origin`` which place sets that (None: the default)."""

    field: str
    old: Any
    new: Any
    origin: str | None = None


@dataclass(frozen=True)
class Effect:
    """What an import would do to a set, at a place, on a day.

    ``base`` is the version it begins from; ``values`` are all fields that the new version would set, ``inherited``
    those of the file that stay inherited, because the place above says the same; ``broken`` are rules across fields.
    """

    set: str
    place: str
    new_set: bool
    base: int | None
    values: dict[str, Any]
    sources: dict[str, str]
    differences: tuple[Difference, ...]
    same: tuple[str, ...]
    inherited: tuple[str, ...]
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class FilePreview:
    """What a file says beside a model's fields; nothing is stored by it."""

    name: str
    kind: str
    encoding: str
    newline: str
    bytes: int
    values: int
    lines: tuple[Line, ...]
    unknown: tuple[Unknown, ...]
    missing: tuple[Missing, ...]
    notes: tuple[str, ...]
    questions: tuple[Question, ...]
    withheld: tuple[str, ...]
    answers: Answers
    effect: Effect | None = None

    @property
    def blocking(self) -> tuple[Line, ...]:
        """The lines whose values cannot be stored as they are."""
        return tuple(line for line in self.lines if line.state not in ("matched", "refused"))

    @property
    def ready(self) -> bool:
        """Can it be stored: has every value one reading that the rules allow, and is nothing left to ask?"""
        return not self.blocking and not any(question.open for question in self.questions)

    @property
    def found(self) -> dict[str, Any]:
        """The canonical values of all fields that match."""
        return {line.name: line.value for line in self.lines if line.state == "matched"}


@dataclass(frozen=True)
class Layout:
    """A file that a set is written back into. ``version``: which one was made of it."""

    id: str
    name: str
    place: str
    kind: str
    bytes: int
    answers: dict[str, Any]
    withheld: list[str]
    version: int | None
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True)
class Stored:
    """What an import did. ``version`` None: nothing differed, only the layout was kept."""

    version: SetVersion | None
    layout: Layout | None
    preview: FilePreview


@dataclass(frozen=True)
class Exported:
    """A file to hand out. ``notes`` say what of the set is not in it, or was written otherwise."""

    name: str
    data: bytes
    kind: str
    notes: tuple[str, ...] = ()
