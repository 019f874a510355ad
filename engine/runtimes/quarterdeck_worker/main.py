"""The serve loop of a worker written in Python: says hello, then answers one request after the other.

An adapter knows one language. Its ``load`` and ``call`` run in the process's main thread (embedded R
and Julia want that); ``interrupt`` is called from a watcher thread while a call is under way.
"""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, Protocol

from .failure import Failure
from .wire import Connection, connect

STACK_BYTES = 64 << 20
WATCH_SECONDS = 0.1
IDLE_WATCH_SECONDS = 0.25


class Adapter(Protocol):
    """What a language has to say. ``version`` is the language's own."""

    language: str
    bridge: str
    version: str

    def load(self, folder: str, entry: str, seed: int | None) -> dict[str, Any]:
        """Load ``file:function`` of the folder; returns the environment (version, packages). Raises Failure."""

    def call(self, request: dict[str, Any]) -> tuple[list[dict[str, Any]], list[str], float]:
        """Run the function: outputs as ``PROTOCOL.md`` has them, warnings, seconds in the model.

        Raises Failure.
        """

    def interrupt(self) -> None:
        """Ask the running call to stop; called from another thread, perhaps after the call has ended."""


class _Watcher(threading.Thread):
    """Reads the socket while the main thread is busy with a call, to hear ``interrupt``.

    It only looks a few times a second, and takes no part in short calls.
    """

    def __init__(self, connection: Connection, adapter: Adapter) -> None:
        super().__init__(daemon=True, name="quarterdeck-watcher")
        self.lock = threading.Lock()
        self.busy: object | None = None
        self.connection, self.adapter = connection, adapter

    def run(self) -> None:
        seen: object | None = None
        while True:
            time.sleep(WATCH_SECONDS if self.busy is not None else IDLE_WATCH_SECONDS)
            if self.busy is not None and self.busy is seen:
                with self.lock:
                    self._look(seen)
            seen = self.busy

    def _look(self, seen: object) -> None:
        if self.busy is not seen:
            return
        try:
            message = self.connection.poll()
        except (EOFError, OSError):
            os._exit(0)  # the pool is gone: nobody waits for this call
        if message is None:
            return
        if message["kind"] == "unload":
            os._exit(0)
        if message["kind"] == "interrupt":
            self.adapter.interrupt()


def raise_stack_limit() -> None:
    """Deep recursion becomes an error of the language instead of a crash."""
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    wanted = STACK_BYTES if hard == resource.RLIM_INFINITY else min(STACK_BYTES, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))


def serve(adapter: Adapter) -> int:
    """Connect, say hello, and answer until the socket closes or ``unload`` comes. Returns the exit code."""
    connection = connect(os.environ["QUARTERDECK_SOCKET"])
    token = os.environ.pop("QUARTERDECK_TOKEN", "")
    hello = {
        "token": token,
        "language": adapter.language,
        "version": adapter.version,
        "bridge": adapter.bridge,
    }
    connection.send({"kind": "hello", "pid": os.getpid(), **hello})
    watcher = _Watcher(connection, adapter)
    watcher.start()
    return _Loop(connection, adapter, watcher).run()


class _Loop:
    def __init__(self, connection: Connection, adapter: Adapter, watcher: _Watcher) -> None:
        self.connection, self.adapter, self.watcher = connection, adapter, watcher
        self.unload = False

    def run(self) -> int:
        handlers = {"load": self.load, "call": self.call}
        while not self.unload:
            try:
                message = self.connection.receive()
            except KeyboardInterrupt:  # an interrupt that came too late
                continue
            if message is None or message["kind"] == "unload":
                break
            handler = handlers.get(message["kind"])
            if handler is None:
                continue
            answer = self.guarded(handler, message)
            with contextlib.suppress(AttributeError, OSError, ValueError):
                sys.stdout.flush()
            with contextlib.suppress(AttributeError, OSError, ValueError):
                sys.stderr.flush()
            try:
                self.connection.send(answer)
            except OSError:
                break
        # a model's own threads and exit handlers must not hold the process
        os._exit(0)

    def guarded(
        self, handler: Callable[[dict[str, Any]], dict[str, Any]], message: dict[str, Any]
    ) -> dict[str, Any]:
        """The answer, whatever happens in the handler."""
        try:
            return handler(message)
        except Failure as failure:
            fields = {"type": failure.type, "message": failure.message, "trace": failure.trace}
            return {"kind": "failed", "id": message["id"], "reason": failure.reason, **fields}
        except KeyboardInterrupt:
            fields = {"type": "KeyboardInterrupt", "message": "The call was stopped.", "trace": ""}
            return {"kind": "failed", "id": message["id"], "reason": "interrupted", **fields}
        except BaseException as error:
            reason = "load-error" if message["kind"] == "load" else "model-error"
            fields = {"type": type(error).__name__, "message": str(error), "trace": traceback.format_exc()}
            return {"kind": "failed", "id": message["id"], "reason": reason, **fields}

    def load(self, message: dict[str, Any]) -> dict[str, Any]:
        started = time.perf_counter()
        environment = self.adapter.load(message["folder"], message["entry"], message.get("seed"))
        seconds = time.perf_counter() - started
        return {"kind": "ready", "id": message["id"], "seconds": seconds, "environment": environment}

    def call(self, message: dict[str, Any]) -> dict[str, Any]:
        identity = message["id"]
        watcher = self.watcher
        watcher.busy = message
        try:
            outputs, warnings, seconds = self.adapter.call(message)
        finally:
            with watcher.lock:
                watcher.busy = None
        answer = {"outputs": outputs, "warnings": warnings, "seconds": seconds}
        return {"kind": "result", "id": identity, **answer}


def main(adapter: Callable[[], Adapter]) -> None:
    """Entry of a worker process; ``adapter`` is made after the stack limit is raised."""
    raise_stack_limit()
    code = serve(adapter())
    os._exit(code)


__all__ = ["Adapter", "Failure", "main", "raise_stack_limit", "serve"]
