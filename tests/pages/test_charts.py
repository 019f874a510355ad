"""Charts as declared, as Plotly's JSON."""

from __future__ import annotations

from typing import Any

import pytest

from app.components import charts
from engine.catalog.manifest_model import ChartSpec

TABLE: dict[str, list[Any]] = {
    "week": [1, 2, 1, 2],
    "units": [10.0, 12.0, 20.0, 24.0],
    "lower": [8.0, 9.0, 15.0, 20.0],
    "upper": [12.0, 15.0, 25.0, 28.0],
    "brand": ["tea", "tea", "milk", "milk"],
}


def test_a_line_has_a_band_of_its_own_colour_for_each_series() -> None:
    spec = ChartSpec(kind="line", x="week", y="units", series="brand", band=("lower", "upper"))
    made = charts.figure(spec, TABLE, {"units": "units (cartons)"}, dark=False)
    names = [trace["name"] for trace in made["data"] if "name" in trace]
    assert names == ["tea", "milk"]
    assert len(made["data"]) == 6
    assert made["layout"]["yaxis"]["title"]["text"] == "units (cartons)"
    lines = [trace["line"] for trace in made["data"] if "name" in trace]
    assert lines[0]["color"] != lines[1]["color"]
    assert lines[0]["dash"] != lines[1]["dash"]  # not by colour alone


def test_only_wanted_series_are_drawn() -> None:
    spec = ChartSpec(kind="line", x="week", y="units", series="brand")
    made = charts.figure(spec, TABLE, {}, dark=True, wanted=["milk"])
    assert [trace["name"] for trace in made["data"]] == ["milk"]


@pytest.mark.parametrize("kind", ["line", "area", "bar", "scatter", "histogram", "box", "heatmap"])
@pytest.mark.parametrize("rows", [0, 4])
def test_every_kind_is_a_figure_that_plotly_accepts(kind: str, rows: int) -> None:
    import plotly.graph_objects as go

    table = {name: values[:rows] for name, values in TABLE.items()}
    spec = ChartSpec.model_validate({"kind": kind, "x": "week", "y": "units", "value": "units"})
    go.Figure(charts.figure(spec, table, {}, dark=False))


def test_a_trace_has_no_more_points_than_can_be_seen() -> None:
    table = {"x": list(range(100_000)), "y": list(range(100_000))}
    made = charts.figure(ChartSpec(kind="line", x="x", y="y"), table, {}, dark=False)
    assert len(made["data"][0]["x"]) == charts.MOST_POINTS
    assert made["data"][0]["x"][-1] == 99_999
