"""The part of the dataset service that says which columns hold personal data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.access import DATASET_CLASSIFY, DATASET_PERSONAL, DATASET_READ, Actor, Resource, require, service
from engine.data import classes
from engine.data.classes import Classes, ColumnClass
from engine.events import ColumnsClassed

if TYPE_CHECKING:
    from engine.data.records import DatasetVersion
    from engine.engine import Engine


def _of_dataset(self: Classifying, actor: Actor, name: str, *_: Any, **__: Any) -> Resource:
    return self.resource(name)


class Classifying:
    """Mixed into ``Datasets``."""

    engine: Engine

    if TYPE_CHECKING:

        @property
        def column_classes(self) -> Classes:
            """See ``Datasets``."""

        def resource(self, name: str) -> Resource:
            """See ``Datasets``."""

        def version(self, actor: Actor, name: str, ref: int | None = None) -> DatasetVersion:
            """See ``Datasets``."""

    @service(DATASET_READ, on=_of_dataset)
    def classes(self, actor: Actor, name: str) -> Sequence[ColumnClass]:
        """Each column of the newest version: its class of personal data, and why it looks personal."""
        latest = self.version(actor, name)
        rows = self.column_classes.listed(name)
        found = []
        for column in latest.schema:
            row, hint = rows.get(classes.key(column.name)), latest.suggested.get(column.name, {})
            said = (row.kind, row.changed_by, row.changed_at) if row else ("", "", None)
            found.append(
                ColumnClass(column.name, said[0], hint.get("kind", ""), hint.get("why", ""), *said[1:])
            )
        return found

    @service(DATASET_CLASSIFY, on=_of_dataset)
    def classify(
        self, actor: Actor, name: str, kinds: Mapping[str, str], *, reason: str = ""
    ) -> Sequence[ColumnClass]:
        """Say what columns hold of people (column → personal, sensitive or none), for all versions.

        Taking a class away shows the column to everybody: that needs the right to see personal data too.
        Raises Invalid (unknown column or class), NotFound, Refused.
        """
        wanted = classes.checked(kinds, [column.name for column in self.version(actor, name).schema])
        rows = self.column_classes.listed(name)
        old = {column: rows[k].kind for column in wanted if (k := classes.key(column)) in rows}
        if any(
            old.get(column, classes.NONE) != classes.NONE for column in wanted if wanted[column] == "none"
        ):
            subject = self.resource(name)
            require(self.engine.authorizer, actor, DATASET_PERSONAL, subject, self.engine.auditor)
        changed = {column: kind for column, kind in wanted.items() if old.get(column) != kind}
        if changed:
            with self.engine.database.change(actor) as change:
                classes.write(change, name, changed)
                before = {column: old.get(column, "") for column in changed}
                told = ColumnsClassed(dataset=name, old=before, new=changed, reason=reason)
                change.emit(told, department=self.resource(name).department)
        return self.classes(actor, name)
