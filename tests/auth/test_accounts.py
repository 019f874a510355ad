"""People and what they hold: adding, changing, ending, erasing; roles department by department."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from auth.accounts import first_administrator
from auth.service import Auth
from engine.access import LOCAL_ADMIN, Actor, Grant
from engine.errors import Conflict, Invalid, NotFound, Refused, SignedOut
from engine.settings import Settings
from engine.store.database import Database, EventRow
from engine.store.tables_access import AccountRow, SessionRow, TokenRow
from engine.store.tables_audit import AuditPersonalRow

pytestmark = pytest.mark.both_databases


@pytest.fixture
def settings(tmp_path: Any) -> Settings:
    return Settings(data_folder=tmp_path / "data", free_space_floor_mb=1, allow_unsandboxed=True)


@pytest.fixture
def people(auth: Auth) -> Callable[..., Actor]:
    """Add somebody: ``people("ada", Grant("viewer", "Marketing"))``; departments are added as needed."""

    def add(name: str, *grants: Grant) -> Actor:
        there = {found.name for found in auth.accounts.departments(LOCAL_ADMIN)}
        for grant in grants:
            if grant.department and grant.department not in there:
                auth.accounts.add_department(LOCAL_ADMIN, grant.department)
                there.add(grant.department)
        person, _ = auth.accounts.create(LOCAL_ADMIN, name, name.title(), grants=grants, invite=False)
        return auth.accounts.actor_of(person.id)

    return add


def events(auth: Auth, name: str) -> list[EventRow]:
    with auth.engine.database.read() as session:
        return list(session.exec(select(EventRow).where(EventRow.name == name)))


# ---- accounts


def test_a_new_person_gets_a_one_time_password_that_must_be_changed(auth: Auth) -> None:
    person, password = auth.accounts.create(
        LOCAL_ADMIN, " Ada@Example.org ", "Ada Lovelace", "ada@example.org"
    )
    assert person.name == "ada@example.org"
    assert person.shown == "Ada Lovelace"
    assert (person.kind, person.state, person.must_change) == ("local", "active", True)
    assert password
    with auth.engine.database.read() as session:
        row = session.get(AccountRow, person.id)
    assert row is not None
    assert row.password_hash
    assert password not in row.password_hash
    assert auth.accounts.find_by_name("ADA@example.ORG") is not None


@pytest.mark.parametrize("name", ["", "  ", "-x", "a b", "a\nb", "x" * 81, "<b>"])
def test_bad_names_are_refused(auth: Auth, name: str) -> None:
    with pytest.raises(Invalid, match="sign-in name"):
        auth.accounts.create(LOCAL_ADMIN, name)


@pytest.mark.parametrize(
    ("title", "email"),
    [
        ("a\nb", ""),
        ("x" * 121, ""),
        ("", "no"),
        ("", "a@b\r\nBcc: c@d"),
        ("", "a@b, c@d"),
        ("", "ada@exämple.com"),
    ],
)
def test_bad_titles_and_addresses_are_refused(auth: Auth, title: str, email: str) -> None:
    with pytest.raises(Invalid):
        auth.accounts.create(LOCAL_ADMIN, "ada", title, email)


def test_names_are_unique_however_they_are_typed(auth: Auth, people: Any) -> None:
    people("ada")
    with pytest.raises(Conflict, match="already"):
        auth.accounts.create(LOCAL_ADMIN, "ADA")


def test_names_and_addresses_stay_out_of_events(auth: Auth, people: Any) -> None:
    person, _ = auth.accounts.create(
        LOCAL_ADMIN, "secretname", "Hidden Title", "hidden@example.org", invite=False
    )
    auth.accounts.change(LOCAL_ADMIN, person.id, title="Other Title", email="other@example.org")
    told = " ".join(row.data for name in ("account-created", "account-changed") for row in events(auth, name))
    assert '"fields": ["title", "email"]' in told
    for value in ("secretname", "Hidden", "hidden@", "Other", "other@"):
        assert value not in told


def test_people_are_found_by_their_words(auth: Auth, people: Any) -> None:
    people("ada")
    people("ben")
    gone = people("carl")
    auth.accounts.disable(LOCAL_ADMIN, gone.id)
    assert [p.name for p in auth.accounts.list(LOCAL_ADMIN)] == ["ada", "ben", "carl"]
    assert [p.name for p in auth.accounts.list(LOCAL_ADMIN, "BE")] == ["ben"]
    assert [p.name for p in auth.accounts.list(LOCAL_ADMIN, state="disabled")] == ["carl"]
    assert [p.name for p in auth.accounts.directory(LOCAL_ADMIN)] == ["ada", "ben"]
    assert not auth.accounts.list(LOCAL_ADMIN, "%")


def test_everybody_sees_their_own_account_and_nobody_elses(auth: Auth, people: Any) -> None:
    ada, ben = people("ada"), people("ben")
    assert auth.accounts.get(ada, ada.id).name == "ada"
    with pytest.raises(NotFound):
        auth.accounts.get(ada, ben.id)
    assert auth.accounts.names([ada.id, "nobody"]) == {ada.id: "Ada"}


def test_disabling_ends_access_at_once(auth: Auth, people: Any) -> None:
    ada = people("ada", Grant("viewer"))
    session = auth.sessions.begin_for(ada.id, method="password")
    auth.accounts.disable(LOCAL_ADMIN, ada.id, "left the company")
    with pytest.raises(Refused, match="disabled"):
        auth.accounts.actor_of(ada.id)
    with pytest.raises(SignedOut):
        auth.sessions.actor(session.token)
    with auth.engine.database.read() as found:
        assert all(row.revoked_at for row in found.exec(select(SessionRow)))
    assert auth.accounts.enable(LOCAL_ADMIN, ada.id).state == "active"
    assert auth.accounts.actor_of(ada.id).grants == {Grant("viewer")}
    with pytest.raises(SignedOut):
        auth.sessions.actor(session.token)


def test_nobody_ends_their_own_access(auth: Auth, people: Any) -> None:
    ada = people("ada", Grant("administrator"))
    people("ben", Grant("administrator"))
    for end in (auth.accounts.disable, auth.accounts.erase):
        with pytest.raises(Conflict, match="another administrator"):
            end(ada, ada.id)


def test_the_last_administrator_stays(auth: Auth, people: Any) -> None:
    ada = people("ada", Grant("administrator"))
    people("ben", Grant("administrator", "Marketing"))
    accounts = auth.accounts
    for end in (
        lambda: accounts.disable(LOCAL_ADMIN, ada.id),
        lambda: accounts.erase(LOCAL_ADMIN, ada.id),
        lambda: accounts.revoke(LOCAL_ADMIN, ada.id, "administrator", ""),
        lambda: accounts.set_grants(LOCAL_ADMIN, ada.id, [Grant("administrator", "Marketing")]),
    ):
        with pytest.raises(Conflict, match="last administrator"):
            end()
    assert accounts.actor_of(ada.id).grants == {Grant("administrator")}


def test_two_who_take_each_other_out_leave_one(auth: Auth, people: Any) -> None:
    """Both checks pass before either writes; only one of the writes may stay."""
    both = [people("ada", Grant("administrator")), people("ben", Grant("administrator"))]
    begin, failures = threading.Barrier(2), []

    def take(me: Actor, other: Actor) -> None:
        begin.wait()
        try:
            auth.accounts.revoke(me, other.id, "administrator", "")
        except (Conflict, Refused) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=take, args=pair) for pair in (both, both[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = [p for p in auth.accounts.list(LOCAL_ADMIN) if any(g.role == "administrator" for g in p.grants)]
    assert len(left) == len(failures) == 1


def test_an_erased_person_leaves_an_id_only(auth: Auth, people: Any) -> None:
    ada = people("ada", Grant("viewer", "Marketing"))
    auth.accounts.change(LOCAL_ADMIN, ada.id, email="ada@example.org")
    auth.tokens.create(ada, "mine")
    auth.sessions.begin_for(ada.id, method="password", address="192.0.2.7", agent="Firefox")
    auth.accounts.erase(LOCAL_ADMIN, ada.id, "asked for it")
    auth.accounts.erase(LOCAL_ADMIN, ada.id, "asked for it")  # again: finishes what a crash may have left
    person = auth.accounts.get(LOCAL_ADMIN, ada.id)
    assert (person.state, person.shown, person.email, person.grants) == ("erased", "Erased person", "", ())
    assert auth.accounts.names([ada.id]) == {ada.id: "Erased person"}
    with auth.engine.database.read() as session:
        assert not session.exec(select(TokenRow)).all()
        assert {row.address for row in session.exec(select(SessionRow))} == {""}
        kept = [row for row in session.exec(select(AuditPersonalRow)) if row.account == ada.id and row.salt]
    assert not kept
    assert auth.audit.verify(LOCAL_ADMIN).ok
    for change in (auth.accounts.enable, auth.accounts.disable):
        with pytest.raises(Conflict, match="erased"):
            change(LOCAL_ADMIN, ada.id)
    people("ada")  # the name is free again


# ---- roles


def test_an_administrator_of_a_department_gives_roles_there_only(auth: Auth, people: Any) -> None:
    head = people("head", Grant("administrator", "Marketing"))
    ada = people("ada", Grant("viewer", "Procurement"))
    accounts = auth.accounts
    accounts.grant(head, ada.id, "analyst", "Marketing", "joins us")
    for department in ("Procurement", ""):
        with pytest.raises(Refused):
            accounts.grant(head, ada.id, "analyst", department)
        with pytest.raises(Refused):
            accounts.revoke(head, ada.id, "viewer", department)
    accounts.set_grants(head, ada.id, [Grant("viewer", "Procurement"), Grant("editor", "Marketing")])
    assert accounts.actor_of(ada.id).grants == {Grant("viewer", "Procurement"), Grant("editor", "Marketing")}
    with pytest.raises(Refused):
        accounts.set_grants(head, ada.id, [Grant("editor", "Marketing")])
    with pytest.raises(Refused):
        accounts.create(head, "new", grants=[Grant("viewer", "Marketing")])


def test_roles_come_into_force_at_once(auth: Auth, people: Any) -> None:
    ada = people("ada")
    auth.accounts.grant(LOCAL_ADMIN, ada.id, "viewer", "")
    assert auth.accounts.actor_of(ada.id).grants == {Grant("viewer")}
    auth.accounts.revoke(LOCAL_ADMIN, ada.id, "viewer", "")
    assert not auth.accounts.actor_of(ada.id).grants


def test_what_another_process_changes_is_seen_within_seconds(
    auth: Auth, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auth.acting.KNOWN_SECONDS", 0.05)
    ada = people("ada", Grant("viewer"))
    auth.accounts.acting.forget()
    assert auth.accounts.actor_of(ada.id)
    other = Database(auth.settings.database_address)
    with other.change(LOCAL_ADMIN) as change:
        row = change.session.get(AccountRow, ada.id)
        assert row is not None
        row.state = "disabled"
        change.session.add(row)
    other.close()
    import time

    time.sleep(0.1)
    with pytest.raises(Refused):
        auth.accounts.actor_of(ada.id)


def test_a_look_that_overlaps_a_change_is_not_kept(
    auth: Auth, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rights read just before a change commits must not be known after it."""
    ada = people("ada", Grant("viewer"))
    acting = auth.accounts.acting
    acting.forget()
    look = acting._look

    def slow(account: str) -> Any:
        found = look(account)
        monkeypatch.undo()
        auth.accounts.disable(LOCAL_ADMIN, account)
        return found

    monkeypatch.setattr(acting, "_look", slow)
    auth.accounts.actor_of(ada.id)
    with pytest.raises(Refused):
        auth.accounts.actor_of(ada.id)


