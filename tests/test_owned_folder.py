"""Folders of living processes: held ones stay, abandoned ones go, and none is lost while it is being made."""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
from pathlib import Path

import pytest

from engine.owned_folder import LOCK, own, remove_abandoned

PREFIX = "test-"


def make(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder


def test_a_held_folder_stays_and_goes_once_it_is_let_go(tmp_path: Path) -> None:
    folder, lock = own(lambda: make(tmp_path / "mine"))
    remove_abandoned(folder, PREFIX, shutil.rmtree)
    assert (folder / LOCK).exists()
    os.close(lock)
    remove_abandoned(folder, PREFIX, shutil.rmtree)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_lock_is_just_being_made(tmp_path: Path) -> None:
    folder = make(tmp_path / "mine")
    remove_abandoned(folder, PREFIX, shutil.rmtree)
    assert folder.exists()


def test_what_is_removed_has_another_name_meanwhile(tmp_path: Path) -> None:
    folder, lock = own(lambda: make(tmp_path / "mine"))
    os.close(lock)
    seen: list[str] = []

    def remove(aside: Path) -> None:
        seen.append(aside.name)
        own(lambda: make(folder))
        shutil.rmtree(aside)

    remove_abandoned(folder, PREFIX, remove)
    assert (folder / LOCK).exists()
    assert seen[0].startswith(PREFIX)


def test_a_folder_that_was_taken_for_abandoned_before_it_was_held_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock, made = fcntl.flock, []

    def made_one() -> Path:
        made.append(tmp_path / str(len(made)))
        return make(made[-1])

    def late(lock: int, how: int) -> None:
        if len(made) == 1:
            monkeypatch.setattr(fcntl, "flock", flock)
            remove_abandoned(made[0], PREFIX, shutil.rmtree)
        flock(lock, how)

    monkeypatch.setattr(fcntl, "flock", late)
    folder, _ = own(made_one)
    assert [path.name for path in made] == ["0", "1"]
    assert folder == made[1]
    assert (folder / LOCK).exists()


def test_a_folder_that_somebody_else_holds_is_told(tmp_path: Path) -> None:
    folder, _ = own(lambda: make(tmp_path / "mine"))
    with pytest.raises(BlockingIOError, match="another process uses this folder: stop it"):
        own(lambda: folder)


def test_many_who_make_and_clean_at_once_lose_nothing(tmp_path: Path) -> None:
    begin = threading.Barrier(8)
    kept: list[Path] = []

    def work(number: int) -> None:
        begin.wait(10)
        for turn in range(25):
            for old in tmp_path.iterdir():
                remove_abandoned(old, PREFIX, shutil.rmtree)
            folder, lock = own(lambda turn=turn: make(tmp_path / f"{PREFIX}{number}-{turn}"))  # type: ignore[misc]
            if turn % 2:
                os.close(lock)
            else:
                kept.append(folder)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 8 * 13
    assert all((folder / LOCK).exists() for folder in kept)
