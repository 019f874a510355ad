"""API tokens: what programs sign in with, in a person's name and with no more than that person's rights.

``qd_ID_SECRET``: the id finds the row, the secret has 256 bits, so one SHA-256 is enough to store it (a slow
hash guards what people choose; nobody guesses this). A token is shown once, ends on a day, and may be cut down
to some roles and departments. What it may is worked out at each use from what its person may then.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, select

from auth.acting import KNOWN_SECONDS
from auth.events import TokenCreated, TokenRevoked
from auth.scope import cut
from auth.token_shape import FORM, Token, Wish, digest, new_text, refuse_tokens, shown
from engine.access import ACCOUNT_OWN, LOCAL_ADMIN, SESSION_MANAGE, Actor, Resource, service
from engine.errors import Conflict, NotFound, Refused, SignedOut
from engine.store.base import new_id, utc_now
from engine.store.tables_access import AccountRow, TokenRow

if TYPE_CHECKING:
    from auth.service import Auth

MOST = 50  # living tokens of one account
USED_SECONDS = 600.0  # "last used" is noted this often at most
DAYS = 90
Listed = list[Token]


@dataclass(frozen=True)
class _Known:
    """A token that was looked up: it holds while the database has not changed.

    PostgreSQL does not tell (``stamp`` None): there it holds ``until``, in monotonic seconds.
    """

    token: Token
    stamp: int | None
    until: float


class Tokens:
    """Making, listing and ending tokens, and the one question whom a token stands for."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine
        self._known: dict[str, _Known] = {}
        self._generation = 0  # of what is known: grows with each change of this process
        self._noted: dict[str, float] = {}
        self._lock = threading.Lock()

    @service(ACCOUNT_OWN)
    def create(
        self,
        actor: Actor,
        title: str,
        *,
        days: int = DAYS,
        roles: Iterable[str] = (),
        departments: Iterable[str] = (),
    ) -> tuple[Token, str]:
        """A new token for oneself, and its text: the only time that anybody sees it.

        ``days`` until it ends, at most ``QUARTERDECK_TOKEN_MAX_DAYS``. Raises Invalid for a wrong title, time,
        role or department, Conflict with too many tokens, Refused for a token: those cannot make tokens.
        """
        refuse_tokens(actor, "make tokens")
        return self._made(actor, actor, Wish(_tidy(title), days, tuple(roles), tuple(departments)))

    @service(SESSION_MANAGE)
    def create_for(
        self,
        actor: Actor,
        account: str,
        title: str,
        *,
        days: int = DAYS,
        roles: Iterable[str] = (),
        departments: Iterable[str] = (),
    ) -> tuple[Token, str]:
        """A token for another account: only on the machine's own command line, for accounts of programs.

        An administrator in a page cannot: actions in another person's name would look like that person's.
        Raises what ``create`` raises.
        """
        if actor.id != LOCAL_ADMIN.id:
            raise Refused(
                ACCOUNT_OWN,
                "a token for another account is made on the server's command line only, because what it does counts "
                "as that person's doing.",
            )
        holder = self.auth.accounts.actor_of(account, via=actor.via)
        return self._made(actor, holder, Wish(_tidy(title), days, tuple(roles), tuple(departments)))

    @service(ACCOUNT_OWN)
    def mine(self, actor: Actor) -> Listed:
        """One's own tokens, newest first, ended ones included."""
        return self._listed(TokenRow.account == actor.id)

    @service(SESSION_MANAGE)
    def list(self, actor: Actor, account: str | None = None) -> Listed:
        """The tokens of everybody, or of one account, newest first."""
        return self._listed(*([TokenRow.account == account] if account else []))

    @service(ACCOUNT_OWN)
    def revoke(self, actor: Actor, token_id: str, reason: str = "") -> Token:
        """End a token at once: one's own, or anybody's for those who manage sessions. Twice is no error.

        Raises NotFound, also for somebody else's token that one may not end.
        """
        mine = self._row(token_id)
        own = mine is not None and mine.account == actor.id
        refuse_tokens(actor, "end tokens")
        if not own and not self.engine.authorizer.decide(actor, SESSION_MANAGE, None).allowed:
            if self.engine.auditor is not None:
                self.engine.auditor.refused(
                    actor, SESSION_MANAGE, Resource("token", token_id), "it is not one's own."
                )
            raise NotFound("token", token_id)
        with self.engine.database.change(actor) as change:
            row = change.session.get(TokenRow, token_id)
            if row is None:
                raise NotFound("token", token_id)
            if row.revoked_at is None:
                row.revoked_at = utc_now()
                change.session.add(row)
                change.emit(TokenRevoked(token=row.id, account=row.account, title=row.title, reason=reason))
            ended = shown(row)
        self.forget()
        return ended

    def actor(self, text: str, *, via: str = "api", request_id: str = "", address: str = "") -> Actor:
        """Whom a token stands for, with the rights it has now.

        Raises SignedOut for what is no token, an unknown, ended or revoked one, and for a disabled account.
        """
        token = self._look_up(text)
        try:
            person = self.auth.accounts.actor_of(
                token.account,
                via=via,
                request_id=request_id,
                credential=token.id,
                address=address,
                kind="token",
            )
        except (Refused, NotFound):
            raise SignedOut("The account of this API token is disabled. Ask an administrator.") from None
        self._note_use(token.id)
        grants, shares = cut(person, token.roles, token.departments)
        return replace(person, kind="token", grants=grants, shares=shares, credential=token.id)

    def forget(self) -> None:
        """Look everything up anew at the next use."""
        with self._lock:
            self._generation += 1
            self._known.clear()
        self.auth.sessions.forget()  # also what the gate knows

    def _look_up(self, text: str) -> Token:
        matched = FORM.fullmatch(text)
        if matched is None:
            raise SignedOut(
                "This is no API token of Quarterdeck: one begins with qd_. Check what was copied."
            )
        hashed = digest(text)
        generation, stamp = self._generation, self.engine.database.stamp()
        known = self._known.get(hashed)
        if known is None or known.stamp != stamp or (stamp is None and known.until < time.monotonic()):
            known = _Known(self._stored(matched[1], hashed), stamp, time.monotonic() + KNOWN_SECONDS)
            with self._lock:
                if generation == self._generation:  # else a token was ended while we looked
                    if len(self._known) > 1000:
                        self._known.clear()
                    self._known[hashed] = known
        if known.token.state != "active":
            raise SignedOut(
                f"This API token {'has been revoked' if known.token.revoked_at else 'has expired'}. Make a new one "
                "on the page of your account."
            )
        return known.token

    def _stored(self, token_id: str, hashed: str) -> Token:
        row = self._row(token_id)
        if row is None or not hmac.compare_digest(row.token_hash, hashed):
            raise SignedOut("This API token is unknown. Make a new one on the page of your account.")
        return shown(row)

    def _row(self, token_id: str) -> TokenRow | None:
        with self.engine.database.read() as session:
            return session.get(TokenRow, token_id)

    def _listed(self, *conditions: Any) -> Listed:
        query = select(TokenRow).where(*conditions).order_by(col(TokenRow.id).desc())
        with self.engine.database.read() as session:
            return [shown(row) for row in session.exec(query)]

    def _made(self, actor: Actor, holder: Actor, wish: Wish) -> tuple[Token, str]:
        wish.check(holder, self.auth.settings.token_max_days)
        token_id = new_id()
        text = new_text(token_id)
        with self.engine.database.change(actor) as change:
            _check_room(change.session, holder.id)
            row = TokenRow(
                id=token_id,
                token_hash=digest(text),
                account=holder.id,
                title=wish.title,
                roles=json.dumps(sorted(set(wish.roles))),
                departments=json.dumps(sorted(set(wish.departments))),
                expires_at=utc_now() + timedelta(days=wish.days),
            )
            change.session.add(row)
            made = shown(row)
            change.emit(
                TokenCreated(
                    token=row.id,
                    account=row.account,
                    title=row.title,
                    roles=made.roles,
                    departments=made.departments,
                    expires_at=made.expires_at.isoformat(timespec="seconds"),
                )
            )
        return made, text

    def _note_use(self, token_id: str) -> None:
        """Write when a token was last used, by a thread of its own: nobody's call waits for it."""
        now = time.monotonic()
        if now - self._noted.get(token_id, -USED_SECONDS) < USED_SECONDS:
            return
        self._noted[token_id] = now
        threading.Thread(target=self._write_use, args=(token_id,), name="token-used", daemon=True).start()

    def _write_use(self, token_id: str) -> None:
        with self.engine.database.light() as session:
            row = session.get(TokenRow, token_id)
            if row is not None:
                row.used_at = utc_now()
                session.add(row)


def _tidy(title: str) -> str:
    return " ".join(title.split())


def _check_room(session: Session, account: str) -> None:
    """Raise NotFound for no account, Conflict when it has enough tokens."""
    if session.get(AccountRow, account) is None:
        raise NotFound("account", account, "Tokens belong to an account: name one (tokens create NAME).")
    living = select(TokenRow.id).where(
        TokenRow.account == account, col(TokenRow.revoked_at).is_(None), TokenRow.expires_at > utc_now()
    )
    if len(session.exec(living).all()) >= MOST:
        raise Conflict(f"There are already {MOST} tokens of this account. Revoke those not needed.")
