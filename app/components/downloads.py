"""Links to files: contents stream from ``/files`` with the same checks as everything else, whatever their size."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlencode

from markupsafe import Markup

from app.components.shown import size
from app.components.view import icon, join, tag
from app.text import t
from engine.runs.records import RunOutput

TABLE_FORMATS = ("csv", "xlsx", "parquet")


def output_address(run: str, name: str, kind: str = "") -> str:
    """Where a run's output is downloaded; ``kind`` is csv, xlsx or parquet for tables."""
    return f"/files/runs/{quote(run)}/{quote(name, safe='')}" + (f"?format={kind}" if kind else "")


def archive_address(run: str) -> str:
    """Where all of a run is downloaded as one ZIP."""
    return f"/files/runs/{quote(run)}"


def dataset_address(name: str, version: int, kind: str) -> str:
    """Where a dataset version is downloaded."""
    return f"/files/datasets/{quote(name)}?version={version}&format={kind}"


def layout_address(model: str, name: str, layout: str, **query: str) -> str:
    """Where a parameter set is downloaded in the file that it came from."""
    return _of_set(model, name, f"layouts/{quote(layout)}/file", query)


def text_address(model: str, name: str, kind: str, place: str) -> str:
    """Where a parameter set is downloaded in a new text file."""
    return _of_set(model, name, "text", {"kind": kind, "place": place})


def _of_set(model: str, name: str, path: str, query: dict[str, str]) -> str:
    kept = {key: value for key, value in query.items() if value}
    there = f"/api/v1/models/{quote(model)}/sets/{quote(name, safe='~')}/{path}"
    return there + (f"?{urlencode(kept)}" if kept else "")


def set_address(
    model: str, name: str, place: str = "", version: int | None = None, beside: Iterable[str] = ()
) -> str:
    """Where a parameter set is downloaded as XLSX, with other versions beside it."""
    asked = [("place", place), ("version", version or "")] + [("beside", one) for one in beside]
    query = urlencode([(key, value) for key, value in asked if value])
    address = f"/api/v1/models/{quote(model)}/sets/{quote(name, safe='~')}/xlsx"
    return f"{address}?{query}" if query else address


def button(label: str, address: str, *, symbol: str = "download", title: str | None = None) -> Markup:
    """A link that looks like a button and saves a file."""
    return tag("a", join([icon(symbol), label]), href=address, cls="qd-button", download=True, title=title)


def row(buttons: Iterable[Markup]) -> Markup:
    """Download buttons in a line."""
    return tag("div", join(buttons), cls="qd-downloads")


def of_output(run: str, output: RunOutput) -> Markup:
    """The downloads of one output."""
    if output.kind == "table":
        return row(
            button(kind.upper() if kind != "parquet" else "Parquet", output_address(run, output.name, kind))
            for kind in TABLE_FORMATS
        )
    # a figure's file has no name worth knowing
    own = output.filename if output.kind == "file" else output.format.upper()
    label = t("download.single", name=own or output.name)
    return row([button(label, output_address(run, output.name), title=size(output.bytes))])


def of_run(run: str) -> Markup:
    """Everything of a run in one ZIP."""
    return button(t("download.all"), archive_address(run), symbol="folder_zip")
