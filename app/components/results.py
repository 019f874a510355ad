"""What a run produced: headline numbers, charts as declared, tables, figures, files, printed text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from app.components import chart_view, downloads, tables
from app.components.page import empty, plain
from app.components.shown import number, size
from app.components.view import join, tag, view
from app.state import actor, engine
from app.text import t
from engine.data.warehouse import TablePage
from engine.runs.records import RunOutput, RunRecord


def draw(run: RunRecord, manifest: Any) -> None:
    """All outputs of a run, in the order of its manifest."""
    outputs = engine().runs.outputs(actor(), run.id)
    if not outputs:
        empty("inbox", t("run.no_outputs"), t("run.no_outputs.body"), key="run-no-outputs")
        return
    declared = manifest.outputs if manifest else {}
    order = {name: at for at, name in enumerate(declared)}
    outputs = sorted(outputs, key=lambda output: order.get(output.name, len(order)))
    metrics = [o for o in outputs if o.kind == "metric"]
    if metrics:
        view(_metrics(metrics, declared), key="run-metrics")
    for output in outputs:
        if output.kind != "metric":
            _output(run, output, declared.get(output.name))


def title_of(output: RunOutput, spec: Any) -> str:
    """The title of an output, from the manifest or its name."""
    return output.title or (spec.title if spec and spec.title else output.name.replace("_", " ").capitalize())


def _metrics(metrics: Sequence[RunOutput], declared: Any) -> Any:
    ordered = sorted(metrics, key=lambda o: not getattr(declared.get(o.name), "headline", False))
    cards = []
    for output in ordered:
        spec = declared.get(output.name)
        unit = getattr(spec, "unit", "") or ""
        value = number(_float(output.value), getattr(spec, "decimals", None))
        inner = tag("div", title_of(output, spec), cls="qd-small qd-muted")
        inner += tag("div", join([value, tag("small", unit) if unit else ""]), cls="qd-value")
        if spec and spec.help:
            inner += tag("div", spec.help, cls="qd-small qd-muted")
        cards.append(tag("div", inner, cls="qd-metric"))
    return tag("div", join(cards), cls="qd-metrics")


def _float(value: Any) -> Any:
    return float(value) if isinstance(value, str) and value in ("Infinity", "-Infinity", "NaN") else value


def _output(run: RunRecord, output: RunOutput, spec: Any) -> None:
    title = title_of(output, spec)
    if output.kind == "text":
        st.header(plain(title), anchor=False)
        view(tag("pre", output.value or "", cls="qd-log", tabindex="0"), key=f"out-{output.name}")
        return
    if output.blob is None:
        st.header(plain(title), anchor=False)
        st.caption(t("run.expired"))
        return
    if output.kind == "table":
        _table(run, output, spec, title)
    elif output.kind == "figure":
        st.header(plain(title), anchor=False)
        _figure(run, output, title)
    else:
        st.header(plain(title), anchor=False)
        about = tag(
            "span", f"{output.filename or output.name} · {size(output.bytes)}", cls="qd-muted qd-small"
        )
        html = tag("div", downloads.of_output(run.id, output) + about, cls="qd-line")
        if output.filename.lower().endswith((".html", ".htm")):
            html = _frame(downloads.output_address(run.id, output.name), title) + html
        view(html, key=f"out-{output.name}")


def _frame(address: str, title: str) -> Any:
    """A page that a model made, in a frame without our origin: its scripts see nothing of ours."""
    return tag(
        "iframe",
        src=f"{address}?inline=true",
        title=title,
        sandbox="allow-scripts",
        referrerpolicy="no-referrer",
        loading="lazy",
        cls="qd-frame",
    )


def _table(run: RunRecord, output: RunOutput, spec: Any, title: str) -> None:
    st.header(plain(title), anchor=False)
    chart = getattr(spec, "chart", None)
    if spec and spec.help:
        st.caption(plain(spec.help))
    if chart is not None:
        chart_view.draw(run, output, spec, title)
    about = t("datasets.rows", count=output.rows or 0, shown=number(output.rows or 0))
    fetch = Rows(run.id, output.name)
    if chart is not None:
        with st.expander(t("run.table", rows=about), icon=":material/table_rows:"):
            tables.table(
                fetch, key=f"table-{run.id}-{output.name}", caption=title, labels=chart_view.labels(spec)
            )
    else:
        tables.table(
            fetch, key=f"table-{run.id}-{output.name}", caption=title, labels=chart_view.labels(spec)
        )
    view(downloads.of_output(run.id, output), key=f"down-{output.name}")


class Rows:
    """Pages of a run's table."""

    def __init__(self, run: str, name: str) -> None:
        self.run, self.name = run, name

    def __call__(self, **asked: Any) -> TablePage:
        """One page; the engine checks that the person may read the run."""
        path = engine().runs.output_path(actor(), self.run, self.name)
        return engine().datasets.warehouse.page(path, **asked)


def _figure(run: RunRecord, output: RunOutput, title: str) -> None:
    if output.format == "plotly":
        st.plotly_chart(
            plotly_json(str(engine().runs.output_path(actor(), run.id, output.name))),
            key=f"fig-{output.name}",
            alt=title,
        )
    else:
        image = tag(
            "img",
            src=downloads.output_address(run.id, output.name),
            alt=title,
            loading="lazy",
            style="max-width:100%;background:#fff;border-radius:8px;border:1px solid var(--st-border-color)",
        )
        view(image, key=f"fig-{output.name}")
    view(downloads.of_output(run.id, output), key=f"down-{output.name}")


@st.cache_resource(max_entries=60, show_spinner=False)
def plotly_json(path: str) -> dict[str, Any]:
    """A Plotly figure that a model made."""
    made: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    return {"data": made.get("data", []), "layout": made.get("layout", {})}
