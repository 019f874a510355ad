"""Health and metrics."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from app.api import health
from app.api.application import create_api


def test_live_answers_without_an_engine() -> None:
    with TestClient(create_api()) as client:
        assert client.get("/api/v1/health/live").json() == {"status": "ok"}


def test_not_ready_before_the_engine_has_started() -> None:
    with TestClient(create_api()) as client:
        response = client.get("/api/v1/health/ready")
    assert response.status_code == 503
    assert "still starting" in response.json()["error"]["message"]


def test_ready_names_each_part(client: TestClient) -> None:
    found = client.get("/api/v1/health").json()
    assert found["status"] == "ok"
    assert set(found["checks"]) == {"database", "space", "workers"}
    assert all(check["ok"] for check in found["checks"].values())


def test_a_part_that_fails_is_named_and_nothing_else_told(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_engine: Any) -> dict[str, Any]:
        raise OSError("/srv/secret/path is gone")

    monkeypatch.setitem(health.CHECKS, "database", broken)
    response = client.get("/api/v1/health/ready")
    assert response.status_code == 503
    assert response.json()["checks"]["database"]["ok"] is False
    assert "secret" not in response.text


def test_metrics_are_prometheus_text(client: TestClient) -> None:
    client.get("/api/v1/health/live")
    response = client.get("/api/v1/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name for family in text_string_to_metric_families(response.text)}
    assert {
        "quarterdeck_requests",
        "quarterdeck_request_seconds",
        "quarterdeck_runs",
        "quarterdeck_pool_bytes",
        "process_resident_memory_bytes",
    } <= families


def test_requests_are_counted_by_route_and_not_by_address(client: TestClient) -> None:
    client.get("/api/v1/uploads/SOMETHING")
    text = client.get("/api/v1/metrics").text
    assert 'route="/uploads/{upload}"' in text
    assert "SOMETHING" not in text
