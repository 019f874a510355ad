"""Every field type: what the form shows reads back as the same value, and canonical JSON stays what it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.parameters.field_types import FIELD_TYPES
from engine.parameters.fields import describe, format_text, natural, parse_text, to_wire, validate
from tests.parameters.making import ALL, field

QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def test_every_type_is_tried() -> None:
    assert {one.type for one, _ in ALL.values()} == set(FIELD_TYPES)
    assert len(FIELD_TYPES) == 16


@pytest.mark.parametrize("kind", list(ALL))
@pytest.mark.parametrize("locale", ["en", "de", "fr", ""])
def test_text_reads_back_as_the_same_value(kind: str, locale: str) -> None:
    field, values = ALL[kind]

    @QUICK
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        value = data.draw(values)
        text = format_text(field, value, locale)
        # as JSON: −0.0 is not 0.0
        assert json.dumps(parse_text("x", field, text, locale)) == json.dumps(value), text

    holds()


@pytest.mark.parametrize("kind", list(ALL))
def test_canonical_json_is_a_fixed_point(kind: str) -> None:
    field, values = ALL[kind]

    @QUICK
    @given(values)
    def holds(value: object) -> None:
        canonical = validate("x", field, value)
        assert canonical == value
        stored = json.loads(json.dumps(canonical, allow_nan=False))
        assert validate("x", field, stored) == canonical

    holds()


@pytest.mark.parametrize("kind", list(ALL))
def test_every_value_can_travel_and_be_computed_with(kind: str) -> None:
    field, values = ALL[kind]

    @QUICK
    @given(values)
    def holds(value: object) -> None:
        wire = to_wire(field, value, secrets=lambda name: "s3cret")
        assert wire.type == field.type
        json.dumps({"value": wire.value, **wire.extra})
        natural(field, value)
        assert isinstance(describe(field, value), str)

    holds()


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-00:01"])
def test_a_moment_that_utc_does_not_have_is_refused(text: str) -> None:
    """Found by the round trip through a model: it was taken and then no worker could be given it."""
    with pytest.raises(Invalid, match="outside of the years 1 to 9999 in UTC"):
        validate("x", ALL["date-time"][0], text)
    table = {"columns": [{"name": "t", "type": "date-time"}], "rows": [[text]]}
    with pytest.raises(Invalid, match="outside of the years"):
        validate("x", field(type="table", columns={"t": "date-time"}), table)
