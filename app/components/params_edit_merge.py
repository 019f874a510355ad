"""Two editors at once: who changed what meanwhile, and bringing both together field by field. Nothing is lost."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st
from markupsafe import Markup

from app.components import params_collisions, params_edit_draft, shown
from app.components import params_edit_state as kept
from app.components.form_state import raw_of
from app.components.live import refresh_on
from app.components.page import note, plain
from app.components.params_edit_state import Memory
from app.components.params_values import worded
from app.components.view import join, link, tag
from app.state import actor, engine
from app.text import t
from engine.errors import NotFound
from engine.parameters.equality import MISSING, same
from engine.parameters.in_force import DEFAULT
from engine.parameters.merging import SIDES, THEIRS, YOURS, Merge, Side, three_way
from engine.parameters.set_records import SetVersion
from engine.parameters.table_rows import compared

ASK_SECONDS = 3.0


def behind(memory: Memory) -> bool:
    """Is what the changes go on from no longer the newest version of this place? Asked at most every three seconds."""
    now, (at, found) = time.monotonic(), memory.looked
    if now - at > ASK_SECONDS:
        card = memory.about.card
        number = engine().sets.newest_number(actor(), card.model, card.name, memory.about.place)
        found = number != memory.base
        memory.looked = (now, found)
    return found


def follow(memory: Memory) -> None:
    """Look again as soon as somebody else submits or withdraws a version of this set, also while nothing is typed."""
    card = memory.about.card
    events = ("parameters-submitted", "parameters-reviewed")

    def look_again() -> None:
        memory.looked = (0.0, False)

    refresh_on(events, [card.ref], key="edit-follow", first=look_again, except_by=actor().id)


def told(memory: Memory) -> None:
    """Below, while the page is open: somebody was quicker. The panel on top shows it."""
    st.warning(t("edit.behind"), icon=":material/group:")
    st.button(t("edit.behind.look"), key="edit-behind", on_click=_look, args=(memory,))


def _look(memory: Memory) -> None:
    memory.submitted += 1  # moves the keyboard focus to the panel
    st.rerun()


def draw(memory: Memory) -> None:
    """The panel on top: shown while the newest version is another one than the changes go on from."""
    if memory.merged:
        note(t("edit.merged"), memory.merged, colour="green", key="edit-merged")
    newest = memory.about.newest
    number = newest.number if newest is not None else None
    if number == memory.base:
        memory.meanwhile = None
        return
    merge = merged(memory, newest)
    _head(memory, newest, merge)
    for name in merge.conflicts:
        _choose(memory, merge, name)
    open_ = [name for name in merge.conflicts if st.session_state.get(_key(memory, name)) is None]
    st.button(
        t("edit.merge.take"), type="primary", icon=":material/merge:", key="edit-merge", disabled=bool(open_),
        on_click=_take, args=(memory, merge, number),
        help=t("edit.merge.open", count=len(open_)) if open_ else None,
    )  # fmt: skip


def merged(memory: Memory, newest: SetVersion | None) -> Merge:
    """Both sides and what they began from. What cannot be read yet stands for itself, as typed."""
    yours: dict[str, Any] = {}
    for name in memory.names:
        if name in memory.here:
            found = kept.read_of(memory, name)
            yours[name] = found.value if found.problem is None else {"typed": kept.raw_now(memory, name)}
    began = _values(memory, memory.base)
    known = memory.form.fields
    base = {name: value for name, value in began.items() if name in known}
    theirs = {name: value for name, value in (newest.values if newest else {}).items() if name in known}
    return three_way(base, theirs, yours)


def _values(memory: Memory, number: int | None) -> dict[str, Any]:
    if number is None:
        return {}
    card = memory.about.card
    try:
        return engine().sets.version(actor(), card.model, card.name, number).values
    except NotFound:
        return {}


def _head(memory: Memory, newest: SetVersion | None, merge: Merge) -> None:
    """Who stored what, with their reason; what of it fits, and what both changed."""
    focus = str(memory.submitted)
    fits = [name for name in merge.changed_by_them if name not in merge.conflicts]
    body = [tag("p", _who(memory, newest))]
    if newest is not None and newest.reason:
        body.append(tag("p", t("edit.merge.reason", reason=newest.reason), cls="qd-muted"))
    if fits:
        lines = join(tag("li", _line(memory, merge, name)) for name in fits)
        body.append(tag("p", t("edit.merge.fits", count=len(fits))) + tag("ul", lines))
    if merge.conflicts:
        body.append(tag("p", tag("strong", t("edit.merge.both", count=len(merge.conflicts)))))
    note(t("edit.merge"), join(body), colour="orange", key="edit-merge-note", focus=focus)


def _who(memory: Memory, newest: SetVersion | None) -> Markup | str:
    card, base = memory.about.card, memory.base
    if newest is None or (base is not None and newest.number < base):
        left = (
            t("edit.merge.gone.left", number=newest.number)
            if newest is not None
            else t("edit.merge.gone.none")
        )
        return f"{t('edit.merge.gone', number=base)} {left}"
    number = link(
        t("version.long", number=newest.number),
        "params-set",
        model=card.model,
        set=card.name,
        version=newest.number,
    )
    zone = engine().settings.business_timezone
    who, when = shown.person(newest.author), shown.when(newest.created_at, zone)
    own = newest.author == actor().id
    return join([t("edit.merge.you" if own else "edit.merge.who", who=who, when=when), " ", number, "."])


def _line(memory: Memory, merge: Merge, name: str) -> Markup:
    f = memory.form.fields.get(name)
    title = f.label(name) if f else name
    rows = compared([merge.base.get(name), merge.theirs.get(name)])
    if rows is not None:
        said = t("edit.merge.rows", count=len(rows.rows))
        beside = f" {t('edit.merge.beside')}" if name in merge.changed_by_you else ""
        return join([tag("strong", title), f": {said}{beside}"])
    old, new = _side(memory, merge.base, name), _side(memory, merge.theirs, name)
    return join([tag("strong", title), f": {old} → {new}"])


def _side(memory: Memory, values: dict[str, Any], name: str) -> str:
    f, about = memory.form.fields.get(name), memory.about
    if name not in values:
        inherited = worded(f, about.above.get(name))
        where = about.above_from.get(name, DEFAULT)
        return t("edit.merge.default" if where == DEFAULT else "edit.merge.inherits", value=inherited)
    value = values[name]
    if isinstance(value, dict) and value.keys() == {"typed"}:
        return str(value["typed"])
    return worded(f, value)


def _chosen(memory: Memory, name: str) -> Side:
    return YOURS if st.session_state.get(_key(memory, name)) == YOURS else THEIRS


def _key(memory: Memory, name: str) -> str:
    return f"{memory.form.key(name)}-merge"


def _choose(memory: Memory, merge: Merge, name: str) -> None:
    """One field that both changed: whose value is to hold."""
    title = memory.form.fields[name].label(name)
    if name in merge.tables:
        params_collisions.ask(title, merge.tables[name].collisions, _key(memory, name))
        return
    words = {
        THEIRS: t("edit.merge.theirs", value=_changed(memory, merge, merge.theirs, name)),
        YOURS: t("edit.merge.yours", value=_changed(memory, merge, merge.yours, name)),
    }
    before = t("edit.merge.before", value=_side(memory, merge.base, name))
    st.radio(
        f"**{plain(title)}** · {plain(before)}", list(SIDES), index=None, key=_key(memory, name),
        format_func=lambda one: plain(words[one]), horizontal=True,
    )  # fmt: skip


def _changed(memory: Memory, merge: Merge, values: dict[str, Any], name: str) -> str:
    """What a side says; of a table also how much it changed."""
    said, rows = _side(memory, values, name), compared([merge.base.get(name), values.get(name)])
    return said if rows is None else f"{said}; {t('edit.merge.rows', count=len(rows.rows))}"


def _take(memory: Memory, merge: Merge, number: int | None) -> None:
    """Bring their changes into the form, except what was decided for yours; go on from their version."""
    taken = []
    for name in merge.changed_by_them:
        value = merge.merged.get(name, MISSING)
        if name in merge.conflicts:
            value = merge.decided(name, _chosen(memory, name))
        if name not in memory.form.fields or same(value, merge.yours.get(name, MISSING)):
            continue
        taken.append(memory.form.fields[name].label(name))
        if value is MISSING:
            kept.inherit(memory, name)
        else:
            memory.here.add(name)
            kept.give(memory, name, raw_of(memory.form.fields[name], value))
        memory.sources.pop(name, None)
    memory.base, memory.meanwhile, memory.problems, memory.refusal = number, None, [], ""
    memory.looked = (0.0, False)
    memory.merged = t("edit.merged.taken", fields=", ".join(taken)) if taken else t("edit.merged.nothing")
    params_edit_draft.keep(memory)
    st.rerun()
