"""Whatever a manifest holds, reading it gives a manifest or sentences: never another exception."""
# ruff: noqa: E501 (lists of what to try)

from __future__ import annotations

import copy
import tomllib
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.catalog.manifest import read_manifest
from engine.catalog.manifest_checks import check
from engine.catalog.manifest_model import Manifest
from engine.catalog.manifest_problems import Reporter
from engine.parameters.field_types import FIELD_TYPES
from tests.catalog.conftest import MANIFEST

RAW = tomllib.loads(MANIFEST)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.datetimes()
    | st.sampled_from(["horizon > 3", "a.py:f", "[", "(", *FIELD_TYPES, "line", "table", "metric", "1 h", "this"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "kind", "value", "name", "x"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
KEYS = ["type", "default", "minimum", "maximum", "step", "choices", "columns", "item", "show_when", "pattern", "scale", "currency", "chart", "decimals", "granularity", "zone"]  # fmt: skip


def places(raw: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inner = raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ()
    return [at, *(p for key, value in inner for p in places(value, (*at, key)))]


PLACES = [p for p in places(RAW) if p]


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.sampled_from(PLACES), st.sampled_from(["", "", *KEYS]), VALUES), min_size=1, max_size=3
    )
)
def test_any_change_of_a_manifest(changes: list[tuple[tuple[Any, ...], str, Any]]) -> None:
    raw = copy.deepcopy(RAW)
    for place, key, value in changes:
        here: Any = raw
        try:
            for part in place[:-1]:
                here = here[part]
            if key and isinstance(here[place[-1]], dict):
                here[place[-1]][key] = value
            else:
                here[place[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    report = Reporter("model.toml", MANIFEST)
    from pydantic import ValidationError

    try:
        check(Manifest.model_validate(raw), None, report)
    except ValidationError as error:
        report.add_validation(error, raw)
        assert report.problems
    for problem in report.problems:
        assert problem.sentence.startswith("model.toml")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_any_text_as_a_manifest(text: str) -> None:
    from engine.errors import Invalid

    try:
        read_manifest("manifest = 1\n" + text)
    except Invalid as error:
        assert error.problems  # noqa: PT017 (all texts are wrong, but for different reasons)
