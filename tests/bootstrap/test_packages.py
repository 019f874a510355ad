"""What is missing becomes a command; without rights it becomes a sentence with that command."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bootstrap import packages
from bootstrap.packages import Group
from bootstrap.progress import Progress, StepFailed

R = Group("R", ("r-base-core", "make"))
BOX = Group("the sandbox", ("bubblewrap",))


def test_only_what_is_missing_is_asked_for() -> None:
    left = packages.missing([R, BOX], present=lambda names: {"make"} & set(names))
    assert [(g.purpose, g.packages) for g in left] == [
        ("R", ("r-base-core",)),
        ("the sandbox", ("bubblewrap",)),
    ]


def test_what_is_served_by_other_means_is_not_installed() -> None:
    own = Group("R", ("r-base-core",), present=lambda: True)
    assert packages.missing([own], present=lambda names: set()) == []


def test_nothing_missing_means_no_command(progress: Progress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "missing", lambda groups: [])
    monkeypatch.setattr(progress, "run", _must_not_run)
    assert packages.ensure(progress, (R, BOX)) == []


def test_the_command_asks_nothing_and_brings_no_extras() -> None:
    command = packages.install_command([R, BOX], ["sudo", "-n"])
    assert command[:3] == ["sudo", "-n", "env"]
    assert "DEBIAN_FRONTEND=noninteractive" in command
    assert "--no-install-recommends" in command
    assert command[-3:] == ["r-base-core", "make", "bubblewrap"]


def test_without_root_the_exact_command_line_is_told(
    progress: Progress, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "installed", lambda names: set())
    monkeypatch.setattr(packages, "missing", lambda groups: list(groups))
    monkeypatch.setattr(packages, "privilege", lambda: None)
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(packages.shutil, "which", lambda name: "/usr/bin/apt-get")
    monkeypatch.setattr(progress, "run", _must_not_run)
    assert packages.ensure(progress, (R, BOX)) == [R, BOX]
    line = (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends r-base-core make bubblewrap"
    )
    assert line in said.getvalue()
    assert "R, the sandbox" in progress.remedies[0]


def test_a_machine_without_apt_is_told_the_names(
    progress: Progress, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "missing", lambda groups: list(groups))
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    assert packages.ensure(progress, (BOX,)) == [BOX]
    assert "no apt-get" in said.getvalue()
    assert "bubblewrap" in said.getvalue()


def test_one_uninstallable_package_costs_only_its_purpose(
    progress: Progress, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    there: set[str] = set()

    def run(command: Sequence[str], **_: Any) -> str:
        names = [word for word in command if word in ("r-base-core", "make", "bubblewrap")]
        if "bubblewrap" in names:
            raise StepFailed("apt-get", 100, "E: Unable to locate package bubblewrap")
        there.update(names)
        return ""

    def missing(groups: Iterable[Group]) -> list[Group]:
        return [g for g in groups if not set(g.packages) <= there]

    monkeypatch.setattr(progress, "run", run)
    monkeypatch.setattr(packages, "missing", missing)
    monkeypatch.setattr(packages, "privilege", list)
    monkeypatch.setattr(packages.shutil, "which", lambda name: "/usr/bin/apt-get")
    assert packages.ensure(progress, (R, BOX)) == [BOX]
    assert there == {"r-base-core", "make"}
    assert "install -y --no-install-recommends bubblewrap" in said.getvalue()


@pytest.mark.parametrize(
    ("text", "name"), [('NAME="Ubuntu"\nID=ubuntu\n', "ubuntu"), ('ID="debian"\n', "debian"), ("", "")]
)
def test_the_system_is_known_by_its_name(tmp_path: Path, text: str, name: str) -> None:
    (tmp_path / "os-release").write_text(text)
    assert packages.system_name(tmp_path / "os-release") == name


def test_an_unreachable_server_is_asked_once(
    progress: Progress, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def run(command: Sequence[str], **_: Any) -> str:
        asked.append("update" if "update" in command else "install")
        if asked[-1] == "update":
            return "Err:1 Temporary failure resolving the mirror"  # apt-get update succeeds all the same
        raise StepFailed("apt-get", 100, "E: Unable to locate package r-base-core")

    monkeypatch.setattr(progress, "run", run)
    monkeypatch.setattr(packages, "missing", lambda groups: list(groups))
    monkeypatch.setattr(packages, "privilege", list)
    monkeypatch.setattr(packages.shutil, "which", lambda name: "/usr/bin/apt-get")
    packages.ensure(progress, (R, BOX))
    assert asked == ["update", "install"]
    assert "out of reach" in said.getvalue()


def _must_not_run(*_: Any, **__: Any) -> str:
    raise AssertionError("no command may run here")
