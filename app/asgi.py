"""The server: pages by ``st.App``, the REST API and files beside it, one engine for all.

``uvicorn app.asgi:app`` and ``./quarterdeck up`` serve the same object. Requests of the API and of files
do not pass through Streamlit's middleware (session cookie, compression): a real-time call is cheaper so.
In front of all stand ``app.security`` (is this a proper request for us?) and ``app.gate`` (whose is it?).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from anyio import to_thread
from starlette.routing import request_response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import frame, logs, state
from app.api import metrics
from app.api.application import PREFIX, create_api
from app.api.predict import Shortcut
from app.collection import Collection
from app.gate import Gate
from app.security import Security
from app.signin.application import create_signin
from app.warming import Warming
from auth.service import Auth, opened
from engine.engine import Engine
from engine.errors import QuarterdeckError
from engine.settings import ROOT, Settings

if TYPE_CHECKING:
    import streamlit as st

log = structlog.get_logger(__name__)
OWN_PATHS = ("/api/", "/files/")
SIGN_IN_PATHS = "/auth/"
MAIN_SCRIPT = ROOT / "app" / "main.py"


class Server:
    """The ASGI application: hands each request to the API or to the pages, and words a failed start."""

    def __init__(self, pages: ASGIApp, api: ASGIApp, signin: ASGIApp) -> None:
        self.pages = pages
        self.api = api
        self.signin = signin
        self.page = request_response(frame.answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, websocket or the lifespan."""
        if scope["type"] == "http" and scope["path"].startswith(OWN_PATHS):
            await self.api(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(SIGN_IN_PATHS):
            await self.signin(scope, receive, send)
        elif scope["type"] == "http" and frame.is_page(scope):
            await self.page(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.pages(scope, receive, _wording(send))
        else:
            await self.pages(scope, receive, send)


def _wording(send: Send) -> Send:
    """Replace the traceback of a failed start by the last error's sentence."""

    async def worded(message: Message) -> None:
        if message["type"] == "lifespan.startup.failed" and refusals:
            message = {**message, "message": refusals[-1]}
        await send(message)

    return worded


refusals: list[str] = []


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Engine]:
    """Open the engine, take the data folder, execute queued runs; stop all of it on leaving."""
    auth = await to_thread.run_sync(_started, settings)
    engine = auth.engine
    state.attach(auth)
    collection = Collection()
    collection.start()
    warming = Warming()
    warming.start()
    try:
        yield engine
    finally:
        state.detach(auth)
        warming.stop()
        collection.stop()
        await to_thread.run_sync(engine.stop)


def _started(settings: Settings) -> Auth:
    from auth import passwords

    auth = opened(settings)
    try:
        auth.engine.start()
        passwords.prepare()
    except BaseException:
        auth.engine.stop()
        raise
    auth.engine.database.listen(metrics.count_event)
    return auth


def create_app(settings: Settings | None = None, script: Path = MAIN_SCRIPT) -> Security:
    """Make the server. Streamlit's settings are the repository's, whatever the working folder."""
    import streamlit as st
    from streamlit import config

    in_force = settings or Settings()
    if config._main_script_path is None:
        config._main_script_path = str(ROOT / "quarterdeck")

    @asynccontextmanager
    async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
        folder = in_force.data / "server-log"
        logs.configure(folder)
        try:
            context = running(in_force)
            engine = await context.__aenter__()
        except QuarterdeckError as error:
            refuse(error.sentence)
            raise
        except Exception as error:
            log.exception("start failed")
            first = str(error).strip().partition("\n")[0][:300]
            refuse(
                f"The server failed to start: {first or type(error).__name__}. Its log has the details: {folder}."
            )
            raise
        try:
            yield {"engine": engine}
        finally:
            await context.__aexit__(None, None, None)

    pages = st.App(script, lifespan=lifespan, on_script_error=_worded_error)
    return Security(Gate(Server(pages, Shortcut(create_api(), PREFIX), create_signin())), in_force)


def _worded_error(error: Exception) -> bool:
    """What no page, fragment or button caught: our sentence in the place of Streamlit's own error box."""
    from app.components.page import show_error

    show_error(error, "pages")
    return True


def refuse(sentence: str) -> None:
    """Note why the server does not start; of several uvicorn workers, end the supervisor as well.

    uvicorn would start a refused worker again for ever while its sibling serves: ``--workers 2`` would
    then seem to work.
    """
    refusals.append(sentence)
    log.error("The server does not start.", reason=sentence)
    if multiprocessing.parent_process() is not None and "--reload" not in sys.argv:
        os.kill(os.getppid(), signal.SIGTERM)


def __getattr__(name: str) -> Any:
    """``app.asgi:app`` is made when somebody asks for it: importing this module makes no server."""
    if name == "app":
        return create_app()
    raise AttributeError(name)
