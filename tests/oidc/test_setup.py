"""What administrators set, and the test button: right words for each mistake, and no secret anywhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from auth import oidc_http
from auth.identity import CameBack, Mapped, ProviderOptions, ProviderRefused
from auth.oidc_options import wrong_address
from auth.rights import ROLES
from auth.secrets import CLIENT_SECRET
from auth.service import Auth
from engine.access import LOCAL_ADMIN, Actor, Grant
from engine.errors import Conflict, Invalid, Refused
from engine.store.database import EventRow
from tests.oidc.conftest import BASE, Trip
from tests.oidc.running import SECRET, Running

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=12)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "idp.example",
        "http://idp.example",
        "http://10.0.0.1/realm",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example/",
        "ftp://idp.example",
        "file:///etc/passwd",
        "https://user:word@idp.example",
        "https://idp.example/#x",
        "https://[::1",
        "https://idp.example:99999",
        "javascript:alert(1)",
        "https://" + "a" * 600,
        "https://idp.example/\nSet-Cookie: x=1",
        "https://idp.example/ x",
        "https://idp\u2024example",
    ],
)
def test_addresses_that_are_never_called(address: str) -> None:
    assert wrong_address(address)
    with pytest.raises(ProviderRefused):
        oidc_http.check(address, "token_endpoint")


def test_a_query_that_would_break_a_header_is_no_part_of_an_address() -> None:
    with pytest.raises(ProviderRefused):
        oidc_http.check("https://idp.example/end?a=1\r\nSet-Cookie: x=1", "end_session_endpoint")
    assert oidc_http.check("https://idp.example/end?policy=a%20b", "end_session_endpoint")


@pytest.mark.parametrize(
    "address",
    ["https://idp.example", "https://idp.example:8443/realms/x", "http://localhost:9000", "http://[::1]:9/a"],
)
def test_addresses_that_may_be_called(address: str) -> None:
    assert wrong_address(address) == ""


@pytest.mark.parametrize(
    "typed", ["https://idp.example/x", "https://idp.example/x/.well-known/openid-configuration"]
)
def test_issuer_and_discovery_address_may_both_be_typed(typed: str) -> None:
    options = ProviderOptions(address=typed)
    assert options.discovery == "https://idp.example/x/.well-known/openid-configuration"


@given(
    WORDS,
    st.lists(st.builds(Mapped, WORDS, st.sampled_from(sorted(ROLES)), WORDS), max_size=5, unique=True),
    st.integers(0, 300),
    st.booleans(),
)
def test_settings_survive_being_stored(
    title: str, mapping: list[Mapped], skew: int, only_mapped: bool
) -> None:
    options = ProviderOptions(
        title=title, mapping=tuple(sorted(mapping)), skew_seconds=skew, only_mapped=only_mapped
    ).tidied()
    assert ProviderOptions.from_dict(options.as_dict() | {"of a later version": 1}) == options


def test_all_mistakes_are_told_at_once() -> None:
    wrong = ProviderOptions(
        enabled=True,
        title="",
        address="http://idp.example",
        scopes="profile",
        domains=("@@",),
        skew_seconds=301,
        name_claim="",
        mapping=(Mapped("", "pope", "Nowhere"), Mapped("*", "administrator")),
    )
    with pytest.raises(Invalid) as caught:
        wrong.tidied().check(["Marketing"])
    assert {problem.where for problem in caught.value.problems} == {
        "address",
        "client_id",
        "scopes",
        "title",
        "skew_seconds",
        "domains",
        "name_claim",
        "mapping",
    }
    assert len([p for p in caught.value.problems if p.where == "mapping"]) == 4


def test_the_secret_is_stored_sealed_and_nowhere_else(auth: Auth, configure: Callable[..., Any]) -> None:
    configure()
    assert auth.identity.has_secret(LOCAL_ADMIN)
    assert auth.secrets.own(CLIENT_SECRET) == SECRET
    assert SECRET not in repr(auth.identity.options(LOCAL_ADMIN))
    with auth.engine.database.read() as session:
        assert not any(SECRET in row.data for row in session.exec(select(EventRow)))
    auth.engine.database.sql.dispose()
    files = [file for file in auth.settings.data.rglob("*") if file.is_file()]
    assert not any(SECRET.encode() in file.read_bytes() for file in files)


def test_the_secret_of_one_provider_is_never_sent_to_another(
    auth: Auth, configure: Callable[..., Any]
) -> None:
    options = configure()
    with pytest.raises(Invalid, match="again"):
        auth.identity.configure(LOCAL_ADMIN, replace(options, address="https://evil.example"))
    with pytest.raises(Invalid, match="again"):
        auth.identity.configure(LOCAL_ADMIN, replace(options, client_id="another"))
    auth.identity.configure(LOCAL_ADMIN, replace(options, title="Kronkers"))
    assert auth.identity.offer() == "Kronkers"


def test_only_administrators_set_it_up(auth: Auth) -> None:
    person, _ = auth.accounts.create(LOCAL_ADMIN, "mo", grants=[Grant("modeller")])
    mo = auth.accounts.actor_of(person.id)
    for work in (
        lambda: auth.identity.options(mo),
        lambda: auth.identity.configure(mo, ProviderOptions()),
        lambda: auth.identity.test(mo, BASE),
        lambda: auth.identity.has_secret(mo),
        lambda: auth.identity.disconnect(mo, person.id),
    ):
        with pytest.raises(Refused):
            work()


def test_the_test_button_finds_everything_in_order(auth: Auth, configure: Callable[..., Any]) -> None:
    configure()
    report = auth.identity.test(LOCAL_ADMIN, BASE)
    assert report.ok, report.checks
    assert {check.name: check.ok for check in report.checks} == {
        "discovery": True,
        "keys": True,
        "clock": True,
        "client": True,
        "sign-out": True,
        "back-channel": True,
        "people": None,
    }
    assert report.redirect_address == f"{BASE}/auth/oidc/callback"
    assert report.clock is not None
    assert abs(report.clock) < 2
    assert len(report.keys) == 1


def failing(auth: Auth, options: ProviderOptions) -> dict[str, str]:
    report = auth.identity.test(LOCAL_ADMIN, BASE, options)
    assert not report.ok
    return {check.name: check.sentence for check in report.checks if check.ok is False}


def test_the_test_button_tells_a_wrong_address(
    auth: Auth, idp: Running, configure: Callable[..., Any]
) -> None:
    options = configure()
    assert "is no issuer" in failing(auth, replace(options, address=""))["address"]
    assert "does not answer" in failing(auth, replace(options, address="http://127.0.0.1:9"))["discovery"]
    assert "not as a provider" in failing(auth, replace(options, address=f"{idp.issuer}/x"))["discovery"]
    idp.control(down=True)
    assert "<" not in failing(auth, options)["discovery"]


def test_the_test_button_tells_a_wrong_secret(auth: Auth, configure: Callable[..., Any]) -> None:
    options = configure()
    auth.identity.configure(LOCAL_ADMIN, options, client_secret="another")
    assert "refuses the client" in failing(auth, options)["client"]
    assert auth.identity.test(LOCAL_ADMIN, BASE, options, SECRET).ok


def test_the_test_button_never_sends_the_secret_elsewhere(auth: Auth, configure: Callable[..., Any]) -> None:
    options = configure()
    assert "client" in failing(auth, replace(options, client_id="another"))


# ---- connecting accounts that are there already


@pytest.fixture
def local(auth: Auth) -> Actor:
    """Somebody with an account of this installation, called as at the provider."""
    person, _ = auth.accounts.create(LOCAL_ADMIN, "ada", "Ada", grants=[Grant("viewer", "Procurement")])
    return auth.accounts.actor_of(person.id)


def test_one_connects_ones_own_account(
    auth: Auth,
    configure: Callable[..., Any],
    local: Actor,
    travel: Callable[..., Trip],
    sign_in: Callable[..., CameBack],
) -> None:
    configure()
    came = travel("ada", account=local.id).finish(account=local.id)
    assert (came.began, came.account) == (None, local.id)
    assert auth.accounts.get(LOCAL_ADMIN, local.id).kind == "oidc"
    assert sign_in("ada").account == local.id
    assert auth.accounts.actor_of(local.id).grants == {
        Grant("viewer", "Procurement"),
        Grant("analyst", "Marketing"),
    }


def test_nobody_connects_somebody_elses_account(
    auth: Auth, configure: Callable[..., Any], local: Actor, travel: Callable[..., Trip]
) -> None:
    configure()
    trip = travel("ada", account=local.id)
    for account in ("", "another"):
        with pytest.raises(ProviderRefused) as caught:
            trip.finish(account=account)
        assert caught.value.reason == "state"
    assert auth.accounts.get(LOCAL_ADMIN, local.id).kind == "local"


def test_an_identity_belongs_to_one_account(
    auth: Auth,
    configure: Callable[..., Any],
    local: Actor,
    travel: Callable[..., Trip],
    sign_in: Callable[..., CameBack],
) -> None:
    configure()
    sign_in("grace")
    with pytest.raises(ProviderRefused) as caught:
        travel("grace", account=local.id).finish(account=local.id)
    assert caught.value.reason == "connected"


def test_an_account_is_disconnected_by_an_administrator(
    auth: Auth, configure: Callable[..., Any], sign_in: Callable[..., CameBack]
) -> None:
    configure()
    came = sign_in("ada")
    auth.identity.disconnect(LOCAL_ADMIN, came.account, "provider given up")
    person = auth.accounts.get(LOCAL_ADMIN, came.account)
    assert (person.kind, person.grants) == ("local", ())
    with pytest.raises(Conflict):
        auth.identity.disconnect(LOCAL_ADMIN, came.account)
    with pytest.raises(ProviderRefused) as caught:
        sign_in("ada")
    assert caught.value.reason == "taken"


def test_the_last_administrator_is_not_disconnected(
    auth: Auth, configure: Callable[..., Any], sign_in: Callable[..., CameBack]
) -> None:
    configure()
    came = sign_in("grace")
    with pytest.raises(Conflict, match="last administrator"):
        auth.identity.disconnect(LOCAL_ADMIN, came.account)
