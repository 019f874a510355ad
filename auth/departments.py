"""Departments: what grants, models, datasets and runs name. Renaming one moves everything that names it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func
from sqlmodel import Session, col, select

from auth.events_people import DepartmentAdded, DepartmentRenamed
from engine.access import DEPARTMENT_MANAGE, DEPARTMENT_READ, Actor, Resource, of_company, service
from engine.errors import Conflict, Invalid, NotFound, Problem
from engine.store import departments as stored
from engine.store.tables_access import DepartmentRow, GrantRow
from engine.store.tables_catalog import ModelRow
from engine.store.tables_data import DatasetRow

if TYPE_CHECKING:
    from auth.service import Auth

LONGEST = 60


@dataclass(frozen=True)
class Department:
    """A department, and how many people hold a role in it, models and datasets belong to it."""

    name: str
    people: int
    models: int
    datasets: int


class Departments:
    """The part of ``Accounts`` that deals with departments."""

    auth: Auth

    @service(DEPARTMENT_READ)
    def departments(self, actor: Actor) -> list[Department]:
        """All departments by name. Whoever holds a role may see their names and sizes, to choose one."""
        with self.auth.engine.database.read() as session:
            people = _counts(session, GrantRow.department, func.count(col(GrantRow.account).distinct()))
            models = _counts(session, ModelRow.department, func.count())
            datasets = _counts(session, DatasetRow.department, func.count())
            names = session.exec(select(DepartmentRow.name).order_by(col(DepartmentRow.name))).all()
        return [Department(n, people.get(n, 0), models.get(n, 0), datasets.get(n, 0)) for n in names]

    @service(DEPARTMENT_MANAGE, on=of_company)
    def add_department(self, actor: Actor, name: str) -> Department:
        """Add a department. Raises Invalid for a bad name, Conflict when it is taken."""
        with self.auth.engine.database.change(actor) as change:
            kept = _free_name(change.session, name)
            change.session.add(DepartmentRow(name=kept))
            stored.in_use_again(change.connection, kept)
            change.emit(DepartmentAdded(department=kept), department=kept)
        return Department(kept, 0, 0, 0)

    @service(DEPARTMENT_MANAGE, on=of_company)
    def rename_department(self, actor: Actor, name: str, new: str) -> Department:
        """Give a department another name; all that names it moves along, and folders may go on naming the old one.

        Raises NotFound, Invalid for a bad name, Conflict when the new one is taken.
        """
        with self.auth.engine.database.change(actor) as change:
            if change.session.get(DepartmentRow, name) is None:
                raise NotFound("department", name)
            kept = _free_name(change.session, new, but=name)
            if kept != name:
                change.session.flush()
                moved = stored.rename(change.connection, name, kept)
                change.emit(DepartmentRenamed(old=name, new=kept, moved=moved), department=kept)
        return next(found for found in self.departments(actor) if found.name == kept)


def named(department: str) -> Resource:
    """A department as an object that rights are asked about."""
    return Resource("department", department, department)


def _counts(session: Session, column: object, count: object) -> dict[str, int]:
    query = select(column, count).group_by(column)  # type: ignore[call-overload]
    return {str(name): int(number) for name, number in session.exec(query) if name}


def _free_name(session: Session, name: str, but: str = "") -> str:
    kept = unicodedata.normalize("NFC", " ".join(name.split()))
    rule = f"1 to {LONGEST} characters without @ and line breaks"
    if not kept or len(kept) > LONGEST or "@" in kept or any(unicodedata.category(c)[0] == "C" for c in name):
        sentence = f"“{name[:80]}” cannot be a department's name: it must have {rule}. Correct it."
        raise Invalid("the department", [Problem("name", sentence, name, rule)])
    for other in session.exec(select(DepartmentRow.name)):
        if other.casefold() == kept.casefold() and other != but:
            raise Conflict(f"There is a department “{other}” already. Choose another name.")
    return kept
