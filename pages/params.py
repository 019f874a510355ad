"""Parameter sets: the list, by model, with one's own presets. ``/params[?model=NAME]``."""

import streamlit as st

from app.components import params_list, params_making, params_waiting
from app.components.menu import may
from app.components.nav import asked, go
from app.components.page import page
from app.state import actor, engine
from app.text import t
from engine.access import PARAMS_WRITE

with page(t("params.title"), caption=t("params.caption")):
    models = {card.name: card.title for card in engine().catalog.list(actor())}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            t("params.search"), key="params:search", bind="query-params", icon=":material/search:", width=320
        )
        if "params:model" not in st.session_state and asked("model") in models:
            st.session_state["params:model"] = asked("model")
        model = st.selectbox(
            t("params.model"),
            list(models),
            index=None,
            key="params:model",
            width=280,
            format_func=lambda name: models.get(name, name),
            placeholder=t("params.any_model"),
        )
        params_making.button(models, model)
        if st.button(t("compare.button"), icon=":material/compare_arrows:", key="params-compare"):
            go("params-compare", model=model)
        if may(actor(), PARAMS_WRITE) and st.button(
            t("files.import"), icon=":material/upload_file:", key="params-import"
        ):
            go("params-import", model=model)
    if not search:
        params_waiting.draw(model)
    params_list.draw(models, search or "", model)
