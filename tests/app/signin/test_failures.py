"""What strangers read where something inside does not work."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import state
from app.gate import Gate
from app.signin.application import create_signin
from auth.service import opened
from engine.settings import Settings
from tests.signing_in import PASSWORD, person


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_a_lost_master_key_is_no_news_for_strangers(
    settings: Settings, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    first = opened(settings)
    person(first, "ada", password=PASSWORD)
    key = Path(settings.master_key_path)
    known = first.keys.newest
    first.engine.stop()
    key.unlink()
    auth = opened(settings)
    state.attach(auth)
    try:
        with TestClient(Gate(create_signin()), base_url="https://testserver") as client:
            client.get("/auth/sign-in")
            form = client.cookies["__Host-quarterdeck-form"]
            answer = client.post("/auth/sign-in", data={"form": form, "name": name, "password": PASSWORD})
    finally:
        state.detach(auth)
        auth.engine.stop()
    assert answer.status_code == 503
    assert "log" in answer.text
    for secret in (str(key), key.name, str(settings.data), known, "give-up-key"):
        assert secret not in answer.text
    assert str(key) in capfd.readouterr().out, "the log has it"
