"""The audit log by REST: search and paging, one entry, exports, verification; each with its right."""

from __future__ import annotations

import csv
import io
import json

import pytest
from starlette.testclient import TestClient

from app.api.application import create_api
from app.gate import Gate
from auth.service import Auth
from engine.access import Actor
from engine.events import AliasMoved
from tests import signing_in

ADA = Actor("ada", via="api", address="192.0.2.7")


@pytest.fixture(autouse=True)
def moved(auth: Auth) -> None:
    for number in range(7):
        with auth.engine.database.change(ADA) as change:
            told = AliasMoved(
                model=f"model-{number}", alias="live", old=number, new=number + 1, reason="=1+1"
            )
            change.emit(told, department="Marketing")


def test_a_search_is_paged_newest_first(client: TestClient) -> None:
    found, before = [], None
    while True:
        query = {"person": "ada", "limit": 3} | ({"before": before} if before else {})
        page = client.get("/api/v1/audit", params=query).json()
        found += [entry["object_id"] for entry in page["entries"]]
        before = page["before"]
        if before is None:
            break
    assert found == [f"model-{number}" for number in reversed(range(7))]


def test_an_entry_tells_everything(client: TestClient) -> None:
    (entry,) = client.get("/api/v1/audit", params={"object_id": "model-3"}).json()["entries"]
    assert entry == client.get(f"/api/v1/audit/entries/{entry['seq']}").json()
    assert entry["details"] == {"alias": "live", "old": 3, "new": 4}
    assert entry["where"] == {"address": "192.0.2.7"}
    assert client.get("/api/v1/audit/entries/999999").status_code == 404


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"object_id": "model-*"}, 7),
        ({"object_id": "model-*", "department": "Marketing", "action": "alias-moved", "result": "done"}, 7),
        ({"object_id": "model-1", "department": "Procurement"}, 0),
        ({"until": "2020-01-01"}, 0),
        ({"since": "2020-01-01", "person": "ada"}, 7),
        ({"result": "refused"}, 0),
    ],
)
def test_what_is_asked_for_is_found(client: TestClient, query: dict[str, str], count: int) -> None:
    assert len(client.get("/api/v1/audit", params=query).json()["entries"]) == count


@pytest.mark.parametrize(
    "query",
    [{"since": "soon"}, {"result": "maybe"}, {"since": "2026-02-01", "until": "2026-01-01"}, {"limit": "0"}],
)
def test_a_wrong_search_is_told_in_words(client: TestClient, query: dict[str, str]) -> None:
    answer = client.get("/api/v1/audit", params=query)
    assert answer.status_code == 422
    assert answer.json()["error"]["problems"]


def test_exports_stream_as_files_without_formulas(client: TestClient) -> None:
    answer = client.get("/files/audit", params={"person": "ada", "format": "csv"})
    assert "audit.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["old"], row["new"], row["reason"]) for row in rows][:1] == [("0", "1", "'=1+1")]
    answer = client.get("/api/v1/audit/export", params={"person": "ada", "format": "jsonl"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [line["object_id"] for line in lines] == [f"model-{number}" for number in range(7)]


def test_the_log_is_verified_and_anchored(client: TestClient) -> None:
    anchor = client.post("/api/v1/audit/anchors").json()
    assert anchor["signature"]
    report = client.post("/api/v1/audit/verify").json()
    assert (report["ok"], report["anchors"], report["findings"]) == (True, 1, [])
    assert report["entries"] == report["last"]


def test_forgetting_and_pruning(client: TestClient) -> None:
    body = {"account": "ada", "reason": "asked for it"}
    assert client.post("/api/v1/audit/forget", json=body).json() == {"values": 7}
    assert client.post("/api/v1/audit/prune", json={"keep_days": 30, "reason": "x"}).json()["entries"] == 0
    assert client.post("/api/v1/audit/prune", json={"keep_days": 1, "reason": "x"}).status_code == 422
    assert client.post("/api/v1/audit/verify").json()["ok"]


def test_others_than_auditors_and_administrators_are_refused_and_that_is_an_entry(
    auth: Auth, client: TestClient
) -> None:
    vic = signing_in.person(auth, "vic", "viewer@Marketing")
    cookies = signing_in.cookies(auth, vic)
    with TestClient(Gate(create_api()), raise_server_exceptions=False, cookies=cookies) as viewer:
        for method, path in (
            ("GET", "/api/v1/audit"),
            ("GET", "/api/v1/audit/entries/1"),
            ("GET", "/files/audit"),
            ("POST", "/api/v1/audit/verify"),
            ("POST", "/api/v1/audit/anchors"),
        ):
            assert viewer.request(method, path).status_code == 403, path
    auth.audit.settle()
    found = client.get("/api/v1/audit", params={"person": "vic", "result": "refused"}).json()["entries"]
    assert {entry["action"] for entry in found} == {"audit.read", "audit.manage"}
    assert {entry["via"] for entry in found} == {"api"}
