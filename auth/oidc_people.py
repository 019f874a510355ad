"""From an identity to an account: found, made at the first sign-in, connected; roles by groups, each time anew.

An account is found by issuer and subject only, never by name or e-mail address: those change hands. Roles that
groups stand for are kept apart from those given here (``source``), and follow the groups at each sign-in.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from auth.account_rows import describe, new_account
from auth.events import ProviderConnected
from auth.granting import LOCAL, grants_of, keep_an_administrator, tell
from auth.oidc_errors import ProviderRefused
from auth.oidc_flow import value_of
from auth.oidc_options import EVERYBODY, ProviderOptions
from auth.people import LONGEST_TITLE, account_row
from engine.access import EVERYWHERE, SYSTEM, Actor, Grant
from engine.errors import Conflict, Invalid, Unavailable
from engine.isolation import check_another
from engine.notify.mail import is_address
from engine.store.administrators import administrators
from engine.store.database import Change
from engine.store.tables_access import AccountRow, DepartmentRow, GrantRow

if TYPE_CHECKING:
    from auth.service import Auth

logger = logging.getLogger(__name__)
SOURCE = "oidc"
MOST_GROUPS = 5000
MAPPED = "groups at the identity provider"
KEPT = "groups at the identity provider; the last administrator stays one"


@dataclass(frozen=True)
class Identity:
    """What a provider says of a person, as far as we use it. ``verified``: the address; None: nothing said."""

    issuer: str
    subject: str
    name: str
    title: str
    email: str
    verified: bool | None
    groups: frozenset[str]

    @classmethod
    def read(cls, issuer: str, claims: Mapping[str, Any], options: ProviderOptions) -> Identity:
        """Out of checked claims. Raises ProviderRefused: groups (too many to be sent)."""
        email = _text(claims.get("email"))
        verified = claims.get("email_verified")
        return cls(
            issuer,
            str(claims["sub"]),
            _text(value_of(claims, options.name_claim)) or email,
            _title(claims),
            email if is_address(email) else "",
            # some providers send the word instead of the value
            None if verified is None else verified in (True, "true"),
            _groups(claims, options) if options.mapping else frozenset(),
        )


class People:
    """Finds and makes the accounts of those who sign in by the provider."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine

    def admit(self, identity: Identity, options: ProviderOptions, address: str = "") -> str:
        """The account of an identity, brought up to date: name, e-mail address, roles.

        Raises ProviderRefused: domain, unverified, unknown, no-role, taken, disabled, claims, unconfined.
        """
        _check_domain(identity, options)
        try:
            return self._admitted(identity, options, address)
        except IntegrityError:  # the same person in two browsers at once: the other one made the account
            return self._admitted(identity, options, address)

    def _admitted(self, identity: Identity, options: ProviderOptions, address: str) -> str:
        who = replace(SYSTEM, via="page", address=address)
        with self.engine.database.change(who) as change:
            row = _found(change.session, identity)
            wanted = mapped(change.session, identity, options)
            if row is None:
                if options.create_accounts:
                    self._check_isolation(change, identity)
                row = _made(change, identity, options, wanted)
            elif row.state == "active":
                _renewed(change, row, identity)
            state, account = row.state, row.id
            map_roles(change, account, wanted if state == "active" else set())
            empty = change.session.exec(select(GrantRow).where(GrantRow.account == account)).first() is None
        # refused only now: what the groups no longer stand for is taken away in any case
        if state != "active":
            raise ProviderRefused("disabled", identity.name, account)
        if options.only_mapped and empty:
            raise ProviderRefused("no-role", identity.name, account)
        return account

    def _check_isolation(self, change: Change, identity: Identity) -> None:
        try:
            check_another(change, self.engine.settings)
        except Unavailable as error:
            raise ProviderRefused("unconfined", f"{identity.name}: {error.sentence}") from None

    def connect(self, actor: Actor, identity: Identity, options: ProviderOptions) -> str:
        """Let one's own account sign in by this identity from now on; its password is of no use any more.

        Raises ProviderRefused: domain, unverified, connected (somebody else's), disabled.
        """
        _check_domain(identity, options)
        with self.engine.database.change(actor) as change:
            row = account_row(change.session, actor.id)
            other = _found(change.session, identity)
            if (other is not None and other.id != row.id) or (other is None and row.issuer is not None):
                raise ProviderRefused("connected", identity.name, actor.id)
            if row.state != "active":
                raise ProviderRefused("disabled", identity.name, row.id)
            if other is None:
                row.issuer, row.subject = identity.issuer, identity.subject
                row.password_hash, row.must_change = None, False
                change.session.add(row)
                change.emit(ProviderConnected(account=row.id, connected=True))
            _renewed(change, row, identity)
            map_roles(change, row.id, mapped(change.session, identity, options))
            return row.id

    def disconnect(self, actor: Actor, account: str, reason: str) -> None:
        """Let an account sign in here again, by a password that is set next; roles by groups are taken away.

        Raises NotFound, and Conflict for a local account and for the last administrator.
        """
        with self.engine.database.change(actor) as change:
            row = account_row(change.session, account)
            if row.issuer is None:
                raise Conflict("This account does not sign in by the identity provider: nothing to undo.")
            there_were = administrators(change.session, lock=True)
            row.issuer = row.subject = None
            change.session.add(row)
            _replace_grants(change, account, set(), reason or "disconnected from the identity provider")
            keep_an_administrator(change.session, there_were)
            self.auth.sessions.end_account(change, account, "disconnected from the identity provider")
            change.emit(ProviderConnected(account=account, connected=False, reason=reason))


