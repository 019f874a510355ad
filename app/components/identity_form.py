"""The identity provider as a form: address and client, who may in, and which groups stand for which roles."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from app.components import rows
from app.components.view import tag, view
from app.state import actor, auth
from app.text import t
from auth.identity import CALLBACK, Mapped, ProviderOptions
from auth.rights import ROLES
from engine.access import EVERYWHERE

TEXTS = ("title", "address", "client_id", "scopes", "groups_claim", "name_claim")
SWITCHES = ("enabled", "create_accounts", "only_mapped", "sign_out_there")
MAPPING = "identity:mapping"  # ids of the mapping's rows, in their order


def base() -> str:
    """The address that people reach us by: the setting's, else the one in this browser."""
    parts = urlsplit(st.context.url or "")
    return auth().identity.base(f"{parts.scheme}://{parts.netloc}" if parts.netloc else "")


def fill(options: ProviderOptions, *, anew: bool = False) -> None:
    """Give the widgets what is stored, once; what was typed meanwhile stays."""
    if MAPPING in st.session_state and not anew:
        return
    for name in (*TEXTS, *SWITCHES):
        st.session_state[f"identity:{name}"] = getattr(options, name)
    st.session_state["identity:domains"] = "\n".join(options.domains)
    st.session_state["identity:client_secret"] = ""
    st.session_state["identity:skew_seconds"] = str(options.skew_seconds)
    st.session_state[MAPPING] = []
    for mapped in options.mapping:
        _add(mapped)


def label(name: str) -> str:
    """The label of a field; the title's own key is the page's."""
    return t("identity.title.field") if name == "title" else t(f"identity.{name}")


def _add(mapped: Mapped | None = None) -> None:
    taken = st.session_state[MAPPING]
    number = max(taken, default=0) + 1
    mapped = mapped or Mapped("", "viewer")
    for name in ("group", "role", "department"):
        st.session_state[f"identity:{name}:{number}"] = getattr(mapped, name)
    st.session_state[MAPPING] = [*taken, number]


def _drop(number: int) -> None:
    st.session_state[MAPPING] = [one for one in st.session_state[MAPPING] if one != number]


def draw(has_secret: bool) -> None:
    """All fields, in three groups."""
    st.toggle(t("identity.enabled"), key="identity:enabled", help=t("identity.enabled.help"))
    st.header(t("identity.provider"), anchor=False)
    grid = st.grid(2, min_column_width=300)
    for name in ("address", "title", "client_id"):
        grid.text_input(
            label(name), key=f"identity:{name}", help=t(f"identity.{name}.help"), autocomplete="off"
        )
    grid.text_input(
        t("identity.client_secret"),
        key="identity:client_secret",
        type="password",
        live=True,  # leaving by the Tab key reports nothing: the eye inside the field takes the focus
        help=t("identity.client_secret.help"),
        placeholder=t("identity.stored") if has_secret else "",
        autocomplete="new-password",
    )
    st.caption(t("identity.register"))
    view(tag("code", base() + CALLBACK, cls="qd-wrap"), key="identity-redirect")
    with st.expander(t("identity.details")):
        grid = st.grid(2, min_column_width=300)
        for name in ("scopes", "groups_claim", "name_claim", "skew_seconds"):
            grid.text_input(
                label(name), key=f"identity:{name}", help=t(f"identity.{name}.help"), autocomplete="off"
            )
        st.toggle(t("identity.sign_out_there"), key="identity:sign_out_there")
    st.header(t("identity.who"), anchor=False)
    st.toggle(t("identity.create_accounts"), key="identity:create_accounts")
    st.toggle(t("identity.only_mapped"), key="identity:only_mapped")
    st.text_area(
        t("identity.domains"), key="identity:domains", help=t("identity.domains.help"), height=90, width=420
    )
    _mapping()


def _mapping() -> None:
    st.header(t("identity.mapping"), anchor=False)
    st.caption(t("identity.mapping.help"))
    places = [EVERYWHERE, *(one.name for one in auth().accounts.departments(actor()))]
    for number in st.session_state[MAPPING]:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(t("identity.group"), key=f"identity:group:{number}", width=260, autocomplete="off")
            st.selectbox(
                t("identity.role"),
                list(ROLES),
                key=f"identity:role:{number}",
                format_func=rows.role,
                width=180,
            )
            st.selectbox(
                t("identity.department"),
                places,
                key=f"identity:department:{number}",
                format_func=rows.place,
                width=220,
            )
            st.button(
                t("identity.drop"),
                key=f"identity:drop:{number}",
                icon=":material/close:",
                on_click=_drop,
                args=(number,),
            )
    st.button(t("identity.add"), key="identity:add", icon=":material/add:", on_click=_add)


def typed() -> tuple[ProviderOptions, str | None]:
    """What the widgets say, and the secret: None when none was typed."""
    held: dict[str, Any] = {name: str(st.session_state.get(f"identity:{name}") or "") for name in TEXTS}
    held |= {name: bool(st.session_state.get(f"identity:{name}")) for name in SWITCHES}
    mapping = tuple(
        Mapped(
            *(
                str(st.session_state.get(f"identity:{name}:{n}") or "")
                for name in ("group", "role", "department")
            )
        )
        for n in st.session_state[MAPPING]
    )
    skew = str(st.session_state.get("identity:skew_seconds") or "").strip()
    options = ProviderOptions(
        **held,
        domains=tuple(str(st.session_state.get("identity:domains") or "").splitlines()),
        mapping=mapping,
        skew_seconds=int(skew) if skew.isascii() and skew.isdigit() else -1,
    )
    return options, st.session_state.get("identity:client_secret") or None
