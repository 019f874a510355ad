"""Files to download: an output in the wanted format, a whole run, a dataset. For routes and command line.

Contents that are stored in the wanted format are handed out as they lie; others are made in a temporary
file, which goes when the download is over.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.access import Actor
from engine.errors import Invalid, NotFound, Problem

if TYPE_CHECKING:
    from engine.engine import Engine

TABLE_FORMATS = ("csv", "xlsx", "parquet")
UNSAFE = re.compile(r"[^\w.\-]+")


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
    record = engine.runs.get(actor, run)
    found = next((o for o in engine.runs.outputs(actor, run) if o.name == name), None)
    if found is None:
        raise NotFound("output", name, f"The run {run} has no output of that name; its page lists them.")
    stem = _stem(record.model, run, name)
    if found.blob is None and found.value is not None:
        with _temporary(f"{stem}.txt") as made:
            made.path.write_text(f"{found.value}\n", encoding="utf-8")
            yield made
        return
    path = engine.runs.output_path(actor, run, name)
    if found.kind != "table":
        ending = Path(found.filename).suffix or (f".{found.format}" if found.format else "")
        yield File(path, f"{stem}{_ENDINGS.get(ending, ending)}")
        return
    with _table(path, stem, "parquet" if form == "original" else form) as file:
        yield file


@contextmanager
def dataset_file(engine: Engine, actor: Actor, name: str, version: int | None, form: str) -> Iterator[File]:
    """A dataset version as csv, xlsx or parquet. Raises NotFound, Invalid."""
    found = engine.datasets.version(actor, name, version)
    path = engine.blobs.local_path(found.blob)
    with _table(path, f"{name}-v{found.number}", "parquet" if form == "original" else form) as file:
        yield file


@contextmanager
def run_archive(engine: Engine, actor: Actor, run: str) -> Iterator[File]:
    """Everything of a run in one ZIP: tables, figures, files, log, and ``run.json`` saying how it came about."""
    from engine.data import exports

    record = engine.runs.get(actor, run)
    with _temporary(f"{record.model}-{run}.zip") as made:
        exports.run_zip(engine, actor, run, made.path)
        yield made


@contextmanager
def _table(path: Path, stem: str, form: str) -> Iterator[File]:
    from engine.data import exports

    if form not in TABLE_FORMATS:
        sentence = f"Tables come as {', '.join(TABLE_FORMATS)}, not as “{form}”. Choose one of these."
        raise Invalid("the request", [Problem("format", sentence, form, "known-format")])
    if form == "parquet":
        yield File(path, f"{stem}.parquet")
        return
    with _temporary(f"{stem}.{form}") as made:
        exports.export(path, made.path, form)
        yield made


@contextmanager
def _temporary(name: str) -> Iterator[File]:
    with tempfile.TemporaryDirectory(prefix="quarterdeck-download-") as folder:
        yield File(Path(folder) / "contents", name)


def _stem(model: str, run: str, name: str) -> str:
    return f"{model}-{UNSAFE.sub('_', name)}-{run[-6:].lower()}"


_ENDINGS = {".plotly": ".plotly.json"}
