"""One JSON shape for every failure, and never a traceback."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api import errors
from engine.errors import Conflict, Invalid, NotFound, Problem, Refused, Unavailable


def check_shape(body: Any, code: str) -> str:
    """The shape that clients rely on; returns the message."""
    assert list(body) == ["error"]
    error = body["error"]
    assert set(error) >= {"code", "message", "problems"}
    assert error["code"] == code
    assert "Traceback" not in error["message"]
    assert error["message"].endswith((".", "?", "}"))
    for problem in error["problems"]:
        assert set(problem) == {"where", "message", "value", "rule"}
    return str(error["message"])


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound("model", "x"), 404, "not-found"),
        (Refused("run.create", "because."), 403, "refused"),
        (Conflict("It changed. Look again."), 409, "conflict"),
        (Unavailable("R is not installed. Install it."), 503, "unavailable"),
        (Invalid("the values", [Problem("a", "It is wrong."), Problem("b", "So is this.")]), 422, "invalid"),
    ],
)
def test_our_errors(error: Any, status: int, code: str) -> None:
    response = errors.response(error)
    assert response.status_code == status
    assert ("retry-after" in response.headers) == (status == 503)
    import json

    check_shape(json.loads(bytes(response.body)), code)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nowhere", 404, "not-found"),
        ("GET", "/files/nowhere", 404, "not-found"),
        ("DELETE", "/api/v1/models", 405, "method-not-allowed"),
        ("GET", "/api/v1/runs?limit=many", 422, "invalid"),
        ("GET", "/api/v1/runs/NOPE", 404, "not-found"),
        ("GET", "/api/v1/uploads/NOPE", 404, "not-found"),
        ("GET", "/api/v1/events?name=no-such-event", 422, "invalid"),
    ],
)
def test_addresses_and_parameters(client: TestClient, method: str, path: str, status: int, code: str) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    check_shape(response.json(), code)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{not json", "body"),
        (b"[1]", "body"),
        (b'{"model": "m", "surprise": 1}', "body.surprise"),
        (b'{"values": {}}', "body.model"),
        (b'{"model": "m", "values": 3}', "body.values"),
    ],
)
def test_bodies_of_runs(client: TestClient, body: bytes, where: str) -> None:
    response = client.post("/api/v1/runs", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 422
    check_shape(response.json(), "invalid")
    assert where in next(p["where"] for p in response.json()["error"]["problems"])


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{not json", "body"),
        (b"[1]", "body"),
        (b'{"surprise": 1}', "body.surprise"),
        (b'{"values": 3}', "body.values"),
        (b'{"version": 1.5}', "body.version"),
        (b"\xff\xfe", "body"),
    ],
)
def test_bodies_of_real_time_calls(client: TestClient, body: bytes, where: str) -> None:
    response = client.post(
        "/api/v1/models/m/predict", content=body, headers={"content-type": "application/json"}
    )
    assert response.status_code == 422
    check_shape(response.json(), "invalid")
    assert [p["where"] for p in response.json()["error"]["problems"]] == [where]


def test_a_failure_inside_is_a_sentence_with_a_reference(
    client: TestClient, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail in /srv/data")

    monkeypatch.setattr(type(engine.runs), "get", broken)
    response = client.get("/api/v1/runs/X", headers={"X-Request-ID": "ticket-42"})
    assert response.status_code == 500
    message = check_shape(response.json(), "internal")
    assert "ticket-42" in message
    assert "secret detail" not in response.text
    assert response.headers["X-Request-ID"] == "ticket-42"