def test_unknown_roles_and_departments_are_all_named(auth: Auth, people: Any) -> None:
    ada = people("ada")
    with pytest.raises(Invalid) as failure:
        auth.accounts.set_grants(
            LOCAL_ADMIN, ada.id, [Grant("king", "Nowhere"), Grant("viewer", "Elsewhere")]
        )
    assert len(failure.value.problems) == 3
    with pytest.raises(NotFound):
        auth.accounts.grant(LOCAL_ADMIN, "nobody", "viewer", "")


def test_a_change_of_roles_tells_old_and_new(auth: Auth, people: Any) -> None:
    ada = people("ada", Grant("viewer", "Marketing"))
    auth.accounts.set_grants(LOCAL_ADMIN, ada.id, [Grant("editor", "Marketing")], "promoted")
    (row,) = [row for row in events(auth, "roles-changed") if "promoted" in row.data]
    assert '"new": ["editor@Marketing"]' in row.data
    assert '"old": ["viewer@Marketing"]' in row.data
    assert row.department == "Marketing"
    before = len(events(auth, "roles-changed"))
    auth.accounts.set_grants(LOCAL_ADMIN, ada.id, [Grant("editor", "Marketing")], "again")
    assert len(events(auth, "roles-changed")) == before


# ---- the first administrator


def test_the_first_administrator_is_made_once(settings: Settings) -> None:
    made = first_administrator(settings)
    assert made is not None
    assert made[0] == "admin"
    assert len(made[1]) >= 16
    assert first_administrator(settings) is None
