"""The mail server as a form: on its own page, and as a step of the assistant."""

from __future__ import annotations

from typing import Any, Literal, cast

import streamlit as st

from app.components.page import plain, say, show_error
from app.state import actor, auth, engine
from app.text import t
from auth import mail_setup
from auth.secrets import SMTP_PASSWORD
from engine.errors import Invalid, Problem, QuarterdeckError
from engine.notify.mail import PORTS, SECURITIES, MailSettings

Security = Literal["starttls", "tls", "none"]


def draw(key: str) -> bool:
    """The form with its test; what was typed stays on a problem. True: all that is typed is stored."""
    now = engine().notify.settings(actor())
    has_password = auth().secrets.own_changed(SMTP_PASSWORD) is not None
    with st.container(width=760):
        typed = _fields(now, key, has_password)
        save = st.button(t("email.save"), type="primary", key=f"{key}:save")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            to = st.text_input(t("email.test.to"), key=f"{key}:to", width=280, placeholder="name@example.com")
            test = st.button(t("email.test"), icon=":material/send:", key=f"{key}:test")
    try:
        if save:
            _store(typed)
            st.session_state[f"{key}:round"] = st.session_state.get(f"{key}:round", 0) + 1
            say(t("email.saved"))
            st.rerun()
        if test:
            _test(typed, to or "", has_password)
    except QuarterdeckError as error:
        show_error(error)
    stored = {**now.as_option(), "port": str(now.port), "password": ""}
    return (not now.works and not typed["host"]) or all(typed[name] == stored[name] for name in typed)


def _fields(now: MailSettings, key: str, has_password: bool) -> dict[str, Any]:
    key = f"{key}:{st.session_state.get(f'{key}:round', 0)}"
    grid = st.grid(2, min_column_width=280)
    host = grid.text_input(
        t("email.host"), now.host, key=f"{key}:host", placeholder="mail.example.com", autocomplete="off"
    )
    security = grid.selectbox(
        t("email.security"),
        list(SECURITIES),
        SECURITIES.index(now.security),
        format_func=lambda name: t(f"email.security.{name}"),
        key=f"{key}:security",
    )
    sender = grid.text_input(
        t("email.sender"), now.sender, key=f"{key}:sender", placeholder="quarterdeck@example.com"
    )
    name = grid.text_input(t("email.sender_name"), now.sender_name, key=f"{key}:sender-name")
    username = grid.text_input(t("email.username"), now.username, key=f"{key}:username", autocomplete="off")
    password = grid.text_input(
        t("email.password"),
        key=f"{key}:password",
        type="password",
        live=True,  # leaving by the Tab key reports nothing: the eye inside the field takes the focus
        placeholder=t("identity.stored") if has_password else "",
        autocomplete="new-password",
    )
    with st.expander(t("email.more")):
        grid = st.grid(2, min_column_width=280)
        port = grid.text_input(
            t("email.port"),
            str(now.port) if now.port != PORTS[now.security] else "",
            key=f"{key}:port",
            placeholder=str(PORTS[security]),
            help=t("email.port.help"),
        )
        ca_file = grid.text_input(
            t("email.ca_file"), now.ca_file, key=f"{key}:ca", help=t("email.ca_file.help")
        )
    return {
        "host": host.strip(),
        "security": security,
        "sender": sender.strip(),
        "sender_name": name.strip(),
        "username": username.strip(),
        "password": password,
        "port": (port or "").strip() or str(PORTS[security]),
        "ca_file": ca_file.strip(),
        "timeout_seconds": now.timeout_seconds,
    }


def _settings(typed: dict[str, Any]) -> MailSettings:
    port = typed["port"]
    if not (port.isascii() and port.isdigit()):
        raise Invalid("the e-mail settings", [Problem("port", t("email.port.wrong", value=port), port)])
    settings = MailSettings(
        **{
            name: typed[name]
            for name in ("host", "sender", "sender_name", "username", "ca_file", "timeout_seconds")
        },
        port=int(port),
        security=cast(Security, typed["security"]),
    )
    settings.check()
    return settings


def _store(typed: dict[str, Any]) -> None:
    mail_setup.configure(auth(), actor(), _settings(typed), password=typed["password"])


def _test(typed: dict[str, Any], to: str, has_password: bool) -> None:
    """Try what is typed; the password that counts is the stored one."""
    if typed["password"] or (typed["username"] and not has_password):
        st.warning(t("email.test.save_first"))
        return
    with st.spinner(t("email.testing")):
        outcome = engine().notify.test(actor(), to.strip(), _settings(typed))
    (st.success if outcome.ok else st.error)(plain(outcome.sentence))
