"""Cutting rights down: what an API token with a scope may of what its person may."""

from __future__ import annotations

from functools import cache

from auth.rights import RIGHTS, ROLES
from engine.access import EVERYWHERE, Actor, Grant, Share


@cache
def covers(role: str, other: str) -> bool:
    """Does ``role`` allow all that ``other`` allows? Read out of the table of rights, row by row."""
    return role == other or all(
        (other not in right.full or role in right.full) and (other not in right.own or role in right.own)
        for right in RIGHTS.values()
    )


def held(actor: Actor, role: str) -> bool:
    """May the actor act as ``role`` somewhere, be it by a role that allows more?"""
    return any(covers(grant.role, role) for grant in actor.grants if grant.role in ROLES)


def cut(
    actor: Actor, roles: tuple[str, ...], departments: tuple[str, ...]
) -> tuple[frozenset[Grant], frozenset[Share]]:
    """The actor's grants and shares inside a scope; empty ``roles`` or ``departments`` cut nothing off.

    A grant that holds everywhere becomes one per listed department. Shares name objects, not departments: a
    scope of departments leaves none of them.
    """
    grants = {
        Grant(role, department)
        for grant in actor.grants
        for role in _narrowed(grant.role, roles)
        for department in _places(grant.department, departments)
    }
    if departments:
        return frozenset(grants), frozenset()
    shares = {
        Share(share.kind, share.id, role) for share in actor.shares for role in _narrowed(share.role, roles)
    }
    return frozenset(grants), frozenset(shares)


def _narrowed(role: str, wanted: tuple[str, ...]) -> list[str]:
    if not wanted:
        return [role]
    return [other for other in wanted if role in ROLES and other in ROLES and covers(role, other)]


def _places(department: str, wanted: tuple[str, ...]) -> list[str]:
    if not wanted:
        return [department]
    if department == EVERYWHERE:
        return [name for name in wanted if name != EVERYWHERE]
    return [department] if department in wanted else []
