"""E-mail: the mail server, a test mail, and the outbox with what could not be sent."""

import streamlit as st

from app.components import email_form, rows, shown
from app.components.nav import NEEDS
from app.components.page import empty, page, say
from app.components.view import badge, view
from app.state import actor, engine
from app.text import t

STATES = {"waiting": ("blue", "schedule"), "sent": ("green", "check_circle"), "failed": ("red", "error")}


def outbox() -> None:
    """What is on its way, was given up, or was sent lately; never the texts."""
    st.header(t("email.outbox"), anchor=False)
    zone = engine().settings.business_timezone
    state = st.pills(
        t("email.outbox.state"),
        list(STATES),
        format_func=lambda name: t(f"email.state.{name}"),
        key="email:state",
    )
    mails = engine().notify.outbox(actor(), state)
    if not mails:
        empty("outbox", t("email.outbox.empty"), t("email.outbox.empty.body"), key="email-outbox-none")
        return
    entries = []
    for mail in mails:
        at = shown.when(mail.sent_at or mail.created_at, zone)
        parts = [mail.recipient, at]
        if mail.state == "waiting" and mail.attempts:
            parts.append(t("email.attempts", count=mail.attempts, when=shown.when(mail.next_at, zone)))
        under = " · ".join([*parts, mail.error] if mail.error else parts)
        button = [rows.act(t("email.retry"), mail.id, symbol="refresh", about=mail.subject)]
        mark = badge(t(f"email.state.{mail.state}"), *STATES[mail.state])
        entries.append(rows.row(mail.subject, under, [mark], button if mail.state == "waiting" else []))
    chosen = view(rows.listed(entries, "qd-shares"), key="email-outbox")
    if chosen:
        engine().notify.retry(actor(), chosen)
        say(t("email.retried"))
        st.rerun()


with page(t("email.title"), caption=t("email.caption"), needs=NEEDS["email"]):
    email_form.draw("email")
    outbox()
