"""Reviews over HTTP: what waits, what a version changes, and its effect by shadow runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from auth.service import Auth
from tests.parameters.sets import MODEL, SET, add_model, person, submit
from tests.waiting import until

VERSION = f"/api/v1/models/{MODEL}/sets/{SET}/versions/1"


@pytest.fixture
def api(client: TestClient, auth: Auth, tmp_path: Path) -> TestClient:
    """Ada has asked for a review; the administrator looks."""
    add_model(auth, tmp_path / "pricing")
    ada = person(auth, "ada", "editor")
    auth.engine.sets.create(ada, MODEL, SET, "Summer prices")
    submit(auth, ada, {"margin": 25.0, "weeks": 26})
    return client


def test_what_waits_is_listed_for_who_decides(api: TestClient) -> None:
    (one,) = api.get("/api/v1/reviews").json()["items"]
    assert (one["set"], one["number"], one["guarded"], one["own"], one["decides"]) == (
        SET,
        1,
        ["margin"],
        False,
        True,
    )
    assert api.get("/api/v1/reviews", params={"model": "another"}).json()["total"] == 0


def test_a_versions_changes_are_told_with_their_differences(api: TestClient) -> None:
    margin, weeks = api.get(f"{VERSION}/changes").json()["fields"]
    assert (margin["before"], margin["before_from"], margin["after"], margin["guarded"]) == (
        20.0,
        "default",
        25.0,
        True,
    )
    assert weeks["difference"] == {"amount": 13.0, "unit": "weeks", "relative": 1.0}


def test_shadow_runs_are_asked_for_and_read(api: TestClient) -> None:
    missing = api.get(f"{VERSION}/effect")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "not-found")
    made = api.post(f"{VERSION}/effect")
    assert made.status_code == 202
    runs = [made.json()["before"], made.json()["after"]]
    assert [api.get(f"/api/v1/runs/{run}").json()["kind"] for run in runs] == ["shadow", "shadow"]
    assert api.get("/api/v1/runs").json()["total"] == 0
    assert api.get("/api/v1/runs", params={"shadow": True}).json()["total"] == 2
    seen = until(lambda: found if (found := api.get(f"{VERSION}/effect").json())["metrics"] else None)
    assert (seen["before"], seen["after"], seen["outdated"]) == (*runs, "")
    assert [(one["name"], one["difference"]) for one in seen["metrics"]] == [("total", 18.0)]


def test_data_that_the_model_does_not_read_is_refused(api: TestClient) -> None:
    refused = api.post(f"{VERSION}/effect", json={"inputs": {"sales": "nothing"}})
    assert refused.status_code == 422
    assert "has no input" in refused.json()["error"]["message"]
