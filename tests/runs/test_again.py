"""Run again brings back exactly what ran: every field type, from the form's values to the call."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from engine.access import LOCAL_ADMIN
from engine.engine import Engine
from engine.errors import Invalid
from engine.runs import plan
from engine.runs.executor import Job
from engine.settings import Settings
from tests.parameters.making import ALL
from tests.runs.conftest import with_fakes

QUICK = tries(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = with_fakes(Settings(data_folder=tmp_path_factory.mktemp("again"), free_space_floor_mb=1))
    yield engine
    engine.stop()


def wire(version: Any, record: Any) -> Any:
    return plan.wire_values(version, record.values)


@pytest.mark.parametrize("kind", [kind for kind in ALL if ALL[kind][0].type != "secret"])
def test_every_field_type(quiet: Engine, kind: str) -> None:
    field, values = ALL[kind]
    version = quiet.catalog.version(LOCAL_ADMIN, "plain")
    version.manifest.fields = {"x": field}

    @QUICK
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        value = data.draw(values)
        try:
            first = quiet.runs.submit(LOCAL_ADMIN, "plain", values={"x": value}, seed=3)
        except Invalid:
            return  # outside the field's bounds: refused before anything is saved
        kept = quiet.runs.get(LOCAL_ADMIN, first.id)
        again = quiet.runs.get(LOCAL_ADMIN, quiet.runs.again(LOCAL_ADMIN, first.id).id)
        assert kept.values == first.values == again.values
        assert wire(version, kept) == wire(version, again)
        assert (again.seed, again.today, again.inputs) == (first.seed, first.today, first.inputs)

    holds()


def test_table_fields_reach_the_model_as_columns(tmp_path: Any) -> None:
    from engine.data.tables import columns_to_table
    from engine.runs.table_fields import write_table_field

    columns = {
        "p": "text",
        "w": "number",
        "n": "integer",
        "d": "date",
        "t": "date-time",
        "b": "boolean",
        "c": "category",
    }
    value = {
        "columns": [{"name": n, "type": t} for n, t in columns.items()],
        "rows": [
            ["日本", "Infinity", 2**53 + 1, "2026-11-22", "2026-11-22T10:00:00+01:00", True, "lo"],
            [None, None, None, None, None, None, None],
        ],
    }
    table = columns_to_table(write_table_field(value, tmp_path / "t")).to_pydict()
    assert {name: cells[1] for name, cells in table.items()} == dict.fromkeys(columns)
    assert (table["p"][0], table["w"][0], table["n"][0]) == ("日本", float("inf"), 2**53 + 1)
    assert (str(table["d"][0]), str(table["t"][0])) == ("2026-11-22", "2026-11-22 09:00:00+00:00")
    with pytest.raises(Invalid, match="Row 1 of “n”"):
        write_table_field({"columns": [{"name": "n", "type": "integer"}], "rows": [[2**70]]}, tmp_path / "u")


def test_jobs_are_plain() -> None:
    job = Job("id", SimpleNamespace(), {})  # type: ignore[arg-type]
    assert (job.inputs, job.seed, job.timeout) == ([], None, None)
