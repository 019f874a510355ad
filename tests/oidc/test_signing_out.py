"""Signing out at both ends: the way to the provider, and the provider's own word."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.signin import providers
from auth.identity import CameBack, ProviderRefused
from auth.service import Auth
from engine.errors import SignedOut
from engine.store.tables_access import SessionRow
from tests.oidc.conftest import BASE
from tests.oidc.running import CLIENT, Running

LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
SignIn = Callable[..., CameBack]


@pytest.fixture(autouse=True)
def _configured(configure: Callable[..., object]) -> None:
    configure()


def token(idp: Running, **changes: Any) -> str:
    """A logout token as the provider would sign it, but for the changes (None takes a claim out)."""
    now = int(time.time())
    usual = {
        "iss": idp.issuer,
        "aud": CLIENT,
        "sub": "ada",
        "iat": now,
        "exp": now + 120,
        "jti": secrets.token_hex(8),
        "events": {LOGOUT: {}},
    }
    claims = {name: value for name, value in (usual | changes).items() if value is not None}
    found = httpx.post(f"{idp.issuer}/control", json={"mint": {"claims": claims, "typ": "logout+jwt"}}).json()
    return str(found["token"])


def sid(auth: Auth, came: CameBack) -> str:
    assert came.began is not None
    with auth.engine.database.read() as session:
        row = session.get(SessionRow, came.began.session)
        assert row is not None
        return row.oidc_sid


def alive(auth: Auth, came: CameBack) -> bool:
    assert came.began is not None
    try:
        auth.sessions.actor(came.began.token)
    except SignedOut:
        return False
    return True


def test_whoever_signs_out_here_is_sent_to_the_provider_and_back(
    auth: Auth, idp: Running, sign_in: SignIn
) -> None:
    came = sign_in("ada")
    assert came.began is not None
    found = auth.sessions.sign_out(came.began.token)
    path = providers.after_sign_out(auth, found)
    sealed = parse_qs(urlsplit(path).query)["of"][0]
    address = providers.leaving(auth, sealed, BASE)
    assert address.startswith(f"{idp.issuer}/session/end?")
    sent = parse_qs(urlsplit(address).query)
    assert sent["post_logout_redirect_uri"] == [f"{BASE}/auth/sign-in"]
    assert sent["client_id"] == [CLIENT]
    assert sent["id_token_hint"][0].count(".") == 2
    assert httpx.get(address).status_code == 200  # the provider knows the address and the token


def test_the_id_token_is_kept_sealed(auth: Auth, sign_in: SignIn) -> None:
    came = sign_in("ada")
    assert came.began is not None
    with auth.engine.database.read() as session:
        row = session.get(SessionRow, came.began.session)
    assert row is not None
    assert row.oidc_hint is not None
    assert row.oidc_hint.startswith("v1.")
    assert "eyJ" not in row.oidc_hint


def test_a_link_that_is_not_ours_leads_nowhere(auth: Auth, sign_in: SignIn) -> None:
    came = sign_in("ada")
    assert came.began is not None
    assert providers.leaving(auth, came.began.session, BASE) == ""
    assert providers.leaving(auth, "", BASE) == ""


def test_signing_out_there_may_be_switched_off(
    auth: Auth, configure: Callable[..., Any], sign_in: SignIn
) -> None:
    came = sign_in("ada")
    assert came.began is not None
    configure(sign_out_there=False)
    assert auth.identity.sign_out_address(came.began.session, BASE) is None


def test_a_provider_that_does_not_answer_keeps_nobody_signed_in(
    auth: Auth, idp: Running, sign_in: SignIn
) -> None:
    came = sign_in("ada")
    assert came.began is not None
    auth.identity._provider = None
    idp.control(down=True)
    assert auth.identity.sign_out_address(came.began.session, BASE) is None


def test_the_providers_word_ends_that_one_sign_in(auth: Auth, idp: Running, sign_in: SignIn) -> None:
    first, second = sign_in("ada"), sign_in("ada")
    assert sid(auth, first) != sid(auth, second)
    assert auth.identity.back_channel(token(idp, sid=sid(auth, first))) == 1
    assert not alive(auth, first)
    assert alive(auth, second)


def test_without_a_session_all_sign_ins_of_that_person_end_and_nobody_elses(
    auth: Auth, idp: Running, sign_in: SignIn
) -> None:
    mine, also, other = sign_in("ada"), sign_in("ada"), sign_in("grace")
    assert auth.identity.back_channel(token(idp)) == 2
    assert [alive(auth, one) for one in (mine, also, other)] == [False, False, True]


def test_a_sign_in_of_somebody_else_is_not_ended_by_its_number(
    auth: Auth, idp: Running, sign_in: SignIn
) -> None:
    other = sign_in("grace")
    assert auth.identity.back_channel(token(idp, sub="ada", sid=sid(auth, other))) == 0
    assert alive(auth, other)


WRONG = {
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "another-application"},
    "no event": {"events": None},
    "another event": {"events": {"http://example/other": {}}},
    "a nonce": {"nonce": "n"},
    "neither person nor session": {"sub": None},
    "no number": {"jti": None},
    "expired": {"exp": 1_000_000_000},
    "old": {"iat": 1_000_000_000},
    "no time": {"iat": None},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_message_that_is_no_logout_token_ends_nothing(
    case: str, auth: Auth, idp: Running, sign_in: SignIn
) -> None:
    came = sign_in("ada")
    with pytest.raises(ProviderRefused):
        auth.identity.back_channel(token(idp, **WRONG[case]))
    assert alive(auth, came)


def test_an_id_token_is_no_logout_token(auth: Auth, idp: Running, sign_in: SignIn) -> None:
    came = sign_in("ada")
    with pytest.raises(ProviderRefused):
        auth.identity.back_channel(token(idp, events=None, nonce="n"))
    with pytest.raises(ProviderRefused):
        auth.identity.back_channel("not a token")
    assert alive(auth, came)


def test_a_message_works_once(auth: Auth, idp: Running, sign_in: SignIn) -> None:
    sent = token(idp)
    auth.identity.back_channel(sent)
    came = sign_in("ada")
    with pytest.raises(ProviderRefused):
        auth.identity.back_channel(sent)
    assert alive(auth, came)
