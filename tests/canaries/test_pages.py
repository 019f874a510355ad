"""The pages about secrets, mail, people and health draw no planted secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import state
from auth.secrets import CLIENT_SECRET, SMTP_PASSWORD
from auth.service import Auth
from engine.access import Actor, Grant
from engine.settings import ROOT
from tests import signing_in

PLANTED = ["hunter2-shop-canary", "hunter2-mail-canary", "hunter2-client-canary"]
PAGES = [
    "admin_secrets",
    "admin_email",
    "admin_identity",
    "admin_tokens",
    "admin_sessions",
    "admin_health",
    "admin_people",
    "account",
    "inbox",
]


# who may ask for a value at all; pages and the API are not among them
ASKING = re.compile(r"\.(?:reveal|own|unseal|open_text)\(")
ALLOWED = {
    "app/signin/providers.py",  # a form's own state, sealed for a minute
    "auth/identity.py",
    "auth/oidc_flow.py",
    "auth/secrets.py",
    "engine/notify/desk.py",
    "engine/notify/outbox.py",
    "engine/parameters/feeds/reading.py",  # the header of the address that a feed reads
    "engine/runs/secret_values.py",
}


def test_only_code_that_connects_or_calls_asks_for_values() -> None:
    found = {
        str(file.relative_to(ROOT))
        for folder in ("app", "pages", "engine", "auth")
        for file in (ROOT / folder).rglob("*.py")
        if ASKING.search(file.read_text("utf-8"))
    }
    assert found <= ALLOWED, "values of secrets are asked for in a new place: is that needed?"


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What pages put into components (a browser is needed to show those)."""
    html: list[str] = []

    def component(*_: Any, **__: Any) -> Any:
        def mount(**given: Any) -> Any:
            html.append(repr(given))
            return _Nothing()

        return mount

    monkeypatch.setattr(st.components.v2, "component", component)
    return html


def protos(node: Any) -> Iterator[str]:
    """All that goes to the browser, element by element."""
    yield str(getattr(node, "proto", ""))
    for child in getattr(node, "children", {}).values():
        yield from protos(child)


class _Nothing:
    """What a component answers when nobody has done anything with it."""

    def __getattr__(self, _name: str) -> None:
        return None


@pytest.fixture
def administrator(auth: Auth) -> Iterator[Actor]:
    """Signed in beside planted secrets."""
    account = signing_in.person(auth, "ada", email="ada@example.com")
    actor = Actor(id=account, name="Ada", grants=frozenset({Grant("administrator")}))
    auth.secrets.set(actor, "shop", PLANTED[0], description="The shop")
    auth.secrets.put_own(actor, SMTP_PASSWORD, PLANTED[1])
    auth.secrets.put_own(actor, CLIENT_SECRET, PLANTED[2])
    auth.options.put(actor, "email", {"host": "localhost", "sender": "q@example.com", "username": "q"})
    state.attach(auth)
    with state.acting(actor):
        yield actor
    state.detach(auth)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_draws_no_secret(administrator: Actor, drawn: list[str], page: str) -> None:
    shown = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=60).run()
    assert not shown.exception, shown.exception
    everything = "".join([*drawn, *protos(shown._tree)])
    assert "Title" in repr(shown._tree)
    assert not [value for value in PLANTED if value in everything]
