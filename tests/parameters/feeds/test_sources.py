"""What datasets give: by SQL and by cell; what is masked stays masked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.access import LOCAL_ADMIN
from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.feeds.reading import Reading
from engine.parameters.feeds.sources import source_of
from engine.parameters.feeds.values import value_for
from tests.parameters.conftest import House
from tests.parameters.feeds.conftest import RATES
from tests.parameters.sets import HOME, MODEL, SET, person


def looked(house: House, feeds: Any, source: dict[str, Any], field: str = "floor") -> Any:
    return feeds.look(house.ada, MODEL, SET, field, source)


def sql(text: str) -> dict[str, Any]:
    return {"kind": "sql", "sql": text, "datasets": ["rates"]}


def cell(**more: Any) -> dict[str, Any]:
    return {"kind": "dataset", "dataset": "rates", "column": "rate", **more}


def test_a_cell_is_the_last_row_or_the_newest_one_of_some(house: House, feeds: Any, rates: Any) -> None:
    rates("day,currency,rate\n2026-10-07,USD,1.09\n2026-10-06,USD,1.08\n2026-10-08,GBP,0.85\n,USD,9\n")
    assert looked(house, feeds, cell()).value == 9
    usd = {"where": "currency", "equals": "USD", "newest_by": "day", "observed": "day"}
    found = looked(house, feeds, cell(**usd))
    assert (found.value, str(found.observed_on)) == (1.09, "2026-10-07")


def test_without_a_day_of_its_own_a_value_is_as_old_as_the_datasets_version(house: House, feeds: Any) -> None:
    assert looked(house, feeds, cell()).observed_on == house.sets.today()
    assert looked(house, feeds, sql("SELECT max(rate) FROM rates")).observed_on == house.sets.today()


NOTHING: list[tuple[dict[str, Any], str]] = [
    (sql("SELECT rate FROM rates"), "3 rows; a feed needs one"),
    (sql("SELECT rate FROM rates WHERE rate > 5"), "found no row"),
    (sql("SELECT rate, currency FROM rates LIMIT 1"), "columns rate, currency"),
    (sql("SELECT day AS observed_on FROM rates LIMIT 1"), "only observed_on"),
    (sql("SELECT 1.0 AS rate, 'soon' AS observed_on FROM rates LIMIT 1"), "“soon” is no day"),
    (sql("SELECT NULL AS rate FROM rates LIMIT 1"), "gave no value"),
    (sql("SELECT * FROM read_csv('/etc/passwd')"), "read_csv|passwd|not"),
    (sql("DELETE FROM rates"), "SELECT"),
    (sql("SELECT rate FROM other"), "other"),
    (cell(column="price"), "no column “price”. Its columns are: day, currency, rate"),
    (cell(where="currency", equals="CHF"), "no row with currency = CHF"),
    (cell(column="currency"), "is not a number"),
]


def test_what_a_source_does_not_give_is_a_sentence(house: House, feeds: Any) -> None:
    for source, sentence in NOTHING:
        with pytest.raises(Invalid, match=sentence):
            looked(house, feeds, source)


def test_personal_data_that_the_owner_sees_masked_is_not_fed(
    house: House, feeds: Any, tmp_path: Path
) -> None:
    engine = house.auth.engine
    engine.datasets.classify(LOCAL_ADMIN, "rates", {"rate": "personal"})
    for source in (cell(), sql("SELECT rate FROM rates LIMIT 1")):
        with pytest.raises(Invalid, match=r"personal data|masked|mask"):
            looked(house, feeds, source)


PEOPLE = """
manifest = 1
[model]
name = "letters"
title = "Letters"
department = "Procurement"
language = "python"
entry = "model.py:write"

[fields.who]
type = "choice"
choices_from = { dataset = "people", column = "e_mail" }

[fields.copies]
type = "integer"
default = 1

[outputs.total]
kind = "metric"
"""


def test_a_field_of_personal_data_is_fed_by_nothing_also_when_it_becomes_one_later(
    house: House, feeds: Any, tmp_path: Path
) -> None:
    engine, folder, file = house.auth.engine, tmp_path / "letters", tmp_path / "people.csv"
    folder.mkdir()
    (folder / "model.toml").write_text(PEOPLE)
    (folder / "model.py").write_text("def write(who, copies):\n    return {'total': copies}\n")
    file.write_text("e_mail\nada@example.com\n")
    engine.catalog.register(LOCAL_ADMIN, folder)
    engine.datasets.ingest(LOCAL_ADMIN, "people", file, department=HOME)
    stella = person(house.auth, "stella", "steward", "editor")
    house.sets.create(stella, "letters", "usual")
    source = {"kind": "dataset", "dataset": "people", "column": "e_mail"}
    made = feeds.add(stella, "letters", "usual", "who", source)
    assert feeds.fetch(stella, "letters", "usual", made.id).value == "ada@example.com"
    engine.datasets.classify(LOCAL_ADMIN, "people", {"e_mail": "personal"})
    seen = feeds.get(house.ada, "letters", "usual", made.id)
    assert "ada@example.com" not in str(seen)
    assert "ada@example.com" not in str(feeds.tries(house.ada, "letters", "usual", made.id))
    assert feeds.freshness(house.ada, "letters", "usual") == {}
    feeds.fetch(stella, "letters", "usual", made.id)
    assert feeds.get(stella, "letters", "usual", made.id).state == "paused"
    with pytest.raises(Invalid, match="personal data"):
        feeds.add(stella, "letters", "usual", "who", source, place="")


def test_a_table_field_takes_all_rows_of_a_query(house: House, rates: Any) -> None:
    field = f.TableField(columns={"currency": "text", "rate": "number"})
    reading = Reading(house.auth.engine, house.ada, field, MODEL, HOME)
    found = reading.read(
        source_of(sql("SELECT currency, max(rate) AS rate FROM rates GROUP BY 1 ORDER BY 1"))
    )
    made = value_for("rates", field, found.value)
    assert made["rows"] == [["GBP", 0.85], ["USD", 1.08]]
    assert RATES
