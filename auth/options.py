"""What administrators set in pages: one JSON object by name, each change audited. Never a secret in it.

Secrets that belong to settings (the mail server's password) are kept by ``auth.secrets.put_own``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlmodel import Session

from auth.events_secrets import OptionChanged
from engine.access import (
    COMPANY,
    IDENTITY_MANAGE,
    NOTIFY_MANAGE,
    SYSTEM_OPERATE,
    Actor,
    require,
)
from engine.store.base import utc_now
from engine.store.tables_access import OptionRow

if TYPE_CHECKING:
    from auth.service import Auth

NEEDED = {"identity": IDENTITY_MANAGE, "email": NOTIFY_MANAGE}  # any other option: system.operate
_SECRET_KEY = re.compile(r"password|passwd|secret|token|private|api[-_]?key|credential", re.IGNORECASE)


class Options:
    """Reads and changes options. Reading is for our own code: pages show options behind their own services."""

    def __init__(self, auth: Auth) -> None:
        self.engine = auth.engine

    def get(self, name: str) -> dict[str, Any]:
        """The option's values; empty where it was never set."""
        with self.engine.database.read() as session:
            return stored(session, name)

    def put(self, actor: Actor, name: str, value: Mapping[str, Any], reason: str = "") -> None:
        """Replace the option's values (whole). The audit entry holds the keys that changed, old and new.

        Raises Refused, and ValueError (a programming error) for a key that looks like a secret.
        """
        require(self.engine.authorizer, actor, NEEDED.get(name, SYSTEM_OPERATE), COMPANY, self.engine.auditor)
        wrong = [key for key in _keys(value) if _SECRET_KEY.search(key)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} of option {name} must be kept by auth.secrets.put_own")
        with self.engine.database.change(actor) as change:
            before = stored(change.session, name)
            after = json.loads(json.dumps(dict(value)))
            changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
            if not changed:
                return
            change.session.merge(
                OptionRow(
                    name=name,
                    value=json.dumps(after, sort_keys=True, ensure_ascii=False),
                    changed_by=actor.id,
                    changed_at=utc_now(),
                )
            )
            change.emit(
                OptionChanged(
                    option=name,
                    old={key: before.get(key) for key in changed},
                    new={key: after.get(key) for key in changed},
                    reason=reason,
                )
            )


def stored(session: Session, name: str) -> dict[str, Any]:
    """An option's values within an open session."""
    row = session.get(OptionRow, name)
    found: dict[str, Any] = json.loads(row.value) if row is not None else {}
    return found


def _keys(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [key for name, part in value.items() for key in (str(name), *_keys(part))]
    if isinstance(value, list | tuple):
        return [key for part in value for key in _keys(part)]
    return []
