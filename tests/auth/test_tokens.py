"""API tokens: what they may, how long, and that nothing but the hash stays."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from auth import token_shape
from auth.rights import RIGHTS, ROLES, RightsAuthorizer
from auth.scope import covers, cut
from auth.service import Auth
from engine.access import LOCAL_ADMIN, Actor, Grant, Resource, Share
from engine.errors import Conflict, Invalid, NotFound, Refused, SignedOut
from engine.store.base import utc_now
from engine.store.database import EventRow
from engine.store.tables_access import TokenRow


@pytest.fixture
def ada(auth: Auth) -> Actor:
    """An editor of Marketing and viewer of Procurement."""
    for name in ("Marketing", "Procurement"):
        auth.accounts.add_department(LOCAL_ADMIN, name)
    held = [Grant("editor", "Marketing"), Grant("viewer", "Procurement")]
    person, _ = auth.accounts.create(LOCAL_ADMIN, "ada", grants=held)
    return auth.accounts.actor_of(person.id)


def test_a_token_stands_for_its_person(auth: Auth, ada: Actor) -> None:
    made, text = auth.tokens.create(ada, "Nightly load")
    found = auth.tokens.actor(text, request_id="r", address="192.0.2.1")
    assert (found.id, found.kind, found.credential, found.via) == (ada.id, "token", made.id, "api")
    assert found.grants == ada.grants
    assert (found.request_id, found.address) == ("r", "192.0.2.1")


def test_only_its_hash_is_stored(auth: Auth, ada: Actor) -> None:
    _, text = auth.tokens.create(ada, "Load")
    secret = text.rsplit("_", 1)[1]
    auth.engine.database.sql.dispose()
    stored = b"".join(
        file.read_bytes() for file in auth.settings.data.rglob("*") if file.is_file() and "db" in file.name
    )
    assert stored
    assert secret.encode() not in stored
    assert text.encode() not in stored


def test_a_scope_cuts_roles_and_departments(auth: Auth, ada: Actor) -> None:
    _, text = auth.tokens.create(ada, "Read", roles=["viewer"], departments=["Marketing"])
    assert auth.tokens.actor(text).grants == {Grant("viewer", "Marketing")}


def test_an_administrators_token_may_be_cut_to_one_department(auth: Auth, ada: Actor) -> None:
    person, _ = auth.accounts.create(LOCAL_ADMIN, "root", grants=[Grant("administrator")])
    root = auth.accounts.actor_of(person.id)
    _, text = auth.tokens.create(root, "Runs", roles=["analyst"], departments=["Procurement"])
    assert auth.tokens.actor(text).grants == {Grant("analyst", "Procurement")}


def test_what_the_person_loses_the_token_loses(auth: Auth, ada: Actor) -> None:
    _, text = auth.tokens.create(ada, "Load", roles=["editor"])
    auth.accounts.revoke(LOCAL_ADMIN, ada.id, "editor", "Marketing")
    assert auth.tokens.actor(text).grants == frozenset()


def test_nobody_gives_a_token_more_than_they_may(auth: Auth, ada: Actor) -> None:
    with pytest.raises(Invalid) as caught:
        auth.tokens.create(ada, "  ", days=366, roles=["administrator", "pope"], departments=["Finance"])
    assert [problem.where for problem in caught.value.problems] == [
        "title",
        "days",
        "roles",
        "roles",
        "departments",
    ]


def test_a_token_ends_at_its_time(auth: Auth, ada: Actor) -> None:
    made, text = auth.tokens.create(ada, "Load", days=1)
    assert timedelta(hours=23) < made.expires_at - utc_now() <= timedelta(days=1)
    with auth.engine.database.light() as session:
        row = session.get(TokenRow, made.id)
        assert row is not None
        row.expires_at = utc_now() - timedelta(seconds=1)
        session.add(row)
    with pytest.raises(SignedOut, match="expired"):
        auth.tokens.actor(text)


def test_a_revoked_token_is_refused_at_once(auth: Auth, ada: Actor) -> None:
    made, text = auth.tokens.create(ada, "Load")
    auth.tokens.actor(text)
    assert auth.tokens.revoke(ada, made.id, "leaked").state == "revoked"
    with pytest.raises(SignedOut, match="revoked"):
        auth.tokens.actor(text)
    assert auth.tokens.revoke(ada, made.id).state == "revoked"


def test_another_process_revokes_a_token_at_once_too(auth: Auth, ada: Actor) -> None:
    from auth.service import opened

    made, text = auth.tokens.create(ada, "Load")
    auth.tokens.actor(text)
    other = opened(auth.settings)
    try:
        other.tokens.revoke(LOCAL_ADMIN, made.id)
    finally:
        other.engine.stop()
    with pytest.raises(SignedOut, match="revoked"):
        auth.tokens.actor(text)


def test_a_disabled_persons_token_is_refused(auth: Auth, ada: Actor) -> None:
    _, text = auth.tokens.create(ada, "Load")
    auth.tokens.actor(text)
    auth.accounts.disable(LOCAL_ADMIN, ada.id, "left")
    with pytest.raises(SignedOut):
        auth.tokens.actor(text)


@pytest.mark.parametrize(
    "text",
    ["", "qd_", "qd_x_y", "Bearer qd_1", "qd_01ARZ3NDEKTSV4RRFFQ69G5FAV_" + "a" * 43, "qd_" + "0" * 5000],
)
def test_what_is_no_token_is_refused(text: str, auth: Auth) -> None:
    with pytest.raises(SignedOut):
        auth.tokens.actor(text)


def test_the_right_id_with_another_secret_is_refused(auth: Auth, ada: Actor) -> None:
    _, text = auth.tokens.create(ada, "Load")
    with pytest.raises(SignedOut, match="unknown"):
        auth.tokens.actor(text[:-1] + ("a" if text[-1] != "a" else "b"))


def test_a_token_cannot_make_end_or_list_tokens(auth: Auth, ada: Actor) -> None:
    made, text = auth.tokens.create(ada, "Load")
    program = auth.tokens.actor(text)
    for work in (
        lambda: auth.tokens.create(program, "Another"),
        lambda: auth.tokens.revoke(program, made.id),
        lambda: auth.tokens.mine(program),
        lambda: auth.accounts.get(program, program.id),
    ):
        with pytest.raises((Refused, NotFound)):
            work()


def test_an_administrators_token_cannot_touch_people_or_sign_in(auth: Auth) -> None:
    person, _ = auth.accounts.create(LOCAL_ADMIN, "root", grants=[Grant("administrator")])
    _, text = auth.tokens.create(auth.accounts.actor_of(person.id), "All")
    program = auth.tokens.actor(text)
    for work in (
        lambda: auth.accounts.create(program, "backdoor"),
        lambda: auth.accounts.grant(program, person.id, "viewer", ""),
        lambda: auth.sessions.list(program),
        lambda: auth.identity.options(program),
        lambda: auth.tokens.create_for(program, person.id, "Another"),
    ):
        with pytest.raises(Refused):
            work()


def test_somebody_elses_token_is_not_there(auth: Auth, ada: Actor) -> None:
    made, _ = auth.tokens.create(ada, "Load")
    person, _ = auth.accounts.create(LOCAL_ADMIN, "eve", grants=[Grant("modeller")])
    eve = auth.accounts.actor_of(person.id)
    with pytest.raises(NotFound):
        auth.tokens.revoke(eve, made.id)
    with pytest.raises(Refused):
        auth.tokens.list(eve)
    assert auth.tokens.mine(eve) == []


def test_only_the_machine_itself_makes_tokens_for_others(auth: Auth, ada: Actor) -> None:
    _, text = auth.tokens.create_for(LOCAL_ADMIN, ada.id, "For a program")
    assert auth.tokens.actor(text).id == ada.id
    person, _ = auth.accounts.create(LOCAL_ADMIN, "root", grants=[Grant("administrator")])
    with pytest.raises(Refused):
        auth.tokens.create_for(auth.accounts.actor_of(person.id), ada.id, "In her name")
    with pytest.raises(NotFound):
        auth.tokens.create(LOCAL_ADMIN, "The machine has no account")


def test_there_is_an_end_to_tokens(auth: Auth, ada: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auth.tokens.MOST", 2)
    for _ in range(2):
        auth.tokens.create(ada, "Load")
    with pytest.raises(Conflict):
        auth.tokens.create(ada, "Load")


def test_the_last_use_is_noted_now_and_then(auth: Auth, ada: Actor) -> None:
    made, text = auth.tokens.create(ada, "Load")
    auth.tokens.actor(text)
    for _ in range(100):
        (shown,) = auth.tokens.mine(ada)
        if shown.used_at:
            break
        time.sleep(0.05)
    assert shown.id == made.id
    assert shown.used_at is not None
    first = shown.used_at
    auth.tokens.actor(text)
    time.sleep(0.1)
    assert auth.tokens.mine(ada)[0].used_at == first


def test_making_and_ending_is_told_without_the_token(auth: Auth, ada: Actor) -> None:
    made, text = auth.tokens.create(ada, "Load", roles=["viewer"])
    auth.tokens.revoke(ada, made.id, "done")
    with auth.engine.database.read() as session:
        rows = [row for row in session.exec(select(EventRow)) if row.object_kind == "token"]
    assert [row.name for row in rows] == ["token-created", "token-revoked"]
    assert all(row.object_id == made.id and text.rsplit("_", 1)[1] not in row.data for row in rows)


def test_texts_of_tokens_are_alike_in_form_and_never_the_same() -> None:
    texts = {token_shape.new_text("01ARZ3NDEKTSV4RRFFQ69G5FAV") for _ in range(200)}
    assert len(texts) == 200
    assert all(token_shape.FORM.fullmatch(text) for text in texts)


def test_which_role_covers_which_is_read_out_of_the_table() -> None:
    assert covers("editor", "analyst")
    assert covers("analyst", "viewer")
    assert not covers("viewer", "analyst")
    assert not covers("editor", "approver") or covers("editor", "viewer")
    assert all(covers("administrator", role) for role in ROLES)


ROLE, PLACE = st.sampled_from(sorted(ROLES)), st.sampled_from(["", "A", "B"])
GRANTS = st.frozensets(st.builds(Grant, ROLE, PLACE), max_size=4)
SHARES = st.frozensets(st.builds(Share, st.just("model"), st.just("m"), ROLE), max_size=2)
SCOPE = st.tuples(st.lists(ROLE, max_size=3), st.lists(st.sampled_from(["A", "B"]), max_size=2))


@given(
    GRANTS, SHARES, SCOPE, st.sampled_from(sorted(RIGHTS)), st.sampled_from([None, "A", "B"]), st.booleans()
)
def test_a_cut_never_allows_what_the_person_may_not(
    grants: frozenset[Grant],
    shares: frozenset[Share],
    scope: tuple[list[str], list[str]],
    permission: str,
    department: str | None,
    own: bool,
) -> None:
    person = Actor("p", grants=grants, shares=shares)
    cut_grants, cut_shares = cut(person, tuple(scope[0]), tuple(scope[1]))
    program = Actor("p", kind="token", grants=cut_grants, shares=cut_shares)
    resource = Resource("model", "m", department, owner="p" if own else None)
    decide = RightsAuthorizer().decide
    if decide(program, permission, resource).allowed:
        assert decide(person, permission, resource).allowed
