"""Set-up as a whole: what stops it, what does not, and that a second one changes nothing."""

from __future__ import annotations

import fcntl
import io
import subprocess
import threading

import pytest

from bootstrap import environments, julia, packages, setup
from bootstrap.environments import Environment
from bootstrap.places import Places
from bootstrap.progress import Progress


class Machine:
    """Stands for installers and the command line; ``broken`` names environments that cannot be installed."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.status = 0
        self.commands: list[list[str]] = []
        self.installed: list[str] = []

    def environment(self, progress: Progress, places: Places, environment: Environment) -> bool:
        self.installed.append(environment.folder)
        return environment.folder not in self.broken

    def command(self, command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        self.commands.append(command[1:])
        return subprocess.CompletedProcess(command, self.status)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    pretend = Machine()
    monkeypatch.setattr(packages, "ensure", lambda progress, groups: [])
    monkeypatch.setattr(environments, "ensure", pretend.environment)
    monkeypatch.setattr(julia, "ensure", lambda progress, places: True)
    monkeypatch.setattr(setup.subprocess, "run", pretend.command)
    return pretend


def test_examples_are_made_once(machine: Machine, progress: Progress, places: Places) -> None:
    assert setup.prepare(progress, places)
    assert setup.prepare(progress, places)
    assert machine.commands == [["-P", "-m", "app.cli", "setup"]]


def test_a_changed_example_is_registered_at_the_next_start(
    machine: Machine, progress: Progress, places: Places
) -> None:
    setup.prepare(progress, places)
    (places.root / "models" / "own").mkdir(parents=True)
    (places.root / "models" / "own" / "model.toml").write_text("manifest = 1\n")
    setup.prepare(progress, places)
    assert len(machine.commands) == 2


def test_asked_for_by_name_the_step_is_repeated(machine: Machine, progress: Progress, places: Places) -> None:
    setup.prepare(progress, places)
    setup.prepare(progress, places, again=True)
    assert len(machine.commands) == 2


def test_a_failed_step_is_told_and_tried_again(machine: Machine, progress: Progress, places: Places) -> None:
    machine.status = 1
    assert setup.prepare(progress, places), "the server can start without examples"
    assert progress.incomplete
    assert "./quarterdeck setup" in progress.remedies[0]
    setup.prepare(progress, places)
    assert len(machine.commands) == 2


def test_a_missing_language_does_not_stop_the_others(
    machine: Machine, progress: Progress, places: Places
) -> None:
    machine.broken = {"models", "bridges"}
    assert setup.prepare(progress, places)
    assert machine.installed == ["uv", "server", "models", "bridges"]
    assert machine.commands


@pytest.mark.parametrize("broken", ["uv", "server"])
def test_without_the_servers_packages_nothing_can_start(
    machine: Machine, progress: Progress, places: Places, broken: str
) -> None:
    machine.broken = {broken}
    assert not setup.prepare(progress, places)
    assert machine.commands == []


def test_little_room_is_told_before_anything_is_fetched(
    machine: Machine, progress: Progress, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "NEEDED_BYTES", 1 << 62)
    setup.prepare(progress, places)
    assert "QUARTERDECK_HOME" in progress.remedies[0]


def test_two_set_ups_follow_one_another(places: Places, progress: Progress, said: io.StringIO) -> None:
    places.home.mkdir(parents=True)
    with (places.home / "setup.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        entered = threading.Event()

        def second() -> None:
            with setup.alone(progress, places):
                entered.set()

        waiting = threading.Thread(target=second)
        waiting.start()
        assert not entered.wait(0.3)
        fcntl.flock(other, fcntl.LOCK_UN)
        assert entered.wait(5)
        waiting.join()
    assert "waiting for it" in said.getvalue()


def test_what_to_do_is_repeated_at_the_end(progress: Progress, said: io.StringIO) -> None:
    progress.remedy("Install R.")
    setup.summary(progress)
    assert said.getvalue().count("Install R.") == 2
