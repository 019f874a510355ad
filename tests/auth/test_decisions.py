"""What holds for every decision, whatever the table says: searched for counter-examples."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from auth.rights import RIGHTS, ROLES, RightsAuthorizer, unknown_permissions
from engine.access import EVERYWHERE, SYSTEM, Actor, Grant, Resource, Share
from tests.auth.world import table

AUTHORIZER = RightsAuthorizer()
DEPARTMENTS = ("Marketing", "Procurement", "Finance")
PEOPLE = ("ada", "ben")
OBJECTS = (("model", "m1"), ("model", "m2"), ("dataset", "m1"), ("dataset", "d1"))

permissions = st.sampled_from(sorted(RIGHTS))
grants = st.builds(
    Grant, st.sampled_from([*ROLES, "unheard-of"]), st.sampled_from([*DEPARTMENTS, EVERYWHERE])
)
shares = st.sampled_from(OBJECTS).flatmap(
    lambda found: st.builds(Share, st.just(found[0]), st.just(found[1]), st.sampled_from(list(ROLES)))
)
actors = st.builds(
    Actor,
    id=st.sampled_from(PEOPLE),
    kind=st.sampled_from(["person", "token", "schedule"]),
    grants=st.frozensets(grants, max_size=4),
    shares=st.frozensets(shares, max_size=3),
)
places = st.none() | st.sampled_from(DEPARTMENTS)
owners = st.none() | st.sampled_from(PEOPLE)


def _resource(kind: str, id: str, department: str | None, owner: str | None) -> Resource:
    return Resource(kind, id, department, owner)


parts = st.builds(_resource, st.just("dataset"), st.sampled_from(["m1", "d1"]), places, owners)
whole = st.builds(
    _resource, st.sampled_from(["model", "dataset"]), st.sampled_from(["m1", "d1"]), places, owners
)
runs = st.builds(
    Resource,
    st.just("run"),
    st.just("r1"),
    places,
    owners,
    part_of=st.none() | st.just(("model", "m1")),
    parts=st.lists(parts, max_size=2).map(tuple),
)
resources = whole | runs


def may(actor: Actor, permission: str, resource: Resource | None) -> bool:
    return AUTHORIZER.decide(actor, permission, resource).allowed


def test_every_permission_has_a_row_and_every_row_a_permission() -> None:
    assert not unknown_permissions()


@given(actors, resources)
def test_what_is_not_in_the_table_is_denied(actor: Actor, resource: Resource) -> None:
    assert not may(actor, "made.up", resource)
    assert AUTHORIZER.scope(actor, "made.up").departments == frozenset()


@given(permissions, st.none() | resources)
def test_without_a_role_there_is_nothing_but_oneself(permission: str, resource: Resource | None) -> None:
    allowed = may(Actor(id="ada"), permission, resource)
    assert not may(Actor(id="ada", kind="token"), "account.own", resource)
    oneself = RIGHTS[permission].reach == "self" and (resource is None or resource.owner == "ada")
    assert allowed == oneself


@given(actors, permissions, st.none() | resources, grants | shares)
def test_more_never_takes_a_right_away(
    actor: Actor, permission: str, resource: Resource | None, more: Grant | Share
) -> None:
    if isinstance(more, Grant):
        richer = replace(actor, grants=actor.grants | {more})
    else:
        richer = replace(actor, shares=actor.shares | {more})
    assert not may(actor, permission, resource) or may(richer, permission, resource)


@given(actors, permissions, resources, st.sampled_from(DEPARTMENTS))
def test_a_grant_in_one_department_never_opens_another(
    actor: Actor, permission: str, resource: Resource, department: str
) -> None:
    """Grants outside of the departments of the object and its parts change nothing."""
    touched = {resource.department, *(part.department for part in resource.parts)}
    if department in touched or None in touched:
        return
    everything = frozenset(Grant(role, department) for role in ROLES)
    assert may(replace(actor, grants=actor.grants | everything), permission, resource) == may(
        actor, permission, resource
    )


@given(actors, permissions, resources, st.sampled_from(sorted(ROLES)))
def test_a_share_opens_its_object_only(actor: Actor, permission: str, resource: Resource, role: str) -> None:
    """A share of another object, or of the same name but another kind, changes nothing."""
    bare = replace(actor, shares=frozenset())
    elsewhere = replace(
        actor, shares=frozenset({Share("report", resource.id, role), Share("model", "m9", role)})
    )
    assert may(bare, permission, resource) == may(elsewhere, permission, resource)


@given(actors, permissions, resources)
def test_who_may_do_something_with_the_whole_may_read_each_part(
    actor: Actor, permission: str, resource: Resource
) -> None:
    if resource.parts and RIGHTS[permission].reach != "self" and may(actor, permission, resource):
        assert all(may(actor, f"{resource.kind}.read", part) for part in resource.parts)


@given(actors, permissions, whole)
def test_lists_and_decisions_agree(actor: Actor, permission: str, resource: Resource) -> None:
    """A scope shows exactly what a decision on another's object allows."""
    if RIGHTS[permission].reach == "self":
        return
    scope = AUTHORIZER.scope(actor, permission)
    assert scope.owner == actor.id
    shown = scope.holds(resource.department) or (resource.kind, resource.id) in scope.objects
    assert shown == may(actor, permission, replace(resource, owner=None))


@given(actors, permissions, st.none() | resources)
def test_a_decision_explains_itself(actor: Actor, permission: str, resource: Resource | None) -> None:
    reason = AUTHORIZER.decide(actor, permission, resource).reason
    assert reason.endswith(".")
    assert len(reason) > 10


def test_only_the_system_is_the_system() -> None:
    pretender = Actor(id="eve", grants=frozenset({Grant("system")}))
    assert may(SYSTEM, "system.operate", None)
    assert not may(pretender, "system.operate", None)
    assert not may(pretender, "model.read", None)


def test_the_table_is_read_as_it_is_written() -> None:
    for permission, (reach, marks) in table().items():
        right = RIGHTS[permission]
        assert right.reach == reach
        assert reach in ("any", "all", "company", "self")
        assert list(marks) == list(ROLES)
        assert right.full == {role for role, mark in marks.items() if mark == "x"}
        assert right.own - right.full == {role for role, mark in marks.items() if mark == "o"}
        assert set(marks.values()) <= {"x", "o", "."}
