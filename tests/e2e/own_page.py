"""A page with a picture and an upload field: what Streamlit keeps under addresses of its own."""

import streamlit as st

from app import state

PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
st.image(PICTURE)
st.file_uploader("A file")
st.text(f"acting: {state.actor().name}")
