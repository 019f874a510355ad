"""On top of a run's form: which parameter set it is filled from, at which place, and one's own presets."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components import form_sets, presets, shown
from app.components.form_sets import Taken
from app.components.form_state import FormModel
from app.components.page import note, plain
from app.components.view import join, link, tag, view
from app.state import actor, engine
from app.text import t
from engine.errors import QuarterdeckError
from engine.parameters.set_records import PRESET, SetCard

IN_FORCE = 0  # stands for what is in force, where versions are chosen by number
LABELLED = 30  # versions that are offered with their state and day; older ones by their number
MOST = 500


def draw(form: FormModel, memory: Any) -> None:
    """The choice of set, version and place, what came of it, and what can be done with presets."""
    cards = {card.name: card for card in engine().sets.list(actor(), form.model) if card.latest}
    taken: Taken | None = memory.taken
    if not cards and taken is None and not memory.set_refusal:
        _hold(form, taken)
        return
    with st.container(border=True):
        _hold(form, taken)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _set(form, memory, cards)
            if taken is not None and taken.name in cards:
                _version(form, memory, cards[taken.name], taken)
                _place(form, memory, taken)
        if memory.set_refusal:
            st.error(plain(memory.set_refusal), icon=":material/error:")
        if taken is None:
            st.caption(t("form.set.none"))
        else:
            _about(form, memory, taken)


def _hold(form: FormModel, taken: Taken | None) -> None:
    """The widgets show what the form was filled from, however that came about."""
    held: dict[str, Any] = {"set": None, "set-version": IN_FORCE, "set-place": ""}
    if taken is not None:
        held = {"set": taken.name, "set-version": taken.number or IN_FORCE, "set-place": taken.place}
    for name, value in held.items():
        if st.session_state.get(form.key(f".{name}"), "") != value:
            st.session_state[form.key(f".{name}")] = value


def _set(form: FormModel, memory: Any, cards: dict[str, SetCard]) -> None:
    own = [name for name in cards if name.startswith(PRESET)]
    names = [*(name for name in cards if name not in own), *own]
    if memory.taken is not None and memory.taken.name not in cards:
        names.append(memory.taken.name)

    def words(name: str) -> str:
        card = cards.get(name)
        if card is None:
            return name
        return t("form.set.preset", title=card.title) if name.startswith(PRESET) else card.title

    st.selectbox(
        t("form.set.label"),
        names,
        index=None,
        key=form.key(".set"),
        format_func=words,
        placeholder=t("form.set.placeholder"),
        width=320,
        on_change=_chosen,
        args=(form, memory, "set"),
    )


def _version(form: FormModel, memory: Any, card: SetCard, taken: Taken) -> None:
    """In force today, or a version by its number."""
    numbers = list(range(card.latest, max(0, card.latest - MOST), -1))
    if taken.number is not None and taken.number not in numbers:
        numbers.append(taken.number)
    labels = _labels(form, memory, card)

    def words(number: int) -> str:
        if number == IN_FORCE:
            return t("form.set.in_force")
        return labels.get(number) or t("form.set.number", number=number)

    st.selectbox(
        t("form.set.version"),
        [IN_FORCE, *numbers],
        key=form.key(".set-version"),
        format_func=words,
        width=270,
        on_change=_chosen,
        args=(form, memory, "version"),
    )


def _labels(form: FormModel, memory: Any, card: SetCard) -> dict[int, str]:
    """The newest versions in words; looked up again when the set has changed."""
    key = (card.id, card.changed_at, card.in_review, engine().sets.today())
    held = memory.labels
    if held is None or held[0] != key:
        versions, _ = engine().sets.versions(actor(), form.model, card.name, limit=LABELLED)
        held = memory.labels = (key, {one.number: _label(one) for one in versions})
    found: dict[int, str] = held[1]
    return found


def _label(version: Any) -> str:
    words = t("form.set.number", number=version.number)
    place = f" · {version.place}" if version.place else ""
    return f"{words}{place} · {state_words(version)}"


def state_words(version: Any) -> str:
    """The state of a version, or of a column of a comparison, with its day."""
    state = version.state.replace("-", "_")
    return t(f"form.set.state.{state}", day=shown.day(version.effective_from))


def _place(form: FormModel, memory: Any, taken: Taken) -> None:
    places = {one.place: one for one in engine().sets.places(actor(), form.model, taken.name)}
    if not places:
        return

    def words(place: str) -> str:
        if not place:
            return t("form.set.company")
        title = places[place].title if place in places else ""
        return f"{place} · {title}" if title else place

    st.selectbox(
        t("form.set.place"),
        ["", *places],
        key=form.key(".set-place"),
        format_func=words,
        width=220,
        on_change=_chosen,
        args=(form, memory, "place"),
    )


def _chosen(form: FormModel, memory: Any, what: str) -> None:
    """Another set, version or place: fill the form from it. Nothing is filled where that cannot be."""
    name = st.session_state.get(form.key(".set"))
    memory.set_refusal = ""
    if name is None:
        leave(form, memory)
        return
    number = IN_FORCE if what == "set" else int(st.session_state.get(form.key(".set-version")) or IN_FORCE)
    place = "" if what == "set" else st.session_state.get(form.key(".set-place")) or ""
    if what == "version":
        place = ""  # that of the version itself; what is in force begins at the company
        if number == IN_FORCE and memory.taken is not None:
            place = memory.taken.place
    adopt(form, memory, name if number == IN_FORCE else f"{name}@{number}", place)


def adopt(form: FormModel, memory: Any, reference: str, place: str = "") -> None:
    """Fill the form from a set; what was there before can be had back."""
    from app.components.form import refill

    try:
        taken = form_sets.take(form, reference, place)
    except QuarterdeckError as error:
        memory.set_refusal = error.sentence
        return
    memory.set_refusal = ""
    refill(form, taken)


def leave(form: FormModel, memory: Any) -> None:
    """No set any more: the values stay as they are, now as typed ones."""
    from app.components.form import keep

    memory.taken = None
    keep(form, memory)


def _about(form: FormModel, memory: Any, taken: Taken) -> None:
    """Where the values come from, and what to do about it."""
    held = t("form.set.number", number=taken.version)
    if len(taken.versions) > 1:
        held = " · ".join(
            t("run.set.at", place=place or t("form.set.company"), number=number)
            for place, number in taken.versions.items()
        )
    version = link(
        t("form.set.from", held=held, title=taken.title),
        "params-set",
        model=form.model,
        set=taken.name,
        version=taken.version,
        place=taken.place or None,
    )
    parts = [version, t("form.set.marks")]
    if taken.left_out:
        parts.append(t("form.set.left_out", fields=", ".join(taken.left_out)))
    view(tag("p", join(parts, " · "), cls="qd-small"), key="form-set-about")
    if taken.unfit:
        names = ", ".join(form.fields[name].label(name) for name in taken.unfit)
        note(
            t("form.set.unfit", fields=names), t("form.set.unfit.body"), colour="orange", key="form-set-unfit"
        )
    later = form_sets.newer(form, taken)
    if later is not None:
        _newer(form, memory, taken, later)
    with st.container(horizontal=True):
        if memory.before is not None:
            st.button(
                t("form.set.undo"), key="form-set-undo", type="tertiary", icon=":material/undo:",
                on_click=_undo, args=(form, memory),
            )  # fmt: skip
        if taken.personal:
            presets.actions(form, memory, taken)


def _newer(form: FormModel, memory: Any, taken: Taken, later: Taken) -> None:
    heading = t("form.set.newer", number=later.version)
    note(heading, t("form.set.newer.body", number=taken.version), colour="orange", key="form-set-newer")
    st.button(
        t("form.set.newer.take", number=later.version), key="form-set-take", icon=":material/sync:",
        on_click=_take_newer, args=(form, memory, taken, later),
    )  # fmt: skip


def _take_newer(form: FormModel, memory: Any, taken: Taken, later: Taken) -> None:
    """The new version's values, except where this person had set something otherwise."""
    from app.components.form import raws_now, refill

    now = raws_now(form)
    typed = {
        name: raw
        for name, raw in now.items()
        if not form_sets.same_raw(form, name, raw, form_sets.base(form, taken, name))
    }
    refill(form, later, over=typed)


def _undo(form: FormModel, memory: Any) -> None:
    from app.components.form import put_back

    put_back(form, memory)
