"""Models and real-time calls over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.predict import encode
from app.api.schema import of_field
from engine.engine import Engine
from engine.parameters.fields import FIELD_TYPES


@pytest.fixture
def api(client: TestClient, engine: Engine, register: Callable[..., Any]) -> TestClient:
    register(engine, "sum", "table", "error")
    return client


def test_list_search_and_get(api: TestClient) -> None:
    listed = api.get("/api/v1/models").json()
    assert {m["name"] for m in listed["items"]} == {"tiny-sum", "tiny-table", "tiny-error"}
    assert listed["total"] == 3
    assert [m["language"] for m in api.get("/api/v1/models?search=sum").json()["items"]] == ["python"]
    page = api.get("/api/v1/models/tiny-sum").json()
    assert page["aliases"] == {"live": 1}
    assert [v["number"] for v in api.get("/api/v1/models/tiny-sum/versions").json()["items"]] == [1]


@pytest.mark.parametrize("version", ["live", "1"])
def test_a_version_has_its_manifest_and_no_path_of_the_server(api: TestClient, version: str) -> None:
    response = api.get(f"/api/v1/models/tiny-sum/versions/{version}")
    assert response.json()["manifest"]["model"]["name"] == "tiny-sum"
    assert "folder" not in response.json()


@pytest.mark.parametrize(
    "path",
    [
        "models/none",
        "models/none/fields",
        "models/tiny-sum/versions/9",
        "models/tiny-sum/fields?version=gone",
    ],
)
def test_what_is_not_there(api: TestClient, path: str) -> None:
    response = api.get(f"/api/v1/{path}")
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not-found"


def test_fields_are_a_schema_that_accepts_the_defaults(api: TestClient) -> None:
    import jsonschema

    for model in ("tiny-sum", "tiny-table", "tiny-error"):
        schema = api.get(f"/api/v1/models/{model}/fields").json()
        jsonschema.Draft202012Validator.check_schema(schema)
        defaults = {n: f["default"] for n, f in schema["properties"].items() if "default" in f}
        missing = set(schema["required"]) - set(defaults)
        if not missing:
            jsonschema.validate(defaults, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**defaults, "surprise": 1}, schema)


def test_every_field_type_has_a_schema() -> None:
    import jsonschema

    given: dict[str, dict[str, Any]] = {
        "list": {"item": {"type": "number"}},
        "table": {"columns": {"a": "text", "b": "number"}},
    }
    for name, cls in FIELD_TYPES.items():
        schema = of_field(cls(**given.get(name, {})))
        jsonschema.Draft202012Validator.check_schema(schema)


def test_a_real_time_call(api: TestClient) -> None:
    response = api.post("/api/v1/models/tiny-sum/predict", json={"values": {"a": 1, "b": 2}})
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["version"] == 1
    assert body["outputs"] == {"total": 6.0}
    assert body["seconds"] >= 0


def test_a_call_with_wrong_values_names_each(api: TestClient) -> None:
    response = api.post("/api/v1/models/tiny-sum/predict", json={"values": {"a": "x", "zz": 1}})
    assert response.status_code == 422
    assert {p["where"] for p in response.json()["error"]["problems"]} >= {"a", "zz"}


def test_a_model_that_fails_is_a_sentence(api: TestClient) -> None:
    response = api.post("/api/v1/models/tiny-error/predict", json={})
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "call-failed"
    assert "the price of item 7 is missing" in response.json()["error"]["message"]


def test_the_documented_call_answers_the_same(api: TestClient, engine: Engine) -> None:
    from app.api.predict import documented
    from app.api.shapes import PredictRequest
    from engine.access import LOCAL_ADMIN

    body = documented(engine, LOCAL_ADMIN, "tiny-sum", PredictRequest(values={"a": 1, "b": 2}))
    assert body["outputs"] == {"total": 6.0}


def test_a_real_time_call_takes_a_parameter_set(api: TestClient, engine: Engine) -> None:
    from engine.access import LOCAL_ADMIN

    sets = engine.sets
    sets.create(LOCAL_ADMIN, "tiny-sum", "daily")
    sets.submit(LOCAL_ADMIN, "tiny-sum", "daily", {"a": 10, "b": 20}, reason="For the test.")
    sets.set_place(LOCAL_ADMIN, "tiny-sum", "daily", "DE")
    sets.submit(LOCAL_ADMIN, "tiny-sum", "daily", {"a": 11}, reason="For Germany.", place="DE")
    body = {"parameter_set": "daily", "place": "DE", "values": {"c": 100}}
    found = api.post("/api/v1/models/tiny-sum/predict", json=body).json()
    assert found["outputs"] == {"total": 131.0}
    assert found["parameter_set"]["versions"] == {"": 1, "DE": 2}
    assert found["parameter_set"]["overrides"] == ["c"]
    engine.runs.realtime.flush()
    assert [run.id for run in sets.used_by(LOCAL_ADMIN, "tiny-sum", "daily", 2)] == [found["run"]]
    assert (
        api.post("/api/v1/models/tiny-sum/predict", json={"values": {"a": 1}})
        .json()
        .keys()
        .isdisjoint({"parameter_set"})
    )


def test_a_real_time_call_with_a_set_that_is_none_is_a_sentence(api: TestClient) -> None:
    for body, status in (
        ({"parameter_set": "nothing"}, 404),
        ({"parameter_set": "daily@x"}, 422),
        ({"parameter_set": 3}, 422),
        ({"parameter_set": "daily", "place": ["DE"]}, 422),
        ({"parameter_set": "\ud800"}, 404),
    ):
        found = api.post(
            "/api/v1/models/tiny-sum/predict",
            content=json.dumps(body),
            headers={"content-type": "application/json"},
        )
        assert (found.status_code, bool(found.json()["error"]["message"])) == (status, True), body


def test_what_json_cannot_hold_is_named() -> None:
    assert (
        encode({"outputs": {"x": float("inf"), "y": float("nan")}})
        == b'{"outputs":{"x":"Infinity","y":"NaN"}}'
    )
