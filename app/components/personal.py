"""Personal data in a dataset: what is masked, what looks as if it should be, and the form that says so."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.components.page import note, say
from app.components.view import join, tag
from app.state import actor, engine
from app.text import t
from engine.access import DATASET_CLASSIFY
from engine.data.classes import NONE, PERSONAL, SENSITIVE, ColumnClass
from engine.data.records import DatasetVersion


def notes(name: str, entry: DatasetVersion, classes: Sequence[ColumnClass]) -> None:
    """What a person should know before looking at the rows."""
    masked = [column.name for column in entry.schema if column.masked]
    whole = [column.name for column in entry.schema if column.personal and not column.masked]
    for key, columns, colour in (("personal.masked", masked, "blue"), ("personal.whole", whole, "orange")):
        if columns:
            body = tag("p", t(f"{key}.body", columns=", ".join(columns)))
            note(t(key), body, colour=colour, key=f"{key}-{name}")
    open_hints = [c for c in classes if c.why and not c.kind]
    if open_hints:
        listed = tag(
            "ul", join(tag("li", t("personal.hint", column=c.column, why=c.why)) for c in open_hints)
        )
        remedy = t("personal.look.confirm") if may_classify(name) else t("personal.look.body")
        note(t("personal.look"), listed + tag("p", remedy), colour="orange", key=f"personal-look-{name}")


def form(name: str, classes: Sequence[ColumnClass]) -> None:
    """Two lists of columns and a button; what looks personal is chosen beforehand."""
    if not may_classify(name):
        return
    columns = [c.column for c in classes]
    pending = any(c.why and not c.kind for c in classes)
    with st.expander(t("personal.title"), icon=":material/shield_person:", expanded=pending):
        st.caption(t("personal.caption"))
        chosen = {
            kind: st.multiselect(
                t(f"personal.{kind}"),
                columns,
                default=[c.column for c in classes if (c.kind or c.suggested) == kind],
                key=f"personal:{kind}:{name}",
            )
            for kind in (PERSONAL, SENSITIVE)
        }
        reason = st.text_input(t("personal.reason"), key=f"personal:reason:{name}")
        label = t("personal.confirm") if pending else t("personal.save")
        if st.button(label, key=f"personal:save:{name}", icon=":material/check:", type="primary"):
            engine().datasets.classify(actor(), name, _wanted(classes, chosen), reason=(reason or "").strip())
            say(t("personal.saved"))
            st.rerun()


def may_classify(name: str) -> bool:
    """Does this person say what columns hold?"""
    subject = engine().datasets.resource(name)
    return engine().authorizer.decide(actor(), DATASET_CLASSIFY, subject).allowed


def _wanted(classes: Sequence[ColumnClass], chosen: dict[str, list[str]]) -> dict[str, str]:
    """The class of every column that has one now, had one, or looked so: also “none” is an answer."""
    now = {column: kind for kind in (PERSONAL, SENSITIVE) for column in chosen[kind]}
    return {c.column: now.get(c.column, NONE) for c in classes if c.column in now or c.kind or c.suggested}
