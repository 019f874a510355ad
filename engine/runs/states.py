"""The states of a run and the only moves between them.

```
queued ─→ starting ─→ running ─→ succeeded | failed | timed_out
   │          │          │
   │          └──────────┴─→ cancelling ─→ cancelled   (or the end that came first)
   └─→ cancelled         └─→ interrupted | queued (the server died: attempt 2)
```
"""

from __future__ import annotations

from typing import Final

QUEUED: Final = "queued"
STARTING: Final = "starting"
RUNNING: Final = "running"
CANCELLING: Final = "cancelling"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
TIMED_OUT: Final = "timed_out"
INTERRUPTED: Final = "interrupted"

ACTIVE: Final = frozenset({STARTING, RUNNING, CANCELLING})
FINISHED: Final = frozenset({SUCCEEDED, FAILED, CANCELLED, TIMED_OUT, INTERRUPTED})
STATES: Final = frozenset({QUEUED}) | ACTIVE | FINISHED

_ENDS = frozenset({SUCCEEDED, FAILED, TIMED_OUT, INTERRUPTED})

MOVES: Final[dict[str, frozenset[str]]] = {
    QUEUED: frozenset({STARTING, CANCELLED, SUCCEEDED}),  # succeeded at once: an earlier result is shown
    STARTING: frozenset({RUNNING, CANCELLING, QUEUED}) | _ENDS,
    RUNNING: frozenset({CANCELLING, QUEUED}) | _ENDS,
    CANCELLING: frozenset({CANCELLED}) | _ENDS,
    **dict.fromkeys(FINISHED, frozenset()),
}


class IllegalMove(RuntimeError):
    """A programming error: the run may not go from one state to the other."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"a run may not go from {old} to {new}")


def check_move(old: str, new: str) -> None:
    """Raise IllegalMove unless the table allows it."""
    if new not in MOVES[old]:
        raise IllegalMove(old, new)
