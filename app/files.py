"""Files to download: an output in the wanted format, a whole run, a dataset. For routes and command line.

Contents that are stored in the wanted format are handed out as they lie; others are made in a temporary
file, which goes when the download is over.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.access import Actor
from engine.errors import NotFound

if TYPE_CHECKING:
    from engine.engine import Engine


@dataclass(frozen=True)
class File:
    """A local file and the name it should have for the person who gets it."""

    path: Path
    name: str


class Kept:
    """A file that stays until ``close``: what a context manager made, held open beyond its block."""

    def __init__(self, context: Any) -> None:
        self._stack = ExitStack()
        self.file: File = self._stack.enter_context(context)

    def close(self) -> None:
        """Remove what was made for this download."""
        self._stack.close()


@contextmanager
def output_file(engine: Engine, actor: Actor, run: str, name: str, form: str) -> Iterator[File]:
    """An output. ``form``: csv, xlsx, parquet for tables; ``original`` for what was produced.

    Raises NotFound (also when its time to be kept is over) and Invalid.
    """
    from engine.data import exports

    record = engine.runs.get(actor, run)
    found = next((o for o in engine.runs.outputs(actor, run) if o.name == name), None)
    if found is None:
        raise NotFound("output", name, f"The run {run} has no output of that name; its page lists them.")
    about = (record.model, name, run[-6:].lower())
    if found.blob is None and found.value is not None:
        with _temporary(engine, exports.file_name(*about, ending="txt")) as made:
            made.path.write_text(f"{found.value}\n", encoding="utf-8")
            yield made
        return
    path = engine.runs.output_path(actor, run, name)
    if found.kind != "table":
        ending = Path(found.filename).suffix.lstrip(".") or found.format or "bin"
        yield File(path, exports.file_name(*about, ending="plotly.json" if ending == "plotly" else ending))
        return
    wanted = "parquet" if form == "original" else form
    exports.check_format(wanted)
    if wanted == "parquet":
        yield File(path, exports.file_name(*about, ending=wanted))
        return
    with _temporary(engine, exports.file_name(*about, ending=wanted)) as made:
        exports.export(path, made.path, wanted, about={"Run": run, "Model": record.model}, engine=engine)
        yield made


@contextmanager
def dataset_file(engine: Engine, actor: Actor, name: str, version: int | None, form: str) -> Iterator[File]:
    """A dataset version as csv, xlsx or parquet. Raises NotFound, Invalid."""
    from engine.data.exports import check_format, file_name

    if form != "original":
        check_format(form)
    found = engine.datasets.version(actor, name, version)
    if form in ("original", "parquet"):
        path = engine.datasets.path(actor, name, found.number)
        yield File(path, file_name(name, f"v{found.number}", ending="parquet"))
        return
    with _temporary(engine, file_name(name, f"v{found.number}", ending=form)) as made:
        engine.datasets.export(actor, name, found.number, made.path, form)
        yield made


@contextmanager
def run_archive(engine: Engine, actor: Actor, run: str) -> Iterator[File]:
    """Everything of a run in one ZIP: tables, figures, files, log, and ``run.json`` saying how it came about."""
    from engine.data import exports

    record = engine.runs.get(actor, run)
    with _temporary(engine, exports.file_name(record.model, run, ending="zip")) as made:
        exports.run_zip(engine, actor, run, made.path)
        yield made


@contextmanager
def set_workbook(
    engine: Engine,
    actor: Actor,
    model: str,
    name: str,
    place: str = "",
    version: int | None = None,
    beside: Sequence[str] = (),
) -> Iterator[File]:
    """A version of a parameter set (the newest one) as XLSX, with others beside it. Raises NotFound, Invalid."""
    with _temporary(engine, "set.xlsx") as made:
        called = engine.sheets.export(
            actor, model, name, made.path, place=place, number=version, beside=beside
        )
        yield File(made.path, called)


@contextmanager
def layout_file(
    engine: Engine,
    actor: Actor,
    model: str,
    name: str,
    layout: str,
    place: str | None = None,
    on: date | None = None,
    *,
    original: bool = False,
) -> Iterator[File]:
    """A parameter set in the file that it came from, or that file as it was. Raises NotFound, Invalid."""
    parts = engine.parameter_files
    if original:
        made = parts.original(actor, model, name.partition("@")[0], layout, place=place)
    else:
        made = parts.export(actor, model, name, layout, place=place, valid_on=on)
    with _temporary(engine, made.name) as file:
        file.path.write_bytes(made.data)
        yield file


@contextmanager
def set_text(
    engine: Engine, actor: Actor, model: str, name: str, kind: str, place: str = "", on: date | None = None
) -> Iterator[File]:
    """A parameter set in a new text file. Raises NotFound, Invalid."""
    made = engine.parameter_files.export_new(actor, model, name, kind, place=place, valid_on=on)
    with _temporary(engine, made.name) as file:
        file.path.write_bytes(made.data)
        yield file


@contextmanager
def _temporary(engine: Engine, name: str) -> Iterator[File]:
    from engine.data.jobs import scratch_folder

    within = scratch_folder(engine.settings.data)
    with tempfile.TemporaryDirectory(prefix="download-", dir=within) as folder:
        yield File(Path(folder) / "contents", name)
