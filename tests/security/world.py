"""What the attacks are tried on: two departments, their people, a hostile model, hostile data, a real server."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from engine.settings import ROOT, Settings
from tests import signing_in

SCRIPT = "<script>alert('qd-canary')</script>"
IMAGE = "<img src=x onerror=alert('qd-canary')>"
SERVE = (
    "from app.server import serve; from engine.settings import Settings; raise SystemExit(serve(Settings()))"
)
SUM = """\
manifest = 1
[model]
name = "{name}"
title = "{title}"
department = "{department}"
language = "python"
entry = "model.py:add"
summary = "{summary}"
realtime = true
deterministic = true
[fields.a]
type = "number"
title = "First"
default = 1.0
[outputs.total]
kind = "metric"
"""
HOSTILE = """\
manifest = 1
[model]
name = "hostile"
title = "Hostile {image}"
department = "Marketing"
language = "python"
entry = "model.py:make"
summary = "{script}"
[outputs.page]
kind = "file"
path = "page.html"
[outputs.drawing]
kind = "figure"
[outputs.note]
kind = "text"
[outputs.rows]
kind = "table"
columns = {{ name = "text" }}
"""
MAKE = '''\
import pathlib
import pandas


def make():
    pathlib.Path("page.html").write_text("""<!doctype html><p id=out>plain</p><script>
const said = []
try { said.push("cookie " + document.cookie) } catch (error) { said.push("no cookie") }
try { said.push("parent " + parent.document.title) } catch (error) { said.push("no parent") }
fetch("/api/v1/me").then(() => said.push("fetched"), () => said.push("no fetch")).then(() => {
  document.getElementById("out").textContent = said.join(", ")
})
</script>""")
    svg = """<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20" onload="alert('qd-canary')">
