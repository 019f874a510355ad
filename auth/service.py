"""One object that holds the parts of ``auth``, beside the engine that they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.key_sources import take
from auth.notices import Notices
from auth.rights import RightsAuthorizer
from engine.engine import Engine
from engine.part import part
from engine.settings import Settings

if TYPE_CHECKING:
    from auth.accounts import Accounts
    from auth.audit.log import AuditLog
    from auth.company import Company
    from auth.credentials import Credentials
    from auth.factor import SecondFactor
    from auth.identity import Identity
    from auth.keys import KeyRing
    from auth.links import Links
    from auth.options import Options
    from auth.rotation import Keeper
    from auth.secrets import SecretStore
    from auth.sessions import Sessions
    from auth.sharing import Sharing
    from auth.signin import SigningIn
    from auth.throttle import Throttle
    from auth.tokens import Tokens


class Auth:
    """The parts, each made on first use: people, how they sign in, what they may, and the trail they leave."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.settings = engine.settings
        engine.database.auditor = self.audit
        engine.secrets = self.secrets
        take()  # keys that were handed over by the environment leave it before anything is started
        engine.database.reactions.append(Notices(self).react)
        self.company.apply()

    @part
    def accounts(self) -> Accounts:
        """People, departments, grants."""
        from auth.accounts import Accounts

        return Accounts(self)

    @part
    def company(self) -> Company:
        """The company's name, time zone and calendars, and how far set-up is."""
        from auth.company import Company

        return Company(self)

    @part
    def sharing(self) -> Sharing:
        """Roles on single objects."""
        from auth.sharing import Sharing

        return Sharing(self)

    @part
    def sessions(self) -> Sessions:
        """Signing in, and who a browser's cookie stands for."""
        from auth.sessions import Sessions

        return Sessions(self)

    @part
    def signin(self) -> SigningIn:
        """The steps of signing in."""
        from auth.signin import SigningIn

        return SigningIn(self)

    @part
    def throttle(self) -> Throttle:
        """Slowing down guesses."""
        from auth.throttle import Throttle

        return Throttle(self)

    @part
    def credentials(self) -> Credentials:
        """Passwords of accounts."""
        from auth.credentials import Credentials

        return Credentials(self)

    @part
    def factor(self) -> SecondFactor:
        """Second factors and recovery codes."""
        from auth.factor import SecondFactor

        return SecondFactor(self)

    @part
    def links(self) -> Links:
        """One-time links: reset, invitation."""
        from auth.links import Links

        return Links(self)

    @part
    def tokens(self) -> Tokens:
        """API tokens."""
        from auth.tokens import Tokens

        return Tokens(self)

    @part
    def identity(self) -> Identity:
        """The OpenID Connect provider."""
        from auth.identity import Identity

        return Identity(self)

    @part
    def audit(self) -> AuditLog:
        """The audit log."""
        from auth.audit.log import AuditLog

        return AuditLog(self)

    @part
    def keys(self) -> KeyRing:
        """The master keys: seal, open, sign."""
        from auth.keys import KeyRing

        return KeyRing.from_settings(self.settings, self.engine.database)

    @part
    def keeper(self) -> Keeper:
        """Changing the master key, and what to do when it is lost."""
        from auth.rotation import Keeper

        return Keeper(self)

    def forget_lost_keys(self) -> None:
        """What was sealed under lost keys is cleared: the next use makes a new key where there is none."""
        from auth.key_sources import forget_ids

        forget_ids(self.settings)
        self.__dict__.pop("keys", None)

    @part
    def secrets(self) -> SecretStore:
        """Stored secrets."""
        from auth.secrets import SecretStore

        return SecretStore(self)

    @part
    def options(self) -> Options:
        """What administrators set in pages."""
        from auth.options import Options

        return Options(self)


def opened(settings: Settings) -> Auth:
    """An engine with rights, audit and secrets attached (``auth.engine``). Raises what opening an engine raises."""
    return Auth(Engine(settings, RightsAuthorizer()))
