"""Parameter sets: named, versioned values of a model's fields. ``engine.sets``.

A set is addressed by its model and name; the name of a personal preset begins with ``~`` and means one's own.
Version numbers run through a set; each version is for one place (the company's is empty) and holds only the fields
that are set there. ``name@3`` means that version, ``name`` what is in force on the day.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from engine.access import PARAMS_WRITE, Actor, Resource, service
from engine.errors import Conflict, NotFound
from engine.events import ParameterSetChanged, PresetChanged
from engine.parameters import set_queries, set_values
from engine.parameters.set_changes import Changing
from engine.parameters.set_drafts import Drafting
from engine.parameters.set_editing import Editing
from engine.parameters.set_examining import Examining
from engine.parameters.set_part import of_set
from engine.parameters.set_presets import Presets
from engine.parameters.set_reading import Reading
from engine.parameters.set_records import (
    PRESET,
    Place,
    SetCard,
)
from engine.parameters.set_reviews import Reviewing
from engine.parameters.set_shadow import Shadowing
from engine.store.base import new_id, utc_now
from engine.store.tables_parameters import PLACE, SET

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.store.database import Change


def _of_new(self: ParameterSets, actor: Actor, model: str, name: str, *_: Any, **named: Any) -> Resource:
    home = named.get("department") or self.engine.catalog.resource(model).department
    owner = actor.id if name.startswith(PRESET) else None
    return Resource(set_queries.KIND, f"{model}/{name}", home, owner, ("model", model))


class ParameterSets(Reading, Drafting, Changing, Reviewing, Examining, Editing, Shadowing, Presets):
    """Sets, their versions and places; changes are in ``Changing``, four eyes in ``Reviewing``."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # ---- making

    @service(PARAMS_WRITE, on=_of_new)
    def create(
        self,
        actor: Actor,
        model: str,
        name: str,
        title: str = "",
        *,
        department: str | None = None,
        guarded: bool = False,
    ) -> SetCard:
        """Make a set of the model's department (or another one), or with ``~name`` a preset of one's own.

        ``guarded``: every change needs a second person. Raises Invalid, NotFound, Conflict when it is there.
        """
        set_values.check_name(name)
        self.engine.catalog.version(actor, model)
        home = department or self.engine.catalog.resource(model).department
        holder = self.holder(actor, name)
        row = {
            "id": new_id(),
            "model": model,
            "name": name,
            "holder": holder,
            "title": set_values.clean(title, 200),
            "department": home,
            "owner": actor.id,
            "guarded": guarded and not holder,
            "latest": 0,
            "created_at": utc_now(),
            "changed_at": utc_now(),
        }
        try:
            with self.engine.database.change(actor) as change:
                self._known(change, department)
                change.connection.execute(insert(SET).values(**row))
                new = {"title": row["title"], "department": home, "guarded": row["guarded"]}
                self._tell_set(change, actor, row, {}, new)
        except IntegrityError:
            raise Conflict(
                f"{model} has a parameter set “{name}” already. Choose another name, or change that one."
            ) from None
        return self._card(str(row["id"]))

    @service(PARAMS_WRITE, on=of_set)
    def change(
        self,
        actor: Actor,
        model: str,
        name: str,
        *,
        title: str | None = None,
        owner: str | None = None,
        reason: str = "",
    ) -> SetCard:
        """Change a set's title, or who looks after it. Raises NotFound."""
        with self.engine.database.change(actor) as change:
            row = self._locked(change, actor, model, name)
            wanted = {"title": title if title is None else set_values.clean(title, 200), "owner": owner}
            new = {
                key: value
                for key, value in wanted.items()
                if value is not None and value != row._mapping[key]
            }
            if "owner" in new:
                self._known_person(change, str(new["owner"]), preset=bool(row.holder))
            if new:
                change.connection.execute(update(SET).where(SET.c.id == row.id).values(**new))
                self._tell_set(
                    change,
                    actor,
                    row._mapping,
                    {key: row._mapping[key] for key in new},
                    new,
                    set_values.clean(reason),
                )
        return self._card(row.id)

    @service(PARAMS_WRITE, on=of_set)
    def set_place(
        self, actor: Actor, model: str, name: str, place: str, title: str = "", currency: str = ""
    ) -> builtins.list[Place]:
        """Add a place below one that is there (``DE``, then ``DE/S001``), or change its title and currency."""
        set_values.check_place(place, currency)
        new = {"title": set_values.clean(title, 200), "currency": currency}
        with self.engine.database.change(actor) as change:
            row = self._locked(change, actor, model, name)
            there = {one.place: one for one in set_queries.places(change.connection, row.id)}
            self._parent_there(place, there)
            old = {"title": there[place].title, "currency": there[place].currency} if place in there else {}
            if place in there:
                same = (PLACE.c.set_id == row.id) & (PLACE.c.place == place)
                change.connection.execute(update(PLACE).where(same).values(**new))
            else:
                change.connection.execute(insert(PLACE).values(set_id=row.id, place=place, **new))
            if old != new:
                self._tell_set(
                    change,
                    actor,
                    row._mapping,
                    {f"place {place}": old} if old else {},
                    {f"place {place}": new},
                )
            return set_queries.places(change.connection, row.id)

    # ---- helpers

    def _known(self, change: Change, department: str | None) -> None:
        from engine.store.tables_access import DepartmentRow

        if department is None:
            return
        name = set_values.clean(department)
        if change.session.get(DepartmentRow, name) is None:
            raise NotFound("department", name)

    def _known_person(self, change: Change, account: str, *, preset: bool) -> None:
        from engine.store.tables_access import AccountRow

        if preset:
            raise Conflict(
                "A preset is its maker's own: it cannot be handed over. Make a set of the department."
            )
        row = change.session.get(AccountRow, account)
        if row is None or row.state != "active":
            raise NotFound("person", account)

    def _parent_there(self, place: str, there: dict[str, Place]) -> None:
        parent = place.rpartition("/")[0]
        if parent and parent not in there:
            raise NotFound("place", parent, f"Add {parent} first: {place} inherits from it.")

    def _tell_set(
        self,
        change: Change,
        actor: Actor,
        row: Any,
        old: dict[str, Any],
        new: dict[str, Any],
        reason: str = "",
    ) -> None:
        ref = f"{row['model']}/{row['name']}"
        if row["holder"]:
            change.emit(
                PresetChanged(
                    account=row["holder"], set=ref, version=row["latest"], old=old, new=new, reason=reason
                )
            )
        else:
            told = ParameterSetChanged(set=ref, old=old, new=new, reason=reason)
            change.emit(told, department=row["department"])
