"""One warm worker: started, loaded with a model, called, ended."""

from __future__ import annotations

import contextlib
import math
import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.runtimes import keeper
from engine.runtimes.interface import Call, CallFailed, Listener, Output, Result, Runtime, WorkerSpec
from engine.runtimes.process import KeptProcess, Order
from engine.runtimes.quarterdeck_worker.wire import Connection, WireError
from engine.runtimes.reader import Reader
from engine.runtimes.sandbox import Sandbox
from engine.runtimes.sentences import ended_sentence, failed, timed_out
from engine.runtimes.worker_start import PATH, clean_environment, listen, peak, peer, session
from engine.runtimes.workplace import Workplace

START_SECONDS = 60.0
LOAD_SECONDS = 600.0
GRACE_SECONDS = 0.5


class Worker:
    """A process of one runtime. ``start`` → ``load`` → ``call`` … → ``end``; one thread at a time calls."""

    def __init__(
        self, runtime: Runtime, spec: WorkerSpec, folder: Path, reader: Reader, box: Sandbox
    ) -> None:
        self.spec = spec
        self.language = spec.language
        self.loaded = False
        self.environment: Mapping[str, Any] = {}
        self.last_used = time.monotonic()
        self.memory = 0  # proportional set size when last measured
        self.measured = 0.0
        self.swept = -math.inf  # when ``sweep`` last found nothing; after a call it has to look again
        self.stopping = ""  # cancelled or timeout, once somebody wants the call to end
        self._calls = 0
        self.place = Workplace(folder)
        self.process: KeptProcess
        self._connection: Connection
        self._pid = 0  # of the worker itself as seen from outside, when known
        self._start(runtime, reader, box)

    @property
    def alive(self) -> bool:
        """Can it be called?"""
        return not self.process.ended.is_set()

    def measure(self) -> int:
        """Proportional set size of the keeper and all below it, in bytes."""
        pid = self.process.keeper_pid
        self.memory = sum(map(keeper.proportional_bytes, [pid, *keeper.descendants(pid)]))
        self.measured = time.monotonic()
        return self.memory

    def load(self, spec: WorkerSpec) -> None:
        """Bind to a model version. Raises CallFailed (``load-error`` …); the worker is then of no use."""
        self.spec = spec
        self.process.limit(spec.memory, spec.output_bytes)
        self.place.place_model(spec.folder)
        self.process.printed.begin(lambda _: None, spec.log_bytes)
        message = {
            "kind": "load",
            "id": "load",
            "folder": str(self.place.model),
            "entry": spec.entry,
            "seed": None,
        }
        try:
            self._connection.send(message)
            answer = self._answer("load", time.monotonic() + LOAD_SECONDS)
        except (OSError, WireError) as error:
            raise self._ended("load-error") from error
        finally:
            self.process.printed.end()
        if answer["kind"] == "failed":
            raise failed(answer, self.language)
        self.environment = answer.get("environment") or {}
        self.loaded = True
        self.place.tidy()

    def call(self, call: Call, listener: Listener | None) -> Result:
        """Run one call. Raises CallFailed; ``alive`` tells whether the worker can be used again."""
        self._calls += 1
        identity = str(self._calls)
        tables, files = self.place.place_inputs(call.tables, call.files)
        message = {
            "kind": "call",
            "id": identity,
            "values": {n: {"type": v.type, "value": v.value, **v.extra} for n, v in call.values.items()},
            "tables": tables,
            "files": files,
            "expected": {n: {"kind": e.kind, "path": e.path} for n, e in call.expected.items()},
            "scratch": str(self.place.work),
            "seed": call.seed,
        }
        printed = self.process.printed
        printed.begin(listener, self.spec.log_bytes)
        try:
            self._connection.send(message)
            answer = self._answer(identity, time.monotonic() + call.timeout if call.timeout else None)
        except TimeoutError:
            answer = self._stopped(identity)
        except (OSError, WireError) as error:
            raise self._ended("crashed", call) from error
        finally:
            printed.end()
        if self.stopping:
            raise self._end_stopped(call, answered=answer["id"] != "")
        if answer["kind"] == "failed":
            self.place.tidy()
            raise failed(answer, self.language)
        return self._result(answer, call)

    def interrupt(self) -> None:
        """Ask the running call to stop; the caller of ``call`` gets what comes of it."""
        try:
            self._connection.send({"kind": "interrupt", "id": str(self._calls)})
        except OSError:
            return

    def end(self) -> None:
        """End the process with everything it started, and remove its folder."""
        self.process.finish()
        self._connection.close()
        self.place.remove()

    # ---- inside

    def _start(self, runtime: Runtime, reader: Reader, box: Sandbox) -> None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        token = secrets.token_hex(16)
        try:
            prepare_home = getattr(runtime, "prepare_home", None)
            if prepare_home is not None:
                prepare_home(self.place.temporary)
            shown = listen(listener, self.place.socket)
            argv, extra, readable = runtime.command(Path(shown), self.spec)
            environment = {
                **clean_environment(self.place, self.spec),
                **extra,
                "QUARTERDECK_SOCKET": shown,
                "QUARTERDECK_TOKEN": token,
            }
            found = shutil.which(argv[0], path=PATH) or argv[0]
            wrapped = box.wrap([found, *argv[1:]], self.place.folder, readable, network=self.spec.network)
            order = Order(
                wrapped,
                environment,
                self.place.work,
                self.spec.memory,
                self.spec.output_bytes,
                watch=[self.place.folder / "rw"],
                wrapped=box.works,
            )
            self.process = KeptProcess(order, reader)
            self._connection = self._accept(listener, token)
        except BaseException:
            if hasattr(self, "process"):
                self.process.finish()
            self.place.remove()
            raise
        finally:
            listener.close()

    def _accept(self, listener: socket.socket, token: str) -> Connection:
        listener.settimeout(0.1)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                sock, _ = listener.accept()
            except TimeoutError:
                if self.process.ended.is_set():
                    break
                continue
            sock.settimeout(START_SECONDS)
            connection = Connection(sock)
            try:
                hello = connection.receive()
            except (OSError, WireError):
                hello = None
            if hello and hello["kind"] == "hello" and secrets.compare_digest(str(hello.get("token")), token):
                self._pid = peer(sock)
                return connection
            connection.close()
        self.process.finish()
        raise CallFailed(
            "load-error",
            f"The {self.language} worker did not start. Run “quarterdeck doctor”, it says what is missing.",
            trace="\n".join(self.process.printed.tail),
            transient=True,
        )

    def _answer(self, identity: str, deadline: float | None) -> dict[str, Any]:
        """The answer to a request. Raises TimeoutError at the deadline, OSError when the worker is gone."""
        connection = self._connection
        while True:
            left = None if deadline is None else max(deadline - time.monotonic(), 0.001)
            connection.sock.settimeout(left)
            message = connection.receive()
            if message is None:
                raise ConnectionResetError("the worker closed its socket")
            if message.get("id") == identity and message["kind"] in ("ready", "result", "failed"):
                return message

    def _stopped(self, identity: str) -> dict[str, Any]:
        """The time is over: interrupt, then kill."""
        self.stopping = self.stopping or "timeout"
        self.interrupt()
        try:
            return self._answer(identity, time.monotonic() + GRACE_SECONDS)
        except (OSError, WireError):
            self.process.kill()
            return {"kind": "failed", "id": ""}

    def _end_stopped(self, call: Call, *, answered: bool) -> CallFailed:
        """Nothing of a stopped call goes on. A worker that heard the interrupt and left no process behind stays."""
        why, self.stopping = self.stopping, ""
        if not answered or not self._alone():
            self.process.finish()
        else:
            self.place.tidy()
        return timed_out(call) if why == "timeout" else CallFailed("cancelled", "The run was cancelled.")

    def sweep(self) -> bool:
        """End what finished calls left behind: processes that detached themselves (own session, or orphaned).

        Ordinary children stay, a library may keep them for the next call. Not to be used during a call.
        Says whether there was any.
        """
        lineage = self._lineage()
        left = [pid for pid in keeper.descendants(self.process.keeper_pid) if self._detached(pid, lineage)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        return bool(left)

    def _detached(self, pid: int, lineage: set[int]) -> bool:
        """Does it run, and is none of the worker's ordinary children?"""
        if not lineage or pid in lineage or not keeper.runs(pid):
            return False
        mother = keeper.parent(pid)
        orphan = mother == self.process.keeper_pid or (mother in lineage and mother != self._pid)
        return orphan or session(pid) != session(self._pid)

    def _alone(self) -> bool:
        """Is the worker (with bubblewrap around it) all there is below the keeper?"""
        return set(keeper.descendants(self.process.keeper_pid)) <= self._lineage()

    def _lineage(self) -> set[int]:
        """The worker and what lies between it and the keeper; empty when it is gone."""
        lineage, pid = set(), self._pid
        while pid > 1 and pid != self.process.keeper_pid:
            lineage.add(pid)
            pid = keeper.parent(pid)
        return lineage if pid == self.process.keeper_pid else set()

    def _ended(self, reason: str, call: Call | None = None) -> CallFailed:
        """Why the process is gone, in words."""
        if self.stopping and call is not None:
            return self._end_stopped(call, answered=False)
        # a worker that only closed its socket is of no use either
        self.process.ended.wait(1)
        ending = self.process.finish()
        return ended_sentence(ending, self.spec, reason, list(self.process.printed.tail))

    def _result(self, answer: dict[str, Any], call: Call) -> Result:
        taken: dict[str, Path] = {}
        outputs = []
        try:
            for output in answer["outputs"]:
                path, value = output.get("path"), output.get("value")
                place = self.place.take(path, call.scratch, taken) if path else None
                if output["kind"] == "metric" and isinstance(value, str):
                    value = float(value.replace("Infinity", "inf"))
                outputs.append(Output(output["name"], output["kind"], place, value, output.get("format", "")))
        finally:
            self.place.tidy()
        seconds = float(answer.get("seconds") or 0.0)
        most = self.memory if seconds < 0.05 else peak(self.process.keeper_pid)
        return Result(outputs, tuple(answer.get("warnings") or ()), seconds, most, self.environment)
