"""Every field type: what the form shows reads back as the same value, and canonical JSON stays what it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.parameters.field_types import FIELD_TYPES
from engine.parameters.fields import describe, format_text, natural, parse_text, to_wire, validate
from tests.parameters.making import ALL

QUICK = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def test_every_type_is_tried() -> None:
    assert {field.type for field, _ in ALL.values()} == set(FIELD_TYPES)
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
