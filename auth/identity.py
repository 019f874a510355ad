"""Signing in by an identity provider (OpenID Connect): set-up, the way there and back, signing out.

``auth.oidc_flow`` is the protocol, ``auth.oidc_claims`` the checks, ``auth.oidc_people`` what becomes of it here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlmodel import select

from auth.events import ProviderSignInFailed
from auth.keys import context
from auth.oidc_ended import METHOD, EndedThere
from auth.oidc_errors import SENTENCES, ProviderRefused
from auth.oidc_options import Mapped, ProviderOptions
from auth.secrets import CLIENT_SECRET
from auth.sessions import ANYBODY, Began
from auth.throttle import network
from engine.access import ACCOUNT_MANAGE, IDENTITY_MANAGE, Actor, of_company, service
from engine.errors import Invalid, Problem, QuarterdeckError
from engine.store.tables_access import DepartmentRow, SessionRow

if TYPE_CHECKING:
    from auth.oidc_flow import Begun, Pending, Shown
    from auth.oidc_people import Identity as Person
    from auth.oidc_provider import Provider
    from auth.oidc_test import Report
    from auth.service import Auth

OPTION = "identity"
CALLBACK = "/auth/oidc/callback"
BACK_CHANNEL = "/auth/oidc/back-channel-logout"
SIGNED_OUT = "/auth/sign-in"
logger = logging.getLogger(__name__)
__all__ = ["SENTENCES", "Identity", "Mapped", "ProviderOptions", "ProviderRefused"]


@dataclass(frozen=True)
class CameBack:
    """A sign-in that succeeded: its session (None: an account was connected instead), and where to go now."""

    began: Began | None
    account: str
    next: str


class Identity:
    """The identity provider, as administrators and the sign-in page know it. Thread safe."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine
        self._provider: Provider | None = None
        self._ended = EndedThere(auth)
        self._lock = threading.Lock()

    # ---- set-up

    @service(IDENTITY_MANAGE, on=of_company)
    def options(self, actor: Actor) -> ProviderOptions:
        """What is set. The client's secret is not in it; ``has_secret`` says whether there is one."""
        return self._options()

    @service(IDENTITY_MANAGE, on=of_company)
    def has_secret(self, actor: Actor) -> bool:
        """Is a secret of the client stored?"""
        return self.auth.secrets.own_changed(CLIENT_SECRET) is not None

    @service(IDENTITY_MANAGE, on=of_company)
    def configure(
        self, actor: Actor, options: ProviderOptions, *, client_secret: str | None = None, reason: str = ""
    ) -> ProviderOptions:
        """Store the settings; they count at once. ``client_secret``: None leaves the stored one, "" removes it.

        With another address or client the secret must be typed again: it belongs to that provider, and nobody
        else is to be sent it. Raises Invalid with all that is wrong.
        """
        options = options.tidied()
        with self.engine.database.read() as session:
            departments = session.exec(select(DepartmentRow.name)).all()
        options.check(departments)
        before = self._options()
        moved = (before.issuer, before.client_id) != (options.issuer, options.client_id)
        if moved and client_secret is None and self.has_secret(actor):
            sentence = (
                "The stored secret belongs to another address or client. Type the secret of this one again."
            )
            raise Invalid("the identity provider", [Problem("client_secret", sentence)])
        if client_secret is not None:
            self.auth.secrets.put_own(actor, CLIENT_SECRET, client_secret.strip() or None, reason)
        self.auth.options.put(actor, OPTION, options.as_dict(), reason)
        return options

    @service(IDENTITY_MANAGE, on=of_company)
    def test(
        self,
        actor: Actor,
        base: str = "",
        options: ProviderOptions | None = None,
        client_secret: str | None = None,
    ) -> Report:
        """Ask the provider, and say what is good and what is not; nothing is changed. Never raises for its answers.

        ``base`` is the address that people reach us by (for the addresses to register there). ``options`` and
        ``client_secret`` are tried instead of the stored ones; the stored secret is sent to its own provider only.
        """
        from auth.oidc_test import report

        stored = self._options()
        tried = (options or stored).tidied()
        same = (stored.issuer, stored.client_id) == (tried.issuer, tried.client_id)
        if client_secret is None:
            client_secret = self.auth.secrets.own(CLIENT_SECRET) if same else ""
        return report(tried, client_secret or "", self.base(base))

    @service(ACCOUNT_MANAGE, on=of_company)
    def disconnect(self, actor: Actor, account: str, reason: str = "") -> None:
        """Let a person sign in here by password again (reset it next); roles by groups are taken away.

        Raises NotFound, and Conflict for a local account and the last administrator.
        """
        from auth.oidc_people import People

        People(self.auth).disconnect(actor, account, reason)

    # ---- signing in: called by the routes under /auth, before anybody is known

    def offer(self) -> str | None:
        """What the button of the sign-in page says after "Sign in with"; None: no provider is in use."""
        options = self._options()
        return options.title if options.enabled else None

    def base(self, seen: str) -> str:
        """The address that people reach us by: the setting's, else the one of the request."""
        return (self.auth.settings.public_address or seen).rstrip("/")

    def begin(self, base: str, *, next: str = "/", account: str = "") -> Begun:
        """Send a browser to the provider; with ``account`` to connect that account. Raises ProviderRefused."""
        from auth import oidc_flow

        purpose = oidc_flow.CONNECT if account else oidc_flow.SIGN_IN
        redirect = self.base(base) + CALLBACK
        return oidc_flow.begin(
            self.provider(), self.auth.keys, redirect, next=next, purpose=purpose, account=account
        )

    def came_back(
        self,
        cookies: Mapping[str, str],
        answer: Mapping[str, str],
        *,
        address: str = "",
        agent: str = "",
        replaces: str = "",
        account: str = "",
    ) -> CameBack:
        """The browser is back with the provider's answer: a session, or one's account connected.

        ``replaces`` is the session cookie it had, ``account`` whose that is. Raises ProviderRefused, Throttled; what
        came to nothing is audited, but for answers to sign-ins that this browser never began.
        """
        from auth import oidc_flow

        provider = self.provider()
        pending = oidc_flow.opened(self.auth.keys, cookies, answer, provider)
        who = replace(ANYBODY, address=address)
        attempt = self.auth.throttle.attempt(who, {"address": network(address)})
        try:
            if pending.purpose == oidc_flow.CONNECT:
                came = self._connected(provider, pending, answer, account, address)
            else:
                came = self._signed_in(
                    provider, pending, answer, address=address, agent=agent, replaces=replaces
                )
        except ProviderRefused as refused:
            self._note(who, refused)
            raise
        with self.engine.database.change(who) as change:
            self.auth.throttle.succeeded(change.session, attempt)
        return came

    # ---- signing out

    def sign_out_address(self, session_id: str, base: str) -> str | None:
        """Where to send a browser whose session has just ended here, so that it ends at the provider as well.

        OpenID Connect RP-Initiated Logout 1.0. None: nowhere (another kind of session, switched off, not offered).
        """
        from urllib.parse import urlencode

        options = self._options()
        with self.engine.database.read() as session:
            row = session.get(SessionRow, session_id)
        if row is None or row.method != METHOD or not (options.enabled and options.sign_out_there):
            return None
        try:
            end = self.provider().description().end_session
            hint = self.auth.keys.open_text(row.oidc_hint, _hint(row.id)) if row.oidc_hint else ""
        except QuarterdeckError as error:
            logger.warning("signing out at the identity provider is left out: %s", error)
            return None
        if not end:
            return None
        back = {"client_id": options.client_id, "post_logout_redirect_uri": self.base(base) + SIGNED_OUT}
        query = urlencode(({"id_token_hint": hint} if hint else {}) | back)
        return f"{end}{'&' if '?' in end else '?'}{query}"

    def back_channel(self, text: str, address: str = "") -> int:
        """The provider says that somebody's sign-in there has ended: theirs here end too; returns how many.

        OpenID Connect Back-Channel Logout 1.0. Raises ProviderRefused for what the provider did not sign, and for the
        same message a second time.
        """
        return self._ended.take(self.provider(), text, address)

    # ---- parts

    def provider(self) -> Provider:
        """The provider in use. Raises ProviderRefused: off."""
        from auth.oidc_provider import Provider

        options = self._options()
        if not options.enabled:
            raise ProviderRefused("off")
        with self._lock:
            if self._provider is None or self._provider.options != options:
                self._provider = Provider(options)
            return self._provider

    def _options(self) -> ProviderOptions:
        return ProviderOptions.from_dict(self.auth.options.get(OPTION))

    def _shown(self, provider: Provider, pending: Pending, answer: Mapping[str, str]) -> tuple[Shown, Person]:
        from auth import oidc_flow
        from auth.oidc_people import Identity as Person

        secret = self.auth.secrets.own(CLIENT_SECRET) or ""
        shown = oidc_flow.finish(provider, pending, answer, secret)
        issuer = provider.description().issuer
        return shown, Person.read(issuer, shown.claims, provider.options)

    def _signed_in(
        self, provider: Provider, pending: Pending, answer: Mapping[str, str], **about: str
    ) -> CameBack:
        from auth.oidc_people import People

        shown, person = self._shown(provider, pending, answer)
        account = People(self.auth).admit(person, provider.options, about["address"])
        sid = shown.claims.get("sid")
        began = self.auth.sessions.begin_for(
            account, method=METHOD, oidc_sid=sid if isinstance(sid, str) else "", **about
        )
        with self.engine.database.light() as session:
            row = session.get(SessionRow, began.session)
            if row is not None:
                row.oidc_hint = self.auth.keys.seal(shown.text, _hint(row.id))
                session.add(row)
        return CameBack(began, account, pending.next)

    def _connected(
        self, provider: Provider, pending: Pending, answer: Mapping[str, str], account: str, address: str
    ) -> CameBack:
        from auth.oidc_people import People

        if not account or account != pending.account:
            raise ProviderRefused("state", "the account to connect is not the one signed in", pending.account)
        actor = self.auth.accounts.actor_of(account, address=address)
        _, person = self._shown(provider, pending, answer)
        People(self.auth).connect(actor, person, provider.options)
        return CameBack(None, account, pending.next)

    def _note(self, who: Actor, refused: ProviderRefused) -> None:
        logger.info("sign-in by the identity provider refused (%s): %s", refused.reason, refused.detail)
        event = ProviderSignInFailed(account=refused.account, reason=refused.reason, detail=refused.detail)
        self.engine.database.write(who, lambda change: change.emit(event))


def _hint(session_id: str) -> str:
    return context("session", "oidc_hint", session_id)
