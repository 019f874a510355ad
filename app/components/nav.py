"""The pages by name, their addresses, and how to go to one. Every run, model and dataset has an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from engine import access

# name → (file relative to app/main.py, path in the address)
PAGES: dict[str, tuple[str, str]] = {
    "home": ("../pages/home.py", ""),
    "models": ("../pages/models.py", "models"),
    "model": ("../pages/model.py", "model"),
    "run-model": ("../pages/run_form.py", "run-model"),
    "run": ("../pages/run.py", "run"),
    "runs": ("../pages/runs.py", "runs"),
    "datasets": ("../pages/datasets.py", "datasets"),
    "params": ("../pages/params.py", "params"),
    "params-edit": ("../pages/params_edit.py", "params-edit"),
    "params-set": ("../pages/params_set.py", "params-set"),
    "params-compare": ("../pages/params_compare.py", "params-compare"),
    "params-import": ("../pages/params_import.py", "params-import"),
    "people": ("../pages/admin_people.py", "people"),
    "departments": ("../pages/admin_departments.py", "departments"),
    "roles": ("../pages/admin_roles.py", "roles"),
    "sessions": ("../pages/admin_sessions.py", "sessions"),
    "tokens": ("../pages/admin_tokens.py", "tokens"),
    "identity": ("../pages/admin_identity.py", "identity"),
    "audit": ("../pages/audit.py", "audit"),
    "company": ("../pages/admin_company.py", "company"),
    "email": ("../pages/admin_email.py", "email"),
    "secrets": ("../pages/admin_secrets.py", "secrets"),
    "health": ("../pages/admin_health.py", "health"),
    "welcome": ("../pages/welcome.py", "welcome"),
    "account": ("../pages/account.py", "account"),
    "inbox": ("../pages/inbox.py", "inbox"),
}

# page → what one needs to open it at all; pages that are not here check each object themselves
NEEDS: dict[str, str] = {
    "people": access.ACCOUNT_READ,
    "departments": access.ACCOUNT_READ,
    "roles": access.ACCOUNT_OWN,
    "sessions": access.SESSION_MANAGE,
    "tokens": access.SESSION_MANAGE,
    "identity": access.IDENTITY_MANAGE,
    "audit": access.AUDIT_READ,
    "company": access.SYSTEM_OPERATE,
    "email": access.NOTIFY_MANAGE,
    "secrets": access.SECRET_READ,
    "health": access.SYSTEM_READ,
    "welcome": access.SYSTEM_OPERATE,
}


@dataclass(frozen=True)
class Entry:
    """A line of the menu: the page, its Material symbol, its section (a text key), and who sees the line.

    ``needs`` is a permission; empty: what the page itself needs.
    """

    page: str
    symbol: str
    section: str = ""
    needs: str = ""


MENU = (
    Entry("home", "home"),
    Entry("models", "deployed_code"),
    Entry("runs", "history"),
    Entry("datasets", "table"),
    Entry("params", "tune", needs=access.PARAMS_READ),
    Entry("people", "group", "access"),
    Entry("departments", "domain", "access"),
    Entry("roles", "shield_person", "access", needs=access.ACCOUNT_READ),
    Entry("sessions", "devices", "access"),
    Entry("tokens", "key", "access"),
    Entry("identity", "badge", "access"),
    Entry("audit", "fact_check", "access"),
    Entry("company", "apartment", "server"),
    Entry("email", "mail", "server"),
    Entry("secrets", "lock", "server"),
    Entry("health", "monitor_heart", "server"),
)


def href(page: str, **query: Any) -> str:
    """The address of a page, to share: ``/run?run=01J…``. Values that are None are left out, lists repeat the name."""
    kept = {key: value for key, value in query.items() if value is not None}
    return f"/{PAGES[page][1]}" + (f"?{urlencode(kept, doseq=True)}" if kept else "")


def go(page: str, **query: Any) -> None:
    """Leave for another page, without loading the browser's page anew."""
    kept = {key: texts(value) for key, value in query.items() if value is not None}
    st.switch_page(PAGES[page][0], query_params=kept)


def texts(value: Any) -> Any:
    """A value of an address as text, a list of them as a list of texts."""
    return [str(one) for one in value] if isinstance(value, list) else str(value)


def asked_all(name: str) -> list[str]:
    """Everything that the address says for ``name``, which may stand in it several times."""
    return [value for value in st.query_params.get_all(name) if value]


def asked(name: str) -> str | None:
    """What the address says for ``name``; None when it says nothing."""
    value = st.query_params.get(name)
    return value or None
