"""From a stored set to Python, R and Julia and back: dates stay, floats to the bit, text in every script.

One real worker for each language; every example stores a version with a value for each field type, calls the model
with the set, and compares what comes back with what is stored.
"""

from __future__ import annotations

import json
import math
import shutil
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.access import LOCAL_ADMIN
from engine.engine import Engine
from engine.parameters.durations import parse_duration
from engine.parameters.field_types import ListField
from engine.runtimes.registry import runtimes
from engine.settings import Settings
from tests.conftest import TINY
from tests.parameters.every_field import FIELDS, SUFFIX, manifest, spelled
from tests.parameters.making import COLUMNS

pytestmark = pytest.mark.slow
SET = "stored"


@dataclass(frozen=True)
class Echo:
    """The model of one language that gives back what it got."""

    engine: Engine
    language: str
    model: str

    def stored(self, values: dict[str, Any]) -> dict[str, Any]:
        """Store these values and return what the store says they are."""
        sets = self.engine.sets
        base = sets.get(LOCAL_ADMIN, self.model, SET).latest or None
        sets.submit(LOCAL_ADMIN, self.model, SET, values, base=base, reason="an example")
        return sets.in_force(LOCAL_ADMIN, self.model, SET).values

    def call(self) -> dict[str, Any]:
        """What comes back of the values in force: output → answer."""
        answer = self.engine.runs.predict(LOCAL_ADMIN, self.model, parameter_set=SET)
        return dict(json.loads(json.dumps(answer))["outputs"])


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("echo")
    made = Engine(Settings(data_folder=folder / "data", concurrent_runs=1, free_space_floor_mb=1))
    made.start()
    yield made
    made.stop()


@pytest.fixture(
    scope="module",
    params=["python", pytest.param("r", marks=pytest.mark.r), pytest.param("julia", marks=pytest.mark.julia)],
)
def echo(request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Echo:
    language = request.param
    presence = runtimes(engine.settings)[language].presence()
    if not presence.present:
        pytest.skip(presence.remedy)
    folder: Path = tmp_path_factory.mktemp(f"echo-{language}")
    shutil.copy(TINY / "echo" / f"echo.{SUFFIX[language]}", folder)
    (folder / "model.toml").write_text(manifest(language), "utf-8")
    version = engine.catalog.register(LOCAL_ADMIN, folder, promote=True)
    engine.sets.create(LOCAL_ADMIN, version.model, SET, "Stored")
    return Echo(engine, language, version.model)


# ---- what has to come back


def bits(number: float) -> bytes:
    """A double as it lies in memory: −0.0 is not 0.0."""
    return struct.pack("<d", number) if number == number else b"NaN"


def instant(text: str, language: str) -> Any:
    """A moment as the language can tell it from others: microseconds, doubles of seconds (R), milliseconds (Julia)."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    if language == "r":
        seconds = moment.timestamp()
        return pytest.approx(seconds, rel=0, abs=2 * math.ulp(seconds))
    if language == "julia":
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return moment.isoformat()


def returned(text: str, language: str) -> Any:
    """The same of an answer."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return moment.timestamp() if language == "r" else moment.isoformat()


def wanted(kind: str, value: Any, language: str) -> tuple[str, Any]:
    """In which table a value comes back, and as what."""
    match kind:
        case "integer":
            return ("numbers", bits(float(value))) if language == "r" else ("texts", str(value))
        case "number" | "percent":
            return "numbers", bits(float(value))
        case "money":
            return "numbers", bits(float(Decimal(value["amount"])))
        case "duration":
            seconds = parse_duration(value).total_seconds()
            if language == "julia":  # of half a millisecond the double that carries it decides
                seconds = float(round(1000 * seconds)) / 1000
            return "numbers", bits(seconds)
        case "date":
            return "days", value
        case "date-time":
            return "moments", instant(value, language)
        case "boolean":
            return "flags", value
        case _:
            return "texts", value


def expected(values: dict[str, Any], language: str) -> dict[tuple[str, str, int], Any]:
    """(table, field, place in its list) → value."""
    found = {}
    for name, (field, _) in FIELDS.items():
        value = values.get(name)
        if value is None or field.type == "table":
            continue
        kind = field.item.type if isinstance(field, ListField) else field.type
        for at, one in enumerate(value if isinstance(value, list) else [value]):
            table, held = wanted(kind, one, language)
            found[table, name, at] = held
    return found


def came(answer: dict[str, Any], language: str) -> dict[tuple[str, str, int], Any]:
    """The same of an answer."""
    read: dict[str, Callable[[Any], Any]] = {
        "numbers": lambda value: value if value is None else bits(float(value)),
        "days": str,
        "moments": lambda value: returned(value, language),
        "texts": str,
        "flags": bool,
    }
    return {
        (table, name, int(at)): read[table](value)
        for table, told in answer.items()
        if table != "rows"
        for name, at, value in told["rows"]
    }


def cell(kind: str, value: Any, language: str, moment: Callable[[str, str], Any]) -> Any:
    """A cell of a table as the language can hold it."""
    if value is None or (value == "NaN" and kind == "number" and language == "python"):
        return None  # pandas knows one kind of missing number
    if kind == "number" or (kind == "integer" and language == "r"):
        return bits(float(value))
    return moment(value, language) if kind == "date-time" else value


def cells(table: dict[str, Any] | None, language: str, moment: Callable[[str, str], Any]) -> list[Any] | None:
    """A stored table, or one of an answer, row by row; None: there is none."""
    if table is None:
        return None
    assert [column["name"] for column in table["columns"]] == list(COLUMNS)
    kinds = list(COLUMNS.values())
    return [[cell(k, c, language, moment) for k, c in zip(kinds, row, strict=True)] for row in table["rows"]]


def example(language: str) -> st.SearchStrategy[dict[str, Any]]:
    """A value for every field, or none; Julia compiles anew for each set of those that are there."""
    always = set(FIELDS) if language == "julia" else {"nth"}
    some = {name: values if name in always else st.none() | values for name, (_, values) in FIELDS.items()}
    return st.fixed_dictionaries(some)


def tried(language: str) -> settings:
    """How many examples."""
    most = 8 if language == "julia" else 20
    return settings(max_examples=most, deadline=None, suppress_health_check=list(HealthCheck))


def same(echo: Echo, values: dict[str, Any]) -> None:
    """Store, call, compare."""
    stored, language = echo.stored(values), echo.language
    assert spelled(stored) == spelled(values)
    answer = echo.call()
    assert cells(answer.get("rows"), language, returned) == cells(stored["rows"], language, instant)
    back, due = came(answer, language), expected(stored, language)
    assert {key: (back.get(key), due.get(key)) for key in back | due if back.get(key) != due.get(key)} == {}


def test_values_of_every_type_come_back(echo: Echo) -> None:
    @tried(echo.language)
    @given(example(echo.language))
    def holds(values: dict[str, Any]) -> None:
        same(echo, values)

    holds()


def test_what_is_not_given_is_not_there(echo: Echo) -> None:
    same(echo, dict.fromkeys(FIELDS) | {"nth": -1})
