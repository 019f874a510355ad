"""A provider for all tests of this folder, and an installation that signs people in by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from auth.identity import CameBack, Mapped, ProviderOptions
from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN, Actor
from engine.settings import Settings
from tests.oidc.running import CLIENT, SCOPES, SECRET, Person, Running, provider

BASE = "http://quarterdeck.test"
MAPPING = (
    Mapped("marketing", "analyst", "Marketing"),
    Mapped("procurement", "modeller", "Procurement"),
    Mapped("quarterdeck-admins", "administrator"),
)


@pytest.fixture(scope="session")
def _provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with provider(BASE, tmp_path_factory.mktemp("provider") / "log.txt") as running:
        yield running


@pytest.fixture
def idp(_provider: Running) -> Iterator[Running]:
    """The running provider, well behaved at the beginning of each test."""
    _provider.sane()
    yield _provider
    _provider.sane()


@pytest.fixture
def auth(settings: Settings) -> Iterator[Auth]:
    """Accounts of an installation of the test's own, with two departments."""
    made = opened(settings)
    for name in ("Marketing", "Procurement"):
        made.accounts.add_department(LOCAL_ADMIN, name)
    yield made
    made.engine.stop()


@pytest.fixture
def configure(auth: Auth, idp: Running) -> Callable[..., ProviderOptions]:
    """Set up the provider; what is given differs from the usual."""

    def work(**changes: Any) -> ProviderOptions:
        usual = {
            "enabled": True,
            "address": idp.issuer,
            "client_id": CLIENT,
            "scopes": SCOPES,
            "mapping": MAPPING,
        }
        options = ProviderOptions(**(usual | changes))
        return auth.identity.configure(LOCAL_ADMIN, options, client_secret=SECRET)

    return work


@dataclass
class Trip:
    """One way to the provider and back, step by step, so that a test can spoil any of them."""

    auth: Auth
    cookies: dict[str, str]
    answer: dict[str, str]

    def finish(self, **about: str) -> CameBack:
        """The browser is back."""
        return self.auth.identity.came_back(self.cookies, self.answer, **about)


@pytest.fixture
def travel(auth: Auth) -> Callable[..., Trip]:
    """Send somebody to the provider: ``travel("ada")``; they come back by ``.finish()``."""

    def work(login: str, *, browser: Person | None = None, **about: str) -> Trip:
        begun = auth.identity.begin(BASE, **about)
        answer = (browser or Person(login)).go(begun.address, BASE)
        return Trip(auth, {begun.cookie: begun.value}, answer)

    return work


@pytest.fixture
def sign_in(travel: Callable[..., Trip]) -> Callable[..., CameBack]:
    """The whole way: ``sign_in("ada")``."""

    def work(login: str, **about: Any) -> CameBack:
        return travel(login, **about).finish(address="192.0.2.7", agent="tests")

    return work


@pytest.fixture
def acting(auth: Auth) -> Callable[[CameBack], Actor]:
    """Who a finished sign-in acts as."""

    def work(came: CameBack) -> Actor:
        assert came.began is not None
        return auth.sessions.actor(came.began.token)

    return work
