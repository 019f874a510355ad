"""The draft of an edit page: what is typed is kept with every change, and opened again after a lost session.

A person has one draft of a set at a place. Where they have it open in two windows, each keeps what was changed in it.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import streamlit as st

from app.components.params_edit_state import DAY, NOTES, REASON, REVIEW, Memory, fill_raws, raw_now
from app.state import actor, engine
from engine.parameters.equality import MISSING, same
from engine.parameters.merging import YOURS, three_way
from engine.runs.records import canonical


def keep(memory: Memory) -> None:
    """Keep what is typed, when it differs from what was kept last; what is as it was at first is no draft."""
    now, before = state_now(memory), memory.kept
    if before is None or now == before:
        return
    memory.kept = now
    sets, place = engine().sets, memory.about.place
    where = (actor(), memory.about.card.model, memory.about.card.name)
    values, sources = now["values"], now["sources"]
    held = sets.draft(*where, place)
    if held and not same(held["values"], _stored(before["values"])):
        values, sources = _with_other_window(before, held, now)
    elif now == memory.initial:
        sets.clear_draft(*where, place)
        return
    sets.save_draft(*where, values, memory.base, place, sources, now["notes"])


def state_now(memory: Memory) -> dict[str, Any]:
    """All that a draft holds."""
    values = {name: raw_now(memory, name) for name in memory.names if name in memory.here}
    notes = {name.lstrip("."): _plain(st.session_state.get(memory.form.key(name))) for name in NOTES}
    if notes["day"] == engine().sets.today().isoformat():
        notes["day"] = None  # “today” is meant, also when the draft is opened tomorrow
    return {
        "values": values,
        "base": memory.base,
        "sources": dict(memory.sources),
        "notes": {name: value for name, value in notes.items() if value},
    }


def restore(memory: Memory, draft: dict[str, Any]) -> None:
    """Go on with a draft."""
    fill_raws(memory, draft.get("values", {}))
    memory.base = draft.get("base")
    memory.sources = dict(draft.get("sources", {}))
    memory.taken = {name: draft["values"][name] for name in memory.sources if name in draft["values"]}
    notes = draft.get("notes", {})
    st.session_state[memory.form.key(REASON)] = str(notes.get("reason", ""))
    st.session_state[memory.form.key(REVIEW)] = bool(notes.get("review"))
    st.session_state[memory.form.key(DAY)] = _day(notes.get("day")) or engine().sets.today()
    memory.restored_at = draft.get("at", "")


def forget(memory: Memory) -> None:
    """Forget the draft and what was said about it."""
    about = memory.about
    engine().sets.clear_draft(actor(), about.card.model, about.card.name, about.place)
    memory.problems, memory.refusal, memory.restored_at, memory.merged = [], "", "", ""
    memory.sources, memory.taken, memory.meanwhile = {}, {}, None
    memory.kept = memory.initial = None
    for name in NOTES:
        st.session_state.pop(memory.form.key(name), None)


def _with_other_window(
    before: dict[str, Any], held: dict[str, Any], now: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and sources of both windows; what both changed is as it was typed last, which is here."""
    yours = _stored(now["values"])
    merge = three_way(_stored(before["values"]), held["values"], yours)
    values = {name: value for name, value in merge.merged.items() if name not in merge.conflicts}
    typed_last = {name: merge.decided(name, YOURS) for name in merge.conflicts}
    values |= {name: value for name, value in typed_last.items() if value is not MISSING}
    of = {name: now if same(values[name], yours.get(name)) else held for name in values}
    return values, {n: side["sources"][n] for n, side in of.items() if n in side["sources"]}


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    """As they come back from the draft."""
    return dict(json.loads(canonical(values)))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except (TypeError, ValueError):
        return None
