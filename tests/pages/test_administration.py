"""Parts of the administration: no right is left out, secrets are shown once, the menu follows the role."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import state
from app.components import menu, nav, rights, rows, signins, view
from auth.rights import RIGHTS, ROLES
from auth.service import Auth, opened
from engine.access import Actor, Grant
from engine.settings import ROOT, Settings


@pytest.fixture
def auth(tmp_path: Path) -> Iterator[Auth]:
    made = opened(Settings(data_folder=tmp_path / "data", home=tmp_path))
    state.attach(made)
    yield made
    state.detach(made)
    made.engine.stop()


def person(auth: Auth, *grants: Grant) -> Actor:
    from engine.access import LOCAL_ADMIN

    for grant in grants:
        if grant.department and grant.department not in {
            one.name for one in auth.accounts.departments(LOCAL_ADMIN)
        }:
            auth.accounts.add_department(LOCAL_ADMIN, grant.department)
    made, _ = auth.accounts.create(LOCAL_ADMIN, "ada", "Ada", "", grants, invite=False)
    return auth.accounts.actor_of(made.id)


def drawn(page: str, **query: str) -> AppTest:
    view.component.cache_clear()  # each of these servers has a register of components of its own
    at = AppTest.from_file(str(ROOT / "pages" / page), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def test_the_table_of_rights_shows_every_right_and_every_role() -> None:
    html = str(rights.table())
    assert [name for name in RIGHTS if f">{name}<" not in html] == []
    assert [role for role in ROLES if rows.role(role) not in html] == []


def test_one_roles_table_leaves_out_what_it_may_not() -> None:
    html = str(rights.table("viewer"))
    assert "model.read" in html
    assert "model.register" not in html


def test_every_page_has_a_file_and_every_line_of_the_menu_a_page() -> None:
    for path, _ in nav.PAGES.values():
        assert (ROOT / "app" / path).resolve().is_file(), path
    assert {entry.page for entry in nav.MENU} <= nav.PAGES.keys()
    assert nav.NEEDS.keys() <= nav.PAGES.keys()


@pytest.mark.parametrize("page", sorted(nav.NEEDS.keys() - {"roles"}))
def test_a_closed_page_says_so_and_draws_nothing(auth: Auth, page: str) -> None:
    with state.acting(person(auth, Grant("viewer", "Marketing"))):
        at = drawn(Path(nav.PAGES[page][0]).name)
    assert "You may not do this" in at.error[0].value
    assert not at.text_input
    assert not at.button


@pytest.mark.parametrize("page", sorted(nav.NEEDS))
def test_an_administrator_opens_every_page(auth: Auth, page: str) -> None:
    with state.acting(person(auth, Grant("administrator"))):
        at = drawn(Path(nav.PAGES[page][0]).name)
    assert not at.error
    assert not at.exception


def test_a_person_without_a_role_still_has_an_account_page(auth: Auth) -> None:
    with state.acting(person(auth)):
        at = drawn("account.py")
    assert not at.error


def test_the_menu_follows_the_role(auth: Auth) -> None:
    viewer = Actor("v", grants=frozenset({Grant("viewer", "Marketing")}))
    admin = Actor("a", grants=frozenset({Grant("administrator")}))
    sees = {who.id: {entry.page for entry in nav.MENU if menu._sees(who, entry)} for who in (viewer, admin)}
    assert sees["v"] == {"home", "models", "runs", "datasets", "params"}
    assert sees["a"] == {entry.page for entry in nav.MENU}


def test_an_administrator_of_a_department_gives_roles_only_there(auth: Auth) -> None:
    me = person(auth, Grant("administrator", "Marketing"), Grant("viewer", "Procurement"))
    from auth.granting import place
    from engine.access import ROLE_GRANT

    assert menu.may(me, ROLE_GRANT, place("Marketing"))
    assert not menu.may(me, ROLE_GRANT, place("Procurement"))
    assert not menu.may(me, ROLE_GRANT, place(""))


def _making() -> None:
    import streamlit as st

    from app.components.confirm import once

    if st.button("Make"):
        once("planted-canary", label="Token", hint="once", key="token:once")


def test_what_is_shown_once_is_not_kept() -> None:
    view.component.cache_clear()
    at = AppTest.from_function(_making, default_timeout=20).run()
    at.button[0].click().run()
    assert "planted-canary" not in str(at.session_state)
    at.run()
    assert "planted-canary" not in str(at.main)


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36",
            "Chrome on Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36 Edg/141.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15",
            "Safari on macOS",
        ),
        ("curl/8.5", "curl/8.5"),
        ("", "unknown browser"),
    ],
)
def test_a_browser_is_told_in_two_words(agent: str, said: str) -> None:
    assert signins.browser(agent) == said
