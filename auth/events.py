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
class IdentityChanged(Event):
    """The identity provider was set up anew: ``old`` and ``new`` hold the settings, never the client's secret."""

    name = "identity-changed"
    object_kind = "identity"
    about = "identity"
    needs = "identity.manage"
    identity: str = "provider"
    old: dict[str, object]
    new: dict[str, object]
    secret_changed: bool = False
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RolesMapped(Event):
    """A sign-in gave an account other roles: what its groups at the identity provider stand for has changed.

    ``old`` and ``new`` list ``role@department`` (``role@`` holds everywhere).
    """

    name = "roles-mapped"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class OidcRefused(Event):
    """A sign-in through the identity provider ended without a session; ``reason`` is a stable word."""

    name = "oidc-refused"
    object_kind = "identity"
    about = "identity"
    needs = "session.manage"
    personal = frozenset({"address", "detail"})
    identity: str = "provider"
    account: str = ""
    reason: str
    address: str = ""
    detail: str = ""
