"""Parameter sets as XLSX over HTTP: download, look, store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from auth.service import Auth
from tests.parameters.sets import MODEL, SET, add_model
from tests.parameters.spreadsheet.test_sheets import put

SETS = f"/api/v1/models/{MODEL}/sets"
SHEET = f"{SETS}/{SET}/xlsx"


@pytest.fixture
def api(client: TestClient, auth: Auth, tmp_path: Path) -> TestClient:
    add_model(auth, tmp_path / "pricing")
    client.post(SETS, json={"name": SET, "title": "Summer prices"})
    client.post(f"{SETS}/{SET}/versions", json={"values": {"weeks": 20}, "reason": "Because."})
    return client


def downloaded(api: TestClient, folder: Path, **query: Any) -> Path:
    answer = api.get(SHEET, params=query)
    assert answer.status_code == 200, answer.text
    path = folder / "summer.xlsx"
    path.write_bytes(answer.content)
    return path


def test_a_set_comes_with_its_versions_in_the_files_name(api: TestClient) -> None:
    answer = api.get(SHEET, params={"beside": [f"{SET}@1"]})
    assert answer.headers["content-disposition"] == 'attachment; filename="pricing_summer_v1.xlsx"'
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")


def test_an_edited_file_is_looked_at_and_then_stored(api: TestClient, tmp_path: Path) -> None:
    file = put(downloaded(api, tmp_path), "weeks", 30)
    seen = api.post(SHEET, params={"file": "my.xlsx"}, content=file.read_bytes()).json()
    assert (seen["ready"], seen["from_version"], seen["base"]) == (True, 1, 1)
    assert [(one["field"], one["before"], one["after"]) for one in seen["changes"]] == [("weeks", 20, 30)]
    query = {"file": "my.xlsx", "reason": "Longer."}
    made = api.post(f"{SHEET}/versions", params=query, content=file.read_bytes())
    assert made.status_code == 201
    assert (made.json()["values"], made.json()["sources"]) == ({"weeks": 30}, {"weeks": "xlsx:my.xlsx"})


def test_wrong_cells_are_named_and_nothing_is_stored(api: TestClient, tmp_path: Path) -> None:
    file = put(downloaded(api, tmp_path), "weeks", 0)
    refused = api.post(f"{SHEET}/versions", params={"reason": "x"}, content=file.read_bytes())
    assert refused.status_code == 422
    (problem,) = refused.json()["error"]["problems"]
    assert problem["where"] == "Values!B10"
    assert problem["message"].endswith("must be at least 1 weeks. Enter at least 1.")
    assert api.get(f"{SETS}/{SET}").json()["latest"] == 1


def test_what_is_no_workbook_is_refused_with_a_sentence(api: TestClient) -> None:
    refused = api.post(SHEET, params={"file": "notes.xlsx"}, content=b"weeks = 20")
    assert refused.status_code == 422
    assert "“notes.xlsx” is not an Excel file" in refused.json()["error"]["message"]
