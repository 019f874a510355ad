"""Addresses of another person's page: their pictures, their uploads, their session."""

from __future__ import annotations

import asyncio
import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.settings import ROOT
from tests import signing_in
from tests.e2e.conftest import _until_up, free_port

SERVE = """
import sys, uvicorn
from pathlib import Path
from app.asgi import create_app
from engine.settings import Settings
uvicorn.run(create_app(Settings(), Path(sys.argv[1])), port=int(sys.argv[2]), log_level="critical", lifespan="on")
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and data folder of a server that shows the page beside this file."""
    folder, port = tmp_path_factory.mktemp("own") / "data", free_port()
    environment = os.environ | {"QUARTERDECK_DATA_FOLDER": str(folder), "PYTHONPATH": str(ROOT)}
    script = str(Path(__file__).with_name("own_page.py"))
    process = subprocess.Popen([sys.executable, "-c", SERVE, script, str(port)], cwd=ROOT, env=environment)
    try:
        _until_up(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", folder
    finally:
        process.terminate()
        process.wait(20)


async def opened(address: str, cookie: str, session: str = "") -> tuple[Any, str, str, str]:
    """Open the page: its socket (still open), its session's id, the picture's address, who it says acts."""
    import websockets
    from streamlit.proto.BackMsg_pb2 import BackMsg
    from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

    spoken = [websockets.Subprotocol(one) for one in ("streamlit", "none", session) if one]
    socket = await websockets.connect(
        address.replace("http", "ws") + "/_stcore/stream",
        subprotocols=spoken,
        origin=websockets.Origin(address),
        additional_headers={"Cookie": f"quarterdeck={cookie}"},
        compression=None,
    )
    message = BackMsg()
    message.rerun_script.query_string = ""
    await socket.send(message.SerializeToString())
    found = {"session": "", "picture": "", "acting": ""}
    while True:
        told = ForwardMsg()
        told.ParseFromString(await asyncio.wait_for(socket.recv(), 30))
        kind = told.WhichOneof("type")
        if kind == "new_session":
            found["session"] = told.new_session.initialize.session_id
        elif kind == "delta" and told.delta.new_element.WhichOneof("type") == "imgs":
            found["picture"] = told.delta.new_element.imgs.imgs[0].url
        elif kind == "delta" and told.delta.new_element.WhichOneof("type") == "text":
            found["acting"] = told.delta.new_element.text.body
        elif kind == "script_finished":
            return socket, found["session"], found["picture"], found["acting"]


def ask(address: str, method: str, path: str, cookie: str) -> int:
    client = http.client.HTTPConnection(address.removeprefix("http://"), timeout=20)
    client.request(method, path, headers={"Cookie": f"quarterdeck={cookie}"})
    return client.getresponse().status


def test_pictures_uploads_and_sessions_are_ones_own(own: tuple[str, Path]) -> None:
    address, folder = own
    ada, bob = (signing_in.cookie_for(folder, name) for name in ("ada", "bob"))

    async def work() -> None:
        socket, session, picture, acting = await opened(address, ada)
        assert acting == "acting: Ada"
        assert picture.startswith("/media/")
        statuses = {}
        for who, cookie in (("ada", ada), ("bob", bob)):
            statuses[who] = (
                await asyncio.to_thread(ask, address, "GET", picture, cookie),
                await asyncio.to_thread(ask, address, "DELETE", f"/_stcore/upload_file/{session}/x", cookie),
            )
        assert statuses["ada"][0] == 200
        assert statuses["ada"][1] in (
            204,
            403,
        )  # Streamlit's own question for its token; the gate let it pass
        assert statuses["bob"] == (404, 404)
        theirs, other, _, acting = await opened(address, bob, session)
        assert acting == "acting: Bob"
        assert other != session
        again, same, _, _ = await opened(address, ada, session)
        assert same == session
        for one in (socket, theirs, again):
            await one.close()

    with ThreadPoolExecutor(1) as apart:  # this thread has a loop: the browser driver's
        apart.submit(asyncio.run, work()).result()
