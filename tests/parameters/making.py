"""Fields and values for the tests: a field from keywords, and strategies for each of the sixteen types."""

from __future__ import annotations

import string
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter

from engine.parameters.canonical import number_json
from engine.parameters.durations import iso_duration
from engine.parameters.field_types import Field, FieldBase
from engine.periods import Period, weeks_of

ADAPTER: TypeAdapter[Any] = TypeAdapter(Field)


def field(**keys: Any) -> FieldBase:
    """A field as a manifest would give it."""
    made: FieldBase = ADAPTER.validate_python(keys)
    return made


EVERY_SCRIPT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30
).filter(lambda t: t.strip())
SIMPLE = st.text(string.ascii_letters + string.digits + " ;,\"'|€äß", min_size=1, max_size=8).filter(
    lambda t: t.strip()
)
DAYS = st.dates(date(1000, 1, 1), date(9998, 12, 31))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
FLOATS = st.floats(allow_nan=False).map(number_json)


@st.composite
def periods(draw: Any) -> str:
    year = draw(st.integers(1000, 9998))
    granularity = draw(st.sampled_from(["year", "half", "quarter", "month", "week"]))
    most = {"year": 1, "half": 2, "quarter": 4, "month": 12, "week": weeks_of(year)}[granularity]
    return str(Period(granularity, year, draw(st.integers(1, most))))


def money(places: int) -> st.SearchStrategy[str]:
    digits = st.integers(-(10**30), 10**30)
    return digits.map(lambda n: f"{Decimal(n)}" if not places else _with_point(n, places))


def _with_point(n: int, places: int) -> str:
    text = str(abs(n)).rjust(places + 1, "0")
    return f"{'-' if n < 0 else ''}{text[:-places]}.{text[-places:]}"


CHOICES = [
    {"value": "lo", "label": "Low; or so"},
    {"value": "hi", "label": "High"},
    {"value": "High"},
    "plain, text",
]
COLUMNS = {
    "p": "text",
    "w": "number",
    "n": "integer",
    "d": "date",
    "t": "date-time",
    "b": "boolean",
    "c": "category",
}
CELL_TEXT = EVERY_SCRIPT | st.none()
# UTC must have them as well, whatever the offset
INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS).map(
    lambda m: m.isoformat()
)
ROWS = st.lists(
    st.tuples(
        CELL_TEXT, FLOATS | st.just("NaN") | st.none(), st.integers() | st.none(), DAYS.map(date.isoformat) | st.none(),
        INSTANTS | st.none(), st.booleans() | st.none(), CELL_TEXT,
    ).map(list),
    max_size=5,
)  # fmt: skip

SCALARS: dict[str, tuple[FieldBase, st.SearchStrategy[Any]]] = {
    "integer": (field(type="integer"), st.integers()),
    "number": (field(type="number"), FLOATS),
    "percent": (field(type="percent"), FLOATS),
    "percent of one": (field(type="percent", scale="fraction"), FLOATS),
    "money": (field(type="money"), money(2).map(lambda a: {"amount": a, "currency": "EUR"})),
    "money in yen": (
        field(type="money", currency="JPY"),
        money(0).map(lambda a: {"amount": a, "currency": "JPY"}),
    ),
    "boolean": (field(type="boolean"), st.booleans()),
    "text": (field(type="text"), EVERY_SCRIPT),
    "choice": (field(type="choice", choices=CHOICES), st.sampled_from(["lo", "hi", "High", "plain, text"])),
    "date": (field(type="date"), DAYS.map(date.isoformat)),
    "date-time": (field(type="date-time"), INSTANTS),
    "duration": (field(type="duration"), st.timedeltas().map(iso_duration)),
    "period": (field(type="period"), periods()),
}
COMPOUND: dict[str, tuple[FieldBase, st.SearchStrategy[Any]]] = {
    "multi-choice": (
        field(type="multi-choice", choices=CHOICES),
        st.lists(st.sampled_from(["lo", "hi", "High", "plain, text"]), unique=True),
    ),
    "table": (
        field(type="table", columns=COLUMNS),
        ROWS.map(lambda rows: {"columns": [{"name": n, "type": t} for n, t in COLUMNS.items()], "rows": rows}),
    ),
    "file": (
        field(type="file"),
        st.tuples(st.text("0123456789abcdef", min_size=64, max_size=64), SIMPLE).map(
            lambda f: {"blob": f[0], "name": f[1].strip() + ".csv"}
        ),
    ),
    "secret": (field(type="secret"), st.just({"secret": "erp.password"})),
    **{
        f"list of {name}": (
            field(type="list", item=f.model_dump(exclude_defaults=True) | {"type": f.type}),
            st.lists(values, max_size=4),
        )
        for name, (f, values) in SCALARS.items()
    },
}  # fmt: skip
ALL = SCALARS | COMPOUND
