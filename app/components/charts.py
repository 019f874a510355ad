"""Charts as the manifest declares them, made once per run and kept: plain Plotly JSON from columns of values.

Kinds: line (with band), area, bar, scatter (with size), histogram, box, heatmap; each as small multiples too.
Series are told apart by colour and by dash or symbol. Axis titles carry units.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.components.chart_traces import TRACES, Columns, Drawn, magnitude
from app.components.palette import QUIET_DARK, QUIET_LIGHT, colours

MOST_POINTS = 4000  # of one trace: more cannot be seen
MOST_SERIES = 8
MOST_PANELS = 12
MOST_TICKS = 40


def figure(
    spec: Any, columns: Columns, titles: Mapping[str, str], *, dark: bool, wanted: Sequence[str] | None = None
) -> dict[str, Any]:
    """The chart as Plotly's JSON. ``titles`` are axis titles by column; ``wanted`` the series to draw."""
    groups = _groups(spec, columns, wanted)
    palette = colours(dark)
    largest = max((magnitude(value) for value in columns[spec.size]), default=0.0) if spec.size else 0.0
    traces: list[dict[str, Any]] = []
    for index, (name, rows) in enumerate(groups):
        taken = {column: [values[row] for row in rows] for column, values in columns.items()}
        colour = palette[index % len(palette)]
        traces += TRACES[spec.kind](Drawn(spec, taken, name, colour, index, titles, largest))
    return {"data": traces, "layout": _layout(spec, columns, titles, dark=dark, several=len(groups) > 1)}


def panels(
    spec: Any,
    columns: Columns,
    titles: Mapping[str, str],
    *,
    dark: bool,
    facets: Sequence[str],
    wanted: Sequence[str] | None = None,
) -> list[tuple[str, dict[str, Any]]]:
    """Small multiples: one chart for each of ``facets``, all with the same series, axes and sizes."""
    if wanted is None and spec.series and spec.kind != "heatmap":
        wanted = series_of(spec, columns)
    place = [str(value) for value in columns[spec.facet]]
    whole = figure(spec, columns, titles, dark=dark, wanted=wanted)
    made = []
    for facet in facets:
        rows = [at for at, value in enumerate(place) if value == facet]
        taken = {name: [values[row] for row in rows] for name, values in columns.items()}
        one = figure(spec, taken, titles, dark=dark, wanted=wanted)
        one["layout"] |= {"height": 280, "showlegend": False}
        _alike(spec, one, columns, whole)
        made.append((facet, one))
    return made


def series_of(spec: Any, columns: Columns) -> list[str]:
    """The series that are drawn when nobody chose: the first ones of the table."""
    return list(dict.fromkeys(str(value) for value in columns[spec.series]))[:MOST_SERIES]


def _alike(spec: Any, one: dict[str, Any], columns: Columns, whole: dict[str, Any]) -> None:
    """Give a panel the axes of all panels together, so that they can be compared by eye."""
    if spec.kind == "heatmap":
        numbers = list(_numbers(columns[spec.value]))
        for trace in one["data"]:
            trace |= {"zmin": min(numbers, default=0), "zmax": max(numbers, default=1)}
        return
    for trace, of_all in zip(one["data"], whole["data"], strict=True):
        if spec.size:
            trace["marker"]["sizeref"] = of_all["marker"]["sizeref"]
    if spec.kind != "histogram" and not spec.stacked:
        named = [spec.y, *(spec.band or [])]
        if edges := _edges([v for name in named for v in columns[name]], zero=spec.kind in ("bar", "area")):
            one["layout"]["yaxis"]["range"] = edges
    if spec.x and spec.kind != "bar" and (edges := _edges(columns[spec.x], zero=False)):
        one["layout"]["xaxis"]["range"] = edges


