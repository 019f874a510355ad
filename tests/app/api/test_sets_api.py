"""Parameter sets over HTTP: submit, merge, review, read what is in force, run with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from auth.service import Auth
from tests.parameters.sets import MODEL, SET, add_model, person

SETS = f"/api/v1/models/{MODEL}/sets"
VERSIONS = f"{SETS}/{SET}/versions"


@pytest.fixture
def api(client: TestClient, auth: Auth, tmp_path: Path) -> TestClient:
    add_model(auth, tmp_path / "pricing")
    assert client.post(SETS, json={"name": SET, "title": "Summer prices"}).status_code == 201
    return client


def submit(api: TestClient, values: dict[str, Any], **more: Any) -> Any:
    return api.post(VERSIONS, json={"values": values, "reason": "Because.", **more})


def test_a_version_is_submitted_and_in_force(api: TestClient) -> None:
    made = submit(api, {"weeks": 20}, sources={"weeks": "xlsx"})
    assert (made.status_code, made.json()["state"]) == (201, "approved")
    found = api.get(f"{SETS}/{SET}/in-force").json()
    assert (found["values"], found["origin"], found["versions"]) == ({"weeks": 20}, {"weeks": ""}, {"": 1})
    assert api.get(f"{SETS}/{SET}/in-force", params={"on": "2001-01-01"}).json()["values"] == {}
    assert api.get(SETS).json()["items"][0]["in_force"] == 1
    assert api.get(f"{SETS}/{SET}/history").json()["weeks"][0]["source"] == "xlsx"


def test_the_second_writer_gets_both_sides(api: TestClient) -> None:
    submit(api, {"weeks": 20})
    submit(api, {"weeks": 21}, base=1)
    refused = submit(api, {"weeks": 22, "floor": 2}, base=1)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "changed-meanwhile")
    merge = refused.json()["merge"]
    assert (merge["version"], merge["conflicts"]) == (2, ["weeks"])
    assert merge["merged"] == {"weeks": 21, "floor": 2.0}


def test_a_guarded_change_needs_a_second_person(api: TestClient, auth: Auth) -> None:
    waiting = submit(api, {"margin": 25}).json()
    assert (waiting["state"], waiting["guarded"]) == ("in-review", ["margin"])
    refused = api.post(f"{VERSIONS}/1/review", json={"step": "approve"})
    assert refused.status_code == 403
    assert "your own" in refused.json()["error"]["message"]
    assert api.post(f"{VERSIONS}/1/review", json={"step": "question", "comment": "Why?"}).status_code == 200
    assert api.post(f"{VERSIONS}/1/reply", json={"step": "answer", "comment": "Freight."}).status_code == 200
    auth.engine.sets.approve(person(auth, "cleo", "approver"), MODEL, SET, 1)
    shown = api.get(f"{VERSIONS}/1").json()
    assert [step["step"] for step in shown["steps"]] == ["asked", "question", "answer", "approved"]


def test_places_are_added_and_inherit(api: TestClient) -> None:
    added = api.put(f"{SETS}/{SET}/places", json={"place": "DE", "currency": "EUR"})
    assert added.json()["items"] == [{"place": "DE", "title": "", "currency": "EUR"}]
    submit(api, {"weeks": 20, "floor": 2})
    submit(api, {"weeks": 26}, place="DE")
    found = api.get(f"{SETS}/{SET}/in-force", params={"place": "DE"}).json()
    assert (found["values"], found["currency"]) == ({"weeks": 26, "floor": 2.0}, "EUR")


def test_versions_are_compared(api: TestClient) -> None:
    submit(api, {"weeks": 20})
    submit(api, {"weeks": 21}, base=1)
    found = api.get(f"/api/v1/models/{MODEL}/sets-compared", params={"ref": [f"{SET}@1", f"{SET}@2"]}).json()
    assert found["groups"][0]["fields"][0]["values"] == [20, 21]


def test_a_run_with_a_set_is_found_by_its_version(api: TestClient) -> None:
    submit(api, {"weeks": 20})
    made = api.post(
        "/api/v1/runs", json={"model": MODEL, "parameter_set": SET, "values": {"floor": 3}}
    ).json()
    assert made["parameter_set"]["overrides"] == ["floor"]
    assert [run["id"] for run in api.get(f"{VERSIONS}/1/runs").json()["items"]] == [made["id"]]


def test_a_run_takes_what_was_in_force_on_another_day_as_known_then(api: TestClient) -> None:
    submit(api, {"weeks": 20}, effective_from="2026-01-01")
    made = api.get(f"{VERSIONS}/1").json()
    submit(api, {"weeks": 21}, base=1, effective_from="2026-01-01")
    body = {"model": MODEL, "parameter_set": SET, "valid_on": "2026-02-01"}
    assert api.post("/api/v1/runs", json=body).json()["values"]["weeks"] == 21
    body["known_at"] = made["approved_at"]
    assert api.post("/api/v1/runs", json=body).json()["values"]["weeks"] == 20
    assert api.post("/api/v1/runs", json={**body, "known_at": "2026-02-01T00:00:00"}).status_code == 422


def test_a_preset_is_renamed_and_removed_a_departments_set_is_not(api: TestClient) -> None:
    api.post(SETS, json={"name": "~mine", "title": "Mine"})
    renamed = api.patch(f"{SETS}/~mine", json={"title": "Easter rush"}).json()
    assert (renamed["name"], renamed["title"]) == ("~easter-rush", "Easter rush")
    assert api.patch(f"{SETS}/{SET}", json={"title": "Summer"}).json()["name"] == SET
    assert api.delete(f"{SETS}/{SET}").status_code == 409
    assert api.delete(f"{SETS}/~easter-rush").status_code == 204
    assert api.get(f"{SETS}/~easter-rush").status_code == 404


@pytest.mark.parametrize(
    "request_",
    [
        {"values": {"weeks": "\ud800"}},
        {"values": {"weeks": 20}, "place": "\ud800"},
        {"values": {"weeks": 20}, "reason": "\ud800\0", "base": 5},
        {"values": {"\0\ud800": 1}},
        {"values": {"weeks": 20}, "effective_from": "9999-12-31"},
    ],
)
def test_odd_requests_are_answered_in_words(api: TestClient, request_: dict[str, Any]) -> None:
    body = json.dumps({"reason": "x", **request_}).encode()
    found = api.post(VERSIONS, content=body, headers={"content-type": "application/json"})
    assert found.status_code in (201, 404, 409, 422), found.text


def test_odd_names_are_no_sets(api: TestClient) -> None:
    for body in (b'{"name": "\\ud800"}', b'{"name": "x", "department": "\\ud800"}'):
        found = api.post(SETS, content=body, headers={"content-type": "application/json"})
        assert found.status_code in (404, 422), found.text
    run = b'{"model": "pricing", "parameter_set": "\\ud800"}'
    found = api.post("/api/v1/runs", content=run, headers={"content-type": "application/json"})
    assert found.status_code in (404, 422), found.text
