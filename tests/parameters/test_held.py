"""The database answers what is in force exactly as the pure function does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, insert
from sqlmodel import SQLModel

from engine.parameters import set_queries
from engine.parameters.in_force import Approved, as_of
from engine.store.base import new_id
from engine.store.tables_parameters import PLACE, REVIEW, SET, VERSION

DAY, MOMENT = date(2026, 6, 1), datetime(2026, 6, 1, 12, tzinfo=UTC)
days = st.integers(-4, 4).map(lambda n: DAY + timedelta(days=n))
moments = st.integers(-6, 6).map(lambda n: MOMENT + timedelta(hours=7 * n, microseconds=n % 2))
places = st.sampled_from(["", "DE", "DE/S001"])
versions = st.lists(st.tuples(places, days, moments, st.booleans()), max_size=12)


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    folder: Path = tmp_path_factory.mktemp("held")
    engine = create_engine(f"sqlite:///{folder}/held.db")
    SQLModel.metadata.create_all(engine, tables=[SET, PLACE, VERSION, REVIEW])
    with engine.connect() as found:
        yield found
    engine.dispose()


def store(connection: Connection, number: int, set_id: str, made: tuple[Any, ...]) -> Approved | None:
    place, day, moment, approved = made
    row = {
        "id": new_id(),
        "set_id": set_id,
        "number": number,
        "place": place,
        "values_json": f'{{"n":{number}}}',
    }
    row |= {"state": "approved" if approved else "in-review", "effective_from": day.isoformat()}
    row |= {"created_at": moment, "approved_at": moment if approved else None, "model_version": 1}
    row |= {"changed_json": "[]", "guarded_json": "[]", "sources_json": "{}", "reason": "", "author": ""}
    connection.execute(insert(VERSION).values(**row, approved_by=""))
    return Approved(number, place, day, moment) if approved else None


@given(versions, days, moments)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
def test_what_is_held_is_what_the_pure_function_says(
    connection: Connection, made: list[tuple[Any, ...]], day: date, known: datetime
) -> None:
    set_id = new_id()
    stored = [store(connection, number, set_id, one) for number, one in enumerate(made, 1)]
    found = set_queries.held(connection, set_id, ["", "DE", "DE/S001"], day, known)
    for place in ("", "DE", "DE/S001"):
        expected = as_of([v for v in stored if v is not None and v.place == place], day, known)
        assert (found[place].number if place in found else None) == (expected.number if expected else None)
