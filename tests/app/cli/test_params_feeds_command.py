"""Feeds on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.parameters.feeds.conftest import RATES, SQL
from tests.parameters.sets import MANIFEST, MODEL, SET, SOURCE

Run = Callable[..., Any]


@pytest.fixture
def ready(quarterdeck: Run, tmp_path: Path) -> Run:
    folder = tmp_path / "pricing"
    folder.mkdir()
    (folder / "model.toml").write_text(MANIFEST)
    (folder / "model.py").write_text(SOURCE)
    (tmp_path / "rates.csv").write_text(RATES)
    assert quarterdeck("register", folder).code == 0
    assert quarterdeck("params", "set", MODEL, SET, "--set", "floor=1.05", "--reason", "First.").code == 0
    assert quarterdeck("upload", "rates", tmp_path / "rates.csv").code == 0
    return quarterdeck


def feeds(ready: Run, word: str, *more: str) -> Any:
    return ready("params", "feeds", word, MODEL, SET, *more)


def test_a_feed_is_looked_at_made_fetched_and_accepted(ready: Run) -> None:
    source = ("--kind", "sql", "--with", f"sql={SQL}", "--with", "datasets=rates")
    looked = feeds(ready, "look", "floor", *source, "--guard", "change=1%")
    assert looked.out == "floor: 1.05 → 1.08, observed on 2026-10-06.\n"
    assert "at most 1 % at a time" in looked.err
    assert feeds(ready, "add", "floor", *source, "--guard", "stale_days=30").code == 0
    assert feeds(ready, "fetch", "floor").out == "suggested: 1.05 → 1.08.\n"
    assert "1.05 → 1.08" in feeds(ready, "list").out
    assert feeds(ready, "accept", "floor").out == "accepted as version 2: 1.05 → 1.08.\n"
    assert feeds(ready, "fetch", "floor").out.startswith("same: ")
    listed = feeds(ready, "list").out.split("\t")
    assert "older than 30" in listed[5] or "day" in listed[5]
    assert [line.split("\t")[1] for line in feeds(ready, "history", "floor").out.splitlines()] == [
        "same",
        "accepted",
    ]


def test_what_is_wrong_is_said_with_the_remedy(ready: Run) -> None:
    bad = feeds(ready, "add", "floor", "--kind", "fax")
    assert bad.code == 2
    assert "There are: sql, dataset, file, url, metric" in bad.err
    assert "has no “=”" in feeds(ready, "add", "floor", "--kind", "sql", "--with", "sql").err
    assert "feeds list" in feeds(ready, "fetch", "weeks").err
    assert feeds(ready, "add", "floor", "--kind", "sql", "--with", "sql=SELECT 'x' AS rate FROM rates LIMIT 1",
                 "--with", "datasets=rates").code == 0  # fmt: skip
    failed = feeds(ready, "fetch", "floor")
    assert failed.code == 1
    assert "“x” is not a number" in failed.err
    assert feeds(ready, "accept", "floor").code == 2
    assert feeds(ready, "pause", "floor").code == 0
    assert feeds(ready, "fetch", "floor").code == 2
    assert feeds(ready, "resume", "floor").code == 0
    assert feeds(ready, "remove", "floor").code == 0
    assert feeds(ready, "list").err.startswith("No feeds.")
