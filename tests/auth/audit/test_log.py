"""What is kept of a change, a refusal, a sign-in that failed; and that it commits with the change."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import ClassVar

from auth.audit.checking import walk
from auth.audit.findings import Known
from auth.audit.refusals import MOST, Refusals
from auth.audit.search import Entry, Search
from auth.service import Auth
from engine.access import COMPANY, LOCAL_ADMIN, Actor
from engine.events import Event

from .conftest import ADA, BOB, move, refuse


@dataclass(frozen=True, kw_only=True)
class _Tried(Event):
    object_kind = "account"
    about = "account"
    personal = frozenset({"typed"})
    result: ClassVar[str] = "failed"
    account: str
    typed: str
    reason: str = ""
    many: tuple[float, ...] = ()


class _Named(_Tried):
    """An event that tests tell of; it is not registered, so that the list of events stays the product's."""

    name = ""


def newest(auth: Auth, **asked: str) -> Entry:
    return auth.audit.search(LOCAL_ADMIN, Search(**asked)).entries[0]


def sound(auth: Auth) -> bool:
    return walk(auth.engine.database, Known()).findings.listed == []


def test_an_entry_says_who_when_from_where_what_old_new_and_why(auth: Auth) -> None:
    move(auth, replace(ADA, request_id="r-1"), 4)
    found = newest(auth)
    assert (found.actor, found.kind, found.via, found.credential, found.request) == (
        "ada", "person", "api", "s1", "r-1",
    )  # fmt: skip
    assert (found.action, found.object_kind, found.object_id) == ("alias-moved", "model", "model-4")
    assert (found.department, found.result, found.reason) == ("Marketing", "done", "better")
    assert found.details == {"alias": "live", "old": 4, "new": 5}
    assert found.where == {"address": "192.0.2.7"}


def test_a_change_that_is_undone_leaves_no_entry(auth: Auth) -> None:
    move(auth)
    with suppress(RuntimeError), auth.engine.database.change(ADA) as change:
        change.emit(_Tried(account="ada", typed="x"))
        raise RuntimeError
    assert newest(auth).seq == 1
    move(auth)
    assert sound(auth)


def test_work_done_on_behalf_of_somebody_says_so(auth: Auth) -> None:
    move(auth, replace(ADA, kind="schedule", on_behalf_of="bob"))
    assert newest(auth).details["on behalf of"] == "bob"


def test_on_the_command_line_the_machine_says_who_it_is(auth: Auth) -> None:
    move(auth, LOCAL_ADMIN)
    assert newest(auth).where["os_user"]


def test_what_failed_says_so_and_what_was_typed_can_be_erased(auth: Auth) -> None:
    auth.audit.note(BOB, _Named(account="eve", typed="eve@example.com", reason="wrong password"))
    found = newest(auth)
    assert (found.result, found.reason) == ("failed", "wrong password")
    assert found.where == {"address": "192.0.2.8", "typed": "eve@example.com"}
    assert auth.audit.forget("eve") == 1
    assert newest(auth, object_id="eve", result="failed").where == {"address": "192.0.2.8", "typed": None}
    assert sound(auth)


def test_typed_text_is_kept_whatever_it_is(auth: Auth) -> None:
    typed = "a\0b\ud800" + "x" * 100_000
    auth.audit.note(BOB, _Named(account="\ud800", typed=typed, reason=typed, many=(float("nan"),) * 20_000))
    found = newest(auth)
    assert found.object_id == "?"
    assert "100004 characters, SHA-256" in str(found.where["typed"])
    assert len(found.reason) < 3_000
    assert len(json.dumps(found.details)) < 50_000
    assert sound(auth)


def test_what_can_be_chosen_in_a_search_is_what_occurs(auth: Auth) -> None:
    assert auth.audit.people(LOCAL_ADMIN) == {}
    move(auth, ADA)
    move(auth, BOB)
    auth.audit.note(ADA, _Named(account="x", typed=""))
    assert sorted(auth.audit.people(LOCAL_ADMIN)) == ["ada", "bob"]
    assert auth.audit.departments(LOCAL_ADMIN) == ["Marketing"]
    assert auth.audit.actions(LOCAL_ADMIN) == ["", "alias-moved"]


def test_a_refusal_is_written_at_once(auth: Auth) -> None:
    refuse(auth)
    auth.audit.settle()
    found = newest(auth)
    assert (found.actor, found.action, found.result) == ("bob", "run.create", "refused")
    assert (found.object_kind, found.object_id, found.department) == ("model", "secret-model", "Marketing")
    assert found.reason


