"""SQL and classes of columns on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.fixture
def ready(quarterdeck: Run, tmp_path: Path) -> Run:
    file = tmp_path / "people.csv"
    file.write_text("e_mail,units\nada@example.com,5\nbob@example.com,3\neve@example.com,9\n")
    assert quarterdeck("upload", "people", file).code == 0
    return quarterdeck


def test_a_query_for_people_programs_and_files(ready: Run, tmp_path: Path) -> None:
    sql = "SELECT sum(units) AS units FROM people"
    assert ready("query", sql, "-d", "people").out.strip() == "17"
    assert ready("query", sql, "-d", "people", "--json").json["page"]["rows"] == [[17]]
    target = tmp_path / "out.csv"
    assert ready("query", sql, "--dataset", "people", "--to", target).code == 0
    assert target.read_text() == "units\n17\n"
    said = ready("query", "SELECT * FROM read_text('/etc/passwd')", "-d", "people")
    assert said.code == 2
    assert "reads its datasets and nothing else" in said.err


def test_columns_are_classed(ready: Run) -> None:
    assert "e-mail addresses" in ready("classes", "people").out
    assert "e_mail\tpersonal" in ready("classify", "people", "e_mail=personal").out
    assert ready("classes", "people", "--json").json[0]["kind"] == "personal"
    assert ready("classify", "people", "e_mail").code == 2
    assert ready("classify", "people", "e_mail=odd").code == 2
