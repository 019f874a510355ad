"""Pages that move by themselves, without a thread of the server waiting for each open browser."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from app.components.view import component
from app.text import t


def refresh_while_unfinished(ids: list[str], *, key: str) -> None:
    """Draw the enclosing fragment again when one of these runs changes its state. Nothing when empty."""
    if ids:
        refresh_on(["run-state-changed"], ids, key=key)


def refresh_on(
    events: Sequence[str],
    ids: Sequence[str],
    *,
    key: str,
    first: Callable[[], None] = lambda: None,
    except_by: str = "",
) -> None:
    """Draw the enclosing fragment again when one of these events tells of one of these objects.

    ``first`` is called before it is drawn. What the person ``except_by`` did draws nothing: it would come between an
    action of theirs and the page that it leads to.
    """
    address = f"/api/v1/events?{urlencode([('name', name) for name in events])}"
    data = {"ids": list(ids), "address": address, "events": list(events), "except": except_by}
    component("live", "live.js")(key=key, data=data, on_tick_change=first)


def follow_run(run: object, log: str, log_offset: int, expected: float | None, *, key: str) -> bool:
    """Progress, elapsed and expected time and the log's tail, kept up by the browser itself.

    Returns True when the run changed its state: draw again. Where the browser cannot reach the API,
    it asks for a drawing every two seconds instead.
    """
    started = getattr(run, "started_at", None)
    data = {
        "address": f"/api/v1/runs/{run.id}",  # type: ignore[attr-defined]
        "state": run.state,  # type: ignore[attr-defined]
        "progress": run.progress,  # type: ignore[attr-defined]
        "text": run.progress_text or "",  # type: ignore[attr-defined]
        "started": started.timestamp() if started else None,
        "now": time.time(),
        "expected": expected,
        "log": log,
        "offset": log_offset,
        "words": {
            name: t(f"progress.{name}")
            for name in ("elapsed", "expected", "waiting", "log", "no_log", "percent", "bar", "follow")
        }
        | {f"state.{name}": t(f"state.{name}") for name in ("queued", "starting", "running", "cancelling")},
    }
    result = component("progress", "progress.js")(key=key, data=data, on_changed_change=_nothing)
    return bool(result.changed)


def _nothing() -> None:
    return None
