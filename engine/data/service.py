"""Datasets: upload a file as a version, list them, look at a page, check that one fits a model."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import col, desc, or_, select

from engine.access import DATASET_READ, DATASET_WRITE, Actor, Resource, readable, require, service
from engine.data import classes, fitting, homes
from engine.data.classes import Classes
from engine.data.classifying import Classifying
from engine.data.jobs import JobPool, scratch_folder
from engine.data.masking import masked_file
from engine.data.options import Ingested, IngestOptions, bad_file
from engine.data.publishing import (
    about_lines,
    check_name,
    describe,
    publish,
    source_hash_of,
    version_row,
)
from engine.data.querying import Querying
from engine.data.records import DatasetCard, DatasetPage, DatasetVersion
from engine.data.warehouse import FilterLike, TablePage, Warehouse
from engine.errors import NotFound, Problem, name_taken
from engine.part import part
from engine.store.scoping import within
from engine.store.space import require_space
from engine.store.tables_data import DatasetRow, DatasetVersionRow

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.store.database import Change

Problems = list[Problem]


class Datasets(Classifying, Querying):
    """The dataset service. Contents are Parquet blobs; a version never changes."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.jobs = JobPool()

    @part
    def warehouse(self) -> Warehouse:
        """Reads pages and aggregates of any stored Parquet file."""
        return Warehouse(scratch_folder(self.engine.settings.data))

    @part
    def column_classes(self) -> Classes:
        """Which columns hold personal data, and for whom they are masked."""
        return Classes(self.engine)

    def resource(self, name: str) -> Resource:
        """The dataset as far as rights are concerned. Raises NotFound."""
        row = self._row(name)
        return Resource("dataset", row.name, row.department, row.owner or None)

    def _resource(self, actor: Actor, name: str, *_: Any, **__: Any) -> Resource:
        return self.resource(name)

    def _writable(self, actor: Actor, name: str, *_: Any, **options: Any) -> Resource:
        with self.engine.database.read() as session:
            row = session.get(DatasetRow, name)
        if row is None:
            home = homes.home(self.engine, actor, options.get("department"))
            return Resource("new dataset", name, home, actor.id)
        found = Resource("dataset", row.name, row.department, row.owner or None)
        if not readable(self.engine.authorizer, actor, found):
            raise name_taken("dataset", name)
        return found

    @service(DATASET_WRITE, on=_writable)
    def ingest(
        self,
        actor: Actor,
        name: str,
        path: Path,
        *,
        title: str = "",
        department: str | None = None,
        source: str = "",
        licence: str = "",
        file_name: str = "",
        options: IngestOptions | None = None,
        progress: Callable[[float, str], None] | None = None,
    ) -> DatasetVersion:
        """Read a CSV, Parquet or XLSX file as the next version of the dataset ``name``.

        The same file as the newest version's gives that version back, with the title, source and licence that
        are given now. A new dataset belongs to ``department``, else to the one where this person may add data.
        Raises Invalid (a sentence per problem, with the line), Conflict (the name is another department's) and
        Unavailable (disk); then nothing is kept.
        """
        department = homes.home(self.engine, actor, department) if self._is_new(name) else None
        options, shown = options or IngestOptions(), file_name or path.name
        check_name(name)
        self._check_file(path, shown)
        source_hash = source_hash_of(path, options)
        same = self._same(name, source_hash)
        if same:
            told = {"source": source, "licence": licence}
            with self.engine.database.change(actor) as change:
                return self._seen(actor, DatasetVersion.of(describe(change, name, same, title, told)))
        with tempfile.TemporaryDirectory(dir=scratch_folder(self.engine.settings.data)) as folder:
            target = Path(folder) / "table.parquet"
            said = Ingested.from_json(
                self.jobs.run(
                    "ingest",
                    progress,
                    source=str(path),
                    name=shown,
                    target=str(target),
                    folder=folder,
                    options=options.as_json(),
                )
            )
            size = target.stat().st_size
            blob = self.engine.blobs.put_file(target)
        about = {"source": source, "licence": licence, "file": shown, "uploaded_by": actor.id}
        lineage = {**about, "options": options.as_json(), **said.facts}
        row = version_row(name, blob, size, said, lineage, source_hash)
        with self.engine.database.change(actor) as change:
            self._still_writable(actor, change, name, department)
            published = DatasetVersion.of(publish(change, row, title, department))
        return self._seen(actor, published)

    @service(DATASET_READ)
    def list(self, actor: Actor, search: str = "", department: str | None = None) -> list[DatasetCard]:
        """Datasets whose name or title holds ``search``, by title; only what this person may see."""
        scope = self.engine.authorizer.scope(actor, DATASET_READ)
        query = select(DatasetRow, DatasetVersionRow).join(
            DatasetVersionRow,
            (col(DatasetVersionRow.dataset) == DatasetRow.name)
            & (col(DatasetVersionRow.number) == DatasetRow.latest),
        )
        query = query.where(within(scope, col(DatasetRow.department), "dataset", col(DatasetRow.name)))
        if department:
            query = query.where(DatasetRow.department == department)
        for word in search.split():
            like = f"%{word.replace('%', '').replace('_', '')}%"
            query = query.where(or_(col(DatasetRow.name).ilike(like), col(DatasetRow.title).ilike(like)))
        with self.engine.database.read() as session:
            found = session.exec(query.order_by(DatasetRow.title, DatasetRow.name)).all()
        return [DatasetCard.of(row, latest) for row, latest in found]

    @service(DATASET_READ, on=_resource)
    def get(self, actor: Actor, name: str) -> DatasetPage:
        """A dataset with its versions, newest first. Raises NotFound."""
        row = self._row(name)
        query = select(DatasetVersionRow).where(DatasetVersionRow.dataset == name)
        with self.engine.database.read() as session:
            versions = session.exec(query.order_by(desc(col(DatasetVersionRow.number)))).all()
        return DatasetPage(
            name,
            row.title,
            row.department,
            row.owner,
            row.created_at,
            tuple(self._seen(actor, DatasetVersion.of(version)) for version in versions),
        )

    @service(DATASET_READ, on=_resource)
    def version(self, actor: Actor, name: str, ref: int | None = None) -> DatasetVersion:
        """One version, the newest without a number. Raises NotFound."""
        number = self._row(name).latest if ref is None else ref
        with self.engine.database.read() as session:
            row = session.get(DatasetVersionRow, (name, number))
        if row is None:
            raise NotFound(
                "version of this dataset", f"{name}@{number}", f"Its newest is {self._row(name).latest}."
            )
        return self._seen(actor, DatasetVersion.of(row))

    @service(DATASET_READ, on=_resource)
    def page(
        self,
        actor: Actor,
        name: str,
        version: int | None = None,
        *,
        offset: int = 0,
        limit: int = 100,
        sort: str | None = None,
        descending: bool = False,
        filters: Sequence[FilterLike] = (),
    ) -> TablePage:
        """Rows of a version, sorted and filtered over the whole table. Raises NotFound, Invalid."""
        path = self.path(actor, name, version)
        return self.warehouse.page(
            path, offset=offset, limit=limit, sort=sort, descending=descending, filters=filters
        )

    @service(DATASET_READ, on=_resource)
    def path(self, actor: Actor, name: str, version: int | None = None) -> Path:
        """The version's Parquet file, read-only, as this person may see it: masked columns hold a mark only.

        Raises NotFound, and Unavailable when the masked file cannot be made.
        """
        found = self.version(actor, name, version)
        hidden = {column.name: column.personal for column in found.schema if column.masked}
        whole = self.engine.blobs.local_path(found.blob)
        return masked_file(self.jobs, self.engine.settings.data, whole, found.blob, hidden)

    @service(DATASET_READ, on=_resource)
    def values(
        self, actor: Actor, name: str, column: str, version: int | None = None, limit: int = 1000
    ) -> Any:
        """The distinct values of a column, sorted: choices of a field that takes them from a dataset."""
        return self.warehouse.distinct(self.path(actor, name, version), column, limit)

    @service(DATASET_READ, on=_resource)
    def export(self, actor: Actor, name: str, version: int | None, target: Path, form: str = "csv") -> Path:
        """Write a version as csv, xlsx or parquet to ``target`` (in a job process). Raises NotFound, Invalid."""
        found = self.version(actor, name, version)
        about = {"Dataset": found.reference, "Contents": found.content_hash, **about_lines(found)}
        source = self.path(actor, name, found.number)
        if form == "parquet":
            shutil.copyfile(source, target)
        else:
            self.jobs.run(
                "export", None, source=str(source), target=str(target), form=form, options={}, about=about
            )
        return target

    def fits(self, version: DatasetVersion, spec: Any) -> Problems:
        """What keeps a version from a model's input; empty when it fits (``engine.data.fitting``).

        Masked columns are judged by what they hold; the sentence then shows no value.
        """
        if any(column.masked for column in version.schema):
            with self.engine.database.read() as session:
                row = session.get(DatasetVersionRow, (version.dataset, version.number))
            if row is not None:
                whole = {column.name: column for column in DatasetVersion.of(row).schema}
                judged = [replace(whole[c.name], masked=c.masked) for c in version.schema]
                version = replace(version, schema=judged)
        return fitting.fits(version, spec)

    def _still_writable(self, actor: Actor, change: Change, name: str, department: str | None) -> None:
        """Ask again before the version is published: reading the file took time, the dataset may be another's now."""
        row = change.session.get(DatasetRow, name)
        if row is None:
            found = Resource("new dataset", name, department, actor.id)
        else:
            found = Resource("dataset", name, row.department, row.owner or None)
        require(self.engine.authorizer, actor, DATASET_WRITE, found)

    def close(self) -> None:
        """End the job processes."""
        self.jobs.close()

    def _seen(self, actor: Actor, version: DatasetVersion) -> DatasetVersion:
        """The version as this person may see it."""
        known = self.column_classes.all().get(version.dataset)
        if not known:
            return version
        hidden = self.column_classes.hidden(actor, version.dataset)
        schema = classes.described(version.schema, known, masked=bool(hidden))
        names = [column.name for column in schema if column.masked]
        return replace(version, schema=schema, notices=classes.without_values(version.notices, names))

    def _row(self, name: str) -> DatasetRow:
        with self.engine.database.read() as session:
            row = session.get(DatasetRow, name)
        if row is None:
            raise NotFound("dataset", name)
        return row

    def _is_new(self, name: str) -> bool:
        with self.engine.database.read() as session:
            return session.get(DatasetRow, name) is None

    def _same(self, name: str, source_hash: str) -> int | None:
        with self.engine.database.read() as session:
            row = session.get(DatasetRow, name)
            latest = session.get(DatasetVersionRow, (name, row.latest)) if row else None
        return latest.number if latest and latest.source_hash == source_hash else None

    def _check_file(self, path: Path, shown: str) -> None:
        if not path.is_file():
            kind = "a folder" if path.is_dir() else "not there"
            raise bad_file(shown, f"“{path}” is {kind}. Give the path of one CSV, Parquet or XLSX file.")
        require_space(self.engine.settings)
        megabytes, limit = path.stat().st_size >> 20, self.engine.settings.upload_limit_mb
        if megabytes > limit:
            raise bad_file(
                shown,
                f"“{shown}” has {megabytes:,} MB; at most {limit:,} MB are taken (upload_limit_mb). Leave out columns "
                "that no model needs, or write it as Parquet.",
                rule=f"at most {limit} MB",
            )
