"""Models with ``realtime = true`` get a warm worker soon after the start, in the background."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from engine.access import SYSTEM
from engine.errors import QuarterdeckError
from engine.runs import plan

if TYPE_CHECKING:
    from engine.engine import Engine

logger = logging.getLogger(__name__)
WARM_AFTER = 5.0  # seconds: the first page comes first


def warm_realtime(engine: Engine, stopped: threading.Event) -> None:
    """Load the live version of every real-time model, one after the other, until ``stopped``."""
    if stopped.wait(WARM_AFTER):
        return
    for card in engine.catalog.list(SYSTEM):
        try:
            version = engine.catalog.version(SYSTEM, card.name)
            if stopped.is_set():
                return
            if version.manifest.model.realtime and not version.manifest.model.command:
                engine.pool.warm(plan.worker_spec(version, engine.settings))
        except QuarterdeckError as failure:  # a language that is not installed: its first call says so too
            logger.warning("model %s has no warm worker: %s", card.name, failure.sentence)


def start(engine: Engine, stopped: threading.Event) -> threading.Thread:
    """Do it in a thread."""

    def work() -> None:
        try:
            warm_realtime(engine, stopped)
        except Exception:
            if not stopped.is_set():
                logger.exception("real-time models could not be warmed")

    thread = threading.Thread(target=work, name="warming", daemon=True)
    thread.start()
    return thread
