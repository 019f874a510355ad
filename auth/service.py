"""One object that holds the parts of ``auth``, beside the engine that they belong to."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from auth.rights import RightsAuthorizer
from engine.engine import Engine
from engine.settings import Settings

if TYPE_CHECKING:
    from auth.accounts import Accounts
    from auth.audit.log import AuditLog
    from auth.identity import Identity
    from auth.keys import KeyRing
    from auth.options import Options
    from auth.secrets import SecretStore
    from auth.sessions import Sessions
    from auth.sharing import Sharing
    from auth.tokens import Tokens


class Auth:
    """The parts, each made on first use: people, how they sign in, what they may, and the trail they leave."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.settings = engine.settings
        engine.database.auditor = self.audit
        engine.secrets = self.secrets

    @cached_property
    def accounts(self) -> Accounts:
        """People, departments, grants."""
        from auth.accounts import Accounts

        return Accounts(self)

    @cached_property
    def sharing(self) -> Sharing:
        """Roles on single objects."""
        from auth.sharing import Sharing

        return Sharing(self)

    @cached_property
    def sessions(self) -> Sessions:
        """Signing in, and who a browser's cookie stands for."""
        from auth.sessions import Sessions

        return Sessions(self)

    @cached_property
    def tokens(self) -> Tokens:
        """API tokens."""
        from auth.tokens import Tokens

        return Tokens(self)

    @cached_property
    def identity(self) -> Identity:
        """The OpenID Connect provider."""
        from auth.identity import Identity

        return Identity(self)

    @cached_property
    def audit(self) -> AuditLog:
        """The audit log."""
        from auth.audit.log import AuditLog

        return AuditLog(self)

    @cached_property
    def keys(self) -> KeyRing:
        """The master keys: seal, open, sign."""
        from auth.keys import KeyRing

        return KeyRing.from_settings(self.settings)

    @cached_property
    def secrets(self) -> SecretStore:
        """Stored secrets."""
        from auth.secrets import SecretStore

        return SecretStore(self)

    @cached_property
    def options(self) -> Options:
        """What administrators set in pages."""
        from auth.options import Options

        return Options(self)


def opened(settings: Settings) -> Auth:
    """An engine with rights, audit and secrets attached (``auth.engine``). Raises what opening an engine raises."""
    return Auth(Engine(settings, RightsAuthorizer()))
