"""Your account: who you are here, how you sign in, where you are signed in, and your API tokens."""

import streamlit as st

from app.components import rows, shown, signins, tokens
from app.components.page import empty, page
from app.components.view import facts, icon, join, link, tag, view
from app.state import actor, auth, engine
from app.text import t
from engine.access import LOCAL_ADMIN, Actor
from engine.notify.kinds import KINDS

PASSWORD, SECOND_FACTOR, CONNECT = "/auth/password", "/auth/second-factor", "/auth/oidc/connect"


def about(me: Actor) -> None:
    """Name, e-mail and roles."""
    zone = engine().settings.business_timezone
    person = auth().accounts.get(me, me.id)
    pairs = [
        (t("person.name"), tag("code", person.name)),
        (t("person.email"), person.email or "–"),
        (t("person.added"), shown.exactly(person.created_at, zone)),
        (t("person.last"), shown.exactly(person.last_sign_in, zone) if person.last_sign_in else "–"),
    ]
    view(facts(pairs, inline=True), key="account-facts")
    st.header(t("account.roles"), anchor=False)
    if person.grants:
        more = tag("p", link(t("account.roles.link"), "roles"), cls="qd-small")
        view(join([rows.grants(person.grants), more]), key="account-roles")
    else:
        empty("shield_person", t("account.no_role"), t("account.no_role.body"), key="account-roles")
    sign_in(person)


def sign_in(person) -> None:
    """Password and second factor are changed on the sign-in's own pages, not in this one."""
    st.header(t("account.sign_in"), anchor=False)
    if person.kind == "oidc":
        st.markdown(t("account.sign_in.provider"))
        return
    st.markdown(t("account.sign_in.second_on") if person.two_factor else t("account.sign_in.second_off"))
    second = t("account.sign_in.second_change") if person.two_factor else t("account.sign_in.second")
    links = [
        tag("a", join([icon("password"), t("account.sign_in.password")]), href=PASSWORD, cls="qd-button"),
        tag("a", join([icon("phonelink_lock"), second]), href=SECOND_FACTOR, cls="qd-button"),
    ]
    offer = auth().identity.offer()
    if offer is not None:
        connect = t("account.sign_in.connect", provider=offer)
        links.append(tag("a", join([icon("link"), connect]), href=CONNECT, cls="qd-button"))
    view(tag("div", join(links), cls="qd-line"), key="account-sign-in")


def elsewhere(me: Actor) -> None:
    """Browsers in which this person is signed in."""
    st.header(t("account.sessions"), anchor=False)
    found = auth().sessions.mine(me)
    signins.listing(found, "account-sessions")
    if len(found) > 1 and st.button(
        t("account.sessions.others"), icon=":material/logout:", key="account-others"
    ):
        signins.end_all(me.id, me.name)


def programs(me: Actor) -> None:
    """API tokens."""
    st.header(t("account.tokens"), anchor=False)
    st.caption(t("account.tokens.help"))
    living = [token for token in auth().tokens.mine(me) if token.state == "active"]
    if living:
        tokens.listing(living, "account-tokens")
    if st.button(t("tokens.new"), icon=":material/key:", key="account-token"):
        tokens.make()


def notices(me: Actor) -> None:
    """Which notices come by mail as well."""
    st.header(t("account.notices"), anchor=False)
    wanted = engine().notify.preferences(me)
    if not auth().accounts.get(me, me.id).email:
        st.caption(t("account.notices.no_email"))
    chosen = {}
    for name, kind in KINDS.items():
        on = wanted.get(name, kind.mail)
        chosen[name] = st.checkbox(
            kind.title,
            on,
            key=f"notice:{name}",
            disabled=kind.always,
            help=t("account.notices.always") if kind.always else None,
        )
    if chosen != wanted:
        engine().notify.set_preferences(me, chosen)
        st.caption(f":material/check: {t('account.notices.saved')}")


with page(t("account.title"), caption=t("account.caption")):
    me_ = actor()
    if me_.id == LOCAL_ADMIN.id:
        st.info(t("account.local"))
    else:
        about(me_)
        elsewhere(me_)
        programs(me_)
        notices(me_)
