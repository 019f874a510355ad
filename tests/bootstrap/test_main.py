"""The launcher's words: what it does itself, what it hands over, and what it says when it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from bootstrap import browser, checks, environments, main, provider, setup
from bootstrap.places import ROOT, Places


class Became(Exception):
    """Stands for the replaced process."""


@pytest.fixture
def becomes(monkeypatch: pytest.MonkeyPatch) -> None:
    def become(command: list[str], places: Places) -> NoReturn:
        raise Became(*command)

    monkeypatch.setattr(main, "_become", become)
    monkeypatch.setattr(environments, "current", lambda places, environment: True)


def test_other_words_go_to_the_command_line_untouched(places: Places, becomes: None) -> None:
    places.python("server").parent.mkdir(parents=True)
    places.python("server").touch()
    with pytest.raises(Became) as handed:
        main.main(["run", "demand", "--set", "horizon=4", "--json"], places)
    assert handed.value.args[1:] == ("-P", "-m", "app.cli", "run", "demand", "--set", "horizon=4", "--json")


def test_before_the_set_up_other_words_name_the_command(
    places: Places, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["models", "--json"], places) == 4
    out, err = capsys.readouterr()
    assert out == "", "standard output belongs to the command's own answer"
    assert "./quarterdeck up" in err


def test_up_prepares_and_then_serves(places: Places, becomes: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "prepare", lambda *_, **__: True)
    monkeypatch.setattr(os, "chdir", lambda folder: None)
    with pytest.raises(Became) as handed:
        main.main(["up", "--port", "9000"], places)
    assert handed.value.args[1:] == ("-P", "-m", "app.cli", "serve", "--port", "9000")


def test_up_ends_unavailable_when_nothing_can_start(
    places: Places, becomes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "prepare", lambda *_, **__: False)
    assert main.main(["up"], places) == 4


def test_test_hands_its_arguments_to_pytest(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(setup, "prepare", lambda progress, places, extent, again: seen.append(extent) or True)
    monkeypatch.setattr(browser, "ensure", lambda *_: None)
    monkeypatch.setattr(provider, "ensure", lambda *_: None)
    monkeypatch.setattr(checks, "run", lambda progress, places, rest: seen.append(rest) or 7)
    assert main.main(["test", "-x", "tests/bootstrap"], places) == 7
    assert seen == [setup.TESTS, ["-x", "tests/bootstrap"]]


@pytest.mark.parametrize(
    ("arguments", "selecting"),
    [
        ([], False),
        (["-x"], False),
        (["-k", "julia"], True),
        (["tests/bootstrap"], True),
        (["--lf"], True),
        (["-n", "2", "--session-timeout=3000"], False),
        (["tests/x.py::test_y"], True),
    ],
)
def test_checks_run_unless_single_tests_are_picked(arguments: list[str], selecting: bool) -> None:
    assert checks.selects(arguments) is selecting


def test_help_names_the_two_commands(places: Places, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main([], places) == 0
    assert "./quarterdeck up" in capsys.readouterr().out


def test_the_launcher_runs_by_the_machines_own_python(tmp_path: Path) -> None:
    """No package is needed for help, and nothing is written into the checkout."""
    environment = {"PATH": os.environ["PATH"], "QUARTERDECK_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-S", str(ROOT / "quarterdeck"), "help"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Not set up here yet" in done.stdout
    assert not (tmp_path / "home").exists()


def test_an_unwritable_home_is_a_sentence(places: Places, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    places.home.write_text("a file where the folder should be")
    assert main.main(["setup"], places) == 4
    assert "QUARTERDECK_HOME" in capsys.readouterr().out


def test_settings_and_launcher_agree_on_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.settings import Settings

    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "h"))
    monkeypatch.setenv("QUARTERDECK_DATA_FOLDER", str(tmp_path / "d"))
    monkeypatch.delenv("QUARTERDECK_TOOLS_FOLDER", raising=False)
    places, settings = Places.from_environment(), Settings()
    assert (places.home, places.data, places.tools) == (settings.home, settings.data, settings.tools)


def test_the_whole_suite_runs_its_files_side_by_side() -> None:
    assert checks.side_by_side(["--session-timeout=3000"])[0] == "-n"


@pytest.mark.parametrize("arguments", [["-n", "0"], ["-n4"], ["-k", "a word"], ["tests/store"]])
def test_side_by_side_is_not_forced_on_who_chooses(arguments: list[str]) -> None:
    assert checks.side_by_side(arguments) == []
