"""What the edit page of a parameter set remembers in a browser session, and what the values in it mean.

A field is *set here* (at the place that is edited) or inherits. Typing into one sets it here; what is inherited is
shown in its widget as well. A draft holds the raws of the fields that are set here, and only those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import streamlit as st
from markupsafe import Markup

from app.components.form_parts import EMPTY, put
from app.components.form_state import FormModel, Read, raw_of, read
from engine.errors import Invalid, Problem
from engine.parameters import set_values
from engine.parameters.changes import FieldChange
from engine.parameters.equality import same
from engine.parameters.in_force import DEFAULT
from engine.parameters.merging import ChangedMeanwhile
from engine.parameters.set_editing import Edited
from engine.parameters.set_records import SetVersion

TYPED = "typed"
REASON, DAY, REVIEW = ".reason", ".day", ".review"  # what is asked for beside the fields
NOTES = (REASON, DAY, REVIEW)


@dataclass
class Memory:
    """Beside the widgets' own values. ``base`` is the version that the changes go on from."""

    form: FormModel
    about: Edited
    here: set[str] = field(default_factory=set)
    typed: set[str] = field(default_factory=set)  # of them, those set here by typing only, in this session
    base: int | None = None
    sources: dict[str, str] = field(default_factory=dict)
    taken: dict[str, Any] = field(default_factory=dict)  # raws that came from a file or feed, as they came
    kept: Any = None  # as last kept as a draft; None: nothing was typed yet
    initial: Any = None  # as it was without any change
    restored_at: str = ""
    began: int | None = None  # the version whose values the page began with
    asked: int | None = None  # the version that the address asked to begin with, as last seen
    problems: list[Problem] = field(default_factory=list)
    refusal: str = ""
    submitted: int = 0
    meanwhile: ChangedMeanwhile | None = None
    saved: SetVersion | None = None
    raws: dict[str, Any] = field(default_factory=dict)  # what the widgets hold, as last seen
    reads: dict[str, tuple[Any, Read]] = field(default_factory=dict)
    lines: dict[str, tuple[Any, FieldChange]] = field(
        default_factory=dict
    )  # changes, by what they were made of
    rows: dict[str, tuple[FieldChange, Markup]] = field(default_factory=dict)  # as drawn
    looked: tuple[float, bool] = (
        0.0,
        False,
    )  # when it was asked for a newer version, and whether there was one
    feeds: dict[str, str] = field(default_factory=dict)  # id of a feed → what it is called
    merged: str = ""  # what a merge brought in, to be said once

    @cached_property
    def names(self) -> list[str]:
        """The fields that a set may hold, in the form's order."""
        return [name for name, f in self.form.fields.items() if f.type != "file"]


def memory_of(form: FormModel, about: Edited) -> Memory:
    """The memory of this page in this browser session; fresh where another version of the model is live now."""
    key = f"edit:{form.page}"
    held = st.session_state.get(key)
    if held is None or held.form.version_id != form.version_id:
        held = st.session_state[key] = Memory(form, about)
    memory = cast(Memory, held)
    before, memory.about = memory.about, about
    memory.form, memory.looked = form, (0.0, False)
    memory.lines.clear()
    if before.day != about.day and memory.raws:
        _another_day(memory, before)
    return memory


def _another_day(memory: Memory, before: Edited) -> None:
    """The changes hold from another day: fields that were not touched show what is in force on that one."""
    for name in memory.names:
        here_before = before.held.origin.get(name) == before.place and name in before.held.values
        if (name in memory.here) != here_before:
            continue
        if not here_before or same(read_of(memory, name).value, before.held.values[name]):
            back(memory, name)


def read_of(memory: Memory, name: str) -> Read:
    """The value that a field's widget holds; read again only when it changed."""
    raw = raw_now(memory, name)
    kept = memory.reads.get(name)
    if kept is None or kept[0] != raw or type(kept[0]) is not type(raw):
        kept = memory.reads[name] = (raw, read(name, memory.form.fields[name], raw))
    return kept[1]


def raw_now(memory: Memory, name: str) -> Any:
    """What a field's widget holds, as last seen: asking the session anew for sixty fields takes milliseconds."""
    return memory.raws[name] if name in memory.raws else inherited_raw(memory, name)


