"""The traces of each kind of chart, as Plotly's JSON: one group of rows (a series) at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.components.palette import DASHES, SYMBOLS, translucent

Columns = Mapping[str, Sequence[Any]]
LARGEST_POINT = 36  # pixels across


@dataclass(frozen=True)
class Drawn:
    """One series: its rows, its looks, and the titles of columns."""

    spec: Any
    taken: Columns
    name: str
    colour: str
    index: int
    titles: Mapping[str, str]
    largest: float = 0.0  # of the column that sets the size of points, over all series and panels

    @property
    def shown_name(self) -> str:
        """What the legend and the hover text call it."""
        return self.name or self.title(self.spec.y or self.spec.x)

    def title(self, column: str) -> str:
        """A column as people read it; ``%{`` would begin a placeholder of Plotly's."""
        return self.titles.get(column, column).replace("%{", "% {")


def line(drawn: Drawn) -> list[dict[str, Any]]:
    """A line or an area, with its band behind it."""
    spec, taken, colour = drawn.spec, drawn.taken, drawn.colour
    x = taken[spec.x]
    group = {"legendgroup": drawn.name or "all"}
    made = _band(drawn, group) if spec.band else []
    main: dict[str, Any] = {
        "type": "scatter" if len(x) <= 2000 or spec.kind == "area" else "scattergl",
        "mode": "lines+markers" if len(x) <= 40 else "lines",
        "x": x,
        "y": taken[spec.y],
        "name": drawn.shown_name,
        "line": {"color": colour, "width": 2, "dash": DASHES[drawn.index % len(DASHES)]},
        "marker": {"size": 5, "symbol": SYMBOLS[drawn.index % len(SYMBOLS)], "color": colour},
        **group,
    }
    if spec.kind == "area":
        opacity = 0.45 if spec.stacked else 0.2
        main |= {"fill": "tonexty" if spec.stacked else "tozeroy", "fillcolor": translucent(colour, opacity)}
    if spec.kind == "area" and spec.stacked:
        main |= {"stackgroup": "all", "mode": "lines"}
    return [*made, main]


def _band(drawn: Drawn, group: dict[str, str]) -> list[dict[str, Any]]:
    lower, upper = drawn.spec.band
    edge = {
        "type": "scatter",
        "mode": "lines",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
        "x": drawn.taken[drawn.spec.x],
        **group,
    }
    filled = {"fill": "tonexty", "fillcolor": translucent(drawn.colour, 0.18)}
    return [{**edge, "y": drawn.taken[upper]}, {**edge, "y": drawn.taken[lower], **filled}]


def bar(drawn: Drawn) -> list[dict[str, Any]]:
    """Bars."""
    return [
        {
            "type": "bar",
            "x": drawn.taken[drawn.spec.x],
            "y": drawn.taken[drawn.spec.y],
            "name": drawn.shown_name,
            "marker": {"color": drawn.colour},
        }
    ]


def scatter(drawn: Drawn) -> list[dict[str, Any]]:
    """Points; with a size column, bubbles whose area is the value."""
    spec, taken = drawn.spec, drawn.taken
    marker: dict[str, Any] = {
        "color": drawn.colour,
        "size": 7,
        "opacity": 0.75,
        "symbol": SYMBOLS[drawn.index % len(SYMBOLS)],
    }
    made: dict[str, Any] = {
        "type": "scatter" if len(taken[spec.x]) <= 1500 else "scattergl",
        "mode": "markers",
        "x": taken[spec.x],
        "y": taken[spec.y],
        "name": drawn.shown_name,
        "marker": marker,
    }
    if spec.size:
        marker["size"] = [magnitude(value) for value in taken[spec.size]]
        marker |= {"sizemode": "area", "sizemin": 2, "opacity": 0.6}
        marker["sizeref"] = 2 * (drawn.largest or 1.0) / LARGEST_POINT**2
        parts = [f"{drawn.title(spec.x)}: %{{x}}", f"{drawn.title(spec.y)}: %{{y}}"]
        parts.append(f"{drawn.title(spec.size)}: %{{marker.size:,}}")
        made["hovertemplate"] = "<br>".join(parts) + f"<extra>{drawn.name}</extra>"
    return [made]


def magnitude(value: Any) -> float:
    """A value as the size of a point: what is missing, negative or no number has none."""
    if value is None or isinstance(value, str):
        return 0.0
    size = float(value)
    return size if math.isfinite(size) and size > 0 else 0.0


def histogram(drawn: Drawn) -> list[dict[str, Any]]:
    """Counts of rows by value."""
    marker = {"color": drawn.colour, "line": {"width": 0.5, "color": "rgba(127,127,127,0.6)"}}
    x = drawn.taken[drawn.spec.x]
    return [{"type": "histogram", "x": x, "name": drawn.shown_name, "marker": marker, "opacity": 0.85}]


def box(drawn: Drawn) -> list[dict[str, Any]]:
    """Median, quartiles and outliers."""
    spec = drawn.spec
    made = {
        "type": "box",
        "y": drawn.taken[spec.y],
        "name": drawn.shown_name,
        "marker": {"color": drawn.colour},
    }
    if spec.x:
        made["x"] = drawn.taken[spec.x]
    return [made]


def heatmap(drawn: Drawn) -> list[dict[str, Any]]:
    """Cells coloured by a value."""
    spec = drawn.spec
    return [
        {
            "type": "heatmap",
            "x": drawn.taken[spec.x],
            "y": drawn.taken[spec.y],
            "z": drawn.taken[spec.value],
            "zhoverformat": ",.4~r",
            "colorbar": {"title": {"text": drawn.title(spec.value)}},
        }
    ]


TRACES: dict[str, Callable[[Drawn], list[dict[str, Any]]]] = {
    "line": line,
    "area": line,
    "bar": bar,
    "scatter": scatter,
    "histogram": histogram,
    "box": box,
    "heatmap": heatmap,
}
