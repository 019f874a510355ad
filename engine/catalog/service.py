"""The catalog: register folders as immutable versions, find models, move aliases, load versions to run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from engine.access import (
    MODEL_PROMOTE,
    MODEL_READ,
    MODEL_REGISTER,
    RUN_CREATE,
    Actor,
    Resource,
    require,
    service,
)
from engine.catalog import aliases
from engine.catalog.loading import Loading
from engine.catalog.manifest import FILE_NAME, load_manifest
from engine.catalog.records import (
    CheckReport,
    LoadedVersion,
    ModelCard,
    ModelPage,
    ModelVersion,
    VersionCheck,
)
from engine.catalog.registering import Registration
from engine.errors import NotFound
from engine.events import AliasMoved, ModelRegistered
from engine.store.base import utc_now
from engine.store.database import EventRow
from engine.store.scoping import within
from engine.store.tables_catalog import ModelAliasRow, ModelRow, ModelVersionRow

if TYPE_CHECKING:
    from engine.engine import Engine

MOST_RESOLVED = 1000
DEPARTMENT_SECONDS = 2.0


class Catalog(Loading):
    """Models and their versions. Thread safe; loaded versions are kept in memory (they never change)."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._departments: dict[str, tuple[float, str | None, str]] = {}
        self._resolved: dict[tuple[str, int | str], tuple[int | None, str]] = {}
        engine.database.listen(self._heard)

    # ---- who is asked about what

    def resource(self, name: str) -> Resource:
        """The model as far as rights are concerned; looked up again after two seconds. Raises NotFound."""
        held = self._departments.get(name)
        if held is None or held[0] < time.monotonic():
            with self.engine.database.read() as session:
                row = session.get(ModelRow, name)
            if row is None:
                raise NotFound("model", name)
            held = (time.monotonic() + DEPARTMENT_SECONDS, row.department, row.owner)
            self._departments[name] = held
        return Resource("model", name, department=held[1], owner=held[2] or None)

    def _resource(self, actor: Actor, name: str, *_: Any, **__: Any) -> Resource:
        return self.resource(name)

    def _heard(self, row: EventRow) -> None:
        if row.name in (ModelRegistered.name, AliasMoved.name):
            self._departments.pop(row.object_id, None)
        elif row.object_kind == "department":
            self._departments.clear()

    # ---- writing

    @service(MODEL_REGISTER)
    def register(
        self, actor: Actor, folder: Path, *, promote: bool = False, tell: Callable[[str], None] | None = None
    ) -> ModelVersion:
        """Register a folder as a version of the model that its manifest names; the same contents are the same version.

        The first version becomes ``live``; a later one only with ``promote`` (which needs that right as well).
        ``tell`` hears what is being done. Raises Refused unless this person registers models both in the
        manifest's department and in the one that the model had, Conflict when its name is another department's,
        Invalid with all problems of manifest and folder, Unavailable when its environment cannot be had.
        """
        return Registration(self.engine, actor, Path(folder), tell).run(promote=promote)

    @service(MODEL_PROMOTE, on=_resource)
    def move_alias(
        self,
        actor: Actor,
        name: str,
        alias: str,
        version: int,
        reason: str = "",
        *,
        valid_from: datetime | None = None,
    ) -> None:
        """Let an alias name another version, from now or (to correct the record) from an earlier moment.

        Raises NotFound for the version, Invalid for a bad name or a moment in the future.
        """
        aliases.check_name(alias)
        with self.engine.database.change(actor) as change:
            row = _version_row(change.session, name, version)
            model = change.session.get(ModelRow, name)
            if model is not None:  # what was decided before may rest on a department it no longer belongs to
                now = Resource("model", name, model.department, model.owner or None)
                require(self.engine.authorizer, actor, MODEL_PROMOTE, now, self.engine.auditor)
            aliases.move(change, name, alias, row, reason, valid_from, model.department if model else None)

    # ---- reading

    @service(MODEL_READ)
    def list(self, actor: Actor, *, search: str = "", department: str | None = None) -> list[ModelCard]:
        """The models that this person may see, by title. Every word of ``search`` must occur in the card."""
        scope = self.engine.authorizer.scope(actor, MODEL_READ)
        query = select(ModelRow, ModelAliasRow.number).join(
            ModelAliasRow,
            (col(ModelAliasRow.model) == ModelRow.name) & (col(ModelAliasRow.alias) == aliases.LIVE),
            isouter=True,
        )
        query = query.where(within(scope, col(ModelRow.department), "model", col(ModelRow.name)))
        if department:
            query = query.where(ModelRow.department == department)
        for word in search.casefold().split():
            query = query.where(col(ModelRow.search).contains(word, autoescape=True))
        with self.engine.database.read() as session:
            return [
                _card(row, live)
                for row, live in session.exec(query.order_by(col(ModelRow.title), col(ModelRow.name)))
            ]

    @service(MODEL_READ, on=_resource)
    def get(self, actor: Actor, name: str) -> ModelPage:
        """A model with its versions, aliases, their history, and the README of its live version. Raises NotFound."""
        with self.engine.database.read() as session:
            row = session.get(ModelRow, name)
            if row is None:
                raise NotFound("model", name)
            versions = session.exec(
                select(ModelVersionRow)
                .where(ModelVersionRow.model == name)
                .order_by(col(ModelVersionRow.number).desc())
            ).all()
            pointing = {
                a.alias: a.number
                for a in session.exec(select(ModelAliasRow).where(ModelAliasRow.model == name))
            }
            moves = aliases.history(session, name)
        live = pointing.get(aliases.LIVE, row.latest)
        shown = next(v for v in versions if v.number == live)
        return ModelPage(
            _card(row, pointing.get(aliases.LIVE)),
            [record(v) for v in versions],
            pointing,
            moves,
            self.readme(shown),
        )

    @service(MODEL_READ, on=_resource)
    def version(self, actor: Actor, name: str, ref: int | str | None = aliases.LIVE) -> LoadedVersion:
        """A version by number or alias (``live`` when None), unpacked and ready to run. Raises NotFound."""
        asked = aliases.LIVE if ref is None else ref
        if isinstance(asked, str) and asked.isdigit():
            asked = int(asked)
        stamp = self.engine.database.stamp()  # before the look: a commit after it makes what was found stale
        known = self._resolved.get((name, asked))
        if known is not None and stamp is not None and known[0] == stamp:
            return self.load(known[1])
        table, key = ("model_version", "number") if isinstance(asked, int) else ("model_alias", "alias")
        chosen = "id" if isinstance(asked, int) else "version_id"
        mark = "?" if self.engine.database.is_sqlite else "%s"
        statement = f"SELECT {chosen} FROM {table} WHERE model = {mark} AND {key} = {mark}"  # noqa: S608 (names are ours)
        with self.engine.database.sql.connect() as connection:
            found = connection.exec_driver_sql(statement, (name, asked)).first()
        if found is None:
            what = "version" if isinstance(asked, int) else "alias"
            raise NotFound(what, f"{name} {asked}", "The model's page lists its versions and aliases.")
        if len(self._resolved) > MOST_RESOLVED:
            self._resolved.clear()
        self._resolved[name, asked] = (stamp, str(found[0]))
        return self.load(str(found[0]))

    @service(MODEL_READ, on=_resource)
    def alias_as_of(
        self, actor: Actor, name: str, alias: str, valid_on: date | datetime, known_at: datetime | None = None
    ) -> int | None:
        """Which version an alias meant at the end of a day or at a moment, as known then or now; None: none."""
        from engine.calendar import BusinessCalendar

        moment = aliases.instant(valid_on, BusinessCalendar.from_settings(self.engine.settings))
        with self.engine.database.read() as session:
            return aliases.as_of(session, name, alias, moment, known_at or utc_now())

    @service(MODEL_REGISTER)
    def check(self, actor: Actor, folder: Path, *, tell: Callable[[str], None] | None = None) -> CheckReport:
        """Check a folder without registering it: manifest, environment, loading, golden cases, declared outputs.

        It runs the folder's code, so it needs the right to register models, in whichever department.
        """
        from engine.catalog.checks import check_folder

        return check_folder(self.engine, actor, Path(folder), tell)

    @service(RUN_CREATE, on=_resource)
    def check_version(
        self,
        actor: Actor,
        name: str,
        ref: int | str | None = "live",
        *,
        tell: Callable[[str], None] | None = None,
    ) -> CheckReport:
        """Run the golden cases of a registered version and keep what they said. Raises NotFound."""
        from engine.catalog import check_records
        from engine.catalog.checks import check_folder

        version = self.version(actor, name, ref)
        report = check_folder(self.engine, actor, version.folder, tell)
        check_records.keep(self.engine, actor, version, report, self._resource(actor, name).department)
        return report

    @service(MODEL_READ, on=_resource)
    def last_check(self, actor: Actor, name: str, ref: int | str | None = "live") -> VersionCheck | None:
        """The newest kept check of a version; None when there is none. Raises NotFound."""
        from engine.catalog import check_records

        return check_records.newest(self.engine, self.version(actor, name, ref).id)


def _version_row(session: Session, name: str, number: int) -> ModelVersionRow:
    row = session.exec(
        select(ModelVersionRow).where(ModelVersionRow.model == name, ModelVersionRow.number == number)
    ).first()
    if row is None:
        raise NotFound("version", f"{name} {number}", "The model's page lists its versions.")
    return row


def _card(row: ModelRow, live: int | None) -> ModelCard:
    tags = tuple(json.loads(row.tags))
    return ModelCard(
        row.name,
        row.title,
        row.department,
        row.language,
        row.summary,
        live,
        row.latest,
        tags,
        row.registered_at,
    )


def record(row: ModelVersionRow, *, created: bool = False) -> ModelVersion:
    """A version row as it is handed out."""
    return ModelVersion(
        row.id, row.model, row.number, row.language, row.environment_id, row.source_hash, row.source_bytes,
        row.created_at, row.created_by, created,
    )  # fmt: skip


__all__ = [
    "FILE_NAME",
    "Catalog",
    "LoadedVersion",
    "ModelCard",
    "ModelPage",
    "ModelVersion",
    "load_manifest",
    "record",
]
