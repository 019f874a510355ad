"""Julia: the order of supply, and the pins that a changed file does not pass."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bootstrap import julia, julia_prefix, stamps
from bootstrap.julia_prefix import Pin
from bootstrap.places import Places
from bootstrap.progress import Progress, StepFailed


def test_a_changed_package_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "julia_1.5.3_amd64.deb"
    file.write_bytes(b"the file that was pinned")
    pin = Pin("julia", "1.5.3", "amd64", hashlib.sha256(b"the file that was pinned").hexdigest())
    julia_prefix.check(file, pin)
    file.write_bytes(b"another file")
    with pytest.raises(StepFailed) as refused:
        julia_prefix.check(file, pin)
    assert "julia_1.5.3_amd64.deb is not the file that was pinned" in refused.value.tail


def test_nothing_is_unpacked_when_one_file_is_wrong(
    places: Places, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(_: Progress, work: Path, wanted: list[Pin]) -> list[tuple[Path, Pin]]:
        (work / "x.deb").write_bytes(b"not it")
        return [(work / "x.deb", wanted[0])]

    ran: list[object] = []
    monkeypatch.setattr(julia_prefix, "_download", download)
    monkeypatch.setattr(progress, "run", lambda command, **_: ran.append(command) or "")
    for name, answer in (("keyrings", [Path("k")]), ("mirror", "m"), ("architecture", "amd64")):
        monkeypatch.setattr(julia_prefix, name, lambda answer=answer: answer)
    assert not julia_prefix.ensure(progress, places)
    assert ran == []
    assert not julia_prefix.folder(places).exists()


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_each_pin_is_exact(architecture: str) -> None:
    found = julia_prefix.pins(architecture)
    assert "julia" in {pin.package for pin in found}
    assert len({pin.package for pin in found}) == len(found) >= 45
    assert all(len(pin.sha256) == 64 and pin.architecture in (architecture, "all") for pin in found)
    assert "libc6" not in {pin.package for pin in found}, "the machine's own C library must serve"


def test_unknown_machines_have_no_pins() -> None:
    assert julia_prefix.pins("riscv64") == []


def test_apt_is_pointed_at_a_private_state_only(tmp_path: Path) -> None:
    options = julia_prefix.apt_options(tmp_path, "mirror/debian", [Path("/keys/a.gpg")], "amd64")
    line = (tmp_path / "sources.list").read_text()
    assert line == "deb [signed-by=/keys/a.gpg arch=amd64] mirror/debian bullseye main\n"
    assert f"Dir::State::lists={tmp_path / 'lists'}" in options
    assert "Dir::Etc::sourceparts=/dev/null" in options


@dataclass
class Machine:
    """A pretend machine: what is on PATH, what juliapkg and the mirror would bring."""

    on_path: str = ""
    versions: dict[str, tuple[int, ...]] = field(default_factory=dict)
    from_juliapkg: str = ""
    mirror: bool = False


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    has = Machine()
    monkeypatch.setattr(julia.shutil, "which", lambda name: has.on_path or None)
    monkeypatch.setattr(julia, "version_of", lambda path, environment=None: has.versions.get(path, (1, 5, 3)))
    monkeypatch.setattr(julia, "_juliapkg", lambda progress, places, own: has.from_juliapkg)
    monkeypatch.setattr(julia_prefix, "ensure", lambda progress, places: has.mirror)
    for name in ("QUARTERDECK_JULIA_EXECUTABLE", "QUARTERDECK_JULIA_BRIDGE", "PYTHON_JULIACALL_EXE"):
        monkeypatch.delenv(name, raising=False)
    return has


def supply(progress: Progress, places: Places) -> tuple[str, bool]:
    julia.ensure(progress, places)
    known = stamps.read(julia.record(places))
    return known["supply"], known.get("juliacall", False)


def test_an_old_julia_on_path_serves_with_the_plain_bridge(
    machine: Machine, progress: Progress, places: Places
) -> None:
    machine.on_path, machine.versions, machine.from_juliapkg = (
        "/opt/julia",
        {"/opt/julia": (1, 6, 7)},
        "/other",
    )
    assert supply(progress, places) == ("path", False)


def test_a_new_julia_on_path_gets_the_bridge_where_reachable(
    machine: Machine, progress: Progress, places: Places
) -> None:
    machine.on_path, machine.versions, machine.from_juliapkg = (
        "/opt/julia",
        {"/opt/julia": (1, 10, 8)},
        "/opt/julia",
    )
    assert supply(progress, places) == ("path", True)


def test_a_new_julia_without_its_servers_serves_plainly(
    machine: Machine, progress: Progress, places: Places
) -> None:
    machine.on_path, machine.versions, machine.mirror = "/opt/julia", {"/opt/julia": (1, 10, 8)}, True
    assert supply(progress, places) == ("path", False)


def test_a_julia_that_is_too_old_does_not_count(machine: Machine, progress: Progress, places: Places) -> None:
    machine.on_path, machine.versions, machine.mirror = "/opt/julia", {"/opt/julia": (1, 0, 5)}, True
    assert supply(progress, places) == ("prefix", False)


def test_juliapkg_comes_before_the_private_prefix(
    machine: Machine, progress: Progress, places: Places
) -> None:
    machine.from_juliapkg, machine.mirror = "/tools/julia", True
    assert supply(progress, places) == ("juliapkg", True)


def test_without_any_the_remedy_is_told_again_at_the_next_start(
    machine: Machine, progress: Progress, places: Places
) -> None:
    assert supply(progress, places) == ("absent", False)
    assert julia.current(places), "asking Julia's servers at every start would take seconds"
    second = Progress(places.log, io.StringIO())
    assert not julia.ensure(second, places)
    assert second.remedies == [julia.REMEDY]


def test_a_julia_installed_later_is_noticed(machine: Machine, progress: Progress, places: Places) -> None:
    supply(progress, places)
    machine.on_path, machine.versions = "/opt/julia", {"/opt/julia": (1, 8, 0)}
    assert supply(progress, places) == ("path", False)