<script>alert('qd-canary')</script><circle cx="9" cy="9" r="9"/></svg>"""
    return {
        "page": pathlib.Path("page.html"),
        "drawing": svg,
        "note": "<script>alert('qd-canary')</script>",
        "rows": pandas.DataFrame({"name": ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\\t=1", "<b>bold</b>"]}),
    }
'''


@dataclass
class Answer:
    """What came back; header names in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class World:
    """A running server and its people's cookies by name: mia (Marketing), paul (Procurement), root, nobody."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    people: dict[str, str]
    token: str
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self,
        method: str,
        path: str,
        who: str = "",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        port: int = 0,
    ) -> Answer:
        """One request exactly as written. ``who``: a person's name, or ``token``."""
        client = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=60)
        given = dict(headers or {})
        if who == "token":
            given.setdefault("Authorization", f"Bearer {self.token}")
        elif who:
            given.setdefault("Cookie", self.cookie(who))
        if body is not None and not isinstance(body, bytes | str):
            body = json.dumps(body)
            given.setdefault("Content-Type", "application/json")
        try:
            client.request(method, path, body=body, headers=given)
            got = client.getresponse()
            cookies = got.headers.get_all("set-cookie") or []
            return Answer(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read(), cookies)
        finally:
            client.close()

    def get(self, path: str, who: str = "", **headers: str) -> Answer:
        """``ask`` with GET; underscores in header names are hyphens."""
        return self.ask("GET", path, who, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def cookie(self, who: str) -> str:
        """The Cookie header of a person."""
        return f"quarterdeck={self.people[who]}"

    def raw(self, data: bytes, seconds: float = 10.0) -> bytes:
        """Bytes sent as they are; what comes back until the server closes or is silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as line:
            line.sendall(data)
            got = b""
            try:
                while chunk := line.recv(65536):
                    got += chunk
            except (TimeoutError, ConnectionResetError):
                pass
            return got

    def handshake(self, path: str = "/_stcore/stream", **headers: str) -> str:
        """The first line that answers a websocket's request."""
        lines = {
            "Host": f"127.0.0.1:{self.port}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        head = f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in lines.items() if v) + "\r\n"
        return self.raw(head.encode(), 3).split(b"\r\n", 1)[0].decode()


def address(*parts: str) -> str:
    """A path of these parts, each quoted."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def prepare(folder: Path) -> dict[str, str]:
    """Departments, models, data and people in a new data folder; returns session cookies by name."""
    from auth import service
    from engine.access import LOCAL_ADMIN

    auth = service.opened(Settings(data_folder=folder, free_space_floor_mb=1))
    engine = auth.engine
    try:
        source = folder.parent / "models"
        for name, department in (("marketing-sum", "Marketing"), ("procurement-sum", "Procurement")):
            text = SUM.format(name=name, title=name.title(), department=department, summary="Adds.")
            add_model(source / name, text, "def add(a):\n    return a + 1\n")
            engine.catalog.register(LOCAL_ADMIN, source / name, promote=True)
        add_model(source / "hostile", HOSTILE.format(image=IMAGE, script=SCRIPT), MAKE)
        engine.catalog.register(LOCAL_ADMIN, source / "hostile", promote=True)
        for department in ("Marketing", "Procurement"):
            table = folder.parent / f"{department}.csv"
            table.write_text(f'name,note,units\n"=1+1","{SCRIPT}",1\n"{IMAGE}",@SUM(A1),2\n', "utf-8")
            engine.datasets.ingest(
                LOCAL_ADMIN, f"{department.lower()}-list", table, title=f"List {IMAGE}", department=department
            )
        people = {
            "root": signing_in.person(auth, "root"),
            "mia": signing_in.person(auth, "mia", "analyst@Marketing", "editor@Marketing"),
            "max": signing_in.person(auth, "max", "viewer@Marketing"),
            "paul": signing_in.person(auth, "paul", "editor@Procurement"),
        }
        cookies = {name: signing_in.cookie(auth, account) for name, account in people.items()}
        signing_in.person(auth, "typed", "analyst@Marketing", password=signing_in.PASSWORD)
        cookies["__token__"] = auth.tokens.create(
            auth.accounts.actor_of(people["root"], via="cli"), "attack"
        )[1]
        return cookies
    finally:
        engine.stop()


def add_model(folder: Path, manifest: str, code: str) -> None:
    """A model folder of these two files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.toml").write_text(manifest, "utf-8")
    (folder / "model.py").write_text(code, "utf-8")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(folder: Path, **settings: str) -> tuple[subprocess.Popen[bytes], int]:
    """A server on a data folder; settings by their names in small letters."""
    port = free_port()
    given = {"data_folder": str(folder), "port": str(port), "free_space_floor_mb": "1"}
    given |= {"allow_unsandboxed": "true"} | settings
    environment = os.environ | {f"QUARTERDECK_{name.upper()}": value for name, value in given.items()}
    folder.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "server.out").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    return process, port


def until_up(process: subprocess.Popen[bytes], port: int, scheme: str = "http") -> None:
    """Wait for the first answer. Raises RuntimeError when the server ends or stays silent."""
    import ssl

    context = ssl._create_unverified_context() if scheme == "https" else None
    for _ in range(240):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            address = f"{scheme}://127.0.0.1:{port}/_stcore/health"
            with urllib.request.urlopen(address, timeout=2, context=context):
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError("the server does not answer")


@contextmanager
def running(folder: Path) -> Iterator[World]:
    """The world of ``prepare`` behind a running server, with a finished run of each model."""
    cookies = prepare(folder)
    process, port = start(folder)
    try:
        until_up(process, port)
        made = World(process, port, folder, cookies, cookies.pop("__token__"))
        for who, model in (("mia", "marketing-sum"), ("paul", "procurement-sum"), ("mia", "hostile")):
            answer = made.ask("POST", "/api/v1/runs", who, {"model": model})
            assert answer.status < 300, answer.text
            made.ids[model] = answer.json()["id"]
        _finish(made)
        yield made
    finally:
        process.terminate()
        process.wait(timeout=20)


def _finish(world: World) -> None:
    for run in world.ids.values():
        for _ in range(240):
            state = world.get(f"/api/v1/runs/{run}", "root").json()["state"]
            if state not in ("queued", "starting", "running"):
                break
            time.sleep(0.25)
        assert state == "succeeded", world.get(f"/api/v1/runs/{run}", "root").text
