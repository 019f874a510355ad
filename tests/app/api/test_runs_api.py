"""Runs over HTTP, from submission to download."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.shapes import RunOut, RunOutputOut
from engine.engine import Engine
from engine.runs.records import RunOutput

SALES = "store,units\nNorth,5\nSouth,3\nÅre,9\n"


@pytest.fixture
def api(client: TestClient, engine: Engine, register: Callable[..., Any]) -> TestClient:
    register(engine, "sum", "table", "error", "slow")
    client.post("/api/v1/datasets/sales?filename=sales.csv", content=SALES.encode())
    return client


def run(api: TestClient, model: str, **request: Any) -> dict[str, Any]:
    made = api.post("/api/v1/runs", json={"model": model, **request})
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/api/v1/runs/{made.json()['id']}"
    record: dict[str, Any] = api.get(made.headers["location"], params={"wait": 60}).json()
    return record


def test_from_form_to_file(api: TestClient) -> None:
    record = run(api, "tiny-table", values={"factor": 3}, inputs={"sales": "sales"}, label="first")
    assert record["state"] == "succeeded", record
    assert [(i["dataset"], i["version"]) for i in record["inputs"]] == [("sales", 1)]
    base = f"/api/v1/runs/{record['id']}"
    outputs = {o["name"]: o for o in api.get(f"{base}/outputs").json()["items"]}
    assert outputs["total"]["value"] == 51.0
    page = api.get(f"{base}/outputs/doubled/page", params={"sort": "units", "descending": True}).json()
    assert page["rows"][0] == ["Åre", 27.0]
    assert page["total"] == 3
    table = api.get(f"/files/runs/{record['id']}/doubled", params={"format": "csv"})
    assert "Åre" in table.content.decode("utf-8-sig")
    assert 'filename="tiny-table_doubled_' in table.headers["content-disposition"]
    assert api.get(f"{base}/outputs/total/download").text.strip() == "51.0"
    archive = zipfile.ZipFile(io.BytesIO(api.get(f"/files/runs/{record['id']}").content))
    assert "run.json" in archive.namelist()
    assert api.get(f"{base}/outputs/total/page").status_code == 404
    assert api.get(f"/files/runs/{record['id']}/nothing").status_code == 404


def test_list_filter_and_again(api: TestClient) -> None:
    first = run(api, "tiny-sum", values={"a": 1, "b": 2}, label="needle")
    again = api.post(f"/api/v1/runs/{first['id']}/again")
    assert again.status_code == 201
    assert again.json()["again_of"] == first["id"]
    assert api.get("/api/v1/runs", params={"search": "needle", "limit": 1}).json()["total"] == 2
    assert api.get("/api/v1/runs", params={"model": "tiny-table"}).json()["total"] == 0


def test_what_was_typed_cannot_be_guessed_by_searching(api: TestClient) -> None:
    made = run(api, "tiny-sum", values={"a": 734159, "b": 2})
    assert made["values"]["a"] == 734159
    assert api.get("/api/v1/runs", params={"search": "734159"}).json()["total"] == 0


def test_a_failed_run_tells_why(api: TestClient) -> None:
    record = run(api, "tiny-error")
    assert record["state"] == "failed"
    assert "the price of item 7 is missing" in record["error"]["sentence"]
    log = api.get(f"/api/v1/runs/{record['id']}/log").json()
    assert "about to fail" in log["text"]
    rest = api.get(f"/api/v1/runs/{record['id']}/log", params={"offset": log["next_offset"]}).json()
    assert rest["text"] == ""


def test_cancel(api: TestClient) -> None:
    made = api.post("/api/v1/runs", json={"model": "tiny-slow", "values": {"seconds": 60}}).json()
    started = time.monotonic()
    while api.get(f"/api/v1/runs/{made['id']}").json()["state"] not in ("running", "failed"):
        assert time.monotonic() - started < 60
        time.sleep(0.1)
    assert api.post(f"/api/v1/runs/{made['id']}/cancel").status_code == 200
    ended = api.get(f"/api/v1/runs/{made['id']}", params={"wait": 10}).json()
    assert ended["state"] == "cancelled"
    assert api.post(f"/api/v1/runs/{made['id']}/cancel").status_code == 409


@pytest.mark.parametrize(
    ("request_", "where"),
    [
        ({"values": {"factor": "much"}, "inputs": {"sales": "sales"}}, "factor"),
        ({"values": {}}, "sales"),
        ({"inputs": {"sales": "nothing-there"}}, "sales"),
        ({"inputs": {"sales": "sales@7"}}, "sales"),
        ({"inputs": {"sales": "sales", "more": "sales"}}, "more"),
    ],
)
def test_bad_input_is_refused_and_nothing_kept(api: TestClient, request_: dict[str, Any], where: str) -> None:
    response = api.post("/api/v1/runs", json={"model": "tiny-table", **request_})
    assert response.status_code in (404, 422), response.text
    error = response.json()["error"]
    assert where in json.dumps(error["problems"]) or where in error["message"]
    assert api.get("/api/v1/runs").json()["total"] == 0


def test_the_documented_shapes_are_the_engines(api: TestClient, engine: Engine) -> None:
    """OpenAPI promises every key that the engine's records have, no more and no less."""
    from engine.access import LOCAL_ADMIN

    record = run(api, "tiny-sum", values={"a": 1, "b": 2})
    assert set(RunOut.model_fields) == set(engine.runs.get(LOCAL_ADMIN, record["id"]).as_json())
    assert set(RunOutputOut.model_fields) == set(RunOutput("x", "metric").as_json())
