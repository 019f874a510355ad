"""The identity provider of the tests: installed as locked, never a reason to fail."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from bootstrap import provider
from bootstrap.places import ROOT, Places
from bootstrap.progress import Progress, StepFailed


@pytest.fixture
def locked(places: Places) -> Places:
    folder = places.root / "tests" / "oidc" / "provider"
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        (folder / name).write_text("{}")
    return places


def test_it_is_installed_once(locked: Places, progress: Progress, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[Any] = []
    monkeypatch.setattr(provider.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(progress, "run", lambda command, **_: commands.append(command))
    provider.ensure(progress, locked)
    provider.ensure(progress, locked)
    assert len(commands) == 1
    assert commands[0][:3] == ["npm", "ci", "--ignore-scripts"]
    assert provider.current(locked)


def test_another_lock_means_installing_again(locked: Places, progress: Progress, monkeypatch: Any) -> None:
    monkeypatch.setattr(provider.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(progress, "run", lambda command, **_: None)
    provider.ensure(progress, locked)
    provider.sources(locked)[1].write_text('{"lockfileVersion": 3}')
    assert not provider.current(locked)


def test_without_network_a_sentence_says_what_is_skipped(
    locked: Places, progress: Progress, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: Any, **_: Any) -> None:
        raise StepFailed("npm ci", 1, "npm error network request failed")

    monkeypatch.setattr(provider.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(progress, "run", fail)
    provider.ensure(progress, locked)
    assert not provider.current(locked)
    assert "request failed" in said.getvalue()
    assert "are skipped" in said.getvalue()


def test_without_node_a_sentence_says_what_to_install(
    locked: Places, progress: Progress, said: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider.shutil, "which", lambda name: None)
    provider.ensure(progress, locked)
    assert "Node.js 18" in said.getvalue()


def test_the_lock_names_each_package_by_hash_and_no_place_to_fetch_it_from() -> None:
    lock = provider.sources(Places.from_environment({}, ROOT))[1]
    text = lock.read_text("utf-8")
    assert not re.search(r"https?://", text)
    packages = {name: row for name, row in json.loads(text)["packages"].items() if name}
    assert len(packages) > 50
    assert all(row["integrity"].startswith("sha512-") for row in packages.values())


def test_the_lock_is_for_the_package_file() -> None:
    package, lock = (json.loads(Path(file).read_text("utf-8")) for file in provider.sources(_here()))
    assert lock["packages"][""]["dependencies"] == package["dependencies"]


def _here() -> Places:
    return Places.from_environment({}, ROOT)
