"""The page script: which pages there are. It is executed at every rerun, so it stays tiny."""

from pathlib import Path

import streamlit as st

from app.components.nav import PAGES
from app.text import t

LOGO = str(Path(__file__).parent / "components" / "assets" / "logo.svg")
ICONS = {"home": "home", "models": "deployed_code", "runs": "history", "datasets": "table"}


def _page(name: str) -> st.Page:
    path, url = PAGES[name]
    symbol = f":material/{ICONS[name]}:" if name in ICONS else None
    return st.Page(
        path,
        title=t(f"nav.{name}"),
        icon=symbol,
        url_path=url,
        default=name == "home",
        visibility="visible" if name in ICONS else "hidden",
    )


st.logo(LOGO, size="large")
st.navigation([_page(name) for name in PAGES]).run()
