"""What stays open is asked again: does its session still stand? One query every two seconds for all of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from anyio import to_thread

from app import state
from engine.errors import SignedOut

log = structlog.get_logger(__name__)
EVERY_SECONDS = 2.0
LOOK_SECONDS = 0.25  # whether something of this process has ended meanwhile (a number is compared)


@dataclass(eq=False)
class Open:
    """Something open: under which cookie or token, and how to end it (it is told why)."""

    credential: str
    is_cookie: bool
    end: Callable[[str], Awaitable[None]]


class Watch:
    """Knows what is open; runs only while something is."""

    def __init__(self) -> None:
        self._open: set[Open] = set()
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def keeping(self, opened: Open) -> Iterator[None]:
        """Watch it within this block."""
        self._open.add(opened)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="signin-watch")
        try:
            yield
        finally:
            self._open.discard(opened)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        generation, next_look = -1, 0.0
        while self._open:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                sessions = state.auth().sessions
                if sessions.generation == generation and loop.time() < next_look:
                    continue
                generation, next_look = sessions.generation, loop.time() + EVERY_SECONDS
                await self._look()
            except Exception:  # the database may be away for a moment: what is open is asked again soon
                log.exception("asking for ended sessions failed")

    async def _look(self) -> None:
        by_cookie = {opened.credential for opened in self._open if opened.is_cookie}
        by_token = {opened.credential for opened in self._open if not opened.is_cookie}
        alive = await to_thread.run_sync(_alive, by_cookie, by_token)
        for opened in list(self._open):
            if alive.get(opened.credential, True):
                continue
            self._open.discard(opened)
            try:
                await opened.end("ended")
            except Exception as error:  # the other side has gone already
                log.info("closing an ended session's connection", error=repr(error))


def _alive(by_cookie: set[str], by_token: set[str]) -> dict[str, bool]:
    auth = state.auth()
    return auth.sessions.alive(by_cookie) | {token: _good(token) for token in by_token}


def _good(token: str) -> bool:
    if token.startswith("local."):
        return True
    try:
        state.auth().tokens.actor(token)
    except SignedOut:
        return False
    return True
