"""Which Chromium the browser tests drive."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap import browser


def test_the_systems_chromium_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        browser.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "chromium" else None
    )
    assert browser.path() == "/usr/bin/chromium"


def test_else_the_one_that_playwright_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert browser.path() == ""
    program = tmp_path / "chromium-1200" / "chrome-linux" / "chrome"
    program.parent.mkdir(parents=True)
    program.touch()
    assert browser.path() == str(program)
