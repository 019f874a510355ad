"""Making and changing a feed: which field, where its values come from, guard rails; tried before it is stored."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components import params_feeds_source as source_form
from app.components import shown
from app.components.page import note, plain, show_error
from app.components.params_feeds_view import came_from
from app.components.params_values import place_name, worded
from app.components.view import join, tag
from app.state import actor, engine
from app.text import t
from engine.errors import QuarterdeckError
from engine.parameters.feeds.records import HAND, MODES, NEW_DATA, Feed
from engine.parameters.feeds.values import NUMERIC, feedable

OPEN, PROBLEM, LOOKED, DONE = "feeds:open", "feeds:problem", "feeds:looked", "feeds:said"
ABSOLUTE, RELATIVE = "absolute", "relative"


def is_open(model: str, name: str) -> bool:
    """Is somebody making or changing a feed of this set?"""
    found = st.session_state.get(OPEN)
    return found is not None and found["set"] == (model, name)


def open_new(model: str, name: str) -> None:
    """Begin a new feed."""
    _begin(model, name, None)


def open_feed(model: str, name: str, feed: Feed) -> None:
    """Change this one."""
    _begin(model, name, feed)


def close() -> None:
    """Away with the form and what was typed."""
    for key in [key for key in st.session_state if str(key).startswith("feed:")]:
        del st.session_state[key]
    for key in (OPEN, PROBLEM, LOOKED):
        st.session_state.pop(key, None)


def draw(model: str, name: str, manifest: Any, feeds: list[Feed]) -> None:
    """The form."""
    feed: Feed | None = st.session_state[OPEN]["feed"]
    _restore()
    st.header(t("feeds.form.change" if feed else "feeds.form.new"), anchor=False)
    if feed is not None and feed.owner != actor().id:
        st.caption(plain(t("feeds.form.yours")))
    with st.container(width=860, key="feeds-form"):
        field_name, place = _where(model, name, manifest, feeds, feed)
        if field_name is None:
            st.caption(t("feeds.form.all_fed"))
            st.button(t("feeds.form.cancel"), key="feeds-cancel", on_click=close)
            return
        field = manifest.fields[field_name]
        source = source_form.draw(model, name, field)
        st.subheader(t("feeds.form.rails"), anchor=False)
        guard = _rails(field)
        mode, trigger = _how(str(source.get("kind")))
        title = st.text_input(
            t("feeds.form.title"), key="feed:title", max_chars=200, help=t("feeds.form.title.help")
        )
        _buttons(model, name, field_name, place, source, guard, mode, trigger, title, feed)
        _outcome(field)
    _keep()


def _begin(model: str, name: str, feed: Feed | None) -> None:
    close()
    st.session_state[OPEN] = {"set": (model, name), "feed": feed, "kept": {}}
    if feed is None:
        return
    rails, raws = feed.rails, st.session_state
    raws["feed:title"] = "" if feed.title == feed.field else feed.title
    for part in ("minimum", "maximum", "change"):
        raws[f"feed:{part}"] = str(rails.get(part, ""))
    raws["feed:stale_days"] = str(rails.get("stale_days", ""))
    raws["feed:relative"] = RELATIVE if rails.get("relative") or not rails.get("change") else ABSOLUTE
    raws["feed:mode"], raws["feed:trigger"] = feed.mode, feed.trigger
    source_form.fill(feed.source)


def _restore() -> None:
    """Widgets that were not drawn for a moment lose their state: what was typed is kept beside them."""
    for key, value in st.session_state[OPEN]["kept"].items():
        if key not in st.session_state:
            st.session_state[key] = value


def _keep() -> None:
    if OPEN in st.session_state:
        kept = {key: value for key, value in st.session_state.items() if str(key).startswith("feed:")}
        st.session_state[OPEN]["kept"] |= kept


def _where(
    model: str, name: str, manifest: Any, feeds: list[Feed], feed: Feed | None
) -> tuple[str | None, str]:
    if feed is not None:
        titles = {one.place: one.title for one in engine().sets.places(actor(), model, name)}
        where = f" · {place_name(feed.place, titles)}" if titles else ""
        field = manifest.fields.get(feed.field)
        label = field.label(feed.field) if field is not None else feed.field
        st.markdown(f"**{plain(label)}**{plain(where)}")
        return (feed.field if field is not None else None), feed.place
    titles = {one.place: one.title for one in engine().sets.places(actor(), model, name)}
    grid = st.grid(2, min_column_width=280) if titles else st
    place = ""
    if titles:
        place = grid.selectbox(
            t("set.place"), ["", *titles], key="feed:place", format_func=lambda one: place_name(one, titles)
        )
    fed = {one.field for one in feeds if one.place == (place or "")}
    free = [one for one, field in manifest.fields.items() if feedable(field) and one not in fed]
    if not free:
        return None, place or ""
    label = lambda one: manifest.fields[one].label(one)  # noqa: E731
    chosen = grid.selectbox(t("feeds.form.field"), free, key="feed:field", format_func=label)
    return chosen, place or ""


def _rails(field: Any) -> dict[str, Any]:
    guard: dict[str, Any] = {}
    if isinstance(field, NUMERIC):
        grid = st.grid(4, min_column_width=180)
        unit = _scale(field)
        guard["minimum"] = grid.text_input(
            t("feeds.form.minimum", unit=unit), key="feed:minimum", help=t("feeds.form.bounds.help")
        )
        guard["maximum"] = grid.text_input(
            t("feeds.form.maximum", unit=unit), key="feed:maximum", help=t("feeds.form.bounds.help")
        )
        guard["change"] = grid.text_input(
            t("feeds.form.step"), key="feed:change", help=t("feeds.form.step.help")
        )
        words = {
            RELATIVE: t("feeds.form.step.relative"),
            ABSOLUTE: t("feeds.form.step.absolute", unit=unit).strip(),
        }
        chosen = grid.selectbox(
            t("feeds.form.step.in"),
            [RELATIVE, ABSOLUTE],
            key="feed:relative",
            format_func=lambda one: words[one],
        )
        guard["relative"] = chosen == RELATIVE
    guard["stale_days"] = st.text_input(
        t("feeds.form.stale"), key="feed:stale_days", help=t("feeds.form.stale.help"), width=260
    )
    return guard


def _scale(field: Any) -> str:
    if field.type == "percent":
        return f" ({t('feeds.form.fraction')})" if field.scale == "fraction" else " (%)"
    unit = getattr(field, "currency", None) or field.unit
    return f" ({unit})" if unit else ""


def _how(kind: str) -> tuple[str, str]:
    st.subheader(t("feeds.form.how"), anchor=False)
    mode = st.radio(
        t("feeds.form.mode"), MODES, key="feed:mode", format_func=lambda one: t(f"feeds.mode.{one}"),
        captions=[t(f"feeds.mode.{one}.help") for one in MODES],
    )  # fmt: skip
    if kind == "url":
        st.caption(t("feeds.form.url_hand"))
        return mode or MODES[0], HAND
    trigger = st.radio(
        t("feeds.form.trigger"), [NEW_DATA, HAND], key="feed:trigger",
        format_func=lambda one: t(f"feeds.trigger.{one}"),
    )  # fmt: skip
    return mode or MODES[0], trigger or HAND


def _buttons(
    model: str, name: str, field: str, place: str, source: dict[str, Any], guard: dict[str, Any], mode: str,
    trigger: str, title: str, feed: Feed | None,
) -> None:  # fmt: skip
    with st.container(horizontal=True):
        tries = st.button(t("feeds.form.try"), icon=":material/play_arrow:", key="feeds-try")
        saves = st.button(t("feeds.form.save"), type="primary", icon=":material/save:", key="feeds-save")
        st.button(t("feeds.form.cancel"), key="feeds-cancel", on_click=close)
    where = (actor(), model, name)
    if tries or saves:
        st.session_state.pop(LOOKED, None)
        st.session_state.pop(PROBLEM, None)
    try:
        if tries:
            with st.spinner(t("feeds.form.trying")):
                st.session_state[LOOKED] = engine().feeds.look(*where, field, source, place, guard)
        elif saves and feed is not None:
            engine().feeds.change(
                *where, feed.id, source=source, title=title, guard=guard, mode=mode, trigger=trigger
            )
        elif saves:
            engine().feeds.add(
                *where, field, source, place=place, title=title, guard=guard, mode=mode, trigger=trigger
            )
    except QuarterdeckError as error:
        st.session_state[PROBLEM] = error
        return
    if saves:
        close()
        st.session_state[DONE] = ("success", t("feeds.form.saved"))
        st.rerun()


def _outcome(field: Any) -> None:
    problem, looked = st.session_state.get(PROBLEM), st.session_state.get(LOOKED)
    if problem is not None:
        show_error(problem)
    if looked is None:
        return
    old = worded(field, looked.old) if looked.old is not None else t("feeds.nothing")
    lines = [
        tag("p", f"{old} → {worded(field, looked.value)}", cls="qd-strong"),
        tag("p", join([t("feeds.observed", day=shown.day(looked.observed_on)), ", ", t("feeds.read"), " ",
                       came_from(looked.origin), "."])),
    ]  # fmt: skip
    if looked.held:
        lines.append(tag("p", looked.held))
    note(t("feeds.form.found"), join(lines), colour="orange" if looked.held else "green", key="feeds-found")
