"""What the pool does besides calls: keeps the budget, has spares ready, measures, ends what is dead."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from engine.runtimes.interface import CallFailed, WorkerSpec
from engine.runtimes.worker_process import Worker

log = logging.getLogger(__name__)
SWEEP_SECONDS = 0.25
MEASURE_SECONDS = 1.0
REVISIT_SECONDS = 30.0  # an idle worker is measured and swept again
FIRST_GUESS = {"python": 110 << 20, "r": 150 << 20, "julia": 180 << 20}
OTHER_GUESS = 150 << 20
HEADROOM = 0.92  # of the budget is filled: workers grow between two measurements
SPARE_SECONDS = 10.0


class Upkeep:
    """The workers that are not busy, and the limits they share. ``lock`` guards every attribute."""

    def __init__(self, budget: int, start: Callable[[WorkerSpec], Worker], *, spares: bool) -> None:
        self.budget = budget
        self.lock = threading.Condition()
        self.idle: dict[str, list[Worker]] = {}
        self.busy: set[Worker] = set()
        self.closed = False
        self._start = start
        self._spares_wanted = spares
        self._spares: dict[str, Worker] = {}
        self._making: set[str] = set()
        self._loading: list[str] = []  # languages of the workers that are on their way to their first call
        self._sizes = dict(FIRST_GUESS)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def workers(self) -> list[Worker]:
        """All workers there are; the caller holds the lock."""
        idle = [worker for workers in self.idle.values() for worker in workers]
        return [*idle, *self.busy, *self._spares.values()]

    def make_room(self, language: str) -> None:
        """Before a worker of that language starts: end the least recently used until it fits."""
        with self.lock:
            self._loading.append(language)
        self._evict()

    def arrived(self, language: str) -> None:
        """After ``make_room``: the worker is loaded and measured, or there will be none."""
        with self.lock:
            self._loading.remove(language)

    def learn(self, worker: Worker) -> None:
        """Remember how large a freshly loaded worker is, and begin to look after it."""
        self._sizes[worker.language] = max(worker.measure(), 32 << 20)
        with self.lock:
            if self._thread is None and not self.closed:
                self._thread = threading.Thread(target=self._keep_house, name="quarterdeck-pool", daemon=True)
                self._thread.start()

    def take_spare(self, spec: WorkerSpec) -> Worker | None:
        """An idle process of that language without a model, when the spec asks for nothing special."""
        if spec.variables:  # they are set when a process starts
            return None
        with self.lock:
            if (
                spec.interpreter is None and not spec.network
            ):  # one that is just starting is sooner there than a new one
                self.lock.wait_for(lambda: spec.language not in self._making, timeout=SPARE_SECONDS)
            spare = self._spares.pop(spec.language, None)
            fits = spare is not None and spare.alive and _ordinary(spec) == _ordinary(spare.spec)
        if spare is not None and not fits:
            spare.end()
            return None
        return spare

    def want_spare(self, spec: WorkerSpec) -> None:
        """Have a spare for the next model of that language, if the budget has room for it."""
        language = spec.language
        with self.lock:
            wanted = self._spares_wanted and spec.interpreter is None and not spec.network and not self.closed
            if not wanted or language in self._spares or language in self._making:
                return
            if self._used() + 1.5 * self._sizes.get(language, OTHER_GUESS) > self.budget * HEADROOM:
                return
            self._making.add(language)
        threading.Thread(target=self._make_spare, args=(spec,), name="quarterdeck-spare", daemon=True).start()

    def stop(self) -> list[Worker]:
        """Stop looking after workers; returns all that there were."""
        with self.lock:
            self.closed = True
            workers = self.workers()
            self.idle.clear()
            self._spares.clear()
            self.lock.notify_all()
        self._stop.set()
        return workers

    def settle(self, timeout: float) -> None:
        """Wait for spares that are just being started."""
        with self.lock:
            self.lock.wait_for(lambda: not self._making, timeout)

    # ---- inside

    def _make_spare(self, spec: WorkerSpec) -> None:
        spare: Worker | None = None
        try:
            spare = self._start(_ordinary(spec))
            spare.measure()
        except CallFailed as failure:
            log.warning("no spare %s worker: %s", spec.language, failure)
        except Exception:
            log.exception("no spare %s worker", spec.language)
        finally:
            with self.lock:
                unwanted = self.closed
                if spare is not None and not unwanted:
                    self._spares[spec.language] = spare
            if spare is not None and unwanted:
                spare.end()  # before anybody is told that nothing is being started: the reader must still run
            with self.lock:
                self._making.discard(spec.language)
                self.lock.notify_all()

    def _evict(self) -> None:
        """End idle workers, least recently used first, until the others fit into the budget."""
        gone: list[Worker] = []
        with self.lock:
            used = self._used()
            order = sorted((w for ws in self.idle.values() for w in ws), key=lambda w: w.last_used)
            # a spare is worth less than a loaded worker, unless nothing else is left
            for worker in [*self._spares.values(), *order]:
                if used <= self.budget * HEADROOM:
                    break
                used -= worker.memory
                gone.append(worker)
                self._forget(worker)
        for worker in gone:
            worker.end()

    def _used(self) -> int:
        """Bytes of all workers, with those that are just starting; the caller holds the lock."""
        starting = [*self._making, *self._loading]
        expected = sum(self._sizes.get(language, OTHER_GUESS) for language in starting)
        return expected + sum(w.memory for w in self.workers() if w.loaded or w not in self.busy)

    def _forget(self, worker: Worker) -> None:
        for workers in (*self.idle.values(),):
            if worker in workers:
                workers.remove(worker)
        for language, spare in list(self._spares.items()):
            if spare is worker:
                del self._spares[language]

    def _keep_house(self) -> None:
        due = 0.0
        while not self._stop.wait(SWEEP_SECONDS):
            try:
                self._sweep()
                if time.monotonic() >= due:
                    self._bury_dead()
                    self._measure()
                    self._evict()
                    due = time.monotonic() + MEASURE_SECONDS
            except Exception:  # upkeep must go on
                log.exception("looking after workers failed")

    def _sweep(self) -> None:
        """End what calls left behind; again next time when there was some, for it may just have started more."""
        now = time.monotonic()
        with self.lock:
            idle = [worker for workers in self.idle.values() for worker in workers]
        for worker in idle:
            if now - worker.swept <= REVISIT_SECONDS:
                continue
            with self.lock:  # held, so that no call begins meanwhile
                if worker.alive and worker not in self.busy and not worker.sweep():
                    worker.swept = now

    def _measure(self) -> None:
        now = time.monotonic()
        with self.lock:
            due = [
                w
                for w in self.workers()
                if w in self.busy or w.last_used > w.measured or now - w.measured > REVISIT_SECONDS
            ]
        for worker in due:
            if worker.alive:
                worker.measure()

    def _bury_dead(self) -> None:
        with self.lock:
            dead = [w for w in self.workers() if not w.alive and w not in self.busy]
            for worker in dead:
                self._forget(worker)
        for worker in dead:
            worker.end()


def _ordinary(spec: WorkerSpec) -> WorkerSpec:
    """What of a spec is fixed when the process starts (the rest is set when it is bound to a model)."""
    fixed = {"key": "spare", "folder": Path("/"), "entry": "", "variables": ()}
    return replace(spec, **fixed, memory=4 << 30, output_bytes=2 << 30, log_bytes=16 << 20)  # type: ignore[arg-type]
