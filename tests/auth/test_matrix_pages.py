"""The rights matrix of pages: what each needs, for everybody, and each drawn for those who may and may not."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import state
from app.components.menu import MENU, may
from app.components.nav import NEEDS, PAGES
from app.text import t
from engine.access import LOCAL_ADMIN
from engine.settings import ROOT
from tests.auth.matrix_pages import PAGES as ROWS
from tests.auth.matrix_routes import Address
from tests.auth.matrix_services import ANYTHING
from tests.auth.test_matrix_services import thing_of
from tests.auth.world import HOME, NOBODY, OTHER, World, expected

UNEXPECTED = "did not expect"
# drawing takes a while: everybody's rights are compared by ``needs``, these see the page itself
SOME = [f"analyst of {HOME}", f"viewer of {OTHER}", "administrator everywhere", NOBODY]


@pytest.fixture(scope="module")
def drawn(world: World) -> Iterator[list[str]]:
    """Pages ask this world; what they put into components is kept as text instead of being shown."""
    html: list[str] = []

    def component(*_: Any, **__: Any) -> Any:
        def mount(**given: Any) -> Any:
            html.append(str((given.get("data") or {}).get("html", "")))
            return _Nothing()

        return mount

    patch = pytest.MonkeyPatch()
    patch.setattr(st.components.v2, "component", component)
    patch.setattr("engine.doctor.report", lambda *_: {})
    logging.getLogger("streamlit").setLevel(logging.CRITICAL)
    world.auth.company.note_setup(LOCAL_ADMIN, finished=True)
    state.attach(world.auth)
    yield html
    state.detach(world.auth)
    patch.undo()


class _Nothing:
    """What a component answers when nobody has done anything with it."""

    def __getattr__(self, _name: str) -> None:
        return None


def allowed(row: Address, world: World, who: str) -> bool:
    actor = world.actors[who]
    return row.open != "" or all(
        expected(who, actor, permission, thing_of(world, thing, actor)) for permission, thing in row.needs
    )


def test_every_page_is_in_the_matrix() -> None:
    names = {name.partition(":")[0] for name in ROWS}
    assert names == PAGES.keys(), (
        "every page of app.components.nav stands in tests/auth/matrix_pages.py, and no other"
    )
    files = {Path(path).name for path, _ in PAGES.values()}
    assert files == {path.name for path in (ROOT / "pages").glob("*.py")} - {"__init__.py"}


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_a_page_opens_for_whom_the_table_says(name: str, world: World, drawn: list[str]) -> None:
    """Pages with a need of their own ask for it before anything else; everybody, by the table."""
    row = ROWS[name]
    assert {permission for permission, _ in row.needs} == {NEEDS[name]}
    source = (ROOT / "app" / PAGES[name][0]).read_text(encoding="utf-8")
    assert f'needs=NEEDS["{name}"]' in source, f"{name} must open with page(…, needs=NEEDS[…])"
    for who, actor in world.actors.items():
        assert may(actor, NEEDS[name]) == allowed(row, world, who), who


def test_the_menu_shows_what_one_may_open(world: World, drawn: list[str]) -> None:
    for entry in MENU:
        needed = entry.needs or NEEDS.get(entry.page, "")
        for who, actor in world.actors.items():
            shown = not needed or may(actor, needed)
            assert not shown or allowed(ROWS[entry.page], world, who) or not needed, f"{entry.page} for {who}"


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_page_shows_itself_to_those_only(name: str, world: World, drawn: list[str]) -> None:
    _drawn_for(SOME, name, world, drawn)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_page_drawn_for_everybody(name: str, world: World, drawn: list[str]) -> None:
    """Tokens reach no page: the gate takes them for the API and files only."""
    people = [who for who, actor in world.actors.items() if actor.kind != "token"]
    _drawn_for(people, name, world, drawn)


def _drawn_for(people: list[str], name: str, world: World, drawn: list[str]) -> None:
    wrong = []
    for who in people:
        refused, told = _draw(name, world, who, drawn)
        if refused == allowed(ROWS[name], world, who):
            wrong.append(f"{who}: {told[:200]}")
    assert not wrong, f"{name}: " + "; ".join(wrong)


def _draw(name: str, world: World, who: str, drawn: list[str]) -> tuple[bool, str]:
    """Was the page refused, and with what sentence?"""
    row = ROWS[name]
    drawn.clear()
    test = AppTest.from_file(
        str((ROOT / "app" / PAGES[name.partition(":")[0]][0]).resolve()), default_timeout=60
    )
    for parameter, thing in row.query.items():
        test.query_params[parameter] = world.things[thing].id if thing in world.things else thing
    with state.acting(world.actors[who]):
        test.run()
    told = " ".join(error.value for error in test.error)
    assert not test.exception, f"{name} for {who}: {test.exception[0].value}"
    assert UNEXPECTED not in told, f"{name} for {who}: {told}"
    things = {thing for _, thing in row.needs if thing != ANYTHING}
    missing = any(f"“{world.things[thing].id}”" in told for thing in things if thing in world.things)
    empty = (
        not row.open
        and t("account.no_role") in " ".join(drawn)
        and ("account.own", ANYTHING) not in row.needs
    )
    return ("You may not do this" in told or missing or empty), told
