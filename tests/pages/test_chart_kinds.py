"""Sizes, stacks and small multiples are drawn; numbers and titles read well."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from app.components import chart_view, charts
from engine.catalog.manifest_model import ChartSpec, OutputSpec

TABLE: dict[str, list[Any]] = {
    "week": [1, 2, 1, 2],
    "units": [1000.0, 1250.5, 20.0, 24.0],
    "margin": [10.0, None, 40.0, -3.0],
    "brand": ["tea", "tea", "milk", "milk"],
    "store": ["S1", "S2", "S1", "S2"],
}


def plotly_accepts(made: dict[str, Any]) -> None:
    import plotly.graph_objects as go

    go.Figure(made)


def test_size_makes_bubbles_whose_area_is_the_value() -> None:
    spec = ChartSpec(kind="scatter", x="week", y="units", size="margin", series="brand")
    made = charts.figure(spec, TABLE, {"margin": "Margin (EUR)"}, dark=False)
    tea, milk = made["data"]
    assert tea["marker"]["size"] == [10.0, 0.0]  # a missing size is no size
    assert milk["marker"]["size"] == [40.0, 0.0]  # nor is a negative one
    assert tea["marker"]["sizemode"] == "area"
    assert tea["marker"]["sizeref"] == milk["marker"]["sizeref"]
    assert "Margin (EUR): %{marker.size:,}" in tea["hovertemplate"]
    plotly_accepts(made)


def test_stacked_areas_lie_on_each_other() -> None:
    spec = ChartSpec(kind="area", x="week", y="units", series="brand", stacked=True)
    made = charts.figure(spec, TABLE, {}, dark=True)
    assert {trace["stackgroup"] for trace in made["data"]} == {"all"}
    plain = charts.figure(spec.model_copy(update={"stacked": False}), TABLE, {}, dark=True)
    assert all("stackgroup" not in trace for trace in plain["data"])
    plotly_accepts(made)


@pytest.mark.parametrize("kind", ["line", "area", "bar", "scatter", "histogram", "box", "heatmap"])
def test_small_multiples_share_their_axes_and_series(kind: str) -> None:
    given = {"kind": kind, "x": "week", "y": "units", "series": "brand", "facet": "store", "value": "margin"}
    if kind == "scatter":
        given["size"] = "margin"
    spec = ChartSpec.model_validate(given)
    made = charts.panels(spec, TABLE, {}, dark=False, facets=["S1", "S2"])
    assert [facet for facet, _ in made] == ["S1", "S2"]
    first, second = (one for _, one in made)
    assert first["layout"]["yaxis"].get("range") == second["layout"]["yaxis"].get("range")
    assert [t.get("name") for t in first["data"]] == [t.get("name") for t in second["data"]]
    if kind == "scatter":
        assert first["data"][0]["marker"]["sizeref"] == second["data"][0]["marker"]["sizeref"]
    if kind == "heatmap":
        assert first["data"][0]["zmin"] == second["data"][0]["zmin"] == -3.0
    for _, one in made:
        plotly_accepts(one)


def test_panels_of_dates_and_of_nothing() -> None:
    table = {"day": [date(2026, 1, 5), date(2026, 1, 12)], "y": [1.0, None], "place": ["a", "b"]}
    spec = ChartSpec(kind="line", x="day", y="y", facet="place")
    (_, one), _ = charts.panels(spec, table, {}, dark=False, facets=["a", "b"])
    low, high = one["layout"]["xaxis"]["range"]
    assert low.date() <= date(2026, 1, 5)
    assert high.date() >= date(2026, 1, 12)
    assert charts.panels(spec, {"day": [], "y": [], "place": []}, {}, dark=False, facets=[]) == []


def test_hover_texts_have_separators_and_only_decimals_that_tell() -> None:
    spec = ChartSpec(kind="line", x="week", y="units")
    assert charts.figure(spec, TABLE, {}, dark=False)["layout"]["yaxis"]["hoverformat"] == ",.1~f"
    small = {"week": [1], "units": [0.01234567]}
    assert charts.figure(spec, small, {}, dark=False)["layout"]["yaxis"]["hoverformat"] == ",.6~f"
    years = {"week": [2024, 2025], "units": [1.0, 2.0]}
    assert charts.figure(spec, years, {}, dark=False)["layout"]["xaxis"]["tickformat"] == "d"


def test_columns_are_titled_as_declared_else_in_words() -> None:
    chart = ChartSpec(kind="bar", x="revenue_share", y="mape")
    spec = OutputSpec(kind="table", unit="%", chart=chart, labels={"mape": "Error (%)"})
    titles = chart_view.axis_titles(spec, ["revenue_share", "mape"])
    assert titles["revenue_share"] == "Revenue share"
    assert titles["mape"] == "Error (%)"
    assert chart_view.labels(spec) == {"mape": "Error (%)"}
    bare = OutputSpec(kind="table", unit="kg", chart=chart)
    assert chart_view.axis_titles(bare, ["mape"])["mape"] == "Mape (kg)"
    assert chart_view.labels(bare) == {"mape": "mape (kg)"}


def test_what_is_left_out_is_said() -> None:
    chart = SimpleNamespace(size="margin", facet="store")
    said = chart_view.left_out(chart, TABLE, {"margin": "Margin", "store": "Store"}, facets=15, rows=50_000)
    assert said[0] == "The larger a point, the larger Margin; the largest is 40."
    assert said[1] == "Drawn are the first 12 of 15 values of Store; the table has all."
    assert "40,000 of 50,000" in said[2]


def test_the_key_of_colours_names_each_series() -> None:
    made = chart_view.legend(["tea", "<b>"], dark=False)
    assert "tea" in made
    assert "&lt;b&gt;" in made
