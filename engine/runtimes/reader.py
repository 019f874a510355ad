"""One thread that reads what all workers print and what their keepers say."""

from __future__ import annotations

import logging
import os
import select
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Reader:
    """Calls ``handler`` in its thread whenever a descriptor is readable. The handler returns False to stop."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Callable[[], bool]] = {}
        self._lock = threading.Lock()
        self._wake, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._epoll.register(self._wake, select.EPOLLIN)
        self._thread: threading.Thread | None = None
        self._closed = False

    def add(self, fd: int, handler: Callable[[], bool]) -> None:
        """Watch a descriptor. It must stay open until the handler returned False or ``remove`` was called."""
        with self._lock:
            if self._closed:
                return
            self._handlers[fd] = handler
            self._epoll.register(fd, select.EPOLLIN)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="quarterdeck-reader", daemon=True)
                self._thread.start()

    def remove(self, fd: int, handler: Callable[[], bool] | None = None) -> None:
        """Watch it no longer; with ``handler``, only while that one is still the descriptor's.

        A handler may close its descriptor, and another thread may be given the same number at once.
        """
        with self._lock:
            if fd not in self._handlers or (handler is not None and self._handlers[fd] is not handler):
                return
            del self._handlers[fd]
            try:
                self._epoll.unregister(fd)
            except (OSError, ValueError):
                log.debug("descriptor %s was closed before it was removed", fd)

    def close(self) -> None:
        """End the thread."""
        with self._lock:
            self._closed = True
        os.write(self._waker, b"x")
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(5)

    def _run(self) -> None:
        while not self._closed:
            for fd, _ in self._epoll.poll():
                handler = self._handlers.get(fd)
                if handler is None:
                    continue
                try:
                    going_on = handler()
                except Exception:  # one worker's trouble must not deafen us to the others
                    log.exception("reading from a worker failed")
                    going_on = False
                if not going_on:
                    self.remove(fd, handler)
