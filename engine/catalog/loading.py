"""Versions in memory and on disk. No rights are asked here: it is for those who were let in already."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.catalog import environments, sources
from engine.catalog.manifest import read_manifest
from engine.catalog.records import LoadedVersion
from engine.errors import NotFound
from engine.store.tables_catalog import EnvironmentRow, ModelVersionRow

if TYPE_CHECKING:
    from engine.engine import Engine

MOST_LOADED = 256
MOST_README = 200_000


class Loading:
    """Loads versions; the newest used ones are kept (they never change). Thread safe."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._loaded: OrderedDict[str, LoadedVersion] = OrderedDict()
        self._guard = threading.Lock()

    def load(self, version_id: str) -> LoadedVersion:
        """A version by its id, for runs that are already allowed. Raises NotFound."""
        held = self._loaded.get(version_id)
        if held is not None and held.folder.is_dir():
            return held
        with self.engine.database.read() as session:
            row = session.get(ModelVersionRow, version_id)
            own = session.get(EnvironmentRow, row.environment_id) if row else None
        if row is None:
            raise NotFound("model version", version_id)
        folder = self.unpacked(row)
        interpreter = None
        if own is not None and own.requirements_hash:
            interpreter = environments.prefix_of(own.id, self.engine.settings) / "bin" / "python"
        manifest = read_manifest(row.manifest)
        loaded = LoadedVersion(
            row.id, row.model, row.number, manifest, folder, row.environment_id, row.language, manifest.model.entry,
            row.source_hash, row.created_at, row.created_by, interpreter,
        )  # fmt: skip
        with self._guard:
            self._loaded[version_id] = loaded
            while len(self._loaded) > MOST_LOADED:
                self._loaded.popitem(last=False)
        return loaded

    def unpacked(self, row: ModelVersionRow) -> Path:
        """The folder with the version's source; unpacked again when it is missing."""
        folder = self.engine.settings.data / "models" / row.id
        if not folder.is_dir():
            sources.unpack(self.engine.blobs.local_path(row.source_blob), folder)
        return folder

    def prepare(self, version: LoadedVersion, tell: Callable[[str], None] | None = None) -> None:
        """Have the version's own environment built (nothing to do for the default one). Raises Unavailable."""
        if version.interpreter is None or version.interpreter.exists():
            return
        with self.engine.database.read() as session:
            row = session.get(EnvironmentRow, version.environment_id)
        lock = json.loads(row.description)["lock"] if row else []
        environments.build(version.environment_id, "\n".join(lock), self.engine.settings, tell)

    def environment(self, environment_id: str) -> dict[str, Any]:
        """What is known of an environment: language, version, platform, packages or lock; empty when nothing."""
        with self.engine.database.read() as session:
            row = session.get(EnvironmentRow, environment_id)
        return {"id": row.id, "language": row.language, **json.loads(row.description)} if row else {}

    def readme(self, row: ModelVersionRow) -> str:
        """The README of a version's folder; empty when it has none."""
        folder = self.unpacked(row)
        for path in sorted(folder.iterdir()):
            if path.name.lower() in {"readme.md", "readme.txt", "readme"} and path.is_file():
                return path.read_text(encoding="utf-8", errors="replace")[:MOST_README]
        return ""
