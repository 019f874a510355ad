"""Deciding on a version that waits: approve now or for a day, reject, ask; for its author answer and withdraw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import streamlit as st

from app.components import shown
from app.components.menu import may
from app.components.page import guarded, note, plain, say, show_error
from app.components.view import join, tag, view
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_REVIEW, PARAMS_WRITE
from engine.errors import QuarterdeckError
from engine.parameters.set_records import SetVersion

NOW, ASKED, OTHER = "today", "asked", "other"


@st.fragment
@guarded
def panel(version: SetVersion) -> None:
    """What this person may do about a version that waits; who else may, where they may not."""
    me = actor()
    there = engine().sets.resource(me, version.model, version.set)
    known = engine().sets.approvers(me, version.model, version.set, version.number)
    decides, writes = may(me, PARAMS_REVIEW, there), may(me, PARAMS_WRITE, there)
    own = version.author == me.id
    barred = decides and known.barred
    _waits(version, known.others, barred=barred, own=own, decides=decides)
    if decides and not barred:
        _decide(version)
    if writes and (own or not decides or barred):
        _talk(version, own=own)


def _waits(version: SetVersion, others: list[str], *, barred: bool, own: bool, decides: bool) -> None:
    zone = engine().settings.business_timezone
    lines = [tag("p", t("review.waits.until", until=shown.exactly(version.expires_at, zone)[:16]))]
    if barred:
        lines.append(tag("p", t("review.own" if own else "review.part_own")))
    names = shown.people(others)
    if others:
        listed = ", ".join(sorted(names[one] for one in others))
        key = "review.approvers_too" if decides and not barred else "review.approvers"
        lines.append(tag("p", t(key, names=listed)))
    elif barred or not decides:
        lines.append(tag("p", t("review.nobody")))
    note(t("review.waits"), join(lines), colour="orange", key="review-waits")


def _decide(version: SetVersion) -> None:
    st.subheader(t("review.decision"), anchor=False)
    key = f"review:{version.id}"
    today = engine().sets.today()
    day = _day(version, key, today)
    comment = st.text_area(
        t("review.comment"), key=f"{key}:comment", height=80, max_chars=2000, help=t("review.comment.help")
    )
    with st.container(horizontal=True):
        approve = st.button(
            t("review.approve"), type="primary", icon=":material/check:", key=f"{key}:approve", disabled=day is None
        )  # fmt: skip
        reject = st.button(t("review.reject"), icon=":material/block:", key=f"{key}:reject")
        ask = st.button(t("review.ask"), icon=":material/help:", key=f"{key}:ask")
    where = (actor(), version.model, version.set, version.number)
    sets = engine().sets
    if approve and day is not None:
        _do(version, "approved", lambda: sets.approve(*where, comment, day))
    elif reject:
        _do(version, "rejected", lambda: sets.reject(*where, comment))
    elif ask:
        _do(version, "asked", lambda: sets.ask(*where, comment))


def _day(version: SetVersion, key: str, today: date) -> date | None:
    """From which day it is to hold; None while none is chosen."""
    asked = version.effective_from
    options = [ASKED, OTHER] if asked == today else [ASKED, NOW, OTHER]
    words = {
        ASKED: t("review.day.asked_today") if asked == today else t("review.day.asked", day=shown.day(asked)),
        NOW: t("review.day.now", day=shown.day(today)),
        OTHER: t("review.day.another"),
    }
    chosen = st.segmented_control(
        t("review.day"), options, default=ASKED, required=True, key=f"{key}:from", format_func=lambda one: words[one]
    )  # fmt: skip
    day: date | None = {ASKED: asked, NOW: today}.get(str(chosen))
    if chosen == OTHER:
        found = st.date_input(t("review.day.which"), None, key=f"{key}:day", format="YYYY-MM-DD", width=240)
        day = found if isinstance(found, date) else None
    if day is not None and day < today:
        st.caption(":material/history: " + plain(t("review.day.past", day=shown.day(day))))
    elif day is not None and day > today:
        st.caption(":material/event_upcoming: " + plain(t("review.day.later", day=shown.day(day))))
    return day


def _talk(version: SetVersion, *, own: bool) -> None:
    """Answering a question, and taking one's own version back."""
    asked = any(step.step == "question" for step in version.steps)
    key = f"review:{version.id}"
    where = (actor(), version.model, version.set, version.number)
    sets = engine().sets
    if asked:
        _question(version)
        answer = st.text_area(t("review.answer"), key=f"{key}:answer", height=80, max_chars=2000)
        if st.button(t("review.answer.send"), icon=":material/send:", key=f"{key}:send", type="primary"):
            _do(version, "answered", lambda: sets.answer(*where, answer))
    if own and st.button(t("review.withdraw"), icon=":material/undo:", key=f"{key}:withdraw"):
        from app.components.confirm import Question, confirm

        question = Question(
            key=f"{key}:withdrawing",
            title=t("review.withdraw.title", number=version.number),
            body=t("review.withdraw.body"),
            button=t("review.withdraw"),
            done=t("review.done.withdrawn", number=version.number),
        )
        confirm(question, lambda reason: sets.withdraw(*where, reason))


def _question(version: SetVersion) -> None:
    """The newest question, above the field for its answer."""
    last = next(step for step in reversed(version.steps) if step.step == "question")
    who = tag("strong", t("review.asks", who=shown.person(last.by)))
    view(join([who, tag("q", last.comment, cls="qd-said")]), key="review-question")


def _do(version: SetVersion, what: str, act: Callable[[], object]) -> None:
    try:
        act()
    except QuarterdeckError as error:
        show_error(error)
        return
    say(t(f"review.done.{what}", number=version.number))
    st.rerun(scope="app")
