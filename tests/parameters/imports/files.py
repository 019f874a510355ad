"""Helpers of the tests of parameter files: a file from text, previews and imports of the company's model."""

from __future__ import annotations

from typing import Any

from engine.access import Actor
from engine.parameters.imports.answering import answers_of
from engine.parameters.imports.records import Exported, FilePreview, GivenFile, Stored
from tests.parameters.conftest import House
from tests.parameters.sets import MODEL, SET

PLAIN = (
    b"# our prices\r\nmargin = 20.0   # per cent\r\nfloor   = 1,5\r\nlist_price: 12\r\nweeks = 13 weeks\r\n"
)


def given(data: bytes | str = PLAIN, name: str = "prices.txt") -> GivenFile:
    """A file."""
    return GivenFile(name, data.encode() if isinstance(data, str) else data)


def look(house: House, data: bytes | str = PLAIN, *, by: Actor | None = None, **more: Any) -> FilePreview:
    """A preview; ``said`` are answers, ``file`` the file's name, ``set`` the set it would go into."""
    said = more.pop("said", None)
    file = given(data, more.pop("file", "prices.txt"))
    answers = None if said is None else answers_of(said)
    name = more.pop("set", "")
    return house.auth.engine.parameter_files.preview(by or house.ada, MODEL, file, answers, name=name, **more)


def take(house: House, data: bytes | str = PLAIN, *, by: Actor | None = None, **more: Any) -> Stored:
    """An import into the set, with a reason."""
    said = more.pop("said", None)
    file = given(data, more.pop("file", "prices.txt"))
    answers = None if said is None else answers_of(said)
    name = more.pop("set", SET)
    return house.auth.engine.parameter_files.store(
        by or house.ada, MODEL, name, file, answers, **{"reason": "From the laptop.", **more}
    )


def write(house: House, layout: str = "prices.txt", *, by: Actor | None = None, **more: Any) -> Exported:
    """An export of the set."""
    name = more.pop("set", SET)
    return house.auth.engine.parameter_files.export(by or house.ada, MODEL, name, layout, **more)


def versions(house: House, name: str = SET) -> int:
    """How many versions the set has."""
    return house.sets.versions(house.ada, MODEL, name)[1]
