"""A chart is declared with what it needs, and with nothing that it would not draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalog.manifest import load_manifest
from engine.errors import Invalid

MODEL = """manifest = 1

[model]
name = "sketch"
language = "python"
entry = "model.py:run"

[outputs.plan]
kind = "table"
columns = {{ week = "date", units = "number", low = "number", high = "number", brand = "text" }}
{labels}
chart = {{ {chart} }}
"""


def load(folder: Path, chart: str, labels: str = "") -> None:
    (folder / "model.py").write_text("def run():\n    return {}\n")
    (folder / "model.toml").write_text(MODEL.format(chart=chart, labels=labels))
    load_manifest(folder)


GOOD = [
    'kind = "scatter", x = "week", y = "units", size = "low", series = "brand", facet = "brand"',
    'kind = "area", x = "week", y = "units", series = "brand", stacked = true',
    'kind = "bar", x = "week", y = "units", series = "brand", stacked = true, facet = "brand"',
    'kind = "histogram", x = "units", series = "brand", stacked = true',
    'kind = "line", x = "week", y = "units", band = ["low", "high"], facet = "brand"',
    'kind = "box", x = "brand", y = "units", facet = "brand"',
    'kind = "heatmap", x = "week", y = "brand", value = "units", facet = "brand"',
]
BAD = [
    (
        'kind = "line", x = "week", y = "units", size = "low"',
        "a line chart does not take size. Take it out: only scatter charts",
    ),
    (
        'kind = "bar", x = "week", y = "units", band = ["low", "high"]',
        "a bar chart does not take band. Take it out: only line",
    ),
    (
        'kind = "line", x = "week", y = "units", series = "brand", stacked = true',
        "a line chart does not take stacked.",
    ),
    (
        'kind = "area", x = "week", y = "units", stacked = true',
        "stacked needs series.",
    ),
    (
        'kind = "area", x = "week", y = "units", series = "brand", stacked = true, band = ["low", "high"]',
        "stacked areas have no band.",
    ),
    (
        'kind = "histogram", x = "units", y = "low"',
        "a histogram chart does not take y.",
    ),
    (
        'kind = "heatmap", x = "week", y = "brand", value = "units", series = "brand"',
        "a heatmap chart does not take series.",
    ),
    (
        'kind = "bar", x = "week", y = "units", value = "low"',
        "a bar chart does not take value.",
    ),
    (
        'kind = "scatter", x = "week", y = "units", size = "brand"',
        "size must be a column of numbers, and “brand” is text.",
    ),
    (
        'kind = "scatter", x = "week", y = "units", facet = "brnd"',
        "there is no column “brnd”. Did you mean “brand”?",
    ),
]


@pytest.mark.parametrize("chart", GOOD)
def test_what_is_drawn_is_accepted(tmp_path: Path, chart: str) -> None:
    load(tmp_path, chart, 'labels = { units = "Cartons sold" }')


@pytest.mark.parametrize(("chart", "sentence"), BAD)
def test_what_is_not_drawn_is_refused_with_a_sentence(tmp_path: Path, chart: str, sentence: str) -> None:
    with pytest.raises(Invalid) as caught:
        load(tmp_path, chart)
    said = " ".join(problem.sentence for problem in caught.value.problems)
    assert sentence in said
    assert "outputs.plan.chart" in said


def test_a_label_of_an_unknown_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no column “unit”"):
        load(tmp_path, GOOD[0], 'labels = { unit = "Cartons" }')
