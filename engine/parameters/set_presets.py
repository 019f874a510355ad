"""Personal presets: a name made from a title, renaming, removing. Part of ``engine.sets``.

A department's set is never removed: its versions are what runs were made with. A preset is its maker's own; the runs
that used it keep their values and which fields were set otherwise.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Table, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from engine.access import PARAMS_WRITE, Actor, service
from engine.errors import Conflict, Invalid, Problem
from engine.events import PresetChanged
from engine.parameters import set_values
from engine.parameters.set_part import SetPart, of_set
from engine.parameters.set_records import PRESET, SetCard
from engine.store.tables_parameters import SET
from engine.store.tables_runs import DRAFT

if TYPE_CHECKING:
    from engine.store.database import Change

LONGEST_TITLE, LONGEST_NAME = 200, 60


def preset_name(title: str) -> str:
    """The name that a preset of this title gets: ``Easter rush`` → ``~easter-rush``. Raises Invalid without words."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_NAME].strip("-")
    if not name and not any(letter.isalnum() for letter in title):
        sentence = "A preset needs a name by which you find it again, for instance Easter rush."
        raise Invalid("the preset", [Problem("title", sentence, title[:80], "required")])
    if not name[:1].isalpha():  # begins with a digit, or is written in letters that addresses don't take
        name = f"preset-{name or format(_digest(title), 'x')}"
    return PRESET + name


def _digest(title: str) -> int:
    from hashlib import blake2b

    return int.from_bytes(blake2b(title.encode("utf-8", "replace"), digest_size=4).digest(), "big")


class Presets(SetPart):
    """What can be done with presets only."""

    @service(PARAMS_WRITE, on=of_set)
    def rename_preset(self, actor: Actor, model: str, name: str, title: str) -> SetCard:
        """Give a preset another title, and the name that goes with it. Raises Conflict, Invalid, NotFound."""
        _only_presets(name)
        new_title = set_values.clean(title, LONGEST_TITLE)
        new = preset_name(new_title)
        try:
            with self.engine.database.change(actor) as change:
                row = self._locked(change, actor, model, name)
                change.connection.execute(
                    update(SET).where(SET.c.id == row.id).values(name=new, title=new_title)
                )
                _forget_drafts(change.connection, actor, model, name)
                if (row.name, row.title) != (new, new_title):
                    old = {"name": row.name, "title": row.title}
                    _tell(change, row, old, {"name": new, "title": new_title})
        except IntegrityError:
            raise Conflict(
                f"You have a preset “{new_title}” of {model} already. Choose another name."
            ) from None
        return self._card(row.id)

    @service(PARAMS_WRITE, on=of_set)
    def remove_preset(self, actor: Actor, model: str, name: str) -> None:
        """Remove a preset with all its versions. Runs that used it stay as they are. Raises Conflict, NotFound."""
        _only_presets(name)
        with self.engine.database.change(actor) as change:
            row = self._locked(change, actor, model, name)
            _remove(change.connection, SET, [row.id])
            _forget_drafts(change.connection, actor, model, name)
            _tell(change, row, {"title": row.title or row.name, "versions": row.latest}, {})


def _only_presets(name: str) -> None:
    if not name.startswith(PRESET):
        raise Conflict(
            f"“{name[:80]}” is a parameter set of a department: its name and versions stay, because runs were made "
            f"with them. Only presets of one's own (their names begin with “{PRESET}”) are renamed or removed."
        )


def _remove(connection: Connection, table: Table, ids: Iterable[str]) -> None:
    """Delete rows and whatever refers to them (versions, places, reviews, the lists of runs that used them)."""
    wanted = list(ids)
    if not wanted:
        return
    for other in SQLModel.metadata.tables.values():
        for column in other.columns:
            if any(key.column.table is table for key in column.foreign_keys):
                refers = column.in_(wanted)
                if "id" in other.columns:
                    found = connection.execute(select(other.c.id).where(refers)).scalars().all()
                    _remove(connection, other, found)
                else:
                    connection.execute(delete(other).where(refers))
    for begin in range(0, len(wanted), 500):  # SQLite takes no statement of any length
        connection.execute(delete(table).where(table.c.id.in_(wanted[begin : begin + 500])))


def _forget_drafts(connection: Connection, actor: Actor, model: str, name: str) -> None:
    own = (DRAFT.c.actor == actor.id) & (DRAFT.c.model == model)
    pages = (DRAFT.c.page == f"set:{name}") | DRAFT.c.page.startswith(f"set:{name}:", autoescape=True)
    connection.execute(delete(DRAFT).where(own & pages))


def _tell(change: Change, row: Any, old: dict[str, Any], new: dict[str, Any]) -> None:
    ref = f"{row.model}/{row.name}"
    change.emit(PresetChanged(account=row.holder, set=ref, version=row.latest, old=old, new=new))
