"""A parameter set in a spreadsheet: download a workbook, upload it edited. On the set's page and the edit page."""

from __future__ import annotations

from functools import partial

import streamlit as st

from app.components import downloads, params_sheets_seen, shown
from app.components.menu import may
from app.components.page import guarded
from app.components.params_values import place_name
from app.components.upload import upload
from app.components.view import view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE
from engine.parameters.set_records import SetVersion
from engine.parameters.spreadsheet.service import MOST_BESIDE
from engine.parameters.spreadsheet.workbook import MOST_FILE_BYTES

VERSIONS = 50  # of which one can be downloaded here


def draw(model: str, name: str, place: str | None = None) -> None:
    """Download and, for who may change the set, upload. ``place``: only this one's; None: it is asked."""
    st.caption(t("sheets.caption"))
    sets = engine().sets
    if may(actor(), PARAMS_WRITE, sets.resource(actor(), model, name)):
        waiting = engine().sheets.waiting(actor(), model, name)
        if waiting is not None:
            params_sheets_seen.draw(model, name, waiting, partial(_upload, model, name, waiting.blob[:12]))
            return
        _download(model, name, place)
        st.header(t("sheets.upload"), anchor=False)
        _upload(model, name)
    else:
        _download(model, name, place)


@st.fragment
@guarded
def _download(model: str, name: str, place: str | None) -> None:
    st.header(t("sheets.download"), anchor=False)
    key = f"sheets:{model}:{name}"
    places = engine().sets.places(actor(), model, name)
    titles = {one.place: one.title for one in places}
    grid = st.grid(3, min_column_width=240, gap="medium")
    chosen = place
    if chosen is None:
        chosen = ""
        if places:
            offered = ["", *titles]
            chosen = grid.selectbox(
                t("sheets.place"),
                offered,
                key=f"{key}:place",
                format_func=lambda one: place_name(one, titles),
            )
    versions, _ = engine().sets.versions(actor(), model, name, place=chosen, limit=VERSIONS)
    newest = next((one.number for one in versions if one.state not in ("rejected", "expired")), None)
    numbers = [one.number for one in versions]
    labels = {one.number: _label(one, newest) for one in versions}
    number = grid.selectbox(
        t("sheets.version"), numbers, index=numbers.index(newest) if newest in numbers else None,
        key=f"{key}:version:{chosen}", format_func=lambda one: labels.get(one, str(one)),
        placeholder=t("sheets.version.none"), disabled=not numbers,
    )  # fmt: skip
    beside = grid.multiselect(
        t("sheets.beside"), [one for one in numbers if one != number], key=f"{key}:beside:{chosen}",
        format_func=lambda one: labels.get(one, str(one)), max_selections=MOST_BESIDE,
        help=t("sheets.beside.help"), placeholder=t("sheets.beside.none"), disabled=len(numbers) < 2,
    )  # fmt: skip
    if not numbers:
        st.caption(t("sheets.download.none"))
    address = downloads.set_address(model, name, chosen, number, [f"{name}@{one}" for one in beside or []])
    view(downloads.row([downloads.button(t("sheets.download.button"), address)]), key=f"{key}:download")


def _label(one: SetVersion, newest: int | None) -> str:
    state = t(f"sheets.state.{one.state}")
    if one.number == newest:
        return t("sheets.version.newest", number=one.number, state=state)
    return t("sheets.version.older", number=one.number, state=state, day=shown.day(one.effective_from))


@st.fragment
@guarded
def _upload(model: str, name: str, before: str = "") -> None:
    """``before`` tells the place for a mended file from the one that the file before came by."""
    made = upload(
        key=f"sheets:{model}:{name}:upload:{before}",
        kind="file",
        accept=".xlsx",
        limit_mb=(MOST_FILE_BYTES >> 20) - 1,
    )
    if made:
        called = plain_name(str(made.get("filename") or made["name"]))
        engine().sheets.hold(actor(), model, name, made, called)
        st.rerun()


def plain_name(name: str) -> str:
    """A file's name without its folders."""
    return name.replace("\\", "/").rpartition("/")[2] or "upload.xlsx"
