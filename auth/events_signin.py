"""Events of signing in: also those that came to nothing. Never a password, a code or a token in them."""

from __future__ import annotations

from dataclasses import dataclass

from engine.events import Event


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """Somebody signed in, with everything that was asked for; ``method`` is password, totp or oidc."""

    name = "signed-in"
    object_kind = "session"
    about = "session"
    needs = "session.manage"
    account: str
    session: str
    method: str


@dataclass(frozen=True, kw_only=True)
class SignInFailed(Event):
    """A sign-in did not succeed; ``account`` is empty where no account has the name that was typed.

    ``typed`` is that name where somebody has it; of any other text, which may be a password in the wrong field,
    it is a mark only, the same for the same text.

    ``reason``: password, code, disabled, expired (a one-time password that is too old).
    """

    name = "sign-in-failed"
    object_kind = "sign-in"
    about = "account"
    needs = "session.manage"
    result = "failed"
    personal = frozenset({"typed"})
    account: str
    reason: str
    typed: str = ""


@dataclass(frozen=True, kw_only=True)
class SignInLocked(Event):
    """Too many tries: a name is refused for ``seconds``, ``scope`` says whom.

    ``pair``: this name from this address; ``name``: this name from unknown devices; ``address``: this address;
    ``device``: a known device; ``code``: second factors of this account.
    """

    name = "sign-in-locked"
    object_kind = "sign-in"
    about = "account"
    needs = "session.manage"
    result = "failed"
    personal = frozenset({"typed"})
    account: str
    scope: str
    failures: int
    seconds: int
    typed: str = ""


@dataclass(frozen=True, kw_only=True)
class PersonSignedOut(Event):
    """Somebody signed out."""

    name = "signed-out"
    object_kind = "session"
    about = "session"
    needs = "session.manage"
    account: str
    session: str


@dataclass(frozen=True, kw_only=True)
class SessionRevoked(Event):
    """A browser's sign-in was ended before its time: by the person elsewhere, by an administrator, by a rule."""

    name = "session-revoked"
    object_kind = "session"
    about = "session"
    needs = "session.manage"
    account: str
    session: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    """A person has a new password; ``how`` is own, link (reset or invitation) or first (after a one-time one)."""

    name = "password-changed"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    how: str


@dataclass(frozen=True, kw_only=True)
class PasswordReset(Event):
    """An administrator gave a person a one-time password, to be changed at the next sign-in."""

    name = "password-reset"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class LinkMade(Event):
    """A one-time link was made; ``purpose`` is reset or invite."""

    name = "link-made"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorChanged(Event):
    """The second factor was switched on or off, or its recovery codes were made anew (``new`` is codes)."""

    name = "second-factor-changed"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    old: str
    new: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Event):
    """A recovery code stood in for the second factor; ``left`` are still unused."""

    name = "recovery-code-used"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    left: int
