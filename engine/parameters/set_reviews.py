"""Four eyes: what changes a guarded field is approved by somebody other than its author."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select, update

from engine.access import PARAMS_REVIEW, PARAMS_WRITE, Actor, service
from engine.errors import Conflict, Invalid, Problem, Refused
from engine.events import ParametersReviewed
from engine.parameters import set_notices, set_queries, set_values
from engine.parameters.merging import differing
from engine.parameters.set_changes import add_step, guarded_fields, in_force_at, supersede_older
from engine.parameters.set_part import SetPart, of_set
from engine.parameters.set_records import APPROVED, IN_REVIEW, REJECTED, SetVersion
from engine.runs.records import canonical
from engine.store.base import utc_now
from engine.store.tables_parameters import VERSION

if TYPE_CHECKING:
    from engine.store.database import Change


class Reviewing(SetPart):
    """Approve, reject, ask, answer, withdraw. Part of ``engine.sets``."""

    @service(PARAMS_REVIEW, on=of_set)
    def approve(
        self,
        actor: Actor,
        model: str,
        name: str,
        number: int,
        comment: str = "",
        effective_from: date | None = None,
    ) -> SetVersion:
        """Approve a version that waits; ``effective_from`` lets it hold from another day than was asked for.

        Raises Refused for one's own change of a guarded field (also by an API token, also where it was taken over
        from a version of one's own that waits), Conflict when it does not wait any more.
        """
        manifest = self.engine.catalog.version(actor, model).manifest
        with self.engine.database.change(actor) as change:
            row = self._locked(change, actor, model, name)
            version = self._waiting(change, row, number)
            self._newest_of_place(change, row, version)
            now = utc_now()
            day = effective_from or date.fromisoformat(version.effective_from)
            values = json.loads(version.values_json)
            before = in_force_at(change, row.id, version.place, day, now)
            guarded = guarded_fields(row, manifest, before, values, version.place)
            _four_eyes(change, row, version, guarded or json.loads(version.guarded_json), actor)
            change.connection.execute(
                update(VERSION)
                .where(VERSION.c.id == version.id)
                .values(
                    state=APPROVED,
                    approved_at=now,
                    approved_by=actor.id,
                    effective_from=day.isoformat(),
                    changed_json=canonical(differing(before, values)),
                    guarded_json=canonical(guarded),
                    expires_at=None,
                )
            )
            supersede_older(change, row.id, version.place, number)
            self._step(change, row, version, "approved", APPROVED, comment, day)
        return self._visible(actor, self.found(actor, model, name, number))

    @service(PARAMS_REVIEW, on=of_set)
    def reject(self, actor: Actor, model: str, name: str, number: int, comment: str) -> SetVersion:
        """Turn a version down, with a reason for its author. Raises Invalid without one, Conflict."""
        return self._close(actor, model, name, number, "rejected", comment)

    @service(PARAMS_REVIEW, on=of_set)
    def ask(self, actor: Actor, model: str, name: str, number: int, question: str) -> SetVersion:
        """Ask the author something; the version goes on waiting. Raises Invalid without a question, Conflict."""
        return self._say(actor, model, name, number, "question", question)

    @service(PARAMS_WRITE, on=of_set)
    def answer(self, actor: Actor, model: str, name: str, number: int, text: str) -> SetVersion:
        """Answer a question about a version that waits."""
        return self._say(actor, model, name, number, "answer", text)

    @service(PARAMS_WRITE, on=of_set)
    def withdraw(self, actor: Actor, model: str, name: str, number: int, reason: str = "") -> SetVersion:
        """Take one's own version back before it is approved. Raises Refused for somebody else's, Conflict."""
        return self._close(actor, model, name, number, "withdrawn", reason)

    # ---- helpers

    def _close(self, actor: Actor, model: str, name: str, number: int, step: str, comment: str) -> SetVersion:
        text = set_values.clean(comment)
        if step == "rejected":
            _needed(text, "A rejection needs a reason, so that the author knows what to change.")
        with self.engine.database.change(actor) as change:
            row = self._locked(change, actor, model, name)
            version = self._waiting(change, row, number)
            if step == "withdrawn" and version.author != actor.id:
                raise Refused(
                    PARAMS_WRITE, f"version {number} is somebody else's; an approver may reject it."
                )
            one = VERSION.c.id == version.id
            change.connection.execute(update(VERSION).where(one).values(state=REJECTED))
            self._step(change, row, version, step, REJECTED, text)
        return self._visible(actor, self.found(actor, model, name, number))

    def _say(self, actor: Actor, model: str, name: str, number: int, step: str, text: str) -> SetVersion:
        said = set_values.clean(text)
        _needed(said, "There is nothing to send: write a sentence.")
        with self.engine.database.change(actor) as change:
            row = self._locked(change, actor, model, name)
            version = self._waiting(change, row, number)
            self._step(change, row, version, step, IN_REVIEW, said)
        return self._visible(actor, self.found(actor, model, name, number))

    def _waiting(self, change: Change, row: Any, number: int) -> Any:
        version = set_queries.version_row(change.connection, row, number)
        state = set_queries.state(version, utc_now())
        if state != IN_REVIEW:
            remedy = "Submit it again." if state == "expired" else "The set's page has its history."
            raise Conflict(
                f"Version {number} of {row.name} does not wait for a review: it is {state}. {remedy}"
            )
        return version

    def _newest_of_place(self, change: Change, row: Any, version: Any) -> None:
        """A later version began from this one and was approved: approving this one now would undo it."""
        later = select(func.max(VERSION.c.number)).where(
            VERSION.c.set_id == row.id,
            VERSION.c.place == version.place,
            VERSION.c.number > version.number,
            VERSION.c.approved_at.is_not(None),
        )
        number = change.connection.execute(later).scalar()
        if number is not None:
            raise Conflict(
                f"Version {number}, which was made from version {version.number}, is approved already: approving "
                "the older one now would undo it. Reject it, or submit its values anew."
            )

    def _step(
        self,
        change: Change,
        row: Any,
        version: Any,
        step: str,
        state: str,
        comment: str,
        day: date | None = None,
    ) -> None:
        text = set_values.clean(comment)
        add_step(change, version.id, step, text)
        told = ParametersReviewed(
            set=f"{row.model}/{row.name}",
            version=version.number,
            step=step,
            old=IN_REVIEW,
            new=state,
            effective_from=day.isoformat() if day is not None else version.effective_from,
            reason=text,
        )
        change.emit(told, department=row.department)
        set_notices.stepped(self.engine, change, row, version, step, text)


def _needed(text: str, sentence: str) -> None:
    if not text:
        raise Invalid("the review", [Problem("comment", sentence, rule="required")])


def _four_eyes(change: Change, row: Any, version: Any, guarded: list[str], actor: Actor) -> None:
    """Raise Refused when the approver is among those whose guarded changes would come into force."""
    if not guarded:
        return
    if authors(change.connection, row.id, version) & {actor.id, actor.on_behalf_of}:
        fields = ", ".join(guarded)
        raise Refused(
            PARAMS_REVIEW,
            f"version {version.number} changes what is guarded ({fields}) and is your own: a second person must "
            "approve it.",
        )


def authors(connection: Connection, set_id: str, version: Any) -> set[str]:
    """Who wrote what is in a version and was never approved: its author, and those of what it was made from."""
    found, current = {version.author}, version
    query = select(VERSION.c.number, VERSION.c.author, VERSION.c.base, VERSION.c.approved_at)
    while current is not None and current.base is not None:
        current = connection.execute(
            query.where(VERSION.c.set_id == set_id, VERSION.c.number == current.base)
        ).one_or_none()
        if current is None or current.approved_at is not None:
            break
        found.add(current.author)
    return found
