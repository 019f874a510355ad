"""What a provider, or somebody who poses as one, must not get away with. Each against a real provider."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from auth import oidc_provider
from auth.identity import ProviderRefused
from auth.oidc_flow import CONTEXT
from auth.service import Auth
from tests.oidc.conftest import BASE, Trip
from tests.oidc.running import CLIENT, SECRET, Person, Running

Travel = Callable[..., Trip]


@pytest.fixture(autouse=True)
def _configured(configure: Callable[..., object]) -> None:
    configure()


def refused(work: Callable[[], object]) -> str:
    with pytest.raises(ProviderRefused) as caught:
        work()
    assert "<" not in caught.value.sentence
    assert "alert" not in caught.value.detail
    return caught.value.reason


NOW = time.time
TAMPERED = {
    "another nonce": ({"nonce": "another"}, "nonce"),
    "no nonce": ({"nonce": None}, "nonce"),
    "another issuer": ({"iss": "https://evil.example"}, "issuer"),
    "no issuer": ({"iss": None}, "issuer"),
    "another audience": ({"aud": "another-application"}, "audience"),
    "no audience": ({"aud": None}, "audience"),
    "two audiences and no party": ({"aud": [CLIENT, "another"], "azp": None}, "audience"),
    "another party": ({"azp": "another-application"}, "audience"),
    "expired": ({"exp": int(NOW()) - 120}, "expired"),
    "no expiry": ({"exp": None}, "claims"),
    "an expiry that is no time": ({"exp": "tomorrow"}, "claims"),
    "no time of issue": ({"iat": None}, "claims"),
    "issued long ago": ({"iat": int(NOW()) - 3600}, "expired"),
    "issued in the future": ({"iat": int(NOW()) + 7200, "exp": int(NOW()) + 9000}, "expired"),
    "not valid yet": ({"nbf": int(NOW()) + 7200}, "expired"),
    "no subject": ({"sub": None}, "claims"),
    "a subject that is no text": ({"sub": 17}, "claims"),
    "another access token": ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "signature"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_an_identity_that_is_not_what_was_asked_for_is_refused(
    case: str, idp: Running, travel: Travel, auth: Auth
) -> None:
    claims, reason = TAMPERED[case]
    trip = travel("ada")
    idp.control(tamper=claims)
    assert refused(trip.finish) == reason
    assert auth.accounts.find_by_name("ada") is None


@pytest.mark.parametrize("sign", ["none", "hs256", "stranger", "unknown-kid"])
def test_an_identity_that_the_provider_did_not_sign_is_refused(
    sign: str, idp: Running, travel: Travel
) -> None:
    trip = travel("ada")
    idp.control(sign=sign)
    assert refused(trip.finish) == "signature"


def test_clocks_may_differ_by_what_is_allowed(idp: Running, travel: Travel) -> None:
    trip = travel("ada")
    idp.control(tamper={"exp": int(NOW()) - 30, "iat": int(NOW()) + 30})
    assert trip.finish().began is not None


def test_another_browser_cannot_finish_a_sign_in(travel: Travel) -> None:
    trip = travel("ada")
    trip.cookies = {}
    assert refused(trip.finish) == "state"


def test_an_answer_to_another_sign_in_of_the_same_browser_is_refused(travel: Travel) -> None:
    mine, theirs = travel("ada"), travel("grace")
    mine.answer = mine.answer | {"code": theirs.answer["code"]}
    assert refused(mine.finish) == "code"  # the verifier belongs to the other code (PKCE)


def test_a_state_of_another_value_is_refused(travel: Travel) -> None:
    trip = travel("ada")
    trip.answer["state"] = trip.answer["state"][:8] + "0" * 40
    assert refused(trip.finish) == "state"


def test_a_cookie_that_somebody_made_is_refused(travel: Travel) -> None:
    trip = travel("ada")
    trip.cookies = {name: value[:-4] + "AAAA" for name, value in trip.cookies.items()}
    assert refused(trip.finish) == "state"


def test_a_sign_in_older_than_ten_minutes_is_refused(auth: Auth, travel: Travel) -> None:
    import json

    trip = travel("ada")
    (name, value), *_ = trip.cookies.items()
    pending = json.loads(auth.keys.open_text(value, CONTEXT)) | {"at": int(NOW()) - 601}
    trip.cookies = {name: auth.keys.seal(json.dumps(pending), CONTEXT)}
    assert refused(trip.finish) == "state"


def test_a_code_works_once(travel: Travel) -> None:
    trip = travel("ada")
    trip.finish()
    assert refused(trip.finish) == "code"


def test_an_answer_that_names_another_provider_is_refused(idp: Running, travel: Travel) -> None:
    idp.control(iss="https://evil.example")
    assert refused(travel("ada").finish) == "issuer"


def test_an_answer_without_the_providers_name_is_refused_where_it_names_itself(travel: Travel) -> None:
    trip = travel("ada")
    del trip.answer["iss"]
    assert refused(trip.finish) == "issuer"


def test_what_the_provider_says_of_an_error_is_not_shown(idp: Running, travel: Travel) -> None:
    idp.control(deny="access_denied")
    assert refused(travel("ada").finish) == "cancelled"


@pytest.mark.parametrize(
    ("status", "reason"), [(200, "misconfigured"), (502, "unreachable"), (429, "misconfigured")]
)
def test_a_page_instead_of_an_answer_is_a_sentence(
    status: int, reason: str, idp: Running, travel: Travel
) -> None:
    trip = travel("ada")
    idp.control(page={"status": status, "html": "<h1>Sorry</h1><script>alert(1)</script>"})
    assert refused(trip.finish) == reason


def test_an_answer_without_end_is_cut_off(idp: Running, travel: Travel) -> None:
    trip = travel("ada")
    idp.control(page={"status": 200, "html": "x" * 3_000_000})
    assert refused(trip.finish) == "unreachable"


def test_a_provider_that_is_down_is_a_sentence(idp: Running, auth: Auth) -> None:
    idp.control(down=True)
    assert refused(lambda: auth.identity.begin(BASE)) == "unreachable"


def test_a_provider_that_is_down_is_not_asked_by_everybody_who_waits(idp: Running, auth: Auth) -> None:
    idp.control(down=True)
    before = idp.asked("/.well-known/openid-configuration")
    for _ in range(5):
        refused(lambda: auth.identity.begin(BASE))
    assert idp.asked("/.well-known/openid-configuration") == before + 1
    idp.control(down=False)
    auth.identity.provider()._description.next_try = 0.0
    assert auth.identity.begin(BASE).address.startswith(idp.issuer)


def test_a_known_provider_that_does_not_describe_itself_for_a_while_goes_on_working(
    idp: Running, auth: Auth, travel: Travel
) -> None:
    travel("ada").finish()
    provider = auth.identity.provider()
    provider._description.at -= oidc_provider.FRESH_SECONDS + 1
    idp.control(down=True)
    assert provider.description().issuer == idp.issuer


def test_new_keys_are_fetched_once_they_are_used(idp: Running, travel: Travel) -> None:
    travel("ada").finish()
    idp.control(rotate=True)
    before = idp.asked("/jwks")
    assert travel("ada").finish().began is not None
    assert idp.asked("/jwks") == before + 1


def test_invented_key_names_do_not_make_us_ask_again_and_again(idp: Running, travel: Travel) -> None:
    travel("ada").finish()
    before = idp.asked("/jwks")
    idp.control(sign="unknown-kid")
    for _ in range(3):
        assert refused(travel("ada").finish) == "signature"
    assert idp.asked("/jwks") == before + 1


def test_a_wrong_secret_of_the_client_is_refused(
    configure: Callable[..., Any], auth: Auth, travel: Travel
) -> None:
    from engine.access import LOCAL_ADMIN

    auth.identity.configure(LOCAL_ADMIN, configure(), client_secret=SECRET + "x")
    assert refused(travel("ada").finish) == "misconfigured"


def test_switched_off_means_off(configure: Callable[..., Any], auth: Auth, travel: Travel) -> None:
    trip = travel("ada")
    configure(enabled=False)
    assert auth.identity.offer() is None
    assert refused(trip.finish) == "off"
    assert refused(lambda: auth.identity.begin(BASE)) == "off"


def test_too_many_failures_of_an_address_have_to_wait(idp: Running, auth: Auth, travel: Travel) -> None:
    from auth.throttle import RULES, Throttled

    idp.control(page={"status": 400, "html": "no"})
    trip = travel("ada")
    for _ in range(RULES["address"].free + 1):
        refused(lambda: trip.finish(address="198.51.100.9"))
    with pytest.raises(Throttled):
        trip.finish(address="198.51.100.9")
    assert refused(lambda: trip.finish(address="198.51.100.10")) == "misconfigured"


def test_a_failure_is_noted_for_the_administrator(idp: Running, auth: Auth, travel: Travel) -> None:
    from sqlmodel import select

    from engine.store.database import EventRow

    trip = travel("ada")
    idp.control(tamper={"nonce": "another"})
    refused(trip.finish)
    with auth.engine.database.read() as session:
        rows = list(session.exec(select(EventRow).where(EventRow.name == "provider-sign-in-failed")))
    assert [row.data for row in rows] == ['{"account": "", "reason": "nonce"}']


def test_two_tabs_do_not_disturb_each_other(auth: Auth) -> None:
    first, second = auth.identity.begin(BASE), auth.identity.begin(BASE)
    browser = Person("ada")
    cookies = {first.cookie: first.value, second.cookie: second.value}
    for begun in (second, first):
        answer = browser.go(begun.address, BASE)
        assert auth.identity.came_back(cookies, answer).began is not None