def look(memory: Memory, names: Iterable[str] | None = None) -> None:
    """See what the widgets of these fields (all) hold now, and which are set here because of that.

    A field that no longer holds what it inherits is set here; one from a file that was retyped is typed.
    """
    for name in memory.names if names is None else names:
        key = memory.form.key(name)
        if key not in st.session_state:
            continue
        raw = memory.raws[name] = st.session_state[key]
        inherits = same_raw(raw, inherited_raw(memory, name))
        if name not in memory.here and not inherits:
            memory.here.add(name)
            memory.typed.add(name)
        elif inherits and name in memory.typed:  # typed, and typed back: nobody asked to set it here
            memory.here.discard(name)
            memory.typed.discard(name)
        if name in memory.sources and name in memory.taken and not same_raw(raw, memory.taken[name]):
            del memory.sources[name]


def give(memory: Memory, name: str, raw: Any) -> None:
    """Give a field's widget its value. Only before it is drawn."""
    put(memory.form.key(name), raw)
    memory.raws[name] = raw


def inherited_raw(memory: Memory, name: str) -> Any:
    """What a field's widget holds while it inherits."""
    form = memory.form
    if memory.about.above_from.get(name, DEFAULT) == DEFAULT:
        return form.defaults[name]
    return raw_of(form.fields[name], memory.about.above.get(name))


def same_raw(one: Any, other: Any) -> bool:
    """Do two raws mean that nothing was changed? An untouched list of choices gives None for “nothing”."""
    return (_nothing(one) and _nothing(other)) or same(one, other)


def _nothing(raw: Any) -> bool:
    return raw in EMPTY or (isinstance(raw, dict) and raw.get("rows") == [])


def values_here(memory: Memory) -> tuple[dict[str, Any], list[Problem]]:
    """Canonical values of the fields that are set here, and what is wrong with the others of them."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name in memory.names:
        if name not in memory.here:
            continue
        found = read_of(memory, name)
        if found.problem is not None:
            problems.append(found.problem)
        else:
            values[name] = found.value
    return values, problems


def problems(memory: Memory) -> list[Problem]:
    """All that keeps the changes from being saved: single fields, then the rules across fields."""
    values, found = values_here(memory)
    if found:
        return found
    about = memory.about
    above = {name: value for name, value in about.above.items() if about.above_from[name] != DEFAULT}
    try:
        set_values.check_together(memory.form.manifest, above | values)
    except Invalid as error:
        return error.problems
    return []


# ---- beginning


def fill(memory: Memory, values: dict[str, Any], sources: Mapping[str, str]) -> None:
    """Begin with the canonical ``values`` set here, all else inherited. Only before the fields are drawn.

    ``sources`` says which of them came from a file or feed; one that is retyped loses that.
    """
    known = {name: values[name] for name in memory.names if name in values}
    raws = {name: raw_of(memory.form.fields[name], value) for name, value in known.items()}
    memory.sources = {name: source for name, source in sources.items() if name in raws and source != TYPED}
    memory.taken = {name: raws[name] for name in memory.sources}
    fill_raws(memory, raws)


def fill_raws(memory: Memory, raws: dict[str, Any]) -> None:
    """The same from raws, as a draft has them."""
    memory.here, memory.typed = {name for name in memory.names if name in raws}, set()
    for name in memory.names:
        give(memory, name, raws[name] if name in raws else inherited_raw(memory, name))


def follow(memory: Memory) -> None:
    """Let the fields that inherit show what they inherit now: on another day, or after a change above, it differs."""
    for name in memory.names:
        if name not in memory.here and name in memory.raws:
            raw = inherited_raw(memory, name)
            if not same_raw(memory.raws[name], raw):
                give(memory, name, raw)


def inherit(memory: Memory, name: str) -> None:
    """Set a field here no longer."""
    memory.here.discard(name)
    memory.typed.discard(name)
    memory.sources.pop(name, None)
    give(memory, name, inherited_raw(memory, name))


def back(memory: Memory, name: str) -> None:
    """Give a field what is in force for it: set here or inherited."""
    held = memory.about.held
    if held.origin.get(name) != memory.about.place or name not in held.values:
        inherit(memory, name)
        return
    memory.here.add(name)
    memory.sources.pop(name, None)
    give(memory, name, raw_of(memory.form.fields[name], held.values[name]))
