"""People by name, for lists in which ids stand: who signed in, whose token it is, who changed something."""

from __future__ import annotations

from collections.abc import Iterable

from app.components import shown
from app.text import t


def names(ids: Iterable[str]) -> dict[str, str]:
    """Account id → name as shown; ids of nobody get words instead."""
    return {one: name if name != one else t("people.unknown") for one, name in shown.people(ids).items()}
