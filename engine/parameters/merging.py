"""Two people changed the same values: what came of it, field by field (a three-way merge)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

from engine.errors import Conflict
from engine.parameters.equality import MISSING, same
from engine.parameters.table_merging import TableMerge, merged_table

Side = Literal["theirs", "yours"]
THEIRS: Side = "theirs"
YOURS: Side = "yours"
SIDES = (THEIRS, YOURS)


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The fields that are not the same in both, in the order of their names."""
    return [
        name
        for name in sorted(before.keys() | after.keys())
        if not same(before.get(name, MISSING), after.get(name, MISSING))
    ]


@dataclass(frozen=True)
class Merge:
    """What both began from (``base``), what is stored now (``theirs``), what was brought (``yours``).

    ``merged`` has both sides' changes, of tables row by row and cell by cell; where both changed one field (or one
    cell) to different values (``conflicts``) it holds what is stored, until a person chooses.
    """

    base: dict[str, Any]
    theirs: dict[str, Any]
    yours: dict[str, Any]
    merged: dict[str, Any]
    conflicts: tuple[str, ...]

    @property
    def changed_by_them(self) -> list[str]:
        """The fields that somebody else changed."""
        return differing(self.base, self.theirs)

    @property
    def changed_by_you(self) -> list[str]:
        """The fields that the second one changed."""
        return differing(self.base, self.yours)

    @cached_property
    def tables(self) -> dict[str, TableMerge]:
        """The conflicts that are tables whose rows can be matched, row by row."""
        sides = (self.base, self.theirs, self.yours)
        found = ((name, merged_table(*(side.get(name) for side in sides))) for name in self.conflicts)
        return {name: table for name, table in found if table is not None}

    def decided(self, name: str, side: Side) -> Any:
        """The value of a conflict for that side; MISSING: the side does not set the field.

        Of a table only what collides is taken from the side: the other rows and cells of both are kept.
        """
        table = self.tables.get(name)
        if table is not None:
            return table.yours if side == YOURS else table.theirs
        return (self.yours if side == YOURS else self.theirs).get(name, MISSING)


def three_way(base: Mapping[str, Any], theirs: Mapping[str, Any], yours: Mapping[str, Any]) -> Merge:
    """Bring two changes of the same values together. Loses nothing: what cannot be decided is a conflict."""
    merged: dict[str, Any] = {}
    conflicts = []
    for name in sorted(base.keys() | theirs.keys() | yours.keys()):
        old, stored, brought = (side.get(name, MISSING) for side in (base, theirs, yours))
        result = stored
        if same(stored, old):
            result = brought
        elif not same(brought, old) and not same(brought, stored):
            table = merged_table(old, stored, brought)
            if table is not None and not table.collisions:
                result = table.theirs
            else:
                conflicts.append(name)
        if result is not MISSING:
            merged[name] = result
    return Merge(dict(base), dict(theirs), dict(yours), merged, tuple(conflicts))


class ChangedMeanwhile(Conflict):
    """Somebody else stored a version first. ``merge`` has both sides; nothing was saved."""

    code = "changed-meanwhile"

    def __init__(self, who: str, number: int, merge: Merge) -> None:
        self.number, self.merge = number, merge
        theirs = ", ".join(merge.changed_by_them) or "nothing"
        both = ", ".join(merge.conflicts)
        remedy = (
            f"You both changed {both}: choose for each whose value is to hold"
            if both
            else "The two changes fit together"
        )
        super().__init__(
            f"{who} stored version {number} meanwhile and changed {theirs}. Nothing of yours is lost or saved. "
            f"{remedy}, and submit again, based on version {number}."
        )

    def as_json(self) -> dict[str, Any]:
        """With the three sides, so that a client can merge."""
        return super().as_json() | {"merge": {"version": self.number, **asdict(self.merge)}}
