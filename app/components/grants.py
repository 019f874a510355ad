"""Roles of a person by department, as a table of check boxes: says what will change before it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.components import rows
from app.components.page import guarded, plain, say, show_error
from app.components.view import component
from app.state import actor, auth
from app.text import t
from auth.rights import ROLES
from engine.access import EVERYWHERE, Grant
from engine.errors import QuarterdeckError

WHOLE = "*"  # stands for EVERYWHERE in the browser: an empty id is easily lost
Cell = tuple[str, str]


def cell_of(grant: Any) -> Cell:
    """Row and column of a grant."""
    return (grant.department or WHOLE, grant.role)


def grant_of(cell: Sequence[str]) -> Grant:
    """The grant that a box stands for."""
    return Grant(cell[1], EVERYWHERE if cell[0] == WHOLE else cell[0])


@st.fragment
@guarded
def editor(person: Any, departments: Sequence[str], closed: frozenset[str] = frozenset()) -> None:
    """The table, the difference in words, a reason, Save. ``closed``: departments one may not give roles in."""
    key = f"grants-{person.id}-{st.session_state.get(f'grants:{person.id}', 0)}"
    local = {cell_of(held) for held in person.grants if held.source == "local"}
    locked = {cell_of(held) for held in person.grants if held.source != "local"}
    places = [WHOLE, *departments]
    shut = [(row, role) for row in places if row in closed for role in ROLES]
    result = component("matrix", "matrix.js")(
        key=key,
        data={
            "caption": t("person.grants.caption", who=person.shown),
            "corner": t("person.grants.corner"),
            "cell": t("person.grants.cell"),
            "columns": [{"id": role, "label": rows.role(role), "help": text} for role, text in ROLES.items()],
            "rows": [
                {"id": WHOLE, "label": t("department.everywhere"), "note": t("person.grants.everywhere")}
            ]
            + [{"id": name, "label": name, "note": ""} for name in departments],
            "checked": sorted(local | locked),
            "locked": sorted(locked),
            "closed": shut,
            "disabled": False,
            "locked_note": t("person.grants.locked"),
        },
        on_cells_change=_nothing,
    )
    if locked:
        st.caption(plain(t("person.grants.locked_note")))
    chosen = local if result.cells is None else {(cell[0], cell[1]) for cell in result.cells} - locked
    given, taken = sorted(chosen - local), sorted(local - chosen)
    if not given and not taken:
        st.caption(t("person.grants.same"))
        return
    for name, cells in (("given", given), ("taken", taken)):
        if cells:
            st.markdown(plain(t(f"person.grants.{name}", list=", ".join(_said(cell) for cell in cells))))
    reason = st.text_input(t("person.grants.reason"), key=f"{key}:reason", max_chars=300, width=520)
    if st.button(t("person.grants.save"), type="primary", key=f"{key}:save"):
        _save(person, chosen, reason)


def _save(person: Any, chosen: set[Cell], reason: str) -> None:
    if not reason.strip():
        st.error(t("confirm.reason.missing"), icon=":material/error:")
        return
    try:
        auth().accounts.set_grants(
            actor(), person.id, [grant_of(cell) for cell in sorted(chosen)], reason.strip()
        )
    except QuarterdeckError as error:
        show_error(error)
        return
    # a fresh table: the old one's boxes belong to what is past
    st.session_state[f"grants:{person.id}"] = st.session_state.get(f"grants:{person.id}", 0) + 1
    say(t("person.grants.saved", who=person.shown))
    st.rerun(scope="app")


def _said(cell: Cell) -> str:
    return rows.held(grant_of(cell))


def _nothing() -> None:
    return None
