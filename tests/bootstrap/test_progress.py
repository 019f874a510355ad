"""What a person sees while things are installed, and what is kept."""

from __future__ import annotations

import io
import sys

import pytest

from bootstrap import progress as module
from bootstrap.progress import Progress, StepFailed


def test_a_step_says_what_and_how_long(progress: Progress, said: io.StringIO) -> None:
    with progress.step("Installing R"):
        pass
    assert "Installing R" in said.getvalue()
    assert said.getvalue().rstrip().endswith("s)")


def test_long_steps_show_a_sign_of_life(
    progress: Progress, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TICK_LOG", 0.1)
    with progress.step("Installing R"):
        progress.run([sys.executable, "-c", "import time; print('Unpacking', flush=True); time.sleep(0.5)"])
    assert "Unpacking" in said.getvalue()


def test_a_failed_command_shows_its_last_lines_and_keeps_all(progress: Progress) -> None:
    with pytest.raises(StepFailed) as failed:
        progress.run([sys.executable, "-c", "print('why it failed'); raise SystemExit(3)"])
    assert (failed.value.status, failed.value.tail) == (3, "why it failed")
    assert "why it failed" in progress.log.read_text()


def test_a_missing_program_is_a_failed_step(progress: Progress) -> None:
    with pytest.raises(StepFailed):
        progress.run(["no-such-program-here"])


def test_a_command_that_hangs_is_ended(progress: Progress) -> None:
    with pytest.raises(StepFailed):
        progress.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.3)


def test_a_remedy_is_told_once(progress: Progress) -> None:
    progress.remedy("Install R.")
    progress.remedy("Install R.")
    assert progress.remedies == ["Install R."]
