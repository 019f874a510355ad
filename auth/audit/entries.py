"""What an entry is made of: from an event that committed with a change, or from a refusal."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from auth.audit import chain
from engine.access import Actor, Resource
from engine.events import Event

RESULTS = ("done", "refused", "failed")
LONGEST_NAME = 300  # characters of an id, a name, an address
LONGEST_REASON = 2_000
LONGEST_DETAILS = 20_000
LONGEST_DETAIL = 2_000
ON_BEHALF = "on behalf of"  # no event has a field of such a name


@dataclass
class Draft:
    """An entry that has no place in the chain yet. ``personal`` is field → (account, value)."""

    actor: str
    kind: str
    via: str
    credential: str
    request: str
    action: str
    object_kind: str
    object_id: str
    department: str | None
    result: str
    reason: str
    details: str
    personal: dict[str, tuple[str, str]] = field(default_factory=dict)

    def placed(self, seq: int, at: datetime, before: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """The rows of the entry at that place: its own, and those of the side table."""
        side, hashes = [], {}
        for name, (account, value) in self.personal.items():
            salt = chain.new_salt()
            hashes[name] = chain.salted(salt, account, value)
            side.append({"seq": seq, "field": name, "account": account, "salt": salt, "value": value})
        row = {"seq": seq, "at": at}
        row |= {name: getattr(self, name) for name in chain.COLUMNS[2:-1]}
        row["personal"] = chain.canonical(hashes) if hashes else "{}"
        content = [seq, chain.at_text(at), *(row[name] for name in chain.COLUMNS[2:])]
        row["hash"] = chain.link(before, content)
        return row, side


def of_event(actor: Actor, event: Event, department: str | None) -> Draft:
    """The entry that tells of an event."""
    told = event.data()
    reason = told.pop("reason", "")
    for known in (event.about, "result"):  # the entry has columns for them
        told.pop(known, None)
    if actor.on_behalf_of and actor.on_behalf_of != actor.id:
        told[ON_BEHALF] = actor.on_behalf_of
    object_id = _name(event.object_id)
    draft = _draft(actor, event.name, event.object_kind, object_id, department)
    result = str(getattr(event, "result", RESULTS[0]))
    draft.result = result if result in RESULTS else RESULTS[0]
    draft.reason = clean(str(reason or ""), LONGEST_REASON)
    draft.details = _details(told)
    draft.personal = _whereabouts(actor)
    whose = object_id if event.object_kind == "account" else clean(str(getattr(event, "account", "") or ""))
    for name in event.personal:
        value = getattr(event, name, None)
        if value not in (None, ""):
            draft.personal[name] = (whose or actor.id, clean(str(value)))
    return draft


def of_refusal(actor: Actor, permission: str, resource: Resource | None, reason: str) -> Draft:
    """The entry of one refusal: the action is the permission that was asked for."""
    kind, name, department = (
        (resource.kind, resource.id, resource.department) if resource else ("company", "", None)
    )
    draft = _draft(actor, permission, kind, _name(name), department)
    draft.result, draft.reason = "refused", clean(reason, LONGEST_REASON)
    draft.personal = _whereabouts(actor)
    return draft


def _draft(actor: Actor, action: str, kind: str, name: str, department: str | None) -> Draft:
    return Draft(
        actor=_name(actor.id),
        kind=actor.kind,
        via=_name(actor.via),
        credential=_name(actor.credential),
        request=_name(actor.request_id),
        action=_name(action),
        object_kind=_name(kind),
        object_id=name,
        department=None if department is None else _name(department),
        result="done",
        reason="",
        details="{}",
    )


def clean(text: str, longest: int = LONGEST_NAME) -> str:
    """Text that every database keeps as it is; what is too long is cut, with the hash of all of it."""
    safe = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    if len(safe) <= longest:
        return safe
    digest = hashlib.sha256(safe.encode()).hexdigest()
    return f"{safe[: longest - 90]}… ({len(safe)} characters, SHA-256 {digest})"


_name = clean


def _details(told: dict[str, Any]) -> str:
    """The event's other fields; long ones are cut, so that nobody fills the log with one request."""
    if not told:
        return "{}"
    text = clean_json(told)
    if len(text) > LONGEST_DETAILS:
        text = clean_json({key: _shortened(value) for key, value in told.items()})
    return text if len(text) <= 2 * LONGEST_DETAILS else clean_json({"cut": clean(text, LONGEST_DETAILS)})


def clean_json(value: Any) -> str:
    """Canonical JSON that every database keeps as it is; numbers that JSON lacks (NaN) become text."""
    try:
        text = chain.canonical(value)
    except ValueError:
        text = chain.canonical(json.loads(json.dumps(value), parse_constant=str))
    return text.encode("utf-8", "replace").decode()


def _shortened(value: Any) -> Any:
    text = value if isinstance(value, str) else clean_json(value)
    return value if len(text) <= LONGEST_DETAIL else clean(text, LONGEST_DETAIL)


def _whereabouts(actor: Actor) -> dict[str, tuple[str, str]]:
    """From where: the address of a request; on the command line who is signed in to the machine."""
    if actor.via == "cli":
        return {"os_user": (actor.id, clean(actor.address) or _os_user())}
    return {"address": (actor.id, clean(actor.address))} if actor.address else {}


@cache
def _os_user() -> str:
    """Who is signed in to the machine; through sudo also who asked for it."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    behind = os.environ.get("SUDO_USER", "")
    return clean(f"{name} (sudo by {behind})" if behind and behind != name else name)
