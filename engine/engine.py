"""The engine: one object that holds the parts and is handed to pages, API and command line."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from engine.access import Authorizer, LocalAuthorizer
from engine.settings import Settings
from engine.store.database import Database

if TYPE_CHECKING:
    from engine.catalog.service import Catalog
    from engine.data.service import Datasets
    from engine.runs.service import Runs
    from engine.runtimes.pool import WorkerPool
    from engine.store.blobs import BlobStore


class Engine:
    """Opens the database and, on first use, each part. ``start`` begins to execute queued runs.

    The parts: ``catalog`` (models, versions, aliases), ``datasets``, ``runs``, ``blobs``, ``pool``.
    """

    def __init__(self, settings: Settings, authorizer: Authorizer | None = None) -> None:
        self.settings = settings
        self.authorizer: Authorizer = authorizer or LocalAuthorizer()
        settings.data.mkdir(parents=True, exist_ok=True)
        self.database = Database(settings.database_address)

    @cached_property
    def blobs(self) -> BlobStore:
        """Stored contents by hash."""
        from engine.store.blobs import BlobStore

        return BlobStore(self.settings.blob_address)

    @cached_property
    def pool(self) -> WorkerPool:
        """Warm workers of all languages."""
        from engine.runtimes.pool import WorkerPool

        return WorkerPool.from_settings(self.settings)

    @cached_property
    def catalog(self) -> Catalog:
        """Models, versions, aliases."""
        from engine.catalog.service import Catalog

        return Catalog(self)

    @cached_property
    def datasets(self) -> Datasets:
        """Datasets and their versions."""
        from engine.data.service import Datasets

        return Datasets(self)

    @cached_property
    def runs(self) -> Runs:
        """Runs: submit, follow, cancel, read outputs."""
        from engine.runs.service import Runs

        return Runs(self)
