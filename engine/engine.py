"""The engine: one object that holds the parts and is handed to pages, API and command line."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

from engine.access import Actor, Auditor, Authorizer, LocalAuthorizer, Secrets
from engine.parameters.feeds import events as _feed_events  # noqa: F401  (known to whoever reads old events)
from engine.part import part
from engine.runs.lock import DataLock
from engine.settings import Settings
from engine.store import migrations
from engine.store.database import Database

if TYPE_CHECKING:
    from engine.catalog.service import Catalog
    from engine.data.service import Datasets
    from engine.notify.service import Notify
    from engine.parameters.feeds.service import Feeds
    from engine.parameters.imports.service import ParameterFiles
    from engine.parameters.set_deadlines import Deadlines
    from engine.parameters.sets import ParameterSets
    from engine.parameters.spreadsheet.service import Sheets
    from engine.runs.dispatcher import Dispatcher
    from engine.runs.drafts import Drafts
    from engine.runs.executor import Executor
    from engine.runs.lock import Doorbell
    from engine.runs.service import Runs
    from engine.runtimes.pool import WorkerPool
    from engine.store.blobs import BlobStore
    from engine.store.retention import Storage, Swept


logger = logging.getLogger(__name__)
SWITCH_SECONDS = 0.001  # threads hand a run on to each other: Python's 5 ms would be longer than a short run


class Engine:
    """Opens the database and, on first use, each part. ``start`` begins to execute queued runs.

    The parts: ``catalog`` (models, versions, aliases), ``datasets``, ``runs``, ``blobs``, ``pool``.
    """

    def __init__(self, settings: Settings, authorizer: Authorizer | None = None) -> None:
        self.settings = settings
        self.authorizer: Authorizer = authorizer or LocalAuthorizer()
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.lock = DataLock(settings.data)
        self.database = Database(settings.database_address)
        migrations.upgrade(self.database, settings.data)
        self.secrets: Secrets | None = None
        self.executor: Executor | None = None
        self.dispatcher: Dispatcher | None = None
        self._bell: Doorbell | None = None
        self._deadlines: Deadlines | None = None

    def start(self) -> None:
        """Become the server of this data folder: recover, then execute queued runs.

        Raises Unavailable when another server has the data folder, or several people would share this one
        without a sandbox (``engine.isolation``).
        """
        from engine.isolation import check_start
        from engine.parameters.set_deadlines import Deadlines
        from engine.runs.dispatcher import Dispatcher
        from engine.runs.local import LocalExecutor
        from engine.runs.lock import Doorbell

        if self.dispatcher is not None:
            return
        check_start(self)
        self.lock.acquire()
        sys.setswitchinterval(SWITCH_SECONDS)
        try:
            self.executor = LocalExecutor(self)
            self.executor.start()
            self.dispatcher = Dispatcher(self, self.executor)
            self._bell = Doorbell(self.settings.data, self.dispatcher.rung)
            self._bell.hang()
            self.dispatcher.start()
            if self.auditor is not None:
                self.auditor.start()
            self.notify.start()
            self.feeds.start()
            self._deadlines = Deadlines(self)
            self._deadlines.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what runs here (safe runs go back to the queue) and give everything back. Safe to call twice."""
        steps = (
            self._stop_deadlines,
            self._stop_feeds,
            self._stop_runs,
            self._stop_workers,
            self._stop_mail,
            self._stop_audit,
            self.database.close,
            self.lock.release,
        )
        for step in steps:
            try:
                step()
            except Exception:  # one part that fails to stop must not keep the others alive
                logger.exception("stopping: %s failed", step.__name__)

    @property
    def auditor(self) -> Auditor | None:
        """Who keeps the audit log; None where nobody does (an engine without ``auth``)."""
        return self.database.auditor

    @property
    def is_server(self) -> bool:
        """Does this process execute runs?"""
        return self.dispatcher is not None

    def _stop_runs(self) -> None:
        bell, self._bell = self._bell, None
        if bell is not None:
            bell.take_down()
        dispatcher, self.dispatcher = self.dispatcher, None
        if dispatcher is not None:
            dispatcher.stop()
        runs = self.__dict__.get("runs")
        if runs is not None:
            runs.close()

    def _stop_audit(self) -> None:
        if self.auditor is not None:
            self.auditor.close()

    def _stop_deadlines(self) -> None:
        deadlines, self._deadlines = self._deadlines, None
        if deadlines is not None:
            deadlines.stop()

    def _stop_feeds(self) -> None:
        feeds = self.__dict__.get("feeds")
        if feeds is not None:
            feeds.stop()

    def _stop_mail(self) -> None:
        notify = self.__dict__.get("notify")
        if notify is not None:
            notify.stop()

    def _stop_workers(self) -> None:
        pool = self.__dict__.pop("pool", None)
        if pool is not None:
            pool.close()
        datasets = self.__dict__.get("datasets")
        if datasets is not None:
            datasets.close()
        executor, self.executor = self.executor, None
        if executor is not None:
            executor.close()
        datasets = self.__dict__.pop("datasets", None)
        if datasets is not None:
            datasets.close()

    @part
    def blobs(self) -> BlobStore:
        """Stored contents by hash."""
        from engine.store.blobs import open_store

        return open_store(self.settings.blob_address, self.settings.data / "cache")

    @part
    def pool(self) -> WorkerPool:
        """Warm workers of all languages."""
        from engine.runtimes.pool import WorkerPool

        return WorkerPool.from_settings(self.settings)

    @part
    def catalog(self) -> Catalog:
        """Models, versions, aliases."""
        from engine.catalog.service import Catalog

        return Catalog(self)

    @part
    def datasets(self) -> Datasets:
        """Datasets and their versions."""
        from engine.data.service import Datasets

        return Datasets(self)

    @part
    def runs(self) -> Runs:
        """Runs: submit, follow, cancel, read outputs."""
        from engine.runs.service import Runs

        return Runs(self)

    @part
    def storage(self) -> Storage:
        """Sweeping and retention of stored contents."""
        from engine.store.retention import Storage

        return Storage(self)

    def gc(self, actor: Actor, *, dry_run: bool = False) -> Swept:
        """Let go of outputs past their time and sweep what nothing refers to (``quarterdeck gc``)."""
        swept = self.storage.gc(actor, dry_run=dry_run)
        if not dry_run:
            from engine.data.masking import tidy

            tidy(self.settings.data)
        return swept

    @part
    def notify(self) -> Notify:
        """Notices to people, and mail."""
        from engine.notify.service import Notify

        return Notify(self)

    @part
    def sets(self) -> ParameterSets:
        """Parameter sets: versions, places, reviews."""
        from engine.parameters.sets import ParameterSets

        return ParameterSets(self)

    @part
    def sheets(self) -> Sheets:
        """Parameter sets in a spreadsheet and back."""
        from engine.parameters.spreadsheet.service import Sheets

        return Sheets(self)

    @part
    def parameter_files(self) -> ParameterFiles:
        """Parameter text files: into a set and back."""
        from engine.parameters.imports.service import ParameterFiles

        return ParameterFiles(self)

    @part
    def feeds(self) -> Feeds:
        """Feeds: fields of parameter sets that are filled from data, files, addresses and other models."""
        from engine.parameters.feeds.service import Feeds

        return Feeds(self)

    @part
    def drafts(self) -> Drafts:
        """What people typed into forms and have not submitted."""
        from engine.runs.drafts import Drafts

        return Drafts(self)
