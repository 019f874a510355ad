"""The real server as a process: pages and API on one port, one at a time, gone within five seconds."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.settings import ROOT
from tests import signing_in

pytestmark = pytest.mark.slow


@dataclass
class Running:
    process: subprocess.Popen[str]
    port: int
    env: dict[str, str]
    data: Path

    def get(self, path: str) -> tuple[int, bytes]:
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        client.request("GET", path, headers=signing_in.header_for(self.data))
        answer = client.getresponse()
        return answer.status, answer.read()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(*words: str) -> list[str]:
    return [sys.executable, "-P", "-m", "app.cli", *words]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("server")
    given = {"QUARTERDECK_DATA_FOLDER": str(folder / "data"), "QUARTERDECK_FREE_SPACE_FLOOR_MB": "1"}
    env = {**os.environ, "PYTHONPATH": str(ROOT), **given}
    port = free_port()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command("serve", "--port", str(port)),
            env=env,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()  # the address is printed when the server answers
    assert f"http://localhost:{port}" in line, (folder / "log").read_text("utf-8")
    yield Running(process, port, env, folder / "data")
    process.kill()
    process.wait()


def test_pages_and_api_on_one_port_from_any_folder(server: Running) -> None:
    status, body = server.get("/")
    assert status == 200
    assert b"<html" in body.lower()
    assert server.get("/_stcore/health")[0] == 200
    status, body = server.get("/api/v1/health")
    assert status == 200
    assert json.loads(body)["status"] == "ok"


def test_streamlits_settings_are_ours(server: Running) -> None:
    """The gc after each page is off, wherever the server was started."""
    assert Path(f"/proc/{server.process.pid}/cwd").resolve() != ROOT
    status, _body = server.get("/_stcore/host-config")
    assert status == 200
    script = "from streamlit import config; import app.asgi; app.asgi.create_app()"
    script += "; print(config.get_option('runner.postScriptGC'))"
    found = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env=server.env,
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip().endswith("False")


def test_answers_are_not_delayed(server: Running) -> None:
    """Without TCP_NODELAY each small answer on a kept connection would wait 40 ms."""
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    times = []
    for _ in range(20):
        started = time.perf_counter()
        client.request("GET", "/api/v1/health/live")
        client.getresponse().read()
        times.append(time.perf_counter() - started)
    assert sorted(times)[10] < 0.03


def test_a_second_server_is_refused_with_a_sentence(server: Running) -> None:
    refused = subprocess.run(
        command("serve", "--port", str(free_port())),
        env=server.env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 4
    assert f"http://localhost:{server.port}" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_two_uvicorn_workers_are_refused_with_a_sentence(server: Running, tmp_path: Path) -> None:
    """Of two workers one gets the data folder; the other ends both, instead of seeming to work."""
    env = {**server.env, "QUARTERDECK_DATA_FOLDER": str(tmp_path / "data")}
    words = ["-m", "uvicorn", "app.asgi:app", "--workers", "2", "--port", str(free_port())]
    refused = subprocess.run(
        [sys.executable, "-P", *words], env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert "Start one server process only" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_command_line_works_beside_the_server(server: Running) -> None:
    tiny = ROOT / "tests" / "models_tiny" / "sum"
    subprocess.run(command("register", str(tiny)), env=server.env, check=True, capture_output=True)
    for word, wanted in (("run", "succeeded"), ("predict", None)):
        found = subprocess.run(
            command(word, "tiny-sum", "--set", "a=5", "--json"),
            env=server.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert found.returncode == 0, found.stderr
        assert json.loads(found.stdout).get("state") == wanted
    refused = subprocess.run(
        command("predict", "tiny-sum", "--set", "b=5000000", "--json"),
        env=server.env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert json.loads(refused.stdout)["error"]["code"] == "invalid"


def test_it_stops_within_five_seconds_also_with_an_open_stream(server: Running) -> None:
    stream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    stream.request("GET", "/api/v1/events", headers=signing_in.header_for(server.data))
    assert stream.getresponse().status == 200
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(20)
    assert time.monotonic() - started < 5 + 5  # the machine may be busy; the limit itself is the server's
    assert not (server.data / "server.json").exists()
