"""Uploads over HTTP."""

from __future__ import annotations

from starlette.testclient import TestClient

from engine.engine import Engine
from engine.store.blobs import hash_bytes


def test_in_parts_to_the_value_of_a_file_field(client: TestClient, engine: Engine) -> None:
    upload = client.post("/api/v1/uploads", json={"name": "prices.csv", "bytes": 6}).json()
    assert upload["offset"] == 0
    path = f"/api/v1/uploads/{upload['id']}"
    assert client.put(f"{path}?offset=0", content=b"abc").json()["offset"] == 3
    assert client.get(path).json()["offset"] == 3
    assert client.put(f"{path}?offset=3", content=b"def").json()["offset"] == 6
    made = client.post(f"{path}/finish", json={"hash": hash_bytes(b"abcdef")})
    assert made.json() == {"blob": hash_bytes(b"abcdef"), "name": "prices.csv"}
    with engine.blobs.open(made.json()["blob"]) as stored:
        assert stored.read() == b"abcdef"
    assert client.get(path).status_code == 404


def test_a_part_out_of_step_says_where_to_go_on(client: TestClient) -> None:
    upload = client.post("/api/v1/uploads", json={"name": "prices.csv"}).json()
    path = f"/api/v1/uploads/{upload['id']}"
    client.put(f"{path}?offset=0", content=b"abc")
    refused = client.put(f"{path}?offset=7", content=b"def")
    assert refused.status_code == 409
    assert refused.json()["error"]["offset"] == 3


def test_too_large_is_refused_before_and_during(client: TestClient) -> None:
    assert client.post("/api/v1/uploads", json={"name": "a.csv", "bytes": 5 << 20}).status_code == 413
    upload = client.post("/api/v1/uploads", json={"name": "a.csv"}).json()
    response = client.put(f"/api/v1/uploads/{upload['id']}?offset=0", content=bytes(5 << 20))
    assert response.status_code == 413
    assert "4 MB" in response.json()["error"]["message"]


def test_giving_up_deletes_the_bytes(client: TestClient, engine: Engine) -> None:
    upload = client.post("/api/v1/uploads", json={"name": "a.csv"}).json()
    client.put(f"/api/v1/uploads/{upload['id']}?offset=0", content=b"abc")
    assert client.delete(f"/api/v1/uploads/{upload['id']}").status_code == 204
    assert list((engine.settings.data / "uploads").iterdir()) == []
