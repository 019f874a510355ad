"""The model author's guide says what is true: its examples are read, and nothing is left out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from engine.catalog.manifest import CHART_NEEDS, Manifest, read_manifest
from engine.expression_functions import CLOCK_FUNCTIONS, FUNCTIONS
from engine.parameters.field_types import FIELD_TYPES
from engine.runtimes.script_formats import EDITORS

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = (DOCS / "model-author-guide.md").read_text()
REFERENCE = (DOCS / "reference" / "manifest.md").read_text()
HEAD = 'manifest = 1\n[model]\nname = "a"\nlanguage = "r"\nentry = "a.R:f"\n'
# what the fragments of the guide lean on
AROUND = """
[fields.horizon]
type = "integer"
default = 13
[fields.price_floor]
type = "number"
required = false
[fields.list_price]
type = "number"
required = false
[fields.start_date]
type = "date"
required = false
[fields.end_date]
type = "date"
required = false
"""
SALES = '[inputs.sales]\ncolumns = { week = "date", store = "text", units = "number" }\n'
OUTPUTS = '[outputs.forecast]\nkind = "table"\n[outputs.mape]\nkind = "metric"\n'
EXAMPLES = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=[e.strip().split("\n")[0] for e in EXAMPLES])
def test_every_example_is_a_manifest_or_a_part_of_one(example: str) -> None:
    if not example.startswith("manifest"):
        example = HEAD + AROUND + example
        example += "" if "[inputs.sales]" in example else SALES
        example += "" if "[outputs.forecast]" in example else OUTPUTS
    read_manifest(example)


def test_every_field_type_function_chart_and_format_is_described() -> None:
    for kind in FIELD_TYPES:
        assert f"| `{kind}` |" in GUIDE
    for function in FUNCTIONS.values():
        assert f"| `{function.written}` | {function.meaning} |" in GUIDE
    for name in CLOCK_FUNCTIONS:
        assert f"`{name}()`" in GUIDE
    for chart in CHART_NEEDS:
        assert f"`{chart}`" in GUIDE
    missing = {f for f in EDITORS if f"`{f}`" not in GUIDE} - {
        "properties",
        "text",
        "yml",
    }  # other names of formats
    assert not missing


def classes(model: type[BaseModel], seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    if model in seen:
        return seen
    seen.add(model)
    waiting: list[Any] = [f.annotation for f in model.model_fields.values()]
    while waiting:
        found = waiting.pop()
        if isinstance(found, type) and issubclass(found, BaseModel):
            classes(found, seen)
        waiting += getattr(found, "__args__", ())
    return seen


def test_every_key_is_in_the_reference_with_a_meaning() -> None:
    for model in classes(Manifest, set()):
        for name, key in model.model_fields.items():
            assert f"| `{key.alias or name}` |" in REFERENCE, f"{model.__name__}.{name}"
            assert key.description or name == "type", f"{model.__name__}.{name} has no description"
