"""Events about people, how they sign in, and what they may. Never a secret, a hash or a token in them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.events import Event


@dataclass(frozen=True, kw_only=True)
class TokenCreated(Event):
    """An API token was made for an account; empty lists mean all that the account may."""

    name = "token-created"
    object_kind = "token"
    about = "token"
    needs = "session.manage"
    token: str
    account: str
    title: str
    roles: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    expires_at: str


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(Event):
    """An API token ended before its time."""

    name = "token-revoked"
    object_kind = "token"
    about = "token"
    needs = "session.manage"
    token: str
    account: str
    title: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ProviderSignInFailed(Event):
    """A sign-in by the identity provider came to nothing; ``reason`` is a stable word of ``auth.oidc_errors``.

    ``account`` is empty where it never came to a known one; ``detail`` says who or what, as far as was known.
    """

    name = "provider-sign-in-failed"
    object_kind = "account"
    about = "account"
    needs = "session.manage"
    result = "failed"
    personal = frozenset({"detail"})
    account: str = ""
    reason: str
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class ProviderConnected(Event):
    """An account signs in by the identity provider from now on (``connected``), or no longer."""

    name = "provider-connected"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    connected: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ProviderSignedOut(Event):
    """The identity provider ended sign-ins of an account (back-channel logout)."""

    name = "provider-signed-out"
    object_kind = "account"
    about = "account"
    needs = "session.manage"
    account: str
    sessions: int
