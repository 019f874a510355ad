"""Charts as the manifest declares them, made once per run and kept: plain Plotly JSON from columns of values.

Kinds: line (with band), area, bar, scatter, histogram, box, heatmap. Series are told apart by colour and by
dash or symbol. Axis titles carry units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.components.palette import DASHES, QUIET_DARK, QUIET_LIGHT, SYMBOLS, colours, translucent

Columns = Mapping[str, Sequence[Any]]
MOST_POINTS = 4000  # of one trace: more cannot be seen
MOST_SERIES = 8
MOST_TICKS = 40


def figure(
    spec: Any, columns: Columns, titles: Mapping[str, str], *, dark: bool, wanted: Sequence[str] | None = None
) -> dict[str, Any]:
    """The chart as Plotly's JSON. ``titles`` are axis titles by column; ``wanted`` the series to draw."""
    groups = _groups(spec, columns, wanted)
    palette = colours(dark)
    traces: list[dict[str, Any]] = []
    for index, (name, rows) in enumerate(groups):
        colour = palette[index % len(palette)]
        taken = {column: [values[row] for row in rows] for column, values in columns.items()}
        traces += _TRACES[spec.kind](spec, taken, name, colour, index)
    return {
        "data": traces,
        "layout": _layout(
            spec,
            titles,
            dark=dark,
            several=len(groups) > 1,
            few=len(set(columns.get(spec.x) or ())) <= 5,
            named=spec.kind == "heatmap" and _all_named(columns[spec.y]),
        ),
    }


def _all_named(values: Sequence[Any]) -> bool:
    """Few names, each of which deserves its tick."""
    return all(isinstance(value, str) for value in values) and len(set(values)) <= MOST_TICKS


def _groups(spec: Any, columns: Columns, wanted: Sequence[str] | None) -> list[tuple[str, list[int]]]:
    total = len(next(iter(columns.values()), ()))
    if not spec.series or spec.series not in columns or spec.kind == "heatmap":
        return [("", _thin(list(range(total))))]
    found = list(dict.fromkeys(str(value) for value in columns[spec.series]))
    shown = list(wanted) if wanted is not None else found[:MOST_SERIES]
    rows: dict[str, list[int]] = {name: [] for name in shown}
    for at, value in enumerate(columns[spec.series]):
        if (name := str(value)) in rows:
            rows[name].append(at)
    return [(name, _thin(found)) for name, found in rows.items()]


def _thin(rows: list[int]) -> list[int]:
    """At most so many rows, evenly spread, the last one kept."""
    if len(rows) <= MOST_POINTS:
        return rows
    step = len(rows) / MOST_POINTS
    return [rows[int(at * step)] for at in range(MOST_POINTS - 1)] + [rows[-1]]


def _line(spec: Any, taken: Columns, name: str, colour: str, index: int) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    group = {"legendgroup": name or "all"}
    if spec.band:
        lower, upper = spec.band
        edge = {
            "type": "scatter",
            "mode": "lines",
            "line": {"width": 0},
            "hoverinfo": "skip",
            "showlegend": False,
            **group,
        }
        made.append({**edge, "x": taken[spec.x], "y": taken[upper]})
        made.append(
            {
                **edge,
                "x": taken[spec.x],
                "y": taken[lower],
                "fill": "tonexty",
                "fillcolor": translucent(colour, 0.18),
            }
        )
    few = len(taken[spec.x]) <= 40
    line: dict[str, Any] = {
        "type": "scatter" if len(taken[spec.x]) <= 2000 else "scattergl",
        "mode": "lines+markers" if few else "lines",
        "x": taken[spec.x],
        "y": taken[spec.y],
        "name": name or spec.y,
        "line": {"color": colour, "width": 2, "dash": DASHES[index % len(DASHES)]},
        "marker": {"size": 5, "symbol": SYMBOLS[index % len(SYMBOLS)], "color": colour},
        **group,
    }
    if spec.kind == "area":
        line |= {"fill": "tozeroy", "fillcolor": translucent(colour, 0.2), "type": "scatter"}
    return [*made, line]


def _bar(spec: Any, taken: Columns, name: str, colour: str, index: int) -> list[dict[str, Any]]:
    return [
        {
            "type": "bar",
            "x": taken[spec.x],
            "y": taken[spec.y],
            "name": name or spec.y,
            "marker": {"color": colour},
        }
    ]


def _scatter(spec: Any, taken: Columns, name: str, colour: str, index: int) -> list[dict[str, Any]]:
    marker = {"color": colour, "size": 7, "opacity": 0.75, "symbol": SYMBOLS[index % len(SYMBOLS)]}
    kind = "scatter" if len(taken[spec.x]) <= 1500 else "scattergl"
    return [
        {
            "type": kind,
            "mode": "markers",
            "x": taken[spec.x],
            "y": taken[spec.y],
            "name": name or spec.y,
            "marker": marker,
        }
    ]


def _histogram(spec: Any, taken: Columns, name: str, colour: str, index: int) -> list[dict[str, Any]]:
    marker = {"color": colour, "line": {"width": 0.5, "color": "rgba(127,127,127,0.6)"}}
    return [
        {"type": "histogram", "x": taken[spec.x], "name": name or spec.x, "marker": marker, "opacity": 0.85}
    ]


def _box(spec: Any, taken: Columns, name: str, colour: str, index: int) -> list[dict[str, Any]]:
    made = {"type": "box", "y": taken[spec.y], "name": name or spec.y, "marker": {"color": colour}}
    if spec.x:
        made["x"] = taken[spec.x]
    return [made]


def _heatmap(spec: Any, taken: Columns, name: str, colour: str, index: int) -> list[dict[str, Any]]:
    value = spec.value
    return [
        {
            "type": "heatmap",
            "x": taken[spec.x],
            "y": taken[spec.y],
            "z": taken[value],
            "colorbar": {"title": {"text": value}},
        }
    ]


_TRACES = {
    "line": _line,
    "area": _line,
    "bar": _bar,
    "scatter": _scatter,
    "histogram": _histogram,
    "box": _box,
    "heatmap": _heatmap,
}


def words(column: str) -> str:
    """A column's name as an axis title: ``revenue_share`` → ``revenue share``."""
    return column.replace("_", " ")


def _layout(
    spec: Any, titles: Mapping[str, str], *, dark: bool, several: bool, few: bool, named: bool
) -> dict[str, Any]:
    x_title = titles.get(spec.x or "", spec.x or "")
    y_title = titles.get(spec.y or "", spec.y or "") if spec.kind != "histogram" else titles.get("", "")
    quiet = {"color": QUIET_DARK if dark else QUIET_LIGHT}
    axis = {"automargin": True, "tickfont": quiet}
    every = {"dtick": 1} if named else {}
    return {
        "xaxis": {**axis, "title": {"text": x_title, "font": quiet}},
        "yaxis": {**axis, **every, "title": {"text": y_title, "font": quiet}, "separatethousands": True},
        "margin": {"l": 10, "r": 10, "t": 16, "b": 10},
        "height": 520 if spec.kind == "heatmap" else 400,
        "showlegend": several,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "x unified" if spec.kind in ("line", "area") else "closest",
        "barmode": "stack" if spec.stacked else "group",
        "bargap": 0.6 if few else 0.2,
        "boxmode": "group" if spec.x else "overlay",
    }
