"""What the page that imports a parameter file remembers: the file, what was said about it, and where it goes.

The file and the answers are kept by the engine, so that neither a reload nor a lost session loses them; this session
only holds what widgets need.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import streamlit as st

from app.components.nav import asked
from app.state import actor, engine
from engine.errors import Invalid
from engine.parameters.imports.answering import answers_of
from engine.parameters.imports.records import Answers, GivenFile
from engine.parameters.set_records import PRESET
from engine.parameters.set_values import check_name
from engine.store.blobs import hash_bytes

KEY = "params-import"


@dataclass
class Memory:
    """One import of one person: ``said`` is None until something is said, so that earlier answers can be taken up."""

    model: str
    file: GivenFile
    said: dict[str, Any] | None = None
    chosen: dict[str, Any] = field(default_factory=dict)
    base: int | None = None  # the version that the changes shown last are against
    shown: bool = False  # were they shown at all?

    @property
    def stamp(self) -> str:
        """Tells the widgets of this file from those of the one before."""
        return hash_bytes(self.file.name.encode() + self.file.data)[:10]

    @property
    def answers(self) -> Answers | None:
        """What was said so far."""
        return None if self.said is None else answers_of(self.said)

    def key(self, name: str) -> str:
        """The key of a widget."""
        return f"{KEY}:{self.stamp}:{name}"


def memory_of(model: str) -> Memory | None:
    """The import that waits for this person; None: there is no file yet."""
    held = cast("Memory | None", st.session_state.get(f"{KEY}:{model}"))
    if held is None:
        waiting = engine().parameter_files.waiting(actor(), model)
        if waiting is None:
            return None
        said = None if waiting.answers is None else waiting.answers.as_json()
        held = st.session_state[f"{KEY}:{model}"] = Memory(model, waiting.file, said, waiting.chosen)
    return held


def bring(model: str, file: GivenFile | None = None, uploaded: Mapping[str, Any] | None = None) -> None:
    """Take a pasted or uploaded file. Raises Invalid, NotFound."""
    files = engine().parameter_files
    if file is not None:
        files.hold(actor(), model, file)
    elif uploaded is not None:
        value = {"blob": uploaded["blob"], "name": uploaded["name"]}
        files.hold_upload(actor(), model, value, str(uploaded.get("filename") or ""))
    st.session_state.pop(f"{KEY}:{model}", None)


def drop(model: str) -> None:
    """Give the file up."""
    engine().parameter_files.give_up(actor(), model)
    st.session_state.pop(f"{KEY}:{model}", None)


def say(memory: Memory, before: Answers, **more: Any) -> None:
    """Add an answer to what was said (or taken up from before); None takes one back."""
    said = memory.said if memory.said is not None else before.as_json()
    for about, value in more.items():
        if isinstance(value, Mapping):
            said = {**said, about: {**dict(said.get(about) or {}), **value}}
        else:
            said = {**said, about: value}
    memory.said = {key: value for key, value in said.items() if value}
    _keep(memory)


def choose(memory: Memory, **more: Any) -> None:
    """Remember what was chosen: set, place, reason."""
    memory.chosen = {**memory.chosen, **more}
    _keep(memory)


def _keep(memory: Memory) -> None:
    engine().parameter_files.said(actor(), memory.model, memory.answers, memory.chosen)


# ---- where it goes

NEW, OWN = "+", "+~"  # entries of the list of sets that make one


def name_of(memory: Memory) -> str:
    """The set that is chosen and can be one; empty: none yet."""
    chosen = chosen_set(memory)
    name = new_name(memory) if chosen in (NEW, OWN) else chosen
    if chosen == OWN and name:
        name = PRESET + name.removeprefix(PRESET)
    try:
        check_name(name)
    except Invalid:
        return ""
    return name


def new_name(memory: Memory) -> str:
    """What a new set is to be called: what was typed, else after the file."""
    if "name" in memory.chosen:
        return str(memory.chosen["name"])
    stem = memory.file.name.rpartition(".")[0].lower()
    return re.sub(r"[^a-z0-9]+", "-", stem).strip("-0123456789") or "imported"


def chosen_set(memory: Memory) -> str:
    """The set in the list, or an entry that makes one; at first what the address names."""
    return str(memory.chosen.get("set") or asked("set") or "")


def day_of(memory: Memory) -> date | None:
    """The day from which it is to hold; None: today."""
    text = memory.chosen.get("from")
    return date.fromisoformat(text) if text else None


def kept(memory: Memory, name: str) -> None:
    """Remember what a widget holds (its callback)."""
    value = st.session_state[memory.key(name)]
    value = value.isoformat() if isinstance(value, date) else value
    more = {"place": ""} if name == "set" else {}  # another set has other places
    choose(memory, **{**more, name: value})
