"""The feeds of a parameter set: fetch, accept, decline, pause, history; making one is in ``params_feeds_form``."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components import params_feeds_form as form
from app.components import params_feeds_view as html
from app.components.confirm import Question, confirm
from app.components.menu import may
from app.components.page import empty, guarded, plain, show_error
from app.components.view import view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE
from engine.errors import QuarterdeckError
from engine.parameters import set_values
from engine.parameters.feeds.records import FAILED, HELD, TAKEN, Feed
from engine.parameters.set_records import PRESET

SAID = "feeds:said"
SHOWN = 50


@st.fragment
@guarded
def draw(model: str, name: str) -> None:
    """All of it. Personal presets have no feeds."""
    if name.startswith(PRESET):
        empty("rss_feed", t("feeds.preset"), t("feeds.preset.body"), key="feeds-none")
        return
    feeds = engine().feeds.list(actor(), model, name)
    changes = may(actor(), PARAMS_WRITE, engine().sets.resource(actor(), model, name))
    _say()
    manifest = set_values.manifest_of(engine(), model)
    if changes and form.is_open(model, name):
        form.draw(model, name, manifest, feeds)
        return
    if feeds:
        _list(model, name, feeds, manifest, changes=changes)
    else:
        empty("rss_feed", t("feeds.none"), t("feeds.none.body"), key="feeds-none")
    if changes and st.button(
        t("feeds.add"), icon=":material/add:", key="feeds-add", type="secondary" if feeds else "primary"
    ):
        form.open_new(model, name)
        st.rerun(scope="fragment")


def _list(model: str, name: str, feeds: list[Feed], manifest: Any, *, changes: bool) -> None:
    titles = {one.place: one.title for one in engine().sets.places(actor(), model, name)}
    ages = {
        (place, field): age
        for place in {one.place for one in feeds}
        for field, age in engine().feeds.freshness(actor(), model, name, place).items()
    }
    act = view(html.listed(feeds, ages, manifest.fields, titles, changes=changes), key="feeds-list")
    if act:
        _act(act, model, name, {one.id: one for one in feeds}, manifest)


def _act(act: str, model: str, name: str, feeds: dict[str, Feed], manifest: Any) -> None:
    word, _, feed_id = act.partition(":")
    feed = feeds.get(feed_id)
    if feed is None:
        return
    where = (actor(), model, name, feed_id)
    field = manifest.fields.get(feed.field)
    label = (
        feed.title
        if feed.title != feed.field
        else field.label(feed.field)
        if field is not None
        else feed.field
    )
    if word == "fetch":
        with st.spinner(t("feeds.fetching", feed=plain(label))):
            _do(lambda: _fetched(engine().feeds.fetch(*where), field, label))
    elif word == "accept":
        _accept(where, feed, label)
    elif word == "decline" and feed.waiting is not None:
        wanted = feed.waiting.id
        _ask("decline", label, lambda reason: engine().feeds.decline(*where, wanted, reason))
    elif word == "pause":
        _ask("pause", label, lambda reason: engine().feeds.pause(*where, reason))
    elif word == "remove":
        _ask("remove", label, lambda reason: engine().feeds.remove(*where, reason))
    elif word == "resume":
        _do(lambda: (engine().feeds.resume(*where), t("feeds.resumed", feed=label))[1])
    elif word == "change":
        form.open_feed(model, name, feed)
        st.rerun(scope="fragment")
    elif word == "history":
        _history(model, name, feed, field, label)


def _accept(where: tuple[Any, str, str, str], feed: Feed, label: str) -> None:
    if feed.waiting is None:
        return
    wanted = feed.waiting.id
    if feed.waiting.outcome == HELD:
        _ask("accept", label, lambda reason: engine().feeds.accept(*where, wanted, reason))
        return
    _do(lambda: _accepted(engine().feeds.accept(*where, wanted), label))


def _accepted(done: Any, label: str) -> str:
    return t("feeds.accepted", feed=label, number=done.number)


def _fetched(done: Any, field: Any, label: str) -> str:
    if done.outcome == FAILED:
        st.session_state[SAID] = ("error", done.sentence)
        return ""
    if done.outcome in TAKEN:
        return t(f"feeds.fetched.{done.outcome}", feed=label, number=done.number)
    return t(f"feeds.fetched.{done.outcome}", feed=label, value=html.worded(field, done.value))


def _do(work: Any) -> None:
    """Do it; say on the next drawing what came of it."""
    try:
        said = work()
    except QuarterdeckError as error:
        show_error(error)
        return
    if said:
        st.session_state[SAID] = ("success", said)
    st.rerun()


def _say() -> None:
    said = st.session_state.pop(SAID, None)
    if said and said[0] == "error":
        st.error(plain(said[1]), icon=":material/error:")
    elif said:
        st.success(plain(said[1]), icon=":material/check_circle:")


def _ask(word: str, label: str, act: Any) -> None:
    question = Question(
        f"feeds-{word}", t(f"feeds.{word}.title", feed=label), t(f"feeds.{word}.body"), t(f"feeds.{word}"),
        t(f"feeds.{word}.done", feed=label),
    )  # fmt: skip
    confirm(question, act)


def _history(model: str, name: str, feed: Feed, field: Any, label: str) -> None:
    @st.dialog(plain(t("feeds.history.title", feed=label)), width="large")
    @guarded
    def showing() -> None:
        found, total = engine().feeds.tries(actor(), model, name, feed.id, limit=SHOWN)
        if not found:
            st.caption(t("feeds.never"))
            return
        if total > len(found):
            st.caption(t("feeds.history.more", shown=len(found), total=total))
        zone = engine().settings.business_timezone
        view(html.history(found, field, zone, model=model, set_=name), key="feeds-history")

    showing()
