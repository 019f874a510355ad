"""What a model cannot reach: the network, the server's database and keys, other models, the repository."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from engine.runtimes.interface import Value
from engine.runtimes.sandbox import Sandbox

from .conftest import Language

pytestmark = pytest.mark.skipif(not Sandbox().works, reason=f"no sandbox: {Sandbox().reason}")


def test_no_network_unless_allowed(language: Language) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = {"port": Value("integer", server.getsockname()[1])}
        assert language.fails("connect", values=port).reason == "model-error"
        allowed = language.spec(network=True)
        assert language.call("connect", port, spec=allowed).outputs[0].value == 1.0


def test_the_servers_files_are_not_there(language: Language, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    secret = tmp_path / "quarterdeck.db"
    secret.write_text("secret")
    ours = (root / "pyproject.toml", root / "engine" / "settings.py")
    for path in (secret, *ours, Path("/etc/shadow"), Path("/root/.bashrc")):
        error = language.fails("read", values={"path": Value("text", str(path))})
        assert error.reason == "model-error", path


def test_another_models_files_are_not_there(language: Language) -> None:
    other = Path(__file__).with_name("models") / ("r" if language.name == "python" else "python")
    for name in ("helper.py", "helper.R"):
        error = language.fails("read", values={"path": Value("text", str(other / name))})
        assert error.reason == "model-error"
    neighbours = {str(n) for n in str(language.call("neighbours").outputs[0].value).split()} - {".", ".."}
    assert len(neighbours) <= 1  # only its own folder among the workers' folders


def test_the_servers_environment_is_not_there(language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTERDECK_SECRET_KEY", "very secret")
    found = str(language.call("environment").outputs[0].value)
    assert "very secret" not in found
    assert "QUARTERDECK_TOKEN" not in found


def test_the_models_own_files_cannot_be_changed(language: Language) -> None:
    suffix = {"python": "py", "r": "R", "julia": "jl"}[language.name]
    language.fails("write", values={"path": Value("text", f"helper.{suffix}")})
    assert language.fails("error", values={"x": Value("integer", 1)}).reason == "model-error"
