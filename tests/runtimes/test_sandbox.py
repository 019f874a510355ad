"""What a model must not reach: the server's database, key, other models, environment, processes, network."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runtimes.interface import CallFailed, Expected, WorkerSpec
from engine.runtimes.pool import WorkerPool
from engine.runtimes.python import python_folders
from engine.runtimes.sandbox import Sandbox
from engine.settings import ROOT, Settings
from tests.runtimes.conftest import Make, call

LOOK = """
import os, socket, subprocess
from pathlib import Path

def read(path):
    try:
        return Path(path).read_text(errors="replace") or "empty"
    except OSError as error:
        return type(error).__name__

def listing(path):
    try:
        return " ".join(sorted(os.listdir(path))) or "empty"
    except OSError as error:
        return type(error).__name__

def connect(port):
    try:
        socket.create_connection(("127.0.0.1", int(port)), timeout=2).close()
        return "connected"
    except OSError as error:
        return type(error).__name__

def environment(): return "\\n".join(f"{k}={v}" for k, v in os.environ.items())

def ids(): return f"{os.getuid()} {open('/proc/self/status').read()}"

def write(path):
    try:
        Path(path).write_text("x")
        return "written"
    except OSError as error:
        return type(error).__name__
"""


@pytest.fixture(scope="module", autouse=True)
def _sandbox_works() -> None:
    if not Sandbox().works:
        pytest.skip(Sandbox().reason)


class Looker:
    """Asks a confined model what it sees."""

    def __init__(self, pool: WorkerPool, model: Make, scratch: Path) -> None:
        self._pool, self._model, self._scratch = pool, model, scratch
        self._specs: dict[str, WorkerSpec] = {}

    def __call__(self, entry: str, *values: str | int, **options: bool) -> str:
        names = {"read": "path", "listing": "path", "write": "path", "connect": "port"}
        given = dict(zip([names.get(entry, "")], values, strict=False))
        name = f"{entry}-{options}"
        spec = self._specs.get(name) or self._specs.setdefault(
            name, self._model(LOOK, entry=entry, **options)
        )
        asked = call(given, scratch=self._scratch, expected={"seen": Expected("text")})
        return str(self._pool.call(spec, asked).outputs[0].value)


@pytest.fixture
def look(shared_pool: WorkerPool, model: Make, tmp_path: Path) -> Looker:
    return Looker(shared_pool, model, tmp_path)


def test_the_database_the_key_and_other_models(look: Looker, tmp_path: Path) -> None:
    for name in ("data/quarterdeck.db", "data/secret.key", "other-model/model.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("the secret")
        assert look("read", str(path)) == "FileNotFoundError"


def test_homes_the_repository_and_the_tools(look: Looker) -> None:
    for path in (Path.home() / ".bashrc", ROOT / "engine/settings.py", "/etc/shadow", "/var/log", "/root"):
        assert look("listing" if Path(path).is_dir() else "read", str(path)) in (
            "FileNotFoundError",
            "empty",
        ) or (Path(path) == Path.home() and ".bashrc" not in look("listing", str(path)))
    assert look("write", str(Settings().model_python.parent.parent / "x")) == "OSError"
    assert look("write", "/usr/x") == "OSError"


def test_the_environment_is_ours_alone(look: Looker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTERDECK_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    seen = look("environment")
    assert "secret" not in seen
    assert "QUARTERDECK_TOKEN" not in seen
    assert "OMP_NUM_THREADS=1" in seen


def test_other_processes(look: Looker) -> None:
    assert look("read", f"/proc/{os.getpid()}/environ") == "FileNotFoundError"
    pids = [name for name in look("listing", "/proc").split() if name.isdigit()]
    assert len(pids) <= 3


def test_no_rights_inside(look: Looker) -> None:
    seen = look("ids")
    assert seen.startswith("1000 ")
    assert "CapEff:\t0000000000000000" in seen


@pytest.fixture
def port() -> Iterator[int]:
    server = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=lambda: [server.accept() for _ in range(9)], daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def test_network_only_where_the_manifest_allows_it(look: Looker, port: int) -> None:
    assert look("connect", port) in ("ConnectionRefusedError", "OSError")
    assert look("connect", port, network=True) == "connected"


def test_a_script_is_confined_as_well(shared_pool: WorkerPool, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    folder = tmp_path / "script"
    folder.mkdir()
    (folder / "main.sh").write_text(f"cat {tmp_path}/secret\n")
    asked = call(scratch=tmp_path, script={"command": ["sh", "main.sh"], "workdir": "."})
    with pytest.raises(CallFailed, match="No such file") as caught:
        shared_pool.call(WorkerSpec("command", "s", folder, ""), asked)
    assert caught.value.reason == "exit-code"


@pytest.mark.parametrize("name", ["python", "python3", "python3.11"])
def test_a_virtual_environment_of_the_standard_library_starts_by_each_of_its_names(
    name: str, tmp_path: Path
) -> None:
    """There ``python`` links to ``python3`` beside it, and only that to the program outside."""
    base = Path(sys.executable).resolve()
    subprocess.run([base, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    for folder in ("ro", "rw/tmp"):
        (tmp_path / "work" / folder).mkdir(parents=True)
    for file in ("passwd", "group"):
        (tmp_path / "work" / file).touch()
    interpreter = tmp_path / "env" / "bin" / name
    if not interpreter.exists():
        interpreter.symlink_to("python3")
    argv = [str(interpreter), "-I", "-c", "import sys; print(sys.prefix)"]
    wrapped = Sandbox().wrap(argv, tmp_path / "work", python_folders(interpreter))
    done = subprocess.run(wrapped, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(tmp_path / "env"), "")
