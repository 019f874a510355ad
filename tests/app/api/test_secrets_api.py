"""Secrets, notices and mail over the API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.api.application import create_api
from app.gate import Gate
from auth.service import Auth
from engine.access import LOCAL_ADMIN
from tests import signing_in
from tests.notify.mail_server import MailServer

SECRETS = "/api/v1/secrets"


def as_person(auth: Auth, name: str, *roles: str) -> TestClient:
    account = signing_in.person(auth, name, *roles)
    return TestClient(
        Gate(create_api()), raise_server_exceptions=False, cookies=signing_in.cookies(auth, account)
    )


def test_a_secret_goes_in_and_does_not_come_out(client: TestClient) -> None:
    body = {"value": "hunter2-shop", "department": "Testing", "description": "The shop"}
    stored = client.put(f"{SECRETS}/shop", json=body)
    assert stored.status_code == 200, stored.text
    assert stored.json()["department"] == "Testing"
    listed = client.get(SECRETS)
    assert [one["name"] for one in listed.json()["items"]] == ["shop"]
    shown = client.get(f"{SECRETS}/shop")
    assert "hunter2" not in stored.text + listed.text + shown.text
    assert client.delete(f"{SECRETS}/shop").status_code == 204
    assert client.get(f"{SECRETS}/shop").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"value": "abc"},
        {"value": ["hunter2-in-a-list"]},
        {"value": "hunter2-long" * 10_000},
        {"value": "hunter2-shop", "surplus": "hunter2-surplus"},
        {"department": "hunter2-department"},
        "hunter2-alone",
    ],
)
def test_what_is_refused_is_not_repeated(client: TestClient, body: object) -> None:
    answer = client.put(f"{SECRETS}/shop", json=body)
    assert answer.status_code == 422, answer.text
    assert "hunter2" not in answer.text
    assert answer.json()["error"]["message"]


def test_the_servers_own_secrets_are_not_there(client: TestClient, auth: Auth) -> None:
    auth.secrets.put_own(LOCAL_ADMIN, "quarterdeck.smtp-password", "hunter2-mail")
    assert client.get(SECRETS).json()["items"] == []
    assert client.get(f"{SECRETS}/quarterdeck.smtp-password").status_code == 404
    assert client.delete(f"{SECRETS}/quarterdeck.smtp-password").status_code == 404
    answer = client.put(f"{SECRETS}/quarterdeck.smtp-password", json={"value": "hunter2-other"})
    assert answer.status_code >= 400
    assert auth.secrets.own("quarterdeck.smtp-password") == "hunter2-mail"


def test_a_department_has_its_own_secrets(auth: Auth, client: TestClient) -> None:
    for name, department in (("ours", "Marketing"), ("theirs", "Procurement")):
        client.put(f"{SECRETS}/{name}", json={"value": "hunter2-value", "department": department})
    client.put(f"{SECRETS}/company", json={"value": "hunter2-value"})
    modeller = as_person(auth, "mo", "modeller@Marketing")
    assert [one["name"] for one in modeller.get(SECRETS).json()["items"]] == ["ours"]
    assert modeller.get(f"{SECRETS}/theirs").status_code == 404
    assert modeller.put(f"{SECRETS}/ours", json={"value": "hunter2-value"}).status_code == 403
    chief = as_person(auth, "chief", "administrator@Marketing")
    ours = {"value": "hunter2-next", "department": "Marketing"}
    assert chief.put(f"{SECRETS}/ours", json=ours).status_code == 200
    assert chief.put(f"{SECRETS}/ours", json={**ours, "department": "Procurement"}).status_code in (403, 404)
    usable = client.get(SECRETS, params={"usable_in": "Marketing"}).json()["items"]
    assert {one["name"] for one in usable} == {"ours", "company"}


def test_notices_of_ones_own_are_listed_and_read(auth: Auth) -> None:
    ada = as_person(auth, "ada", "viewer@Testing")
    account = signing_in.person(auth, "ada")
    with auth.engine.database.change(LOCAL_ADMIN) as change:
        auth.engine.notify.tell(change, account, "run-failed", "A run failed", "Because.", "/run?run=1")
    found = ada.get("/api/v1/notices").json()
    assert (found["total"], found["items"][0]["title"]) == (1, "A run failed")
    assert ada.post("/api/v1/notices/read", json={"ids": [found["items"][0]["id"]]}).json() == {"read": 1}
    assert ada.get("/api/v1/notices", params={"unread": True}).json()["items"] == []
    assert ada.put("/api/v1/notices/mailed", json={"run-failed": False}).json()["run-failed"] is False
    assert ada.put("/api/v1/notices/mailed", json={"new-device": False}).status_code == 422
    assert ada.get("/api/v1/mail").status_code == 403


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    made = MailServer(tmp_path / "mail", "none", signing_in=False).start()
    yield made
    made.stop()


def test_a_test_mail_says_what_happened(client: TestClient, auth: Auth, mail_server: MailServer) -> None:
    asked = {"address": "ada@example.com"}
    assert client.post("/api/v1/mail/test", json=asked).json()["ok"] is False
    auth.options.put(LOCAL_ADMIN, "email", mail_server.option())
    assert client.post("/api/v1/mail/test", json=asked).json()["ok"] is True
    mail_server.box.wait(1)
    assert client.get("/api/v1/mail").json()["items"] == []
