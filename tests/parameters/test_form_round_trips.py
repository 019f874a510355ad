"""From a stored set into the form and back: whatever a widget shows reads back as the same value, to the bit."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.components.form_state import FormModel, read
from engine.catalog.manifest import read_manifest
from tests.parameters.every_field import FIELDS, manifest, spelled

QUICK = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def form() -> FormModel:
    return FormModel("01", "echo", 1, read_manifest(manifest("python")))


def meant(name: str, value: Any) -> Any:
    """Where a field may stay empty, nothing chosen is nothing given."""
    return None if name == "multi_choice" and value == [] else value


@pytest.mark.parametrize("name", list(FIELDS))
def test_what_the_form_shows_reads_back_as_the_same_value(form: FormModel, name: str) -> None:
    field = form.fields[name]

    @QUICK
    @given(FIELDS[name][1])
    def holds(value: Any) -> None:
        raw = form.raws({name: value})[name]
        kept = json.loads(json.dumps(raw))  # a draft is kept as JSON
        found = read(name, field, kept)
        assert (json.dumps(found.value), found.problem) == (json.dumps(meant(name, value)), None), raw
        assert form.raws({name: found.value})[name] == raw

    holds()


def test_a_whole_form_reads_back(form: FormModel) -> None:
    @settings(QUICK, max_examples=8)
    @given(st.fixed_dictionaries({name: st.none() | values for name, (_, values) in FIELDS.items()}))
    def holds(values: dict[str, Any]) -> None:
        found, problems = form.values(json.loads(json.dumps(form.raws(values))))
        assert problems == []
        assert spelled(found) == spelled({name: meant(name, value) for name, value in values.items()})

    holds()


# ---- numbers as people of other languages write them


@pytest.mark.parametrize("kind", ["number", "percent", "money", "integer"])
def test_both_separators_are_read_without_a_question(form: FormModel, kind: str) -> None:
    """With both signs the last one is the decimal sign: there is no other reading."""

    @QUICK
    @given(st.integers(1, 999), st.integers(0, 999), st.integers(0, 99))
    def holds(thousands: int, ones: int, cents: int) -> None:
        if kind == "integer":
            cents = 0
        plain = float(f"{thousands}{ones:03}.{cents:02}")
        for text in (f"{thousands},{ones:03}.{cents:02}", f"{thousands}.{ones:03},{cents:02}"):
            found = read(kind, form.fields[kind], f"{text} EUR" if kind == "money" else text)
            assert found.problem is None, text
            amount = found.value["amount"] if kind == "money" else found.value
            assert float(amount) == plain, text

    holds()


def test_one_separator_before_three_digits_is_asked_for_where_both_readings_are_possible(
    form: FormModel,
) -> None:
    found = read("number", form.fields["number"], "1,234")
    assert found.problem is not None
    assert "1234" in found.problem.sentence.replace(",", "")
    assert "1.234" in found.problem.sentence
    # whole numbers and amounts of money have no third decimal: one reading is left
    assert read("integer", form.fields["integer"], "1,234").value == 1234
    assert read("money", form.fields["money"], "1,234 EUR").value == {"amount": "1234.00", "currency": "EUR"}
