"""What an uploaded workbook would change: problems, others' changes, the differences, and storing them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st

from app.components import params_changes, params_collisions, params_sheets_rows, shown
from app.components.form_state import PLAIN_TYPES, FormModel
from app.components.nav import go
from app.components.page import guarded, note, plain, say, show_error
from app.components.params_values import place_name, worded
from app.components.view import join, tag, view
from app.state import actor, engine
from app.text import t
from engine.errors import QuarterdeckError
from engine.parameters import set_values
from engine.parameters.equality import MISSING
from engine.parameters.merging import SIDES, THEIRS, YOURS
from engine.parameters.set_records import IN_REVIEW
from engine.parameters.spreadsheet.holding import Held
from engine.parameters.spreadsheet.records import Conflict, SheetPreview


def draw(model: str, name: str, held: Held, upload: Callable[[], None]) -> None:
    """The whole preview of the workbook that waits; ``upload`` draws where a mended one is dropped."""
    card = engine().sets.get(actor(), model, name)
    key = f"sheets:{model}:{name}"
    try:
        seen = _seen(model, name, held, card.latest, key)
    except QuarterdeckError as error:
        show_error(error)
        _another(model, name, key)
        upload()
        return
    fields = set_values.manifest_of(engine(), model).fields
    titles = {one.place: one.title for one in engine().sets.places(actor(), model, name)}
    _head(seen, titles, key)
    _another(model, name, key)
    _problems(seen, key)
    if seen.problems:
        upload()
    if not seen.changes:
        if not seen.problems:
            note(t("sheets.seen.nothing"), t("sheets.seen.nothing.body"), key=f"{key}:nothing")
        return
    chosen = _meanwhile(seen, fields, key)
    st.header(t("sheets.seen.changes"), anchor=False)
    view(params_changes.table(seen.changes, fields, place=seen.place, titles=titles), key=f"{key}:changes")
    params_sheets_rows.draw(seen.tables, fields, key)
    _end(seen, chosen, personal=card.kind == "personal", key=f"{key}:{held.blob[:12]}")


def _seen(model: str, name: str, held: Held, latest: int, key: str) -> SheetPreview:
    """The preview; a file is read again only when it, or the set, is another one."""
    stamp = (held.blob, held.file, latest)
    kept = st.session_state.get(f"{key}:seen")
    if kept is None or kept[0] != stamp:
        found = engine().sheets.preview(actor(), model, name, held.path, held.file)
        kept = st.session_state[f"{key}:seen"] = (stamp, found)
    made: SheetPreview = kept[1]
    return made


def _head(seen: SheetPreview, titles: dict[str, str], key: str) -> None:
    word = "from" if seen.from_version is not None else "first"
    given = {"file": seen.file, "number": seen.from_version, "place": place_name(seen.place, titles)}
    told = t(f"sheets.seen.{word}.place", **given) if seen.place else t(f"sheets.seen.{word}", **given)
    st.markdown(plain(told))
    if seen.notices:
        listed = tag("ul", join(tag("li", one) for one in seen.notices))
        note(t("sheets.seen.notices"), listed, key=f"{key}:notices")


def _another(model: str, name: str, key: str) -> None:
    if st.button(t("sheets.another"), icon=":material/close:", key=f"{key}:another", type="tertiary"):
        engine().sheets.give_up(actor(), model, name)
        st.session_state.pop(f"{key}:seen", None)
        st.rerun()


def _problems(seen: SheetPreview, key: str) -> None:
    if seen.problems:
        listed = tag("ul", join(tag("li", one.sentence) for one in seen.problems))
        heading = t("sheets.problems", count=len(seen.problems))
        body = join([tag("p", t("sheets.problems.body")), listed])
        note(heading, body, colour="red", key=f"{key}:problems")


def _meanwhile(seen: SheetPreview, fields: Any, key: str) -> dict[str, str]:
    """What others stored since; each conflict is decided. Returns the decisions."""
    if not seen.meanwhile:
        return {}
    shown.people({one.author for one in seen.meanwhile})
    lines = []
    for one in seen.meanwhile:
        named = ", ".join(fields[n].label(n) if n in fields else n for n in one.changed) or "–"
        told = t("sheets.meanwhile.line", number=one.number, who=shown.person(one.author), fields=named)
        lines.append(tag("li", told))
    fits = "conflict" if seen.conflicts else "fits"
    body = join([tag("ul", join(lines)), tag("p", t(f"sheets.meanwhile.{fits}"))])
    note(t("sheets.meanwhile"), body, colour="orange", key=f"{key}:meanwhile")
    chosen = {}
    for both in seen.conflicts:
        asked = f"{key}:both:{both.field}"
        if both.cells:
            params_collisions.ask(both.title, both.cells, asked)
        else:
            _ask(both, fields.get(both.field), asked)
        if side := st.session_state.get(asked):
            chosen[both.field] = str(side)
    return chosen


def _ask(both: Conflict, field: Any, key: str) -> None:
    """Whose value of a field is to hold: ``key`` holds the side, None at first."""
    sides = {THEIRS: both.theirs, YOURS: both.yours}
    words = {side: t(f"sheets.conflict.{side}", value=worded(field, value)) for side, value in sides.items()}
    st.radio(
        plain(both.title), list(SIDES), index=None, key=key, horizontal=True,
        format_func=lambda side: plain(words[side]),
    )  # fmt: skip


@st.fragment
@guarded
def _end(seen: SheetPreview, chosen: dict[str, str], *, personal: bool, key: str) -> None:
    """Reason, day, review; storing, or going on on the edit page."""
    ready = not seen.problems and len(chosen) == len(seen.conflicts)
    guarded_ = [one.title for one in seen.changes if one.guarded] if not personal else []
    reason, day, review = "", None, False
    if ready:
        if not personal:
            reason = st.text_area(
                t("sheets.end.reason"), key=f"{key}:reason", height=80, max_chars=2000,
                placeholder=t("sheets.end.reason.example"),
            )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            day = st.date_input(
                t("sheets.end.day"), engine().sets.today(), key=f"{key}:day", format="YYYY-MM-DD", width=190,
                help=t("sheets.end.day.help"),
            )  # fmt: skip
            if not personal:
                review = st.toggle(
                    t("sheets.end.review"), key=f"{key}:review", help=t("sheets.end.review.help")
                )
        if guarded_:
            st.caption(f":material/shield: {plain(t('sheets.end.guarded', fields=', '.join(guarded_)))}")
    waits = bool(guarded_ or review)
    with st.container(horizontal=True, vertical_alignment="center"):
        if ready and st.button(
            t("sheets.end.ask") if waits else t("sheets.end.submit"), type="primary", key=f"{key}:submit",
            icon=":material/rate_review:" if waits else ":material/save:",
        ):  # fmt: skip
            _submit(seen, chosen, str(reason or ""), day if isinstance(day, date) else None, bool(review))
        if st.button(t("sheets.end.edit"), icon=":material/edit:", key=f"{key}:edit"):
            _edit(seen, chosen)
    if engine().sets.draft(actor(), seen.model, seen.set, seen.place):
        st.caption(t("sheets.replaces"))


def _submit(seen: SheetPreview, chosen: dict[str, str], reason: str, day: date | None, review: bool) -> None:
    sheets = engine().sheets
    waiting = sheets.waiting(actor(), seen.model, seen.set)
    if waiting is None:
        st.rerun()
        return
    try:
        made = sheets.submit(
            actor(), seen.model, seen.set, waiting.path, waiting.file, reason=reason, effective_from=day,
            review=review, choose=chosen, seen=seen.base or 0,
        )  # fmt: skip
    except QuarterdeckError as error:
        show_error(error)
        return
    sheets.give_up(actor(), seen.model, seen.set)
    done = "sheets.end.done.waits" if made.state == IN_REVIEW else "sheets.end.done"
    say(
        t(
            done,
            number=made.number,
            **({} if made.state == IN_REVIEW else {"day": shown.day(made.effective_from)}),
        )
    )
    go("params-set", model=seen.model, set=seen.set, version=made.number)


def _edit(seen: SheetPreview, chosen: dict[str, str]) -> None:
    """Take what was read to the edit page, right or wrong; what both sides changed is decided there."""
    loaded = engine().catalog.version(actor(), seen.model)
    form = FormModel(loaded.id, loaded.model, loaded.number, loaded.manifest)
    undecided = [one for one in seen.conflicts if one.field not in chosen]
    values = dict(seen.yours if undecided else seen.values)
    for both in seen.conflicts if not undecided else []:
        value = both.chosen[chosen[both.field]]
        if value is MISSING:
            values.pop(both.field, None)
        else:
            values[both.field] = value
    raws = form.raws(values)
    raws |= {n: text for n, text in seen.wrong.items() if form.fields[n].type not in PLAIN_TYPES}
    came = {one.field: f"xlsx:{seen.file}" for one in seen.changes if one.field in values}
    base = seen.from_version if undecided else seen.base
    engine().sets.save_draft(actor(), seen.model, seen.set, raws, base, seen.place, came)
    engine().sheets.give_up(actor(), seen.model, seen.set)
    go("params-edit", model=seen.model, set=seen.set, place=seen.place or None)