def _edges(values: Sequence[Any], *, zero: bool) -> list[Any] | None:
    """Ends of an axis, for numbers with a little air; None for names."""
    if any(isinstance(value, str) for value in values):
        return None
    if days := [value for value in values if hasattr(value, "isoformat")]:
        first, last = min(days), max(days)
        air = (last - first) * 0.03
        return [_moment(first) - air, _moment(last) + air]
    numbers = list(_numbers(values))
    if not numbers:
        return None
    low, high = min(numbers), max(numbers)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    air = (high - low) * 0.05 or 0.5
    return [low - (air if low or not zero else 0.0), high + air]


def _moment(day: Any) -> datetime:
    return day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)


def _numbers(values: Iterable[Any]) -> Iterable[float]:
    return (float(v) for v in values if isinstance(v, int | float) and math.isfinite(v))


def _all_named(values: Sequence[Any]) -> bool:
    """Few names, each of which deserves its tick."""
    return all(isinstance(value, str) for value in values) and len(set(values)) <= MOST_TICKS


def _groups(spec: Any, columns: Columns, wanted: Sequence[str] | None) -> list[tuple[str, list[int]]]:
    total = len(next(iter(columns.values()), ()))
    if not spec.series or spec.series not in columns or spec.kind == "heatmap":
        return [("", _thin(list(range(total))))]
    shown = list(wanted) if wanted is not None else series_of(spec, columns)
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


def words(column: str) -> str:
    """A column's name as a title: ``revenue_share`` → ``Revenue share``; capitals that are there stay."""
    text = " ".join(column.replace("_", " ").replace(".", " ").split()) or column
    return text[0].upper() + text[1:]


def _number_axis(values: Sequence[Any], *, years: bool = False) -> dict[str, Any]:
    """Thousands separators on ticks and in the hover text, and no more decimals than tell something."""
    numbers = list(_numbers(values))
    if not numbers:
        return {}
    if years and all(number.is_integer() and 1500 <= number <= 2500 for number in numbers):
        return {"tickformat": "d", "hoverformat": "d"}
    largest = max(abs(number) for number in numbers)
    if largest and (largest < 1e-4 or largest >= 1e15):
        return {"hoverformat": ".4~g"}
    decimals = max(0, min(8, 4 - math.floor(math.log10(largest)))) if largest else 0
    plain = {"exponentformat": "none"} if largest < 1e9 else {}
    return {"separatethousands": True, **plain, "hoverformat": f",.{decimals}~f"}


def _layout(
    spec: Any, columns: Columns, titles: Mapping[str, str], *, dark: bool, several: bool
) -> dict[str, Any]:
    counted = spec.kind == "histogram"
    x_values, y_values = columns.get(spec.x, ()), () if counted else columns.get(spec.y, ())
    quiet = {"color": QUIET_DARK if dark else QUIET_LIGHT}
    axis = {"automargin": True, "tickfont": quiet}
    every = {"dtick": 1} if spec.kind == "heatmap" and _all_named(y_values) else {}
    y_axis = {"separatethousands": True, "hoverformat": ","} if counted else _number_axis(y_values)
    x_title, y_title = (
        titles.get(spec.x or "", spec.x or ""),
        titles.get("" if counted else spec.y, spec.y or ""),
    )
    return {
        "xaxis": {**axis, **_number_axis(x_values, years=True), "title": {"text": x_title, "font": quiet}},
        "yaxis": {**axis, **y_axis, **every, "title": {"text": y_title, "font": quiet}},
        "separators": ".,",
        "margin": {"l": 10, "r": 10, "t": 16, "b": 10},
        "height": 520 if spec.kind == "heatmap" else 400,
        "showlegend": several,
        "legend": {
            "orientation": "h",
            "y": 1.02,
            "yanchor": "bottom",
            "x": 0,
            "itemsizing": "constant" if spec.size else "trace",
        },
        "hovermode": "x unified" if spec.kind in ("line", "area") else "closest",
        "barmode": "stack" if spec.stacked else "group",
        "bargap": 0.05 if counted else (0.6 if len(set(x_values)) <= 5 else 0.2),
        "boxmode": "group" if spec.x and spec.series else "overlay",
    }
