"""What the declaration of a chart must keep: the columns it needs, none that it would not draw."""

from __future__ import annotations

from typing import Any

from engine.catalog.field_checks import no_column
from engine.catalog.manifest_model import CHART_NEEDS, CHART_TAKES
from engine.catalog.manifest_problems import Reporter

NUMBERS = frozenset({"number", "integer"})
OPTIONAL = ("x", "y", "series", "band", "value", "size", "stacked")


def check_chart(spec: Any, place: tuple[str, ...], report: Reporter) -> None:
    """Check the chart of a table output; problems go to ``report``."""
    chart = spec.chart
    if chart is None:
        return
    missing = [key for key in CHART_NEEDS[chart.kind] if not getattr(chart, key)]
    if missing:
        report.add(place, f"a {chart.kind} chart needs {' and '.join(missing)}", "Name the column.")
    _superfluous(chart, place, report)
    if chart.stacked and "stacked" in CHART_TAKES[chart.kind]:
        if not chart.series:
            report.add(
                place, "stacked needs series", "Name the column that tells them apart, or take stacked out."
            )
        if chart.band:
            report.add(place, "stacked areas have no band", "Take band or stacked out.")
    for column in chart.columns().values():
        if spec.columns and column not in spec.columns:
            no_column(report, place, column, list(spec.columns))
    _numeric(spec, place, report)


def _superfluous(chart: Any, place: tuple[str, ...], report: Reporter) -> None:
    """A key that this kind of chart would not draw."""
    taken = (*CHART_NEEDS[chart.kind], *CHART_TAKES[chart.kind])
    for key in OPTIONAL:
        if getattr(chart, key) and key not in taken:
            kinds = [kind for kind in CHART_NEEDS if key in (*CHART_NEEDS[kind], *CHART_TAKES[kind])]
            named = " and ".join(filter(None, [", ".join(kinds[:-1]), kinds[-1]]))
            remedy = f"Take it out: only {named} charts have it."
            article = "an" if chart.kind == "area" else "a"
            report.add(place, f"{article} {chart.kind} chart does not take {key}", remedy)


def _numeric(spec: Any, place: tuple[str, ...], report: Reporter) -> None:
    """Sizes, colours and bands are numbers, where the types are declared."""
    named = {key: getattr(spec.chart, key) for key in ("size", "value") if getattr(spec.chart, key)}
    named |= {
        f"band ({edge})": column
        for edge, column in zip(("lower", "upper"), spec.chart.band or (), strict=False)
    }
    for key, column in named.items():
        if spec.columns.get(column, "number") not in NUMBERS:
            report.add(
                place,
                f"{key} must be a column of numbers, and “{column}” is {spec.columns[column]}",
                "Name another column, or correct its type under columns.",
            )
