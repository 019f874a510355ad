"""What a form holds and how it is read, without a browser."""

from __future__ import annotations

import pytest

from app.components.form_state import FormModel, echo, raw_of, read
from engine.catalog.manifest import load_manifest
from engine.parameters import fields
from engine.settings import ROOT


@pytest.fixture(scope="module")
def form() -> FormModel:
    manifest = load_manifest(ROOT / "tests" / "e2e" / "models" / "every-field")
    return FormModel("01", "every-field", 1, manifest)


def test_the_defaults_are_without_problems_and_mean_what_the_manifest_says(form: FormModel) -> None:
    values, problems = form.values(form.defaults)
    assert problems == []
    assert values["horizon"] == 13
    assert values["targets"] == [1.5, 2.0, 2.5]


def test_the_values_of_a_run_come_back_the_same_through_the_form(form: FormModel) -> None:
    checked = fields.check_values(
        form.manifest, {"horizon": 5, "promotion": True, "code": "AB-123", "lead": "PT90M"}
    )
    raws = form.defaults | form.raws(checked)
    values, problems = form.values(raws)
    assert problems == []
    assert fields.check_values(form.manifest, values) == checked


def test_all_problems_come_at_once_and_each_names_its_field(form: FormModel) -> None:
    raws = form.defaults | {"horizon": "99", "budget": "much", "price": "0.5"}
    _, problems = form.values(raws)
    assert [p.where for p in problems] == ["budget", "horizon", "price"]
    assert "Lower the floor or raise the price" in problems[2].sentence


def test_a_hidden_field_has_no_problem(form: FormModel) -> None:
    _, problems = form.values(form.defaults | {"discount": "999"})
    assert problems == []
    _, problems = form.values(form.defaults | {"discount": "999", "promotion": True})
    assert [p.where for p in problems] == ["discount"]


def test_an_emptied_field_is_not_its_default(form: FormModel) -> None:
    _, problems = form.values(form.defaults | {"horizon": ""})
    assert [p.where for p in problems] == ["horizon"]


def test_only_fields_that_others_look_at_are_deciders(form: FormModel) -> None:
    assert form.deciders == {"promotion"}


def test_groups_keep_the_order_of_the_manifest(form: FormModel) -> None:
    assert [heading for heading, _ in form.groups] == ["Amounts", "Where and when", "Promotion", ""]


@pytest.mark.parametrize(
    ("name", "raw", "shown"),
    [
        ("budget", "1.5e6", "1,500,000.00 EUR"),
        ("price", "1.234,5", "1,234.5 €"),
        ("horizon", "13", ""),
        ("notes", "x", ""),
    ],
)
def test_a_number_is_echoed_where_it_was_written_otherwise(
    form: FormModel, name: str, raw: str, shown: str
) -> None:
    field = form.fields[name]
    assert echo(field, raw, read(name, field, raw).value) == shown


def test_reading_never_raises(form: FormModel) -> None:
    for name, field in form.fields.items():
        for raw in ("\0", "9" * 400, "=cmd()", None, ""):
            if field.type not in ("table", "file", "multi-choice", "boolean"):
                read(name, field, raw)


def test_an_empty_list_is_a_list() -> None:
    field = fields.ListField(item="text", default=[])
    assert read("names", field, raw_of(field, [])).value == []
