"""What charts draw of a run's stored table. Outputs never change, so what was read is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from app.state import engine
from engine.data import drawing

MOST_ROWS = drawing.MOST_ROWS


def needed(chart: Any) -> tuple[str, ...]:
    """The columns that a chart declaration names."""
    named = [chart.x, chart.y, chart.series, chart.value, chart.size, chart.facet, *(chart.band or [])]
    return tuple(dict.fromkeys(name for name in named if name))


@st.cache_resource(max_entries=100, show_spinner=False)
def series(path: str, column: str) -> list[str]:
    """The names of all series, in the order of the table."""
    return drawing.in_order(engine().datasets.warehouse, Path(path), column)


@st.cache_resource(max_entries=100, show_spinner=False)
def columns(
    path: str, names: tuple[str, ...], only: tuple[tuple[str, tuple[str, ...]], ...]
) -> dict[str, list[Any]]:
    """The columns of the rows with ``only`` these series or panels; every n-th row where there are too many."""
    return drawing.columns(engine().datasets.warehouse, Path(path), names, only=dict(only))
