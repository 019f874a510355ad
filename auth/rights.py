"""Who may do what: the one table of rights, and the one function that decides by it.

A role is held in a department, or everywhere (``EVERYWHERE``), or on a single shared object. A cell says what
the role may do with that department's objects:

* ``x`` — all of them; ``o`` — those that are one's own; ``.`` — none.

``reach`` says which grants count for what belongs to no department (``department=None``):

* ``any`` — a grant in any department (company-wide data may be read by all who may read at all);
* ``all`` — only a grant that holds everywhere;
* ``company`` — the permission is about the company as a whole: a grant in a department never counts;
* ``self`` — it is about the person who asks: everybody who is signed in may, also without a role; nobody else.

Whoever may do something with an object may do it only if they may also read everything that it was made of
(``Resource.parts``): a run of a company-wide model over another department's data stays that department's.

What is not in the table is denied.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from engine.access import EVERYWHERE, PERMISSIONS, Actor, Decision, Grant, Resource, Scope, Share

ROLES: dict[str, str] = {
    "viewer": "Sees models, runs, data and reports.",
    "analyst": "Also runs models and uploads own data.",
    "editor": "Also changes parameters, schedules, reports and data.",
    "approver": "Approves what others changed.",
    "modeller": "Registers and promotes models, classes columns, uses secrets.",
    "steward": "Sees personal data unmasked and says which columns hold it.",
    "auditor": "Reads the audit log and the list of people.",
    "administrator": "Everything, people and settings included.",
}

TABLE = """
permission         reach    viewer analyst editor approver modeller steward auditor administrator
model.read         any      x      x       x      x        x        x       x       x
model.register     all      .      .       .      .        x        .       .       x
model.promote      all      .      .       .      .        x        .       .       x
run.create         any      .      x       x      .        x        .       .       x
run.read           any      x      x       x      x        x        x       x       x
run.cancel         all      .      o       x      o        x        .       .       x
run.hold           all      .      o       x      x        x        .       x       x
dataset.read       any      x      x       x      x        x        x       .       x
dataset.write      all      .      o       x      .        x        .       .       x
dataset.classify   all      .      .       .      .        x        x       .       x
dataset.personal   all      .      .       .      .        .        x       .       x
params.read        any      x      x       x      x        x        x       x       x
params.write       all      .      o       x      .        x        .       .       x
params.review      all      .      .       .      x        .        .       .       x
params.try         all      .      o       x      x        x        .       .       x
share.manage       all      .      o       o      .        x        .       .       x
secret.read        all      .      .       .      .        x        .       .       x
secret.manage      all      .      .       .      .        .        .       .       x
secret.use         all      .      x       x      .        x        .       .       x
events.read        any      x      x       x      x        x        x       x       x
inbox.read         self     o      o       o      o        o        o       o       o
account.own        self     o      o       o      o        o        o       o       o
account.read       any      .      .       .      .        .        .       x       x
account.manage     company  .      .       .      .        .        .       .       x
role.grant         all      .      .       .      .        .        .       .       x
department.read    any      x      x       x      x        x        x       x       x
department.manage  company  .      .       .      .        .        .       .       x
session.manage     company  .      .       .      .        .        .       .       x
identity.manage    company  .      .       .      .        .        .       .       x
notify.manage      company  .      .       .      .        .        .       .       x
audit.read         company  .      .       .      .        .        .       x       x
audit.manage       company  .      .       .      .        .        .       .       x
system.read        company  .      .       .      .        .        .       x       x
system.operate     company  .      .       .      .        .        .       .       x
"""


@dataclass(frozen=True)
class Right:
    """One row: ``reach``, and the roles that may with everything (``full``) or with what is theirs (``own``)."""

    reach: str
    full: frozenset[str]
    own: frozenset[str]


def _read(table: str) -> dict[str, Right]:
    header, *lines = (line.split() for line in table.strip().splitlines())
    roles = header[2:]
    rights = {}
    for name, reach, *cells in lines:
        marks = dict(zip(roles, cells, strict=True))
        rights[name] = Right(
            reach,
            frozenset(role for role, mark in marks.items() if mark == "x"),
            frozenset(role for role, mark in marks.items() if mark in ("x", "o")),
        )
    return rights


RIGHTS = _read(TABLE)
# What an API token never may, whatever its person may: a token that leaks must not make itself a way back in.
PERSONS_ONLY = frozenset(
    {"account.own", "account.manage", "role.grant", "session.manage", "identity.manage", "audit.manage"}
)


class RightsAuthorizer:
    """Decides by the table. Pure: the actor carries its grants and shares, so no decision reads the database."""

    def decide(self, actor: Actor, permission: str, resource: Resource | None) -> Decision:
        """May this actor do that, to this object? ``resource`` None: to any object at all (menus, lists)."""
        if _is_system(actor):
            return Decision(True, "Quarterdeck itself does this.")
        right = RIGHTS.get(permission)
        if right is None:
            return Decision(False, f"nobody holds the right “{permission}”.")
        if actor.kind == "token" and permission in PERSONS_ONLY:
            return Decision(False, "an API token never may; sign in yourself.")
        if right.reach == "self":
            return _about_oneself(actor, resource)
        if resource is None:
            held = _held(right, actor, None, anywhere=True)
            held |= _roles_shared(actor.shares) if right.reach != "company" else _NONE
            roles = right.own
        else:
            owner = resource.owner is not None and resource.owner == actor.id
            held = _held(right, actor, resource.department)
            if right.reach != "company":
                held |= _shared(actor, resource, owner)
            roles = right.own if owner else right.full
        allowed = roles & held
        if not allowed:
            return Decision(False, _why_not(permission, right, resource, held))
        for part in resource.parts if resource is not None else ():
            if not self.decide(actor, f"{resource.kind}.read", part).allowed:  # type: ignore[union-attr]
                return Decision(False, f"it was made with the {part.kind} {part.id}, which you may not see.")
        return Decision(True, f"the role {min(allowed)} allows it.")

    def scope(self, actor: Actor, permission: str) -> Scope:
        """What a list filtered by this permission may show: departments (None: all) and single objects."""
        if _is_system(actor):
            return Scope(departments=None, owner=actor.id)
        right = RIGHTS.get(permission)
        if right is None or right.reach == "self" or (actor.kind == "token" and permission in PERSONS_ONLY):
            return Scope(departments=frozenset(), owner=actor.id)
        grants = [grant for grant in actor.grants if grant.role in right.full]
        if any(grant.department == EVERYWHERE for grant in grants):
            return Scope(departments=None, owner=actor.id)
        if right.reach == "company":
            return Scope(departments=frozenset(), owner=actor.id)
        shared = frozenset((share.kind, share.id) for share in actor.shares if share.role in right.full)
        departments = frozenset(grant.department for grant in grants)
        return Scope(departments, shared, bool(grants) and right.reach == "any", actor.id)


def _is_system(actor: Actor) -> bool:
    return actor.kind == "system" and any(grant.role == "system" for grant in actor.grants)


def _about_oneself(actor: Actor, resource: Resource | None) -> Decision:
    if actor.id and (resource is None or resource.owner == actor.id):
        return Decision(True, "it is one's own.")
    return Decision(False, "it is another person's.")


def _held(right: Right, actor: Actor, department: str | None, *, anywhere: bool = False) -> frozenset[str]:
    """The roles whose grants count for a right on what belongs to this department."""
    held, all_of_them = _by_department(actor.grants)
    everywhere = held.get(EVERYWHERE, _NONE)
    if right.reach == "company":
        return everywhere
    if anywhere or (department is None and right.reach == "any"):
        return all_of_them
    return everywhere if not department else everywhere | held.get(department, _NONE)


_NONE = frozenset[str]()


@lru_cache(maxsize=4096)
def _by_department(grants: frozenset[Grant]) -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    """Department → roles held there, and all of them together: made once for the grants of a person."""
    found: dict[str, set[str]] = {}
    for grant in grants:
        found.setdefault(grant.department, set()).add(grant.role)
    held = {department: frozenset(roles) for department, roles in found.items()}
    return held, frozenset(grant.role for grant in grants)


def _shared(actor: Actor, resource: Resource, owner: bool) -> frozenset[str]:
    """Roles held on this very object; the owner of a part also holds those on the whole (a run, its model).

    Parameter sets are part of what is shared: whoever edits a shared model edits its parameters.

    Asked role by role: as quick for a thousand shares as for one.
    """
    if not actor.shares:
        return _NONE
    places = [(resource.kind, resource.id)]
    if resource.part_of is not None and (owner or resource.kind == "params"):
        places.append(resource.part_of)
    return frozenset(role for role in ROLES for kind, id in places if Share(kind, id, role) in actor.shares)


@lru_cache(maxsize=1024)
def _roles_shared(shares: frozenset[Share]) -> frozenset[str]:
    return frozenset(share.role for share in shares)


def _why_not(permission: str, right: Right, resource: Resource | None, held: frozenset[str]) -> str:
    needed = ", ".join(role for role in ROLES if role in right.full) or "that nobody has"
    where = "everywhere" if right.reach == "company" else "there"
    if resource is not None and resource.department:
        where = f"in {resource.department}"
    has = ", ".join(sorted(held)) or "no role"
    return f"it needs one of the roles {needed} {where}; you hold {has}."


def unknown_permissions() -> set[str]:
    """Registered permissions that the table lacks, and rows that no permission has: both must be empty."""
    return set(PERMISSIONS) ^ set(RIGHTS)