def test_a_flood_of_refusals_is_two_entries(auth: Auth) -> None:
    for number in range(5_000):
        auth.audit.refused(BOB, "run.create", replace(COMPANY, kind="model", id=f"m-{number}"), "no")
    auth.audit.close()
    flood, first = auth.audit.search(LOCAL_ADMIN, Search(person="bob")).entries
    assert first.object_id == "m-0"
    assert flood.details["count"] == 4_999
    assert len(flood.details["objects"]) == 10
    assert sound(auth)


def test_a_flood_that_goes_on_is_written_once_a_window() -> None:
    written, done = [], threading.Event()

    def write(drafts: list[object]) -> None:
        written.extend(drafts)
        if len(written) >= 3:
            done.set()

    refusals = Refusals(write, window=0.05)
    while not done.is_set():
        refusals.note(BOB, "run.create", COMPANY, "no")
    refusals.close()
    assert 3 <= len(written) <= 6


def test_floods_by_very_many_people_take_bounded_memory() -> None:
    written: list[object] = []
    refusals = Refusals(written.extend)
    for number in range(3 * MOST):
        refusals.note(Actor(f"p-{number}"), "run.create", COMPANY, "no")
    refusals.close()
    assert len(written) <= MOST + 2
    counted = [draft for draft in written if draft.actor == "several"]  # type: ignore[attr-defined]
    assert json.loads(counted[-1].details)["count"] == 2 * MOST - 1  # type: ignore[attr-defined]


def test_a_refusal_inside_an_open_change_waits_for_nobody(auth: Auth) -> None:
    with auth.engine.database.change(ADA) as change:
        refuse(auth)
        change.emit(_Tried(account="ada", typed=""))
    auth.audit.settle()
    assert {e.result for e in auth.audit.search(LOCAL_ADMIN, Search()).entries} == {"refused", "failed"}


def test_many_threads_append_one_chain(auth: Auth) -> None:
    def work(number: int) -> None:
        for turn in range(25):
            if turn % 2:
                move(auth, ADA, number)
            else:
                auth.audit.note(BOB, _Tried(account="ada", typed=str(turn)))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = walk(auth.engine.database, Known())
    assert (found.entries, found.findings.total) == (200, 0)


def test_a_change_of_a_shared_commit_that_fails_takes_no_other_along(auth: Auth) -> None:
    """They are tried again alone: the entries of the failed one are gone, the others follow each other."""

    def work(number: int) -> None:
        def change_it(change: object) -> None:
            change.emit(_Tried(account=str(number), typed="x"))  # type: ignore[attr-defined]
            if number % 5 == 0:
                raise ValueError(number)

        try:
            auth.engine.database.write(ADA, change_it)
        except ValueError:
            failed.append(number)

    failed: list[int] = []
    threads = [threading.Thread(target=work, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 8
    assert len(auth.audit.search(LOCAL_ADMIN, Search(), limit=100).entries) == 32
    assert sound(auth)


class TestDamage:
    """The log goes on after damage, and never closes a gap by itself."""

    def cut(self, auth: Auth, *statements: str) -> None:
        with auth.engine.database.sql.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    def test_a_removed_end_stays_a_gap(self, auth: Auth) -> None:
        for number in range(6):
            move(auth, ADA, number)
        self.cut(auth, "DELETE FROM audit WHERE seq > 4", "DELETE FROM audit_personal WHERE seq > 4")
        move(auth)
        assert [e.seq for e in auth.audit.search(LOCAL_ADMIN, Search(), limit=3).entries] == [8, 7, 4]
        sentences = [f.sentence for f in walk(auth.engine.database, Known()).findings.listed]
        assert "Entries 5 to 6 are missing: deleted." in sentences
        assert any(s.startswith("Entry 7") and "tells of damage" in s for s in sentences)

    def test_an_end_removed_with_its_record_is_noticed_by_the_server_that_wrote_it(self, auth: Auth) -> None:
        for number in range(6):
            move(auth, ADA, number)
        ((digest,),) = auth.engine.database.sql.connect().exec_driver_sql(
            "SELECT hash FROM audit WHERE seq = 2"
        )
        self.cut(
            auth,
            "DELETE FROM audit WHERE seq > 2",
            "DELETE FROM audit_personal WHERE seq > 2",
            f"UPDATE audit_head SET seq = 2, hash = '{digest}'",
        )
        move(auth)
        assert any("are missing" in f.sentence for f in walk(auth.engine.database, Known()).findings.listed)

    def test_a_lost_record_is_told_and_the_chain_goes_on(self, auth: Auth) -> None:
        move(auth)
        self.cut(auth, "DELETE FROM audit_head")
        move(auth)
        (finding,) = walk(auth.engine.database, Known()).findings.listed
        assert finding.entry == 2
        assert "The record of the newest entry was missing" in finding.sentence
