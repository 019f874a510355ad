"""From a folder to a version: everything is checked and stored first, then one transaction makes it visible."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import select

from engine.access import MODEL_PROMOTE, MODEL_REGISTER, Actor, Resource, readable, require
from engine.catalog import aliases, environments, sources
from engine.catalog.environments import Environment
from engine.catalog.manifest import FILE_NAME, Manifest, load_manifest
from engine.catalog.records import ModelVersion
from engine.errors import Conflict, name_taken
from engine.events import ModelRegistered
from engine.store import departments
from engine.store.base import utc_now
from engine.store.database import Change
from engine.store.references import refer
from engine.store.tables_catalog import EnvironmentRow, ModelRow, ModelVersionRow

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.engine import Engine


class Registration:
    """One registration of one folder."""

    def __init__(
        self, engine: Engine, actor: Actor, folder: Path, tell: Callable[[str], None] | None
    ) -> None:
        self.engine, self.actor, self.folder, self.tell = engine, actor, folder, tell

    def run(self, *, promote: bool) -> ModelVersion:
        """Register; see ``Catalog.register``."""
        manifest = load_manifest(self.folder)
        with self.engine.database.look() as connection:
            self._may(connection, manifest, promote)
        files = sources.files_of(self.folder)
        source_hash = sources.hash_tree(files)
        environment = environments.environment_of(
            manifest, self.folder, self.engine.settings, self._known_lock, self.tell
        )
        content_hash = hashlib.blake2b(f"{source_hash}:{environment.id}".encode(), digest_size=32).hexdigest()
        existing = self._existing(manifest.model.name, content_hash)
        if existing is not None and not promote:
            return _record(existing)
        if environment.own:
            lock = "\n".join(environment.description["lock"])
            environments.build(environment.id, lock, self.engine.settings, self.tell)
        blob, size = (
            (existing.source_blob, existing.source_bytes) if existing else self._store(files, source_hash)
        )
        row = ModelVersionRow(
            model=manifest.model.name, number=0, content_hash=content_hash, source_hash=source_hash, source_blob=blob,
            source_bytes=size, manifest=(self.folder / FILE_NAME).read_text(encoding="utf-8-sig"),
            environment_id=environment.id, language=manifest.model.language, created_by=self.actor.id,
        )  # fmt: skip
        return self._publish(manifest, row, environment, promote)

    def _may(self, connection: Connection, manifest: Manifest, promote: bool) -> str | None:
        """The department that the model will belong to. Raises Refused, Conflict.

        Asked before anything is built, and again in the transaction that publishes.
        """
        engine, name = self.engine, manifest.model.name
        department = departments.current(connection, manifest.model.department or None)
        wanted = [MODEL_REGISTER, MODEL_PROMOTE] if promote else [MODEL_REGISTER]
        places = [Resource("new model", name, department, self.actor.id)]
        query = select(ModelRow.department, ModelRow.owner).where(ModelRow.name == name)
        row = connection.execute(query).first()
        if row is not None:
            places.insert(0, Resource("model", name, row.department, row.owner or None))
            if not readable(engine.authorizer, self.actor, places[0]):
                raise name_taken("model", name)
        for place in places:
            for permission in wanted:
                require(engine.authorizer, self.actor, permission, place, engine.auditor)
        return department

    def _known_lock(self, requirements_hash: str) -> str | None:
        with self.engine.database.read() as session:
            row = session.exec(
                select(EnvironmentRow).where(EnvironmentRow.requirements_hash == requirements_hash)
            ).first()
        return "\n".join(json.loads(row.description)["lock"]) if row else None

    def _existing(self, model: str, content_hash: str) -> ModelVersionRow | None:
        with self.engine.database.read() as session:
            return session.exec(
                select(ModelVersionRow).where(
                    ModelVersionRow.model == model, ModelVersionRow.content_hash == content_hash
                )
            ).first()

    def _store(self, files: list[sources.SourceFile], source_hash: str) -> tuple[str, int]:
        """Archive the tree; the folder may have changed since it was hashed, so it is hashed again."""
        folder = self.engine.settings.data / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        archive = folder / f"source-{secrets.token_hex(6)}.tar.gz"
        try:
            sources.pack(files, archive)
            if sources.hash_tree(sources.files_of(self.folder)) != source_hash:
                raise Conflict(
                    f"The folder {self.folder} was changed while it was being registered. Register it again."
                )
            size = archive.stat().st_size
            return self.engine.blobs.put_file(archive, move=True), size
        finally:
            archive.unlink(missing_ok=True)

    def _publish(
        self, manifest: Manifest, row: ModelVersionRow, environment: Environment, promote: bool
    ) -> ModelVersion:
        """One transaction: model, version, environment, alias, references, events."""
        with self.engine.database.change(self.actor) as change:
            session = change.session
            department = self._may(change.connection, manifest, promote)
            existing = session.exec(
                select(ModelVersionRow).where(
                    ModelVersionRow.model == row.model, ModelVersionRow.content_hash == row.content_hash
                )
            ).first()  # somebody may have registered the same meanwhile
            if existing is None:
                first = self._add(change, manifest, row, environment, department)
            version = existing or row
            if promote or (existing is None and first):
                reason = "first version" if existing is None and first else "registered with promotion"
                aliases.move(change, row.model, aliases.LIVE, version, reason, None, department)
        return _record(version, created=existing is None)

    def _add(
        self,
        change: Change,
        manifest: Manifest,
        row: ModelVersionRow,
        environment: Environment,
        department: str | None,
    ) -> bool:
        """Write a new version; True when it is the model's first."""
        session, about = change.session, manifest.model
        model = session.get(ModelRow, about.name)
        first = model is None
        if model is None:
            model = ModelRow(
                name=about.name, title=about.title, language=about.language, search="", owner=self.actor.id
            )
        departments.ensure(change.connection, department)
        model.title, model.department, model.language = about.title, department, about.language
        model.summary, model.tags = about.summary, json.dumps(about.tags, ensure_ascii=False)
        words = (about.name, about.title, about.summary, department or "", about.language, *about.tags)
        model.search = " ".join(words).casefold()
        model.latest += 1
        model.registered_at = utc_now()
        session.add(model)
        session.flush()
        if session.get(EnvironmentRow, environment.id) is None:
            description = json.dumps(dict(environment.description), sort_keys=True)
            session.add(
                EnvironmentRow(
                    id=environment.id, language=environment.language, description=description,
                    requirements_hash=environment.requirements_hash,
                )
            )  # fmt: skip
        row.number = model.latest
        session.add(row)
        session.flush()
        refer(session, "model-version", row.id, [row.source_blob])
        change.emit(ModelRegistered(model=row.model, version=row.number), department=department)
        return first


def _record(row: ModelVersionRow, *, created: bool = False) -> ModelVersion:
    from engine.catalog.service import record

    return record(row, created=created)
