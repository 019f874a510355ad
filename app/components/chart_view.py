"""The chart of a run's table on its page: which series and panels, the key of colours, what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components import chart_data, charts
from app.components.page import guarded, plain
from app.components.palette import DASHES, colours
from app.components.shown import number
from app.components.view import join, tag, view
from app.state import actor, engine
from app.text import t
from engine.runs.records import RunOutput, RunRecord

SETTINGS = {"displaylogo": False}
DASH_LENGTHS = {
    "solid": "",
    "dash": "6 4",
    "dot": "2 3",
    "dashdot": "6 3 2 3",
    "longdash": "10 4",
    "longdashdot": "10 3 2 3",
}


def labels(spec: Any) -> dict[str, str]:
    """What people read for columns of a table: as declared; the unit of the output belongs to the chart's y."""
    found = dict(getattr(spec, "labels", None) or {})
    unit, chart = getattr(spec, "unit", "") or "", getattr(spec, "chart", None)
    if unit and chart is not None and chart.y and chart.y not in found and unit != chart.y:
        found[chart.y] = f"{chart.y} ({unit})"
    return found


def axis_titles(spec: Any, columns: Sequence[str]) -> dict[str, str]:
    """Titles of axes by column: as declared, else the column's name in words, with the unit."""
    declared, unit = dict(getattr(spec, "labels", None) or {}), spec.unit or ""
    titles = {name: declared.get(name) or charts.words(name) for name in columns} | {"": t("chart.count")}
    y = spec.chart.y
    if unit and y and y not in declared and unit.casefold() != y.casefold():
        titles[y] += f" ({unit})"
    return titles


@st.fragment
@guarded
def draw(run: RunRecord, output: RunOutput, spec: Any, title: str) -> None:
    """The chart that the manifest declares for this table."""
    chart, key = spec.chart, f"{run.id}-{output.name}"
    if chart.title:
        st.caption(plain(chart.title))
    path = str(engine().runs.output_path(actor(), run.id, output.name))
    series = _series(path, chart, key)
    facets = chart_data.series(path, chart.facet) if chart.facet else []
    drawn = tuple(facets[: charts.MOST_PANELS])
    only = [(chart.series, series)] if series is not None else []
    only += [(chart.facet, drawn)] if chart.facet and chart.facet != chart.series else []
    columns = chart_data.columns(path, chart_data.needed(chart), tuple(only))
    titles, dark = axis_titles(spec, list(columns)), st.context.theme.type == "dark"
    said = f"{title}: {chart.title}" if chart.title else title
    if chart.facet:
        _panels(chart, columns, titles, drawn, series, dark=dark, key=key, said=said)
    else:
        made = charts.figure(chart, columns, titles, dark=dark, wanted=series)
        st.plotly_chart(made, key=f"chart-{key}", config=SETTINGS, alt=said)
    for sentence in left_out(chart, columns, titles, len(facets), output.rows or 0):
        st.caption(plain(sentence))


def _series(path: str, chart: Any, key: str) -> tuple[str, ...] | None:
    """The series to draw, chosen by the person where there are many; None where the chart has none."""
    if not chart.series or chart.kind == "heatmap":
        return None
    names = chart_data.series(path, chart.series)
    if len(names) <= charts.MOST_SERIES:
        return tuple(names) or None
    chosen = st.multiselect(
        t("chart.series", count=len(names)),
        names,
        default=names[:4],
        max_selections=charts.MOST_SERIES,
        key=f"series-{key}",
    )
    return tuple(chosen)


def _panels(
    chart: Any,
    columns: Any,
    titles: dict[str, str],
    facets: tuple[str, ...],
    series: tuple[str, ...] | None,
    *,
    dark: bool,
    key: str,
    said: str,
) -> None:
    made = charts.panels(chart, columns, titles, dark=dark, facets=facets, wanted=series)
    if series and len(series) > 1:
        view(legend(series, dark=dark), key=f"legend-{key}")
    grid = st.grid(3 if len(made) > 4 else 2, min_column_width=280, gap="small")
    for at, (facet, one) in enumerate(made):
        with grid.container(gap="xsmall"):
            st.markdown(f"**{plain(facet)}**")
            st.plotly_chart(one, key=f"chart-{key}-{at}", config=SETTINGS, alt=f"{said}, {facet}")


def legend(names: Sequence[str], *, dark: bool) -> Markup:
    """Which colour and dash is which series: one key for all panels."""
    palette, entries = colours(dark), []
    for at, name in enumerate(names):
        dashes = DASH_LENGTHS[DASHES[at % len(DASHES)]] or None
        stroke = tag(
            "line",
            x1=0,
            y1=6,
            x2=28,
            y2=6,
            stroke=palette[at % len(palette)],
            stroke_width=4,
            stroke_dasharray=dashes,
        )
        mark = tag("svg", stroke, width=28, height=12, aria_hidden="true")
        entries.append(tag("span", join([mark, name]), cls="qd-line qd-small"))
    return tag("div", join(entries), cls="qd-line")


def left_out(chart: Any, columns: Any, titles: dict[str, str], facets: int, rows: int) -> list[str]:
    """What the chart does not show, and what the size of points means."""
    said = []
    if chart.size:
        sizes = [charts.magnitude(value) for value in columns[chart.size]]
        said.append(t("chart.size", title=titles[chart.size], largest=number(max(sizes, default=0.0))))
    if facets > charts.MOST_PANELS:
        column = titles[chart.facet]
        said.append(t("chart.panels", shown=charts.MOST_PANELS, total=number(facets), column=column))
    if rows > chart_data.MOST_ROWS:
        said.append(t("chart.sampled", shown=number(chart_data.MOST_ROWS), total=number(rows)))
    return said
