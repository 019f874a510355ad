"""Which Julia and which bridge are chosen, with stand-ins for the programs (juliacall itself needs Julia ≥ 1.10)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.runtimes import julia_supply
from engine.runtimes.interface import CallFailed, WorkerSpec
from engine.runtimes.julia import JuliaRuntime
from engine.settings import Settings

SPEC = WorkerSpec("julia", "key", Path("/nowhere"), "model.jl:f")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Julia of this machine, and no variable of the person who runs the tests."""
    for name in (
        "PYTHON_JULIACALL_EXE",
        "PYTHON_JULIACALL_PROJECT",
        "JULIA_DEPOT_PATH",
        "QUARTERDECK_JULIA_BRIDGE",
    ):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def fake_julia(place: Path, version: str) -> Path:
    """A program that answers like ``julia -e 'print(VERSION …)'``."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(f'#!/bin/sh\nprintf "{version}\\n{place.parent}\\n{place.parent}/depot"\n')
    place.chmod(0o755)
    return place


def fake_bridge(tools: Path, body: str) -> Path:
    """A bridges environment whose Python is a script, with juliacall "installed"."""
    (tools / "bridges/lib/python3.11/site-packages/juliacall").mkdir(parents=True)
    python = tools / "bridges/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{body}\n")
    python.chmod(0o755)
    return python


def runtime(tmp_path: Path, **settings: object) -> JuliaRuntime:
    return JuliaRuntime(Settings(tools_folder=tmp_path / "tools", **settings))


def test_no_julia_says_what_to_do(tmp_path: Path) -> None:
    presence = runtime(tmp_path).presence()
    assert not presence.present
    assert "PATH" in presence.remedy
    with pytest.raises(CallFailed) as caught:
        runtime(tmp_path).command(Path("/s"), SPEC)
    assert caught.value.reason == "no-runtime"


def test_the_setting_goes_first_then_path_then_the_prefix(tmp_path: Path) -> None:
    prefix = fake_julia(tmp_path / "tools/julia/usr/bin/julia", "1.5.3")
    assert runtime(tmp_path).presence().version == "1.5.3"
    fake_julia(tmp_path / "path/julia", "1.6.7")
    assert runtime(tmp_path).presence().version == "1.6.7"
    named = fake_julia(tmp_path / "own/julia", "1.9.1")
    chosen = runtime(tmp_path, julia_executable=named)
    assert chosen.presence().version == "1.9.1"
    argv, environment, _ = chosen.command(Path("/s"), SPEC)
    assert argv[0] == str(named)
    assert argv[-1].endswith("worker.jl")
    assert environment["JULIA_DEPOT_PATH"].split(":")[0] == str(tmp_path / "tools/julia-depot")
    assert prefix.exists()


def test_a_named_julia_that_does_not_start_is_told(tmp_path: Path) -> None:
    fake_julia(tmp_path / "path/julia", "1.6.7")
    presence = runtime(tmp_path, julia_executable=tmp_path / "missing/julia").presence()
    assert not presence.present
    assert "QUARTERDECK_JULIA_EXECUTABLE" in presence.remedy


def test_too_old_a_julia_is_passed_over(tmp_path: Path) -> None:
    fake_julia(tmp_path / "path/julia", "1.4.2")
    fake_julia(tmp_path / "tools/julia/usr/bin/julia", "1.5.3")
    assert runtime(tmp_path).presence().version == "1.5.3"


def test_a_prefix_gets_its_library_path(tmp_path: Path) -> None:
    fake_julia(tmp_path / "tools/julia/usr/bin/julia", "1.5.3")
    libraries = tmp_path / "tools/julia/usr/lib/x86_64-linux-gnu"
    (libraries / "julia").mkdir(parents=True)
    (libraries / "libjulia.so.1").touch()
    _, environment, folders = runtime(tmp_path).command(Path("/s"), SPEC)
    assert environment["LD_LIBRARY_PATH"] == f"{libraries}:{libraries / 'julia'}"
    assert tmp_path / "tools/julia" in folders


def test_forced_juliacall_on_an_old_julia_says_so(tmp_path: Path) -> None:
    julia = fake_julia(tmp_path / "path/julia", "1.5.3")
    presence = runtime(tmp_path, julia_bridge="juliacall").presence()
    assert not presence.present
    assert presence.version == "1.5.3"
    for words in ("1.10.3", "1.5.3", str(julia), "QUARTERDECK_JULIA_BRIDGE"):
        assert words in presence.remedy


def test_an_old_julia_takes_the_plain_bridge_by_itself(tmp_path: Path) -> None:
    fake_julia(tmp_path / "path/julia", "1.5.3")
    assert runtime(tmp_path).presence().bridge == "plain"


def test_a_new_julia_takes_juliacall_when_it_works(tmp_path: Path) -> None:
    julia = fake_julia(tmp_path / "path/julia", "1.10.8")
    fake_bridge(tmp_path / "tools", f'echo noise; echo \'found ["{julia}", "{tmp_path}/project"]\'')
    (tmp_path / "project").mkdir()
    chosen = runtime(tmp_path)
    presence = chosen.presence()
    assert (presence.present, presence.version, presence.bridge) == (True, "1.10.8", "juliacall")
    argv, environment, folders = chosen.command(Path("/s"), SPEC)
    assert "juliacall_worker" in argv[-1]
    assert environment["PYTHON_JULIACALL_HANDLE_SIGNALS"] == "yes"
    assert environment["PYTHON_JULIACALL_EXE"] == str(julia)
    assert environment["PYTHON_JULIACALL_PROJECT"] == str(tmp_path / "project")
    assert environment["JULIA_CONDAPKG_BACKEND"] == "Null"
    assert tmp_path / "project" in folders


def test_a_new_julia_with_a_broken_juliacall_takes_plain_unless_forced(tmp_path: Path) -> None:
    fake_julia(tmp_path / "path/julia", "1.10.8")
    fake_bridge(tmp_path / "tools", "echo 'URLError: no network' >&2; exit 1")
    assert runtime(tmp_path).presence().bridge == "plain"
    forced = runtime(tmp_path, julia_bridge="juliacall").presence()
    assert not forced.present
    assert "URLError" in forced.remedy


def test_one_of_juliacalls_two_variables_alone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    julia = fake_julia(tmp_path / "path/julia", "1.10.8")
    fake_bridge(tmp_path / "tools", "exit 1")
    monkeypatch.setenv("PYTHON_JULIACALL_EXE", str(julia))
    presence = runtime(tmp_path, julia_bridge="juliacall").presence()
    assert not presence.present
    assert "together" in presence.remedy


def test_the_persons_own_juliacall_settings_are_honoured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    julia = fake_julia(tmp_path / "own/julia", "1.10.8")
    monkeypatch.setenv("PYTHON_JULIACALL_EXE", str(julia))
    monkeypatch.setenv("PYTHON_JULIACALL_PROJECT", str(tmp_path))
    monkeypatch.setenv("JULIA_PKG_OFFLINE", "true")
    monkeypatch.setenv("JULIA_CONDAPKG_BACKEND", "System")
    fake_bridge(
        tmp_path / "tools",
        'printf \'found ["%s", "%s"]\\n\' "$PYTHON_JULIACALL_EXE" "$PYTHON_JULIACALL_PROJECT"',
    )
    _, environment, _ = runtime(tmp_path, julia_bridge="juliacall").command(Path("/s"), SPEC)
    assert environment["PYTHON_JULIACALL_PROJECT"] == str(tmp_path)
    assert environment["JULIA_PKG_OFFLINE"] == "true"
    assert environment["JULIA_CONDAPKG_BACKEND"] == "System"


def test_the_script_that_tries_juliacall_is_python(tmp_path: Path) -> None:
    compile(julia_supply._RESOLVE.format(warm=julia_supply._WARM), "resolve", "exec")
    assert sys.version_info >= (3, 11)
