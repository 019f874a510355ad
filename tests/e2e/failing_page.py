"""A page that fails wherever a page can: in a button's callback, in a fragment, in its own lines."""

import streamlit as st

from engine.errors import NotFound


def _fail() -> None:
    raise RuntimeError("secret inner state")


def _refuse() -> None:
    raise NotFound("model", "sales")


@st.fragment
def _part() -> None:
    if st.button("Fail in a fragment"):
        _fail()
    st.text("the fragment")


st.button("Fail in a callback", on_click=_fail)
st.button("Refuse in a callback", on_click=_refuse)
_part()
st.text("the page")
if st.button("Fail in the script"):
    _fail()
