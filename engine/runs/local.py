"""The executor of one machine: warm workers of the engine's pool, scratch on this machine."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.runs import plan
from engine.runs.column_cache import ColumnCache
from engine.runs.executor import Job, Prepared
from engine.runs.hiding import hiding
from engine.runs.table_fields import write_table_field
from engine.runtimes.interface import CallFailed, Listener, Result, WorkerSpec
from engine.store.scratch import Scratch

if TYPE_CHECKING:
    from engine.engine import Engine


class LocalExecutor:
    """Calls through ``engine.pool``; safe to use from several threads."""

    name = "local"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.scratch = Scratch(engine.settings)
        self._columns = ColumnCache(self.scratch)
        self._loaded: set[str] = set()
        self._specs: dict[str, WorkerSpec] = {}

    @property
    def private(self) -> Path:
        """Only the server writes here; workers do not see it."""
        return self.scratch.private

    def start(self) -> None:
        """Clean scratch."""
        self.scratch.open()

    def is_ready(self, version_id: str) -> bool:
        """Did a call of this version without input tables succeed lately?"""
        return version_id in self._loaded

    def prepare(self, job: Job, stack: ExitStack) -> Prepared:
        """Make the call's folder, its tables and files; have a worker loaded."""
        scratch = self.scratch.folder(job.id)
        stack.callback(self.scratch.remove, scratch)
        spec = self._specs.get(job.version.id)
        if spec is None:
            self._engine.catalog.prepare(job.version)  # its own environment may have to be built first
            spec = self._specs[job.version.id] = plan.worker_spec(job.version, self._engine.settings)
        if job.secrets is not None:
            spec = replace(spec, key=f"{spec.key}+{job.secrets.mark}")
        if spec.language != "command" and (job.secrets is not None or not self.is_ready(job.version.id)):
            self._engine.pool.warm(spec, job.id)
        tables = self._tables(job, stack, scratch)
        files = self._files(job, scratch)
        return Prepared(job, spec, plan.call(job, tables, files, scratch), scratch)

    def call(self, prepared: Prepared, listener: Listener | None = None) -> Result:
        """Call and wait; the values of secrets are taken out of all that is told."""
        job = prepared.job
        if job.secrets is not None:
            return hiding(
                job.secrets.hider,
                listener,
                lambda passing: self._engine.pool.call(prepared.spec, prepared.call, passing),
            )
        try:
            result = self._engine.pool.call(prepared.spec, prepared.call, listener)
        except CallFailed as failure:
            if failure.reason not in ("model-error", "cancelled"):
                self._loaded.discard(job.version.id)
            raise
        if not job.inputs and prepared.spec.language != "command":
            self._loaded.add(job.version.id)
        return result

    def cancel(self, job_id: str) -> bool:
        """End the call."""
        return self._engine.pool.cancel(job_id)

    def close(self) -> None:
        """Remove scratch; the pool belongs to the engine."""
        self._loaded.clear()
        self.scratch.clear()

    def _tables(self, job: Job, stack: ExitStack, scratch: Path) -> dict[str, Path]:
        specs = job.version.manifest.inputs
        tables: dict[str, Path] = {}
        for use in job.inputs:
            types = dict(specs[use.name].columns)
            parquet = self._engine.blobs.local_path(use.blob)
            tables[use.name] = stack.enter_context(self._columns.use(parquet, use.content_hash, types))
        for name, value in job.values.items():
            if value is not None and job.version.manifest.fields[name].type == "table":
                tables[name] = write_table_field(value, scratch / f"field-{len(tables)}")
        return tables

    def _files(self, job: Job, scratch: Path) -> dict[str, Path]:
        """File fields under the names they were uploaded with (programs go by the ending)."""
        files: dict[str, Path] = {}
        for name, value in job.values.items():
            if value is not None and job.version.manifest.fields[name].type == "file":
                folder = scratch / f"file-{len(files)}"
                folder.mkdir(parents=True)
                files[name] = folder / safe_name(value.get("name", ""))
                files[name].symlink_to(self._engine.blobs.local_path(value["blob"]))
        return files


def safe_name(name: str) -> str:
    """The last part of a file name from anywhere, also from Windows; never empty, never a way out."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1].replace("\0", "").strip()
    return last[-200:] if last.strip(".") else "file"
