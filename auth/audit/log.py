"""The audit log: what the engine and the other parts of ``auth`` tell it, and what people ask of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from auth.audit import export, personal, prune, reading, search, verify
from auth.audit.anchors import Anchor, Anchors
from auth.audit.checking import Progress
from auth.audit.entries import of_event
from auth.audit.events import AuditExported, AuditVerified
from auth.audit.export import Form
from auth.audit.keeper import Keeper
from auth.audit.prune import Pruned
from auth.audit.refusals import Refusals
from auth.audit.search import Entry, EntryPage, Search
from auth.audit.verify import Report
from auth.audit.writer import ChainWriter
from engine.access import AUDIT_MANAGE, AUDIT_READ, SYSTEM, Actor, Resource, of_company, service
from engine.errors import Invalid, NotFound, Problem
from engine.events import Event
from engine.part import part
from engine.store.base import utc_now

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from auth.audit.entries import Draft
    from auth.service import Auth
    from engine.store.database import Change

LEAST_KEPT_DAYS = 30  # pruning by hand leaves at least so many days


@dataclass(frozen=True)
class Facts:
    """What administrators want to know at a glance."""

    entries: int
    last: int
    pruned: int
    newest_anchor: datetime | None
    anchors: int
    second_folder: str
    retention_days: int
    personal_days: int


class AuditLog:
    """Implements the engine's ``Auditor``: entries of changes in their own transaction, refusals by themselves."""

    def __init__(self, auth: Auth) -> None:
        self.auth = auth
        self.engine = auth.engine
        self._writer = ChainWriter()
        self._refusals = Refusals(self._write_refusals)
        self._keeper = Keeper(auth)

    @part
    def anchors(self) -> Anchors:
        """The signed anchors of this log."""
        return Anchors(self.auth)

    # ---- the engine's Auditor

    def append(self, connection: Connection, told: Sequence[tuple[Actor, Event, str | None]]) -> None:
        """Write the entries of a change in its own transaction, before its commit."""
        drafts = [of_event(actor, event, department) for actor, event, department in told]
        self._writer.append(connection, drafts)

    def refused(self, actor: Actor, permission: str, resource: Resource | None, reason: str) -> None:
        """Note a refusal: written within moments by another thread; a flood as one entry a minute."""
        self._refusals.note(actor, permission, resource, reason)

    def start(self) -> None:
        """The server runs here: anchors, retention and a daily verification are done from time to time."""
        self._keeper.start()

    def close(self) -> None:
        """Write what is still in memory; a server leaves an anchor of the last entry."""
        self._refusals.close()
        self._keeper.close()

    # ---- for the other parts of auth

    def note(self, actor: Actor, event: Event, *, department: str | None = None) -> None:
        """Tell of something that changed no row (a sign-in that failed): event and entry by themselves."""
        self.engine.database.write(actor, lambda change: change.emit(event, department=department))

    def forget(self, account: str, *, actor: Actor = SYSTEM, reason: str = "") -> int:
        """Erase the personal values of an account beside the log; returns how many there were."""
        return personal.forget(self.auth, account, actor, reason)

    def settle(self) -> None:
        """Wait until noted refusals are written."""
        self._refusals.settle()

    def check(self, actor: Actor, progress: Progress | None = None) -> Report:
        """Verify, and leave an entry that says so."""
        report = verify.verify(self.auth, progress)
        result = "done" if report.ok else "failed"
        told = AuditVerified(
            entries=report.entries, last=report.last, findings=report.findings.total, result=result
        )
        self.note(actor, told)
        return report

    def _write_refusals(self, drafts: list[Draft]) -> None:
        def work(change: Change) -> None:
            self._writer.append(change.connection, drafts)

        self.engine.database.write(SYSTEM, work)

    # ---- services

    @service(AUDIT_READ, on=of_company)
    def search(
        self, actor: Actor, search_for: Search, *, before: int | None = None, limit: int = 50
    ) -> EntryPage:
        """Entries, newest first, at most ``limit``; ``before`` is the number that the page before gave."""
        return search.page(self.auth, search_for, before=before, limit=limit)

    @service(AUDIT_READ, on=of_company)
    def entry(self, actor: Actor, number: int) -> Entry:
        """One entry. Raises NotFound."""
        found = search.one(self.auth, number)
        if found is None:
            raise NotFound("audit entry", str(number))
        return found

    @service(AUDIT_READ, on=of_company)
    def actions(self, actor: Actor) -> list[str]:
        """The actions that occur in the log."""
        return search.known_actions(self.auth)

    @service(AUDIT_READ, on=of_company)
    def departments(self, actor: Actor) -> list[str]:
        """The departments that occur in the log, also those that there are no more."""
        return search.known_departments(self.auth)

    @service(AUDIT_READ, on=of_company)
    def people(self, actor: Actor) -> dict[str, str]:
        """The people who occur in the log: id → name."""
        ids = search.known_people(self.auth)
        names = self.auth.accounts.names(ids)
        return {one: names.get(one, one) for one in ids}

    @service(AUDIT_READ, on=of_company)
    def export(self, actor: Actor, search_for: Search, form: Form = "csv") -> Iterator[bytes]:
        """Everything that was found as a file, in pieces, oldest first; the export itself is an entry."""
        if form not in export.FORMS:
            sentence = f"“{form}” is no form of an export. Choose csv or jsonl."
            raise Invalid("the export", [Problem("form", sentence, form, "known-form")])
        pages = search.everything(self.auth, search_for)
        self.note(actor, AuditExported(form=form, search=search_for.as_json()))
        return export.stream(pages, form)

    @service(AUDIT_READ, on=of_company)
    def verify(self, actor: Actor, progress: Progress | None = None) -> Report:
        """Verify the whole log; ``progress`` is told (entries done, entries in all)."""
        return self.check(actor, progress)

    @service(AUDIT_READ, on=of_company)
    def facts(self, actor: Actor) -> Facts:
        """What there is: entries, anchors, rules."""
        from auth.audit import checkpoints

        points = checkpoints.all_of(self.engine.database)
        last = reading.ends(self.engine.database).last
        newest = self.anchors.newest()
        settings = self.auth.settings
        pruned = points[-1].seq if points else 0
        return Facts(
            entries=last - pruned,
            last=last,
            pruned=pruned,
            newest_anchor=newest.when if newest else None,
            anchors=newest.number if newest else 0,
            second_folder=str(settings.audit_anchor_folder or ""),
            retention_days=settings.audit_retention_days,
            personal_days=settings.audit_personal_days,
        )

    @service(AUDIT_MANAGE, on=of_company)
    def anchor(self, actor: Actor) -> Anchor | None:
        """Write an anchor now; None when nothing came since the last one. Raises Unavailable."""
        return self.anchors.write(actor)

    @service(AUDIT_MANAGE, on=of_company)
    def prune(
        self,
        actor: Actor,
        keep_days: int,
        reason: str,
        *,
        even_damaged: bool = False,
        progress: Progress | None = None,
    ) -> Pruned:
        """Export and remove entries older than so many days, behind signed checkpoints.

        Raises Invalid (too few days, no reason), Conflict (damaged entries), Unavailable (cannot be exported).
        """
        problems = []
        if keep_days < LEAST_KEPT_DAYS:
            sentence = (
                f"Keeping {keep_days} days is too few: at least {LEAST_KEPT_DAYS} days of entries stay."
            )
            problems.append(Problem("keep_days", sentence, str(keep_days), "least-kept"))
        if not reason.strip():
            sentence = "A reason is missing: it is kept in the audit log."
            problems.append(Problem("reason", sentence, "", "required"))
        if problems:
            raise Invalid("the request", problems)
        before = utc_now() - timedelta(days=keep_days)
        return prune.prune(
            self.auth, actor, before, reason=reason, even_damaged=even_damaged, progress=progress
        )

    @service(AUDIT_MANAGE, on=of_company)
    def erase(self, actor: Actor, account: str, reason: str) -> int:
        """Erase the personal values of an account beside the log (addresses, typed names); how many there were."""
        if not reason.strip():
            sentence = "A reason is missing: it is kept in the audit log."
            raise Invalid("the request", [Problem("reason", sentence, "", "required")])
        return personal.forget(self.auth, account, actor, reason)
