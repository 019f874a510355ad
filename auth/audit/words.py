"""An entry's details in words that fit a line: old → new, the other fields, the reason."""

from __future__ import annotations

import json
from typing import Any

from auth.audit.search import Entry


def change(entry: Entry) -> str:
    """Old → new, field by field where both are objects; empty when the entry tells of no change."""
    if "old" not in entry.details and "new" not in entry.details:
        return ""
    old, new = entry.details.get("old"), entry.details.get("new")
    if isinstance(old, dict) and isinstance(new, dict):
        changed = [key for key in old | new if old.get(key) != new.get(key)]
        return ", ".join(f"{key}: {_step(old.get(key), new.get(key))}" for key in changed)
    if isinstance(old, list) and isinstance(new, list):
        gone, come = [x for x in old if x not in new], [x for x in new if x not in old]
        return ", ".join([*(f"− {value(x)}" for x in gone), *(f"+ {value(x)}" for x in come)])
    return _step(old, new)


def _step(old: Any, new: Any) -> str:
    """From what to what; where there was nothing before, what there is now."""
    return value(new) if old in (None, "", [], {}) else f"{value(old)} → {value(new)}"


def others(entry: Entry) -> str:
    """The details that are neither old nor new."""
    rest = {key: what for key, what in entry.details.items() if key not in ("old", "new")}
    return ", ".join(f"{key.replace('_', ' ')} {value(what)}" for key, what in rest.items())


def place(entry: Entry) -> str:
    """From where: values of the side table, and which of them were erased."""
    return ", ".join(f"{key.replace('_', ' ')} {what or '(erased)'}" for key, what in entry.where.items())


def value(what: Any) -> str:
    """A value as people read it."""
    if what is None or what in ("", [], {}):
        return "–"
    if isinstance(what, bool):
        return "yes" if what else "no"
    if isinstance(what, list):
        return ", ".join(value(x) for x in what)
    return what if isinstance(what, str) else json.dumps(what, ensure_ascii=False)


def in_words(entry: Entry) -> str:
    """All of it in a line."""
    reason = f"“{entry.reason}”" if entry.reason else ""
    return "; ".join(part for part in (change(entry), others(entry), reason, place(entry)) if part)
