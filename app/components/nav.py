"""The pages by name, their addresses, and how to go to one. Every run, model and dataset has an address."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import streamlit as st

# name → (file relative to app/main.py, path in the address)
PAGES: dict[str, tuple[str, str]] = {
    "home": ("../pages/home.py", ""),
    "models": ("../pages/models.py", "models"),
    "model": ("../pages/model.py", "model"),
    "run-model": ("../pages/run_form.py", "run-model"),
    "run": ("../pages/run.py", "run"),
    "runs": ("../pages/runs.py", "runs"),
    "datasets": ("../pages/datasets.py", "datasets"),
}


def href(page: str, **query: Any) -> str:
    """The address of a page, to share: ``/run?run=01J…``. Values that are None are left out."""
    kept = {key: value for key, value in query.items() if value is not None}
    return f"/{PAGES[page][1]}" + (f"?{urlencode(kept)}" if kept else "")


def go(page: str, **query: Any) -> None:
    """Leave for another page, without loading the browser's page anew."""
    kept = {key: str(value) for key, value in query.items() if value is not None}
    st.switch_page(PAGES[page][0], query_params=kept)


def asked(name: str) -> str | None:
    """What the address says for ``name``; None when it says nothing."""
    value = st.query_params.get(name)
    return value or None
