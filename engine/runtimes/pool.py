"""Warm workers under a memory budget: finds or starts one for a call, and ends it when it is asked to."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from engine.runtimes.interface import Call, CallFailed, Listener, Result, Runtime, WorkerSpec
from engine.runtimes.pool_folder import PoolFolder
from engine.runtimes.pool_upkeep import Upkeep
from engine.runtimes.reader import Reader
from engine.runtimes.registry import runtimes
from engine.runtimes.sandbox import Sandbox
from engine.runtimes.scripts import Contained
from engine.runtimes.sentences import LANGUAGES
from engine.runtimes.worker_process import GRACE_SECONDS, Worker
from engine.settings import Settings

log = logging.getLogger(__name__)
CANCEL_SECONDS = 1.9


class _Active:
    """A call under way, from before its worker is found until its answer is there."""

    __slots__ = ("cancelled", "done", "script", "worker")

    def __init__(self) -> None:
        self.worker: Worker | None = None
        self.script: Contained | None = None
        self.cancelled = False
        self.done: threading.Event | None = None


class WorkerPool:
    """The pool of this process (see the protocol ``Pool``). Safe from any thread."""

    def __init__(
        self,
        known: dict[str, Runtime],
        folder: PoolFolder,
        *,
        budget: int,
        sandbox: Sandbox | None = None,
        spares: bool = True,
        at_once: int | None = None,
    ) -> None:
        self.sandbox = sandbox or Sandbox()
        self._runtimes = known
        self._folder = folder
        self._reader = Reader()
        self._at_once = at_once or os.cpu_count() or 1  # workers of one model version
        self._starting: dict[str, int] = {}
        self._active: dict[str, _Active] = {}
        self._upkeep = Upkeep(budget, self._fresh, spares=spares)
        self._lock = self._upkeep.lock

    @classmethod
    def from_settings(cls, settings: Settings) -> WorkerPool:
        """The pool that the settings describe."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return cls(
            runtimes(settings),
            PoolFolder.from_settings(settings),
            budget=memory * settings.pool_memory_percent // 100,
            sandbox=Sandbox(settings.sandbox),
        )

    # ---- the interface

    def call(self, spec: WorkerSpec, call: Call, listener: Listener | None = None) -> Result:
        """Run one call and wait: on a warm worker, or as a process of its own in script mode. Raises CallFailed."""
        runtime = self._runtime(spec.language)
        with self._under_way(call.id) as active, _storage_told():
            run = getattr(runtime, "run", None)
            if run is not None:
                return self._script(run, spec, call, listener, active)
            worker = self._acquire(spec, active)
            try:
                return worker.call(call, listener)
            finally:
                self._release(worker, active)

    def cancel(self, call_id: str) -> bool:
        """End a call and everything it started within 2 s; False when no such call is running."""
        deadline = time.monotonic() + CANCEL_SECONDS
        with self._lock:
            active = self._active.get(call_id)
            if active is None:
                return False
            active.cancelled = True
            active.done = done = active.done or threading.Event()
            worker, script = active.worker, active.script
            if worker is not None:
                worker.stopping = worker.stopping or "cancelled"
            self._lock.notify_all()
        if script is not None:
            script.cancel()
        if worker is not None:
            worker.interrupt()
            if not done.wait(GRACE_SECONDS):
                with self._lock:  # once released, the worker may already serve somebody else
                    if active.worker is worker:
                        worker.process.kill()
        done.wait(max(0.0, deadline - time.monotonic()))
        return True

    def warm(self, spec: WorkerSpec, call_id: str = "") -> None:
        """Have a worker loaded and ready. Raises CallFailed (``load-error``, ``no-runtime``).

        ``cancel(call_id)`` ends the loading when an id is given.
        """
        if hasattr(self._runtime(spec.language), "run"):
            return
        with (
            self._under_way(call_id or f"warm {spec.key} {threading.get_ident()}") as active,
            _storage_told(),
        ):
            self._release(self._acquire(spec, active), active)

    def forget(self, key: str) -> None:
        """End the idle workers of a model version; busy ones end after their call."""
        gone: list[Worker] = []
        with self._lock:
            for workers in self._upkeep.idle.values():
                gone += [worker for worker in workers if worker.spec.key == key]
                workers[:] = [worker for worker in workers if worker.spec.key != key]
            for worker in self._upkeep.busy:
                if worker.spec.key == key:
                    worker.loaded = False
        for worker in gone:
            worker.end()

    def memory(self) -> int:
        """Proportional set size of all workers together, in bytes, measured now."""
        with self._lock:
            workers = self._upkeep.workers()
        return sum(worker.measure() for worker in workers if worker.alive)

    def close(self) -> None:
        """End every worker and all their descendants."""
        with self._lock:
            scripts = [active.script for active in self._active.values() if active.script]
        workers = self._upkeep.stop()
        for script in scripts:
            script.cancel()
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.end()
        with self._lock:
            self._lock.wait_for(lambda: not self._active and not any(self._starting.values()), timeout=5)
        self._upkeep.settle(5)
        self._reader.close()
        self._folder.close()

    # ---- finding a worker

    def _acquire(self, spec: WorkerSpec, active: _Active) -> Worker:
        """An idle worker of the spec, or a new one; marks it busy."""
        name = _name(spec)
        dead: list[Worker] = []
        with self._lock:
            while True:
                self._check(active)
                worker = self._pop_idle(name, spec, dead)
                if worker is not None:
                    self._upkeep.busy.add(worker)
                    active.worker = worker
                    break
                if self._count(name) < self._at_once:
                    self._starting[name] = self._starting.get(name, 0) + 1
                    break
                self._lock.wait(1.0)
        for gone in dead:
            gone.end()
        return worker or self._start(spec, name, active)

    def _check(self, active: _Active) -> None:
        if active.cancelled:
            raise CallFailed("cancelled", "The run was cancelled.")
        if self._upkeep.closed:
            raise CallFailed(
                "crashed", "The server is stopping; run it again after the start.", transient=True
            )

    def _pop_idle(self, name: str, spec: WorkerSpec, dead: list[Worker]) -> Worker | None:
        workers = self._upkeep.idle.get(name)
        while workers:
            worker = workers.pop()
            if worker.alive and (worker.spec is spec or worker.spec == spec):
                return worker
            dead.append(worker)
        return None

    def _count(self, name: str) -> int:
        busy = sum(1 for worker in self._upkeep.busy if worker.loaded and _name(worker.spec) == name)
        return busy + self._starting.get(name, 0)

    def _start(self, spec: WorkerSpec, name: str, active: _Active) -> Worker:
        worker: Worker | None = None
        upkeep = self._upkeep
        try:
            upkeep.make_room(spec.language)
            worker = upkeep.take_spare(spec) or self._fresh(spec)
            with self._lock:
                self._check(active)
                active.worker = worker
                upkeep.busy.add(worker)
            worker.load(spec)
            upkeep.learn(worker)
        except BaseException as error:
            if worker is not None:
                with self._lock:
                    upkeep.busy.discard(worker)
                worker.end()
            if active.cancelled and not isinstance(error, KeyboardInterrupt):
                raise CallFailed("cancelled", "The run was cancelled.") from error
            raise
        finally:
            upkeep.arrived(spec.language)
            with self._lock:
                self._starting[name] -= 1
                self._lock.notify_all()
        upkeep.want_spare(spec)
        return worker

    def _fresh(self, spec: WorkerSpec) -> Worker:
        runtime = self._present(spec.language)
        return Worker(runtime, spec, self._folder.fresh(), self._reader, self.sandbox)

    def _runtime(self, language: str) -> Runtime:
        runtime = self._runtimes.get(language)
        if runtime is None:
            known = ", ".join(self._runtimes)
            raise CallFailed("no-runtime", f"There is no runtime “{language}”; known are {known}.")
        return runtime

    def _present(self, language: str) -> Runtime:
        """The runtime, asked whether it is there: only when a process is started, not at each call."""
        runtime = self._runtime(language)
        presence = runtime.presence()
        if not presence.present:
            shown = LANGUAGES.get(language, language)
            raise CallFailed("no-runtime", f"{shown} is not installed on this machine. {presence.remedy}")
        return runtime

    def _release(self, worker: Worker, active: _Active) -> None:
        worker.last_used = time.monotonic()
        with self._lock:
            active.worker = None
            self._upkeep.busy.discard(worker)
            # a cancellation that came just after the answer must not reach the next call
            keep = worker.loaded and not worker.stopping and not self._upkeep.closed and worker.alive
            if keep:
                worker.swept = -math.inf
                self._upkeep.idle.setdefault(_name(worker.spec), []).append(worker)
            self._lock.notify_all()
        if not keep:
            worker.end()

    def _script(
        self, run: Any, spec: WorkerSpec, call: Call, listener: Listener | None, active: _Active
    ) -> Result:
        contained = Contained(self._folder.fresh(), self._reader, self.sandbox)
        with self._lock:
            self._check(active)
            active.script = contained
        try:
            return run(spec, call, listener, contained)
        finally:
            contained.end()

    @contextmanager
    def _under_way(self, call_id: str) -> Iterator[_Active]:
        active = _Active()
        with self._lock:
            self._active[call_id] = active
        try:
            yield active
        finally:
            with self._lock:
                del self._active[call_id]
                if active.done is not None:
                    active.done.set()
                if self._upkeep.closed:
                    self._lock.notify_all()


class _storage_told:
    """An input or output file that could not be written becomes a sentence about storage."""

    def __enter__(self) -> None:
        return

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError):
            raise CallFailed(
                "crashed",
                f"The files of the run could not be put in place ({error.strerror or error}). "
                "Make room in the scratch storage (“quarterdeck doctor” shows it), then run again.",
                transient=True,
            ) from error


def _name(spec: WorkerSpec) -> str:
    return f"{spec.language}:{spec.key}"
