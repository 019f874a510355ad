"""What goes wrong in a model is told in plain words, with the model's own file and line; the next run works."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from engine.runtimes.interface import CallFailed, Value
from tests.waiting import SOON, until

from .conftest import SUFFIX, Language


def works_again(language: Language) -> None:
    assert [output.name for output in language.call("numbers").outputs] == ["inf", "minus", "nan", "big"]


def test_an_error_names_the_models_own_file_and_line(language: Language) -> None:
    error = language.fails("error", values={"x": Value("integer", 6)})
    assert error.reason == "model-error"
    assert "the store number 7 is unknown" in error.sentence
    helper, model = f"helper.{SUFFIX[language.name]}", f"model.{SUFFIX[language.name]}"
    assert f"{helper}, line 3" in error.sentence
    for name in (helper, model):
        assert name in error.trace
    assert "quarterdeck" not in error.trace.lower()
    assert str(language.folder) not in error.trace
    works_again(language)


def test_deep_recursion_is_an_error_of_the_language(language: Language) -> None:
    error = language.fails("recurse")
    assert error.reason == "model-error"
    assert f"model.{SUFFIX[language.name]}" in error.trace
    works_again(language)


def test_a_crash_by_signal(language: Language) -> None:
    error = language.fails("crash")
    assert error.reason == "crashed"
    assert "crashed: signal SIG" in error.sentence
    works_again(language)


def test_the_model_ends_the_process(language: Language) -> None:
    error = language.fails("exit")
    assert error.reason == "crashed"
    assert "exit code 7" in error.sentence
    works_again(language)


def test_out_of_memory(language: Language) -> None:
    started = time.monotonic()
    error = language.fails("memory", spec=language.spec(memory=600 << 20))
    assert error.reason == "memory"
    assert "600 MB" in error.sentence
    assert time.monotonic() - started < 60


def test_endless_output(language: Language) -> None:
    error = language.fails("flood", timeout=60)
    assert error.reason == "output-limit"
    works_again(language)


@pytest.mark.parametrize("op", ["loop", "sleep"])
def test_cancel(language: Language, op: str) -> None:
    language.call("numbers")
    number, pool = f"cancel-{op}", language.pool
    failure: list[Any] = []

    def run() -> None:
        try:
            failure.append(language.call(op, id=number))
        except CallFailed as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.5)
    assert until(lambda: pool.cancel(number))
    thread.join(SOON)
    assert not thread.is_alive()
    assert failure[0].reason == "cancelled"
    works_again(language)


@pytest.mark.parametrize("op", ["loop", "sleep"])
def test_timeout(language: Language, op: str) -> None:
    language.call("numbers")
    started = time.monotonic()
    error = language.fails(op, timeout=0.5)
    assert error.reason == "timeout"
    assert "0.5 seconds" in error.sentence
    assert time.monotonic() - started < 0.5 + SOON
    works_again(language)


def test_a_child_that_detaches_itself_ends_with_the_call(language: Language) -> None:
    marker = f"marker-{language.folder.name}-{os.getpid()}"
    started = time.monotonic()
    error = language.fails("detach", values={"marker": Value("text", marker)}, timeout=1.5)
    assert error.reason == "timeout"
    assert time.monotonic() - started < 1.5 + SOON
    assert not _running(marker)


def test_a_child_left_behind_by_a_successful_call_is_swept(language: Language) -> None:
    marker = f"left-{language.folder.name}-{os.getpid()}"
    language.call("leave", {"marker": Value("text", marker)})
    deadline = time.monotonic() + SOON
    while _running(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _running(marker)


def test_a_broken_argument_table_is_told(language: Language, tmp_path: Path) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "header").write_text('quarterdeck-columns\t1\nrows\t5\ncolumn\t0\tfloat64\t0\t"x"\n')
    (folder / "0.data").write_bytes(b"short")
    error = language.fails("echo", tables={"t": folder})
    assert error.reason in ("model-error", "bad-output", "bad-input")
    works_again(language)


def _running(marker: str) -> bool:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if marker in (entry / "cmdline").read_bytes().decode(errors="replace"):
                    return True
            except OSError:
                continue
    return False
