"""API tokens over the API: made with a session, used by programs, ended at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.application import create_api
from app.gate import Gate
from auth.service import Auth
from tests import signing_in

TOKENS, ME = "/api/v1/tokens", "/api/v1/me"


@pytest.fixture
def ada(auth: Auth) -> Iterator[TestClient]:
    """A client in which an editor of Marketing is signed in."""
    account = signing_in.person(auth, "ada", "editor@Marketing")
    with TestClient(Gate(create_api()), cookies=signing_in.cookies(auth, account)) as made:
        yield made


@pytest.fixture
def program(auth: Auth) -> Iterator[TestClient]:
    """A client without a session."""
    with TestClient(Gate(create_api())) as made:
        yield made


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}


def made(client: TestClient, **wanted: Any) -> dict[str, Any]:
    answer = client.post(TOKENS, json={"title": "Nightly load"} | wanted)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_who_one_is(ada: TestClient) -> None:
    found = ada.get(ME).json()
    assert (found["name"], found["kind"]) == ("Ada", "person")
    assert found["roles"] == [{"role": "editor", "department": "Marketing"}]


def test_a_program_acts_by_its_token(ada: TestClient, program: TestClient) -> None:
    token = made(ada, roles=["viewer"], days=7)
    found = program.get(ME, headers=bearer(token["token"])).json()
    assert found["kind"] == "token"
    assert found["roles"] == [{"role": "viewer", "department": "Marketing"}]
    assert program.get("/api/v1/models", headers=bearer(token["token"])).status_code == 200


def test_a_viewers_token_cannot_write_what_its_editor_can(ada: TestClient, program: TestClient) -> None:
    token = made(ada, roles=["viewer"])
    sent = {"model": "sum", "values": {}}
    assert program.post("/api/v1/runs", json=sent, headers=bearer(token["token"])).status_code in (403, 404)


def test_its_text_is_in_one_answer_only(ada: TestClient) -> None:
    token = made(ada)
    listed = ada.get(TOKENS)
    assert listed.json()["items"][0]["id"] == token["id"]
    assert token["token"].rsplit("_", 1)[1] not in listed.text


def test_a_revoked_token_is_refused_by_the_next_request(ada: TestClient, program: TestClient) -> None:
    token = made(ada)
    assert program.get(ME, headers=bearer(token["token"])).status_code == 200
    assert ada.delete(f"{TOKENS}/{token['id']}").json()["state"] == "revoked"
    refused = program.get(ME, headers=bearer(token["token"]))
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "signed-out"
    assert "revoked" in refused.json()["error"]["message"]


def test_a_token_cannot_make_list_or_end_tokens(ada: TestClient, program: TestClient) -> None:
    token = made(ada)
    head = bearer(token["token"])
    assert program.post(TOKENS, json={"title": "Another"}, headers=head).status_code == 403
    assert program.get(TOKENS, headers=head).status_code == 403
    assert program.delete(f"{TOKENS}/{token['id']}", headers=head).status_code == 403


def test_all_that_is_wrong_is_told(ada: TestClient) -> None:
    answer = ada.post(TOKENS, json={"title": "", "days": 9999, "roles": ["administrator"]})
    assert answer.status_code == 422
    assert [p["where"] for p in answer.json()["error"]["problems"]] == ["title", "days", "roles"]


def test_only_who_manages_sign_ins_sees_everybodys(ada: TestClient, client: TestClient) -> None:
    token = made(ada)
    assert ada.get(TOKENS, params={"everybody": True}).status_code == 403
    listed = client.get(TOKENS, params={"everybody": True}).json()["items"]
    assert token["id"] in {one["id"] for one in listed}
    assert client.delete(f"{TOKENS}/{token['id']}").status_code == 200


def test_a_token_that_is_not_ones_own_is_not_there(ada: TestClient, client: TestClient) -> None:
    token = made(client)
    assert ada.delete(f"{TOKENS}/{token['id']}").status_code == 404
    assert ada.delete(f"{TOKENS}/unknown").status_code == 404


@pytest.mark.parametrize("text", ["", "qd_x", "qd_01ARZ3NDEKTSV4RRFFQ69G5FAV_" + "a" * 43, "é", "a b"])
def test_what_is_no_token_gets_a_401(text: str, program: TestClient) -> None:
    answer = program.get(ME, headers={"Authorization": f"Bearer {text}".encode()})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "signed-out"
