"""Tokens and the identity provider on the command line of the machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from auth.service import opened
from engine.settings import Settings
from tests import signing_in


def test_a_token_for_a_programs_account(quarterdeck: Callable[..., Any], data: Path) -> None:
    auth = opened(Settings())
    signing_in.person(auth, "loader", "editor@Marketing")
    auth.engine.stop()
    made = quarterdeck("tokens", "create", "loader", "--title", "Nightly", "--days", "3", "--role", "viewer")
    assert made.code == 0, made.err
    text = made.out.strip()
    assert text.startswith("qd_")
    assert "not shown again" in made.err
    (listed,) = quarterdeck("tokens", "list", "--json").json
    assert (listed["title"], listed["roles"], listed["state"]) == ("Nightly", ["viewer"], "active")
    assert text not in quarterdeck("tokens", "list").out
    assert quarterdeck("tokens", "revoke", listed["id"], "--reason", "done").code == 0
    assert quarterdeck("tokens", "list", "--json").json == []
    assert len(quarterdeck("tokens", "list", "--all", "--json").json) == 1


def test_an_unknown_name_is_a_sentence(quarterdeck: Callable[..., Any]) -> None:
    said = quarterdeck("tokens", "create", "nobody", "--title", "x")
    assert said.code == 2
    assert "nobody" in said.err


def test_a_provider_that_is_not_set_up_is_a_failed_check(quarterdeck: Callable[..., Any]) -> None:
    said = quarterdeck("identity", "test")
    assert said.code == 1
    assert "/auth/oidc/callback" in said.out
    assert quarterdeck("identity", "show", "--json").json["enabled"] is False
    assert quarterdeck("identity", "off").code == 0


def test_disconnecting_a_local_account_is_a_sentence(quarterdeck: Callable[..., Any]) -> None:
    auth = opened(Settings())
    signing_in.person(auth, "ada")
    auth.engine.stop()
    said = quarterdeck("identity", "disconnect", "ada")
    assert said.code == 2
    assert "nothing to undo" in said.err
