"""The part of the dataset service that runs people's SQL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engine.access import DATASET_READ, Actor, service
from engine.data import confined
from engine.data.confined import Limits, QueryResult
from engine.data.jobs import scratch_folder
from engine.errors import Invalid, Problem

if TYPE_CHECKING:
    from engine.data.records import DatasetVersion
    from engine.data.warehouse import Warehouse
    from engine.engine import Engine

MOST_DATASETS = 20


class Querying:
    """Mixed into ``Datasets``."""

    engine: Engine

    if TYPE_CHECKING:

        @property
        def warehouse(self) -> Warehouse:
            """See ``Datasets``."""

        def version(self, actor: Actor, name: str, ref: int | None = None) -> DatasetVersion:
            """See ``Datasets``."""

        def path(self, actor: Actor, name: str, version: int | None = None) -> Path:
            """See ``Datasets``."""

    @service(DATASET_READ)
    def query(
        self,
        actor: Actor,
        sql: str,
        datasets: Sequence[str],
        *,
        limit: int = 1000,
        target: Path | None = None,
        limits: Limits | None = None,
    ) -> QueryResult:
        """Run one SELECT over datasets (``sales`` or ``sales@3``); tables are called ``sales``, with _ for each -.

        Each dataset is read with this person's rights: refused, or with masked columns. ``limit`` rows are in the
        answer; all of them (up to the limits) are written to ``target`` as Parquet. Raises Invalid, NotFound,
        Refused, Unavailable, and Conflict while another query of this person runs.
        """
        files: dict[str, Path] = {}
        masked: set[str] = set()
        for reference in _checked(datasets):
            name, _, number = reference.partition("@")
            found = self.version(actor, name, int(number) if number else None)
            path = self.path(actor, name, found.number)
            files[name] = files[name.replace("-", "_")] = path
            masked |= {column.name for column in found.schema if column.masked}
        settings = self.engine.settings
        scratch = scratch_folder(settings.data)
        allowed = limits or Limits(
            seconds=settings.query_seconds, memory_mb=settings.query_memory_mb, rows=settings.query_rows
        )
        with confined.turn(actor.id), tempfile.TemporaryDirectory(prefix="answer-", dir=scratch) as folder:
            made = Path(folder) / "result.parquet"
            told = confined.run(sql, files, sorted(masked), scratch, made, allowed, settings.sandbox)
            page = self.warehouse.page(made, limit=limit)
            if target is not None:
                shutil.move(made, target)
        return QueryResult(page, told["rows"], told["cut"], told["seconds"], tuple(told["notices"]))


def _checked(datasets: Sequence[str]) -> Sequence[str]:
    sentence = ""
    if not datasets:
        sentence = "Name the datasets that the query reads, for instance sales or sales@3."
    elif len(datasets) > MOST_DATASETS:
        sentence = f"A query reads at most {MOST_DATASETS} datasets, not {len(datasets)}."
    for reference in datasets:
        _, at, number = reference.partition("@")
        if at and not number.isdigit():
            sentence = f"“{reference}”: the part after @ must be a version number, for instance sales@3."
    names = [reference.partition("@")[0] for reference in datasets]
    if len(set(names)) < len(names):
        sentence = "A dataset is named twice. A query reads one version of each."
    if sentence:
        raise Invalid("the query", [Problem("datasets", sentence, ", ".join(datasets)[:80], "datasets")])
    return datasets
