"""Layouts of a set, and writing a set's values back into them. Part of ``engine.parameter_files``."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from engine.access import PARAMS_READ, PARAMS_WRITE, Actor, service
from engine.catalog.manifest import Manifest
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.parameters import set_queries, set_values
from engine.parameters.imports import layouts, previewing
from engine.parameters.imports.fresh import fresh_file, own_file
from engine.parameters.imports.records import Answers, Exported, GivenFile, Layout
from engine.parameters.moments import is_relative, resolve_date
from engine.parameters.set_part import of_set
from engine.parameters.textfiles.files import Document, Preview, fill, read
from engine.parameters.textfiles.values import REFUSED

if TYPE_CHECKING:
    from engine.engine import Engine

OWN = "model"  # instead of a layout: the file that the model's own script reads


class Exporting:
    """What there is to write a set into, and writing it."""

    engine: Engine

    @service(PARAMS_READ, on=of_set)
    def layouts(self, actor: Actor, model: str, name: str) -> builtins.list[Layout]:
        """The layouts of a set, the company's first. Raises NotFound."""
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.engine.sets.holder(actor, name))
            return layouts.of_set(connection, row.id)

    @service(PARAMS_WRITE, on=of_set)
    def remove_layout(
        self, actor: Actor, model: str, name: str, layout: str, *, place: str | None = None, reason: str = ""
    ) -> None:
        """Let go of a layout, by its id or name. Raises NotFound."""
        with self.engine.database.change(actor) as change:
            row = set_queries.set_row(
                change.connection, model, name, self.engine.sets.holder(actor, name), lock=True
            )
            old = layouts.remove(change, layouts.row_of(change.connection, row.id, layout, place))
            layouts.tell(change, row, old, {}, set_values.clean(reason))

    @service(PARAMS_READ, on=of_set)
    def original(
        self, actor: Actor, model: str, name: str, layout: str, *, place: str | None = None
    ) -> Exported:
        """A layout's file as it was kept. Raises NotFound, Conflict where it holds what this person sees masked."""
        file, answers, kind, _ = self._file(actor, model, name, layout, place)
        manifest = self.engine.catalog.version(actor, model).manifest
        _, matched = previewing.opened(file, manifest, answers)
        self._refuse_masked(actor, manifest, matched)
        return Exported(file.name, file.data, kind)

    @service(PARAMS_READ, on=of_set)
    def export(
        self,
        actor: Actor,
        model: str,
        name: str,
        layout: str,
        *,
        place: str | None = None,
        valid_on: date | None = None,
    ) -> Exported:
        """A set's values in force (or ``name@3``) in the file of a layout; what it says already stays as it is.

        ``layout`` is an id or a name (``model``: the file that the model's own script reads), ``place`` whose values
        (those of the layout's own place). Fields that nothing sets are written with the model's default. Everything
        but changed values stays byte for byte, and the result was read again.

        Raises NotFound, Invalid with a problem for each value that the file cannot hold.
        """
        file, answers, kind, home = self._file(actor, model, name.partition("@")[0], layout, place)
        held = self.engine.sets.in_force(actor, model, name, valid_on, None, home if place is None else place)
        manifest = self.engine.catalog.version(actor, model).manifest
        document, matched = previewing.opened(file, manifest, answers)
        self._refuse_masked(actor, manifest, matched)
        values = set_values.defaults(manifest) | held.values
        written, notes = _writable(manifest, document, matched, values, held.valid_on)
        return Exported(file.name, fill(document, matched, manifest.fields, written), kind, tuple(notes))

    @service(PARAMS_READ, on=of_set)
    def export_new(
        self, actor: Actor, model: str, name: str, kind: str, *, place: str = "", valid_on: date | None = None
    ) -> Exported:
        """A set's values in force (or ``name@3``) in a new file of any kind, for sets that came from no file.

        Raises NotFound, Invalid with a problem for each value that such a file cannot hold.
        """
        held = self.engine.sets.in_force(actor, model, name, valid_on, None, place)
        manifest = self.engine.catalog.version(actor, model).manifest
        hidden = set_values.masked_fields(self.engine, actor, manifest)
        values = {
            one: _on_day(manifest, one, value, held.valid_on)
            for one, value in (set_values.defaults(manifest) | held.values).items()
            if one not in hidden
        }
        about = f"{manifest.model.title or model}: {name}{f', {place}' if place else ''}, {held.valid_on.isoformat()}"
        made, notes = fresh_file(kind, name.partition("@")[0].lstrip("~"), about, manifest.fields, values)
        return Exported(made.name, made.data, kind, tuple(notes))

    @service(PARAMS_READ, on=of_set)
    def own_file(self, actor: Actor, model: str, name: str) -> str:
        """The name of the parameter file that the model's script reads itself; empty where it has none."""
        found = own_file(self.engine.catalog.version(actor, model))
        return "" if found is None else found.name

    def _file(
        self, actor: Actor, model: str, name: str, layout: str, place: str | None
    ) -> tuple[GivenFile, Answers, str, str]:
        """A layout's file, what was said about it, its kind and place."""
        if layout == OWN:
            found = own_file(self.engine.catalog.version(actor, model))
            if found is None:
                raise NotFound(
                    "parameter file of the model", model, "Import a file, or choose a kind of new one."
                )
            return found, Answers(), read(found.data, found.name).kind, ""
        row, data = self._layout_row(actor, model, name, layout, place)
        answers = Answers(**layouts.record_of(row).answers)
        return GivenFile(row.name, data), answers, row.kind, row.place

    def _layout_row(
        self, actor: Actor, model: str, name: str, layout: str, place: str | None
    ) -> tuple[Any, bytes]:
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.engine.sets.holder(actor, name))
            found = layouts.row_of(connection, row.id, layout, place)
        with self.engine.blobs.open(found.blob) as stream:
            return found, stream.read()

    def _refuse_masked(self, actor: Actor, manifest: Manifest, matched: Preview) -> None:
        hidden = sorted(set_values.masked_fields(self.engine, actor, manifest) & set(matched.paths))
        if hidden:
            names = ", ".join(manifest.fields[name].label(name) for name in hidden)
            raise Conflict(
                f"The file holds personal data ({names}) that you see only masked. Ask somebody with the right "
                "“dataset.personal” for it."
            )


