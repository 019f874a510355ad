"""The scratch folder: cleaned at the start, also of servers that were killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store.scratch import Scratch


def made(tmp_path: Path, data: str) -> Scratch:
    return Scratch(Settings(data_folder=tmp_path / data, scratch_folder=tmp_path / "scratch"))


def test_a_start_cleans_what_an_earlier_server_left(tmp_path: Path) -> None:
    scratch = made(tmp_path, "a")
    scratch.open()
    (scratch.calls / "half").mkdir()
    again = made(tmp_path, "a")
    assert again.root == scratch.root
    again.open()
    assert list(again.calls.iterdir()) == []
    again.clear()
    assert not again.root.exists()


def test_folders_of_servers_that_are_gone_go_and_of_living_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    living, killed = made(tmp_path, "living"), made(tmp_path, "killed")
    living.open()
    killed.open()
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    killed.clear()  # its lock is free, its files are there, as after kill -9
    monkeypatch.undo()
    assert killed.root.exists()
    new = made(tmp_path, "new")
    new.open()
    assert living.root.exists()
    assert not killed.root.exists()


def test_a_folder_without_rights_is_removed_all_the_same(tmp_path: Path) -> None:
    scratch = made(tmp_path, "a")
    scratch.open()
    folder = scratch.folder("call")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_text("x")
    (folder / "deep").chmod(0)
    scratch.remove(folder)
    assert not folder.exists()
