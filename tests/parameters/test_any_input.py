"""Whatever comes in, a field gives a canonical value or a sentence: never another exception."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.parameters.fields import parse_text, validate
from tests.parameters.making import ALL, field

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
    | st.sampled_from(["2026-11-22", "PT1H", "1,234", "12 EUR", "today", "this-1", "2026-W53", "-0", "1e999"])
)  # fmt: skip
KEYS = st.sampled_from(["amount", "currency", "columns", "rows", "blob", "name", "secret", "p", "w"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
SHAPES = st.one_of(
    st.fixed_dictionaries({"columns": JSON, "rows": JSON}), st.fixed_dictionaries({"amount": JSON, "currency": JSON}),
    st.fixed_dictionaries({"blob": JSON, "name": JSON}), st.fixed_dictionaries({"secret": JSON}), JSON,
)  # fmt: skip
TYPED = st.text(max_size=30) | st.text("0123456789.,-+/:; TPQWHDMSe%€$'\"\n\ttodayEUR", max_size=20)
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", list(ALL))
def test_any_json(kind: str) -> None:
    tried, _ = ALL[kind]

    @QUICK
    @given(SHAPES)
    def holds(value: Any) -> None:
        try:
            canonical = validate("x", tried, value)
        except Invalid as error:
            assert len(error.problems) == 1  # noqa: PT017 (most values are wrong)
            return
        json.dumps(canonical, allow_nan=False).encode()
        assert validate("x", tried, canonical) == canonical

    holds()


@pytest.mark.parametrize("kind", list(ALL))
@pytest.mark.parametrize("locale", ["en", "de"])
def test_any_text(kind: str, locale: str) -> None:
    tried, _ = ALL[kind]

    @QUICK
    @given(TYPED)
    def holds(text: str) -> None:
        try:
            canonical = parse_text("x", tried, text, locale, zone="Europe/Berlin")
        except Invalid as error:
            (problem,) = error.problems
            assert problem.sentence.endswith((".", "?"))
            return
        assert validate("x", tried, canonical) == canonical

    holds()


@pytest.mark.parametrize("kind", ["number", "integer", "text", "date", "date-time", "boolean", "category"])
def test_any_cell(kind: str) -> None:
    columns = field(type="table", columns={"c": kind})

    @QUICK
    @given(JSON)
    def holds(value: Any) -> None:
        try:
            canonical = validate("x", columns, {"columns": ["c"], "rows": [[value]]})
        except Invalid:
            return
        json.dumps(canonical, allow_nan=False).encode()
        assert validate("x", columns, canonical) == canonical

    holds()
