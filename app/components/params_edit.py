"""The page that edits a parameter set."""

from __future__ import annotations

import streamlit as st

from app.components.page import crumbs, plain
from app.state import actor, engine
from app.text import t


def draw(model: str, name: str, place: str) -> None:
    """The whole page."""
    engine().sets.draft(actor(), model, name, place)
    card = engine().sets.get(actor(), model, name)
    crumbs((t("nav.params"), "params"))
    st.title(plain(card.title), anchor=False)
