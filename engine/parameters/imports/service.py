"""Parameter text files: preview, store into a set, write a set back. ``engine.parameter_files``.

A file goes into a set by ``engine.sets.submit`` as everything else does: checked, reviewed where something guarded
changes, and in the audit log. The file itself is kept as a layout of the set, so that the set can be written back
into it byte for byte. Nothing that a file says is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any

from engine.access import PARAMS_READ, PARAMS_WRITE, Actor, Resource, service
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.parameters import set_queries, set_values
from engine.parameters.imports import layouts, previewing, secrecy
from engine.parameters.imports.exporting import Exporting
from engine.parameters.imports.holding import Holding
from engine.parameters.imports.records import (
    MOST_NAME,
    Answers,
    Effect,
    FilePreview,
    GivenFile,
    Layout,
    Stored,
)
from engine.parameters.imports.refusing import refuse_unready
from engine.parameters.set_changes import REVIEW_DAYS
from engine.parameters.set_records import CLOSED, IN_REVIEW, PRESET, InForce, SetVersion
from engine.parameters.textfiles.document import Document

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.store.database import Change

Also = Callable[["Change", Any, int], None]
NEWEST = -1  # ``base``: whatever version is the newest now


def _of_model(self: ParameterFiles, actor: Actor, model: str, *_: Any, **__: Any) -> Resource:
    return self.engine.catalog.resource(model)


def _of_set(self: ParameterFiles, actor: Actor, model: str, name: str, *_: Any, **named: Any) -> Resource:
    try:
        return self.engine.sets.resource(actor, model, name)
    except NotFound:  # a new one: the right to make it
        home = named.get("department") or self.engine.catalog.resource(model).department
        owner = actor.id if name.startswith(PRESET) else None
        return Resource(set_queries.KIND, f"{model}/{name}", home, owner, ("model", model))


class ParameterFiles(Exporting, Holding):
    """Imports; exports and layouts are in ``Exporting``, files that wait for somebody in ``Holding``."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @service(PARAMS_READ, on=_of_model)
    def preview(
        self,
        actor: Actor,
        model: str,
        file: GivenFile,
        answers: Answers | None = None,
        *,
        name: str = "",
        place: str = "",
        effective_from: date | None = None,
    ) -> FilePreview:
        """What a file says beside the live version's fields: matched, unknown, missing, out of range, questions.

        With the ``name`` of a set also what importing it there would change; a name that no set has means a new one.
        What was said about a file of that name before is taken up where ``answers`` are None. Raises Invalid for a
        file that cannot be read, with line, rule and remedy; nothing is stored.
        """
        manifest = self.engine.catalog.version(actor, model).manifest
        file = _named(file)
        if answers is None:
            answers = previewing.fitting(file, self._answered(actor, model, name, place, file.name))
        document, matched = previewing.opened(file, manifest, answers)
        effect = None
        if name:
            set_values.check_name(name)
            effect = self._effect(actor, model, name, place, effective_from, file, matched.values)
        return previewing.told(file, manifest, answers, self.zones(), document, matched, effect)

    @service(PARAMS_WRITE, on=_of_set)
    def store(
        self,
        actor: Actor,
        model: str,
        name: str,
        file: GivenFile,
        answers: Answers | None = None,
        *,
        reason: str = "",
        base: int | None = NEWEST,
        effective_from: date | None = None,
        place: str = "",
        review: bool = False,
        days: int = REVIEW_DAYS,
        keep_layout: bool = True,
        title: str = "",
        department: str | None = None,
    ) -> Stored:
        """Import a file into a set, which is made if there is none of that name; the file becomes a layout of it.

        ``base`` is the version that the preview began from. Where nothing differs from what holds already, only
        the layout is kept. Raises Invalid while a value cannot be taken or a question is open (nothing is stored
        then), ChangedMeanwhile as ``engine.sets.submit`` does.
        """
        seen = self.preview(
            actor, model, file, answers, name=name, place=place, effective_from=effective_from
        )
        file, effect = _named(file), seen.effect
        assert effect is not None  # a name was given
        refuse_unready(seen)
        if not reason.strip() and not name.startswith(PRESET):
            raise Invalid("the import", [Problem("reason", _REASON, rule="required")])
        if effect.new_set and place:
            raise NotFound("place", place, "A new set has no places yet: make the set, then add them.")
        kept = self._kept(actor, model, file, seen, place) if keep_layout else None
        if effect.new_set:
            self.engine.sets.create(actor, model, name, title, department=department)
        made: SetVersion | None = None
        also: Also | None = None
        if kept is not None:
            also = partial(self._keep, kept, reason)
        if effect.differences or effect.base is None:
            made = self.engine.sets.submit(
                actor,
                model,
                name,
                effect.values,
                reason=reason,
                base=effect.base if base == NEWEST else base,
                effective_from=effective_from,
                place=place,
                sources=effect.sources,
                review=review,
                days=days,
                also=also,
            )
        elif kept is None:
            raise Invalid("the import", [Problem("values", _NOTHING, rule="a change")])
        else:
            self._keep_alone(actor, model, name, kept, reason)
        return Stored(made, self._layout(actor, model, name, kept) if kept else None, seen)

    @service(PARAMS_WRITE, on=_of_set)
    def add_layout(
        self, actor: Actor, model: str, name: str, file: GivenFile, answers: Answers | None = None, *,
        place: str = "", reason: str = "",
    ) -> Layout:  # fmt: skip
        """Keep a file as a layout of a set without taking its values. Raises NotFound, Invalid."""
        self.engine.sets.get(actor, model, name)
        seen = self.preview(actor, model, file, answers, name=name, place=place)
        kept = self._kept(actor, model, _named(file), seen, place)
        self._keep_alone(actor, model, name, kept, reason)
        return self._layout(actor, model, name, kept)

    # ---- for our own code, which has asked already

    def zones(self) -> tuple[str, ...]:
        """Time zones to offer for times that name none."""
        return tuple(dict.fromkeys([self.engine.settings.business_timezone, "UTC"]))

    # ---- helpers

    def _answered(self, actor: Actor, model: str, name: str, place: str, file: str) -> Answers:
        """What was said about the layout of that name, for a new import of it."""
        if not name:
            return Answers()
        try:
            held = self.layouts(actor, model, name)
        except NotFound:
            return Answers()
        same = [one for one in held if one.name == file and one.place == place]
        return Answers(**same[0].answers) if same else Answers()

    def _effect(
        self, actor: Actor, model: str, name: str, place: str, day: date | None, file: GivenFile,
        found: Mapping[str, Any],
    ) -> Effect:  # fmt: skip
        manifest = self.engine.catalog.version(actor, model).manifest
        sets, source = self.engine.sets, f"import:{file.name}"
        where: dict[str, Any] = {"set": name, "place": place, "new_set": False, "base": None}
        try:
            sets.get(actor, model, name)
        except NotFound:
            where["new_set"] = True
            return previewing.effect_on(manifest, found, source, where, {}, {}, {}, {})
        held = sets.in_force(actor, model, name, day, None, place)
        above = sets.in_force(actor, model, name, day, None, place.rpartition("/")[0]).values if place else {}
        versions, _ = sets.versions(actor, model, name, place=place, limit=200)
        newest = next((one for one in versions if one.state not in CLOSED), None)
        where["base"] = None if newest is None else newest.number
        own = _begun(newest, held)
        return previewing.effect_on(manifest, found, source, where, above, held.values, held.origin, own)

    def _kept(self, actor: Actor, model: str, file: GivenFile, seen: FilePreview, place: str) -> layouts.Kept:
        manifest = self.engine.catalog.version(actor, model).manifest
        document, matched = previewing.opened(file, manifest, seen.answers)
        data = _stripped(document, seen, matched.paths)
        answers = replace(
            seen.answers, kind=document.kind, encoding=document.encoding,
            paths={**seen.answers.paths, **matched.paths},
        )  # fmt: skip
        blob = self.engine.blobs.put_bytes(data)
        return layouts.Kept(file.name, place, blob, len(data), document.kind, answers, seen.withheld)

    def _keep(self, kept: layouts.Kept, reason: str, change: Change, row: Any, number: int | None) -> None:
        if layouts.count(change.connection, row.id) >= layouts.MOST_LAYOUTS:
            raise Conflict(
                f"The set has {layouts.MOST_LAYOUTS} layouts already. Remove one that nobody needs, or import without "
                "keeping the layout."
            )
        old, new = layouts.keep(change, row.id, kept, number)
        if old != new:
            layouts.tell(change, row, old, new, set_values.clean(reason))

    def _keep_alone(self, actor: Actor, model: str, name: str, kept: layouts.Kept, reason: str) -> None:
        with self.engine.database.change(actor) as change:
            row = set_queries.set_row(
                change.connection, model, name, self.engine.sets.holder(actor, name), lock=True
            )
            there = {one.place for one in set_queries.places(change.connection, row.id)}
            if kept.place and kept.place not in there:
                raise NotFound(
                    "place", kept.place, f"The set's places are: {', '.join(sorted(there)) or 'none'}."
                )
            self._keep(kept, reason, change, row, None)

    def _layout(self, actor: Actor, model: str, name: str, kept: layouts.Kept) -> Layout:
        with self.engine.database.look() as connection:
            row = set_queries.set_row(connection, model, name, self.engine.sets.holder(actor, name))
            return layouts.record(connection, layouts.row_of(connection, row.id, kept.name, kept.place).id)


_REASON = "An import needs a reason: one sentence that others understand later."
_NOTHING = "The file says what holds already, and its layout is not to be kept: there is nothing to store."


def _stripped(document: Document, seen: FilePreview, paths: Mapping[str, str]) -> bytes:
    names = set(seen.withheld)
    return secrecy.without(document, [entry for entry in document.entries if entry.path in names])


def _begun(newest: SetVersion | None, held: InForce) -> dict[str, Any]:
    """What the place sets so far: the version that waits, else what is in force on the day.

    A planned version is not begun with: its values would be brought forward.
    """
    if newest is not None and newest.state == IN_REVIEW:
        return newest.values
    return {name: value for name, value in held.values.items() if held.origin[name] == held.place}


def _named(file: GivenFile) -> GivenFile:
    """The name without folders and without what cannot be shown. Raises Invalid for a name that is none."""
    last = PurePosixPath(PureWindowsPath(file.name).name or file.name).name
    name = "".join(c for c in last if c.isprintable() and c not in '/\\<>:"|?*').strip(" ")[-MOST_NAME:]
    if not name.strip(". "):
        raise Invalid(
            "the file", [Problem("file", "The file has no name. Give one, for instance params.txt.")]
        )
    return replace(file, name=name)