def mapped(session: Session, identity: Identity, options: ProviderOptions) -> set[Grant]:
    """The roles that the person's groups stand for; those in departments that no longer exist are left out."""
    departments = set(session.exec(select(DepartmentRow.name)).all()) | {EVERYWHERE}
    return {
        Grant(rule.role, rule.department)
        for rule in options.mapping
        if rule.department in departments and (rule.group in identity.groups or rule.group == EVERYBODY)
    }


def map_roles(change: Change, account: str, wanted: set[Grant]) -> None:
    """Let the roles by groups be exactly these. The last administrator stays one, which is logged and audited."""
    session = change.session
    administrator = Grant("administrator", EVERYWHERE)
    there_were = administrators(session, lock=True)
    removed = administrator in grants_of(session, account, SOURCE) - wanted
    if removed and len(there_were) == 1 and administrator not in grants_of(session, account, LOCAL):
        row = session.get(AccountRow, account)
        if row is not None and row.state == "active":
            logger.warning("the last administrator lost the group for it at the provider: the role is kept")
            _replace_grants(change, account, wanted | {administrator}, KEPT)
            return
    _replace_grants(change, account, wanted, MAPPED)


def _replace_grants(change: Change, account: str, wanted: set[Grant], reason: str) -> None:
    session = change.session
    held = grants_of(session, account, SOURCE)
    if held == wanted:
        return
    local = grants_of(session, account, LOCAL)
    for grant in held - wanted:
        session.delete(session.get(GrantRow, (account, grant.role, grant.department, SOURCE)))
    for grant in wanted - held:
        session.add(
            GrantRow(
                account=account,
                role=grant.role,
                department=grant.department,
                source=SOURCE,
                granted_by=SYSTEM.id,
            )
        )
    session.flush()
    tell(change, account, held | local, wanted | local, reason)


def _found(session: Session, identity: Identity) -> AccountRow | None:
    query = select(AccountRow).where(
        col(AccountRow.issuer) == identity.issuer, col(AccountRow.subject) == identity.subject
    )
    return session.exec(query).first()


def _made(change: Change, identity: Identity, options: ProviderOptions, wanted: set[Grant]) -> AccountRow:
    if not options.create_accounts:
        raise ProviderRefused("unknown", identity.name)
    if options.only_mapped and not wanted:
        raise ProviderRefused("no-role", identity.name)
    try:
        return new_account(
            change,
            identity.name,
            identity.title,
            identity.email,
            issuer=identity.issuer,
            subject=identity.subject,
        )
    except Conflict:
        raise ProviderRefused("taken", identity.name) from None
    except Invalid as error:
        raise ProviderRefused("claims", error.sentence) from None


def _renewed(change: Change, row: AccountRow, identity: Identity) -> None:
    """Full name and address as the provider has them now; the sign-in name stays what it was."""
    describe(change, row, identity.title or row.title, identity.email or row.email)


def _check_domain(identity: Identity, options: ProviderOptions) -> None:
    if not options.domains:
        return
    if identity.email.rpartition("@")[2].lower() not in options.domains:
        raise ProviderRefused("domain", identity.email or identity.name)
    if identity.verified is False:
        raise ProviderRefused("unverified", identity.email)


def _groups(claims: Mapping[str, Any], options: ProviderOptions) -> frozenset[str]:
    found = value_of(claims, options.groups_claim)
    elsewhere = claims.get("_claim_names")
    if found is None and isinstance(elsewhere, Mapping) and options.groups_claim in elsewhere:
        raise ProviderRefused("groups", "the groups are not sent but to be fetched elsewhere")
    if isinstance(found, str):
        found = [found]
    if not isinstance(found, list):
        return frozenset()
    if len(found) > MOST_GROUPS:
        raise ProviderRefused("groups", f"{len(found)} groups")
    return frozenset(group.strip() for group in found if isinstance(group, str))


def _title(claims: Mapping[str, Any]) -> str:
    whole = _text(claims.get("name"))
    parts = (_text(claims.get("given_name")), _text(claims.get("family_name")))
    return (whole or " ".join(part for part in parts if part))[:LONGEST_TITLE]


def _text(value: object) -> str:
    """One line without control characters; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c for c in value[:1000] if not unicodedata.category(c).startswith("C")).split())
