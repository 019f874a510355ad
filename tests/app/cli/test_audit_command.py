"""``quarterdeck audit …``: what it says, and exit code 1 when the log was tampered with."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]


@pytest.fixture
def logged(quarterdeck: Command, data: Path) -> Path:
    """A log with a few entries; the path of the database."""
    assert quarterdeck("audit", "verify").code == 0
    assert quarterdeck("audit", "anchor").code == 0
    return data / "quarterdeck.db"


def tamper(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_a_sound_log_verifies_with_exit_code_0(quarterdeck: Command, logged: Path) -> None:
    said = quarterdeck("audit", "verify")
    assert (said.code, "as it was written" in said.out) == (0, True)
    assert quarterdeck("audit", "verify", "--json").json["ok"] is True


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE audit SET reason = 'x' WHERE seq = 1", "Entry 1 ("),
        ("DELETE FROM audit WHERE seq = 1", "Entry 1 is missing: deleted"),
        ("DELETE FROM audit_head", "The record of the newest entry"),
        ("UPDATE audit_personal SET value = 'x'", "The personal value “os_user” beside entry 1 was changed."),
    ],
)
def test_a_changed_log_is_told_with_exit_code_1(
    quarterdeck: Command, logged: Path, statement: str, sentence: str
) -> None:
    tamper(logged, statement)
    said = quarterdeck("audit", "verify")
    assert said.code == 1
    assert sentence in said.out
    assert "is not as it was written" in said.out
    assert quarterdeck("audit", "verify", "--json").code == 1


def test_entries_are_searched_by_what_they_say(quarterdeck: Command, logged: Path) -> None:
    found = quarterdeck(
        "audit", "search", "--action", "audit-anchored", "--person", "local-admin", "--json"
    ).json
    (entry,) = found["entries"]
    assert entry["object_kind"] == "audit"
    assert entry["where"]["os_user"]
    assert "Nobody" not in quarterdeck("audit", "search").out
    assert quarterdeck("audit", "search", "--since", "2999-01-01").out == ""
    page = quarterdeck("audit", "search", "--limit", "1", "--json").json
    assert page["before"] == page["entries"][0]["seq"]


def test_a_date_that_is_none_is_told_with_exit_code_2(quarterdeck: Command, logged: Path) -> None:
    said = quarterdeck("audit", "search", "--since", "yesterday")
    assert (said.code, "is no date" in said.err) == (2, True)


def test_an_export_holds_the_entries_and_is_one_itself(
    quarterdeck: Command, logged: Path, tmp_path: Path
) -> None:
    target = tmp_path / "audit.csv"
    assert quarterdeck("audit", "export", str(target)).code == 0
    rows = list(csv.DictReader(io.StringIO(target.read_text("utf-8-sig"))))
    assert [row["action"] for row in rows] == ["audit-verified", "audit-anchored", "audit-exported"]
    assert quarterdeck("audit", "search", "--action", "audit-exported", "--json").json["entries"]


def test_a_person_is_forgotten_and_the_log_still_verifies(quarterdeck: Command, logged: Path) -> None:
    said = quarterdeck("audit", "forget", "local-admin", "--reason", "asked for it")
    assert said.out.strip() == "2 personal values were erased."
    assert quarterdeck("audit", "verify").code == 0


def test_pruning_wants_days_and_a_reason(quarterdeck: Command, logged: Path) -> None:
    assert quarterdeck("audit", "prune", "--keep-days", "3", "--reason", "x").code == 2
    said = quarterdeck("audit", "prune", "--keep-days", "30", "--reason", "retention")
    assert (said.code, said.out.strip()) == (0, "No entry is that old: nothing was pruned.")


def test_an_exported_segment_verifies_by_itself(quarterdeck: Command, logged: Path, tmp_path: Path) -> None:
    from auth.audit import chain, segments

    row = [1, "2026-11-22 00:00:00.000000", *[""] * 13]
    path = tmp_path / segments.file_name(1, 1)
    segments.write(path, 0, chain.GENESIS, [(*row, chain.link(chain.GENESIS, row))])
    assert "Entries 1 to 1, 0 of them changed" in quarterdeck("audit", "verify", "--file", str(path)).out
    segments.write(path, 0, chain.GENESIS, [(*row, "x")])
    assert quarterdeck("audit", "verify", "--file", str(path)).code == 1
    path.write_bytes(b"nothing")
    assert quarterdeck("audit", "verify", "--file", str(path)).code == 2
