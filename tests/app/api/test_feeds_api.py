"""Feeds over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from auth.service import Auth
from engine.access import LOCAL_ADMIN
from tests.parameters.feeds.conftest import RATES, USD
from tests.parameters.sets import MODEL, SET, add_model

SETS = f"/api/v1/models/{MODEL}/sets"
FEEDS = f"{SETS}/{SET}/feeds"


@pytest.fixture
def api(client: TestClient, auth: Auth, tmp_path: Path) -> TestClient:
    add_model(auth, tmp_path / "pricing")
    file = tmp_path / "rates.csv"
    file.write_text(RATES)
    auth.engine.datasets.ingest(LOCAL_ADMIN, "rates", file)
    assert client.post(SETS, json={"name": SET, "title": "Summer prices"}).status_code == 201
    first = {"values": {"floor": 1.05}, "reason": "First."}
    assert client.post(f"{SETS}/{SET}/versions", json=first).status_code == 201
    return client


def make(api: TestClient, **more: Any) -> dict[str, Any]:
    made = api.post(FEEDS, json={"field": "floor", "source": USD, **more})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def test_a_feed_is_looked_at_made_fetched_accepted_and_removed(api: TestClient) -> None:
    looked = api.post(
        f"{FEEDS}-looked", json={"field": "floor", "source": USD, "rails": {"change": "0.01"}}
    ).json()
    assert (looked["value"], looked["old"]) == (1.08, 1.05)
    assert "at most 0.01" in looked["held"]
    made = make(api, title="EUR to USD", rails={"stale_days": 30})
    assert (made["source"], made["rails"], made["mode"]) == (USD, {"stale_days": 30}, "suggest")
    tried = api.post(f"{FEEDS}/{made['id']}/fetch").json()
    assert (tried["outcome"], tried["observed_on"]) == ("suggested", "2026-10-06")
    assert api.get(FEEDS).json()["items"][0]["waiting"]["id"] == tried["id"]
    decided = api.post(
        f"{FEEDS}/{made['id']}/tries/{tried['id']}/decision", json={"decision": "accept"}
    ).json()
    assert (decided["outcome"], decided["number"]) == ("accepted", 2)
    assert api.get(f"{SETS}/{SET}/versions/2").json()["sources"] == {"floor": f"feed:{made['id']}"}
    assert api.get(f"{SETS}/{SET}/freshness").json()["floor"]["since"] == "2026-10-06"
    assert [one["outcome"] for one in api.get(f"{FEEDS}/{made['id']}/tries").json()["items"]] == ["accepted"]
    assert api.delete(f"{FEEDS}/{made['id']}").status_code == 204
    assert api.get(FEEDS).json()["total"] == 0
    assert api.get(f"{FEEDS}/{made['id']}").status_code == 404


def test_a_feed_is_changed_paused_and_resumed(api: TestClient) -> None:
    made = make(api)
    changed = api.patch(
        f"{FEEDS}/{made['id']}", json={"mode": "apply", "trigger": "new-data", "state": "paused"}
    )
    assert [changed.json()[one] for one in ("mode", "trigger", "state")] == ["apply", "new-data", "paused"]
    assert api.post(f"{FEEDS}/{made['id']}/fetch").status_code == 409
    assert api.patch(f"{FEEDS}/{made['id']}", json={"state": "active"}).json()["state"] == "active"
    assert api.post(f"{FEEDS}/{made['id']}/fetch").json()["outcome"] == "applied"


def test_a_try_that_fails_is_an_answer_and_a_feed_that_cannot_be_is_an_error(api: TestClient) -> None:
    made = make(api, source={**USD, "sql": "SELECT 'x' AS rate FROM rates LIMIT 1"})
    tried = api.post(f"{FEEDS}/{made['id']}/fetch")
    assert (tried.status_code, tried.json()["outcome"]) == (200, "failed")
    wrong = api.post(FEEDS, json={"field": "weeks", "source": {**USD, "datasets": ["rates@1"]}})
    assert wrong.status_code == 422
    assert "newest version" in wrong.text
    assert api.post(FEEDS, json={"field": "floor", "source": USD}).status_code == 409
