"""Stored → a new file of each kind → stored, for every field type; what a kind cannot hold is said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from engine.errors import Invalid
from engine.parameters.field_types import FieldBase
from engine.parameters.imports.fresh import ENDINGS, fresh_file
from engine.parameters.textfiles.files import FORMATS, match, read
from engine.parameters.textfiles.matching import Options
from tests.parameters.making import ALL, field

QUICK = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
HELD = {name: pair for name, pair in ALL.items() if pair[0].type not in ("file", "secret")}
WHOLE = ("json", "yaml", "toml", "python")  # they hold tables as well


def options_of(fields: dict[str, FieldBase]) -> Options:
    scales = {n: str(getattr(getattr(f, "item", f), "scale", "")) for n, f in fields.items()}
    return Options(scales={name: scale for name, scale in scales.items() if scale})


def test_every_kind_has_an_ending() -> None:
    assert set(ENDINGS) == set(FORMATS)


@pytest.mark.parametrize("kind", list(FORMATS))
@pytest.mark.parametrize("type_", list(HELD))
def test_a_stored_value_comes_back_from_a_new_file(kind: str, type_: str) -> None:
    spec, values = HELD[type_]
    fields: dict[str, FieldBase] = {
        "first": field(type="integer"), "model.x": spec, "last": field(type="text"),
    }  # fmt: skip

    @QUICK
    @given(values)
    def holds(value: Any) -> None:
        stored = {"first": 1, "model.x": value, "last": "yes"}
        try:
            made, notes = fresh_file(kind, "base", "Base values", fields, stored)
        except Invalid as error:
            assert_says_what_to_do(kind, spec, error)
            return
        assert notes == []
        document = read(made.data, made.name, kind if kind in ("key=value", "fixed") else "")
        again = match(document, fields, options_of(fields))
        assert document.kind == kind
        assert json.dumps(again.values, sort_keys=True) == json.dumps(stored, sort_keys=True), made.data

    holds()


def assert_says_what_to_do(kind: str, spec: FieldBase, error: Invalid) -> None:
    """Only what such a file has no way to write is refused, and the sentence says another way."""
    told = str(error)
    assert any(words in told for words in ("Use a", "Use another", "Give it", "Write ")), told
    if kind in WHOLE:
        assert "64 bits" in told or kind == "json", told


def test_what_is_empty_is_left_out_and_said() -> None:
    fields: dict[str, FieldBase] = {"a": field(type="integer"), "b": field(type="text", required=False)}
    made, notes = fresh_file("ini", "base", "Base", fields, {"a": 1, "b": None})
    assert made.name == "base.ini"
    assert b"b =" not in made.data
    assert notes == ["Left out, because they are empty: b."]


def test_secrets_are_never_in_a_new_file() -> None:
    fields: dict[str, FieldBase] = {"a": field(type="integer"), "key": field(type="secret")}
    made, _ = fresh_file("json", "base", "Base", fields, {"a": 1, "key": {"secret": "erp.password"}})
    assert json.loads(made.data) == {"a": 1}


def test_an_unknown_kind_is_told_with_those_that_are_known() -> None:
    with pytest.raises(Invalid, match="key=value, ini, csv"):
        fresh_file("docx", "base", "Base", {}, {})
