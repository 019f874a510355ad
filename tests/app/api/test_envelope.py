"""Request ids, and pages of other sites kept out."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient


def test_each_answer_has_an_id(client: TestClient) -> None:
    first, second = (client.get("/api/v1/health/live").headers["x-request-id"] for _ in range(2))
    assert len(first) == 16
    assert first != second


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"b'])
def test_ids_that_would_spoil_the_log_are_replaced(client: TestClient, given: str) -> None:
    assert client.get("/api/v1/health/live", headers={"X-Request-ID": given}).headers["x-request-id"] != given


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 201),
        ({"Origin": "http://testserver"}, 201),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_page_of_another_site_cannot_change_anything(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    response = client.post("/api/v1/uploads", json={"name": "a.csv"}, headers=headers)
    assert response.status_code == status


def test_reading_needs_no_origin(client: TestClient) -> None:
    assert client.get("/api/v1/health/live", headers={"Origin": "https://evil.example"}).status_code == 200