def _writable(
    manifest: Manifest, document: Document, matched: Preview, values: Mapping[str, Any], day: date
) -> tuple[dict[str, Any], list[str]]:
    """The values that the file has a place for, and sentences about the others."""
    written: dict[str, Any] = {}
    notes: list[str] = []
    absent = [
        name for name in values if name not in matched.paths and manifest.fields[name].type not in REFUSED
    ]
    if absent:
        named = ", ".join(manifest.fields[name].label(name) for name in absent)
        notes.append(f"Not in the file, because it has no line for them: {named}.")
    for line in matched.lines:
        field = manifest.fields[line.name]
        if field.type in REFUSED or line.name not in values:
            if line.name not in values and field.type not in REFUSED:
                notes.append(f"Left as it stands on line {line.line}, because nothing sets it: {line.name}.")
            continue
        value = values[line.name]
        fixed = _on_day(manifest, line.name, value, day)
        if fixed != value and line.value != value:
            notes.append(f"{line.name} is {value}; on {day.isoformat()} that is {fixed}, which was written.")
            value = fixed
        written[line.name] = value
    if not written:
        raise Invalid(
            "the file", [Problem(document.name, f"{document.name} has a line for none of the values.")]
        )
    return written, notes


def _on_day(manifest: Manifest, name: str, value: Any, day: date) -> Any:
    """A relative day (``today-7d``) as the day that it is: no script reads it otherwise."""
    if manifest.fields[name].type == "date" and isinstance(value, str) and is_relative(value):
        return resolve_date(value, day).isoformat()
    return value
