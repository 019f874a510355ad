"""Lists show what a person may see: the scope of a right as conditions in SQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, not_, or_, select, true

from engine.access import Scope
from engine.store.tables_data import DATASET
from engine.store.tables_runs import RUN, RUN_INPUT


def within(scope: Scope, department: Any, kind: str, id: Any) -> ColumnElement[bool]:
    """Objects of the scope's departments, company-wide ones if it has those, and single shared ones."""
    if scope.departments is None:
        return true()
    return or_(_belongs(scope, department), id.in_(scope.ids(kind)))


def runs_within(scope: Scope) -> list[ColumnElement[bool]]:
    """Runs that somebody may see: of the scope's departments, or one's own of a shared model.

    Those that read a dataset outside of the scope are left out. That is asked of each run that is in the scope by
    itself: a page of a list asks it fifty times, whatever there is; the datasets in the scope are found once.
    """
    if scope.departments is None:
        return []
    own = and_(RUN.c.submitted_by == scope.owner, RUN.c.model.in_(scope.ids("model")))
    seen = or_(_belongs(scope, RUN.c.department), own, RUN.c.id.in_(scope.ids("run")))
    known = select(DATASET.c.name).where(within(scope, DATASET.c.department, "dataset", DATASET.c.name))
    closed = exists().where(RUN_INPUT.c.run_id == RUN.c.id, RUN_INPUT.c.dataset.not_in(known))
    return [seen, not_(closed)]


def _belongs(scope: Scope, department: Any) -> ColumnElement[bool]:
    assert scope.departments is not None
    found: ColumnElement[bool] = department.in_(sorted(scope.departments))
    return or_(found, department.is_(None)) if scope.unassigned else found
