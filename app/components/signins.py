"""Sign-ins of browsers that are going on: the list, and ending one or all of a person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.components import rows, shown
from app.components.confirm import Question, confirm
from app.components.view import badge, view
from app.state import actor, auth, engine
from app.text import t

BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def browser(agent: str) -> str:
    """A browser's user agent in two words; as it is where nothing is recognised."""
    program = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    if program and system:
        return t("sessions.browser", program=program, system=system)
    return re.sub(r"\s+", " ", agent)[:60] or t("sessions.browser.unknown")


def listing(found: Iterable[Any], key: str, names: Mapping[str, str] | None = None) -> None:
    """The sign-ins; ``names`` (account → name) where they are not all one's own."""
    zone, me = engine().settings.business_timezone, actor()
    held = {one.id: one for one in found}
    entries = []
    for one in held.values():
        title = names.get(one.account, one.account) if names is not None else browser(one.agent)
        under = [browser(one.agent)] if names is not None else []
        under += [one.address or "–", t(f"sessions.method.{one.method}")]
        marks = [badge(t("sessions.this"), "green")] if one.id == me.credential else []
        marks.append(badge(t("sessions.active", when=shown.when(one.active_at, zone))))
        marks.append(badge(t("sessions.until", when=shown.when(one.expires_at, zone))))
        buttons = [rows.act(t("sessions.end"), one.id, symbol="logout", about=str(title))]
        entries.append(rows.row(title, " · ".join(under), [rows.chips(marks)], buttons))
    chosen = view(rows.listed(entries, "qd-tokens"), key=key)
    if chosen in held:
        end(held[chosen], (names or {}).get(held[chosen].account, me.name))


def end(one: Any, who: str) -> None:
    """Ask before a sign-in ends; for one's own no reason is wanted."""
    question = Question(
        "session-end",
        t("sessions.question.title", who=who),
        t("sessions.question.body", address=one.address)
        if one.address
        else t("sessions.question.body_nowhere"),
        t("sessions.end"),
        t("sessions.ended", who=who),
        reason=one.account != actor().id,
    )
    confirm(question, lambda reason: auth().sessions.revoke(actor(), one.id, reason))


def end_all(account: str, who: str) -> None:
    """Ask before all sign-ins of a person end; this very browser stays signed in."""
    mine = account == actor().id
    question = Question(
        "session-end-all",
        t("sessions.question.all", who=who),
        t("sessions.question.all_body"),
        t("sessions.end_all", who=who),
        t("sessions.ended_all", who=who),
        reason=not mine,
    )
    keep = actor().credential if mine else ""
    confirm(question, lambda reason: auth().sessions.revoke_all(actor(), account, reason, keep=keep))
