"""Anchors, checkpoints, erasing, pruning: what is removed lawfully still verifies, all else is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from auth.audit import anchors, checkpoints, personal, prune, segments, verify
from auth.audit.anchors import Anchor
from auth.audit.search import Search
from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN, SYSTEM
from engine.errors import Conflict, Invalid, Refused
from engine.settings import Settings
from engine.store.base import utc_now

from .conftest import ADA, BOB, fill, move


def sentences(auth: Auth) -> list[str]:
    return [finding.sentence for finding in verify.verify(auth).findings.listed]


def past(auth: Auth, statement: str) -> None:
    """A statement past Quarterdeck."""
    with auth.engine.database.sql.connect() as connection:
        connection.exec_driver_sql(statement)


def cut(auth: Auth, keep: int) -> None:
    """Remove the end so that the tables agree with each other, as somebody does who knows how they are made."""
    past(auth, f"DELETE FROM audit WHERE seq > {keep}")
    past(auth, f"DELETE FROM audit_personal WHERE seq > {keep}")
    past(auth, f"UPDATE audit_head SET seq = {keep}, hash = (SELECT hash FROM audit WHERE seq = {keep})")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere"


@pytest.fixture
def doubled(settings: Settings, elsewhere: Path) -> object:
    """With a second folder for anchors."""
    made = opened(settings.model_copy(update={"audit_anchor_folder": elsewhere}))
    yield made
    made.engine.stop()


class TestAnchors:
    def test_anchors_follow_each_other_and_verify(self, auth: Auth) -> None:
        for number in range(3):
            move(auth, ADA, number)
            assert auth.audit.anchor(LOCAL_ADMIN) is not None
        assert auth.audit.anchor(LOCAL_ADMIN) is None
        found = verify.verify(auth)
        assert (found.ok, found.anchors, found.warnings) == (True, 3, [])
        one, two, three = anchors.read(auth.audit.anchors.first).anchors
        assert (two.before, three.before) == (one.digest, two.digest)

    def test_an_end_cut_off_is_found(self, auth: Auth) -> None:
        fill(auth, 2)
        auth.audit.anchor(LOCAL_ADMIN)
        cut(auth, 3)
        assert any("are missing: deleted at the end of the log: anchor 1" in s for s in sentences(auth))

    def test_a_log_emptied_altogether_is_found(self, auth: Auth) -> None:
        fill(auth, 1)
        auth.audit.anchor(LOCAL_ADMIN)
        for table in ("audit", "audit_personal", "audit_head"):
            past(auth, f"DELETE FROM {table}")
        assert any("Entries 1 to" in s for s in sentences(auth))

    def test_an_anchor_of_a_log_cut_off_is_still_written(self, auth: Auth) -> None:
        fill(auth, 2)
        auth.audit.anchor(LOCAL_ADMIN)
        cut(auth, 3)
        assert auth.audit.anchor(LOCAL_ADMIN) is not None

    def test_a_missing_file_is_found(self, auth: Auth) -> None:
        move(auth)
        auth.audit.anchor(LOCAL_ADMIN)
        auth.audit.anchors.first.unlink()
        assert "is missing: deleted. It held anchors 1." in sentences(auth)[0]
        move(auth)
        made = auth.audit.anchor(LOCAL_ADMIN)
        assert made is not None
        assert made.number == 2
        assert "Anchors are missing" in sentences(auth)[0]

    @pytest.mark.parametrize("which", [0, 1, 2])
    def test_a_deleted_line_is_found(self, auth: Auth, which: int) -> None:
        for number in range(3):
            move(auth, ADA, number)
            auth.audit.anchor(LOCAL_ADMIN)
        path = auth.audit.anchors.first
        lines = path.read_text().splitlines(keepends=True)
        path.write_text("".join(lines[:which] + lines[which + 1 :]))
        assert f"anchors {which + 1}." in sentences(auth)[0]

    @pytest.mark.parametrize("field", ["number", "at", "seq", "hash", "before", "signature"])
    def test_a_changed_line_is_found(self, auth: Auth, field: str) -> None:
        move(auth)
        auth.audit.anchor(LOCAL_ADMIN)
        path = auth.audit.anchors.first
        told = json.loads(path.read_text())
        value = told[field]
        told[field] = (
            value + 1 if isinstance(value, int) else value[:-2] + ("AA" if value[-2:] != "AA" else "BB")
        )
        path.write_text(Anchor(**told).line + "\n")
        assert any("signature of anchor" in s for s in sentences(auth))

    def test_a_line_signed_by_another_server_is_found(self, auth: Auth, tmp_path: Path) -> None:
        move(auth)
        other = opened(Settings(data_folder=tmp_path / "other"))
        move(other)
        other.audit.anchor(LOCAL_ADMIN)
        other.engine.stop()
        auth.audit.anchors.first.parent.mkdir(parents=True, exist_ok=True)
        auth.audit.anchors.first.write_bytes(other.audit.anchors.first.read_bytes())
        assert any("which this server never had" in s for s in sentences(auth))

    def test_a_half_written_line_is_left_behind_by_the_next(self, auth: Auth) -> None:
        move(auth)
        auth.audit.anchor(LOCAL_ADMIN)
        with auth.audit.anchors.first.open("a") as file:
            file.write('{"at":"2026')
        move(auth)
        auth.audit.anchor(LOCAL_ADMIN)
        found = verify.verify(auth)
        assert (found.ok, found.anchors) == (True, 2)

    def test_the_second_folder_shows_what_the_first_lost(self, doubled: Auth, elsewhere: Path) -> None:
        for number in range(3):
            move(doubled, ADA, number)
            doubled.audit.anchor(LOCAL_ADMIN)
        assert (elsewhere / "anchors.jsonl").read_bytes() == doubled.audit.anchors.first.read_bytes()
        assert verify.verify(doubled).ok
        cut(doubled, 1)
        doubled.audit.anchors.first.unlink()
        found = sentences(doubled)
        assert any("is missing: deleted" in s for s in found)
        assert any("at the end of the log: anchor 3" in s for s in found)

    def test_a_second_folder_that_is_away_is_a_warning(self, doubled: Auth, elsewhere: Path) -> None:
        elsewhere.write_text("not a folder")
        move(doubled)
        doubled.audit.anchor(LOCAL_ADMIN)
        found = verify.verify(doubled)
        assert found.ok
        assert any(str(elsewhere) in warning for warning in found.warnings)

    def test_a_server_leaves_an_anchor_when_it_stops(self, settings: Settings) -> None:
        auth = opened(settings)
        move(auth)
        auth.audit.start()
        auth.engine.stop()
        auth = opened(settings)
        assert auth.audit.facts(LOCAL_ADMIN).anchors == 1
        assert verify.verify(auth).ok
        auth.engine.stop()

    def test_the_keeper_anchors_after_so_many_entries(self, settings: Settings) -> None:
        auth = opened(settings.model_copy(update={"audit_anchor_entries": 5}))
        keeper = auth.audit._keeper
        for number in range(12):
            move(auth, ADA, number)
            keeper._last_daily = utc_now()
            keeper.look()
        assert 2 <= auth.audit.facts(LOCAL_ADMIN).anchors <= 4
        auth.engine.stop()


def test_administrators_are_told_once_that_the_log_does_not_verify(auth: Auth) -> None:
    from sqlalchemy import text

    from tests import signing_in

    admin = signing_in.person(auth)
    signing_in.person(auth, "ann", "analyst@Marketing")
    fill(auth, 1)
    auth.audit._keeper.daily()
    past(auth, "UPDATE audit SET reason = 'x' WHERE seq = 2")
    auth.audit._keeper.daily()
    auth.audit._keeper.daily()
    with auth.engine.database.look() as connection:
        found = connection.execute(text("SELECT account, kind FROM notice")).all()
    assert [tuple(row) for row in found] == [(admin, "audit-damaged")]


class TestErasing:
    def test_an_erased_person_leaves_ids_and_the_chain_verifies(self, auth: Auth) -> None:
        fill(auth)
        before = auth.audit.search(LOCAL_ADMIN, Search(person="ada")).entries
        assert auth.audit.erase(LOCAL_ADMIN, "ada", "asked for it") == len(before)
        after = auth.audit.search(LOCAL_ADMIN, Search(person="ada")).entries
        assert {tuple(e.where.values()) for e in after} == {(None,)}
        assert [e.hash for e in after] == [e.hash for e in before]
        found = verify.verify(auth)
        assert (found.ok, found.erased) == (True, len(before))
        everything = Path(str(auth.engine.database.sql.url.database))
        past(auth, "PRAGMA wal_checkpoint(TRUNCATE)")
        past(auth, "VACUUM")
        assert ADA.address.encode() not in everything.read_bytes()
        assert BOB.address.encode() in everything.read_bytes()

    def test_erasing_again_erases_what_came_since(self, auth: Auth) -> None:
        move(auth)
        assert auth.audit.forget("ada") == 1
        assert auth.audit.forget("ada") == 0
        move(auth)
        assert auth.audit.forget("ada") == 1
        assert verify.verify(auth).ok

    def test_old_values_go_and_the_chain_verifies(self, auth: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(personal, "CHUNK", 5)
        fill(auth)
        auth.audit.forget("bob")
        live = verify.verify(auth)
        removed = personal.expire(auth, days=-1)  # all of it is older than tomorrow
        assert removed > 5
        found = verify.verify(auth)
        assert (found.ok, found.erased, found.expired) == (True, live.erased, removed)
        assert personal.expire(auth, days=-1) == 0 or verify.verify(auth).ok

    def test_a_reason_is_wanted(self, auth: Auth) -> None:
        with pytest.raises(Invalid, match="reason"):
            auth.audit.erase(LOCAL_ADMIN, "ada", " ")


class TestPruning:
    @pytest.fixture
    def old(self, auth: Auth, monkeypatch: pytest.MonkeyPatch) -> Auth:
        """A log of sixty days, in files of ten entries."""
        monkeypatch.setattr(prune, "CHUNK", 10)
        begin = utc_now() - timedelta(days=59)
        for number in range(30):
            monkeypatch.setattr(
                "auth.audit.writer.utc_now", lambda day=number: begin + timedelta(days=2 * day)
            )
            move(auth, ADA if number % 2 else BOB, number)
        monkeypatch.undo()
        monkeypatch.setattr(prune, "CHUNK", 10)
        return auth

    def test_old_entries_go_behind_checkpoints_into_files_that_verify(self, old: Auth) -> None:
        old.audit.anchor(LOCAL_ADMIN)
        done = old.audit.prune(LOCAL_ADMIN, 30, "retention")
        assert (done.through, done.entries, len(done.files)) == (15, 15, 2)
        found = verify.verify(old)
        assert found.findings.listed == []
        assert (found.pruned, found.first) == (15, 16)
        folder = old.settings.data / "audit" / "segments"
        first, second = (segments.check(folder / name) for name in done.files)
        assert (first.first, first.last, second.first, second.last) == (1, 10, 11, 15)
        assert second.before == first.hash
        assert (first.wrong, second.wrong) == ([], [])
        assert [p.segment for p in checkpoints.all_of(old.engine.database)] == [first.sha256, second.sha256]
        move(old)
        assert verify.verify(old).ok

    def test_files_hold_no_personal_value(self, old: Auth) -> None:
        import gzip

        done = old.audit.prune(LOCAL_ADMIN, 30, "retention")
        folder = old.settings.data / "audit" / "segments"
        text = b"".join(gzip.decompress((folder / name).read_bytes()) for name in done.files)
        assert b'"model-3"' in text
        assert ADA.address.encode() not in text

    def test_erasures_verify_when_part_of_what_they_erased_is_pruned(self, old: Auth) -> None:
        old.audit.forget("ada")
        old.audit.prune(LOCAL_ADMIN, 30, "retention")
        found = verify.verify(old)
        assert found.findings.listed == []
        assert found.erased == 8
        past(old, "DELETE FROM audit_personal WHERE seq = 18")
        assert not verify.verify(old).ok

    def test_an_erasure_that_is_pruned_itself_leaves_nothing_to_tell(self, old: Auth) -> None:
        old.audit.forget("ada")
        old.audit.prune(LOCAL_ADMIN, 30, "retention")
        prune.prune(old, SYSTEM, utc_now() + timedelta(days=1))
        move(old)
        assert sentences(old) == []

    def test_pruning_past_a_change_is_refused_unless_said_so(self, old: Auth) -> None:
        past(old, "UPDATE audit SET reason = 'x' WHERE seq = 4")
        with pytest.raises(Conflict, match="Entry 4"):
            old.audit.prune(LOCAL_ADMIN, 30, "retention")
        old.audit.prune(LOCAL_ADMIN, 30, "looked into", even_damaged=True)
        assert verify.verify(old).ok
        (told,) = [
            e
            for e in old.audit.search(LOCAL_ADMIN, Search(action="audit-pruned")).entries
            if e.details["damaged"]
        ]
        assert told.details["damaged"] == 1

    @pytest.mark.parametrize(
        "statement",
        [
            "DELETE FROM audit_checkpoint",
            "DELETE FROM audit_checkpoint WHERE seq = 10",
            "DELETE FROM audit_checkpoint WHERE seq = 15",
            "UPDATE audit_checkpoint SET hash = replace(hash, substr(hash, 1, 1), 'x')",
            "UPDATE audit_checkpoint SET seq = 14 WHERE seq = 15",
            "UPDATE audit_checkpoint SET segment = 'x'",
            "DELETE FROM audit WHERE seq = 16",
        ],
    )
    def test_tampering_with_checkpoints_is_found(self, old: Auth, statement: str) -> None:
        old.audit.prune(LOCAL_ADMIN, 30, "retention")
        past(old, statement)
        assert not verify.verify(old).ok

    def test_entries_put_before_a_checkpoint_are_found(self, old: Auth) -> None:
        old.audit.prune(LOCAL_ADMIN, 30, "retention")
        past(old, "INSERT INTO audit SELECT 3, at, actor, kind, via, credential, request, action, object_kind, "
                  "object_id, department, result, reason, details, '{}', hash FROM audit WHERE seq = 20")  # fmt: skip
        assert "put there later" in sentences(old)[0]

    def test_a_changed_file_is_found_and_one_in_an_archive_is_a_warning(self, old: Auth) -> None:
        done = old.audit.prune(LOCAL_ADMIN, 30, "retention")
        folder = old.settings.data / "audit" / "segments"
        (folder / done.files[0]).unlink()
        found = verify.verify(old)
        assert found.ok
        assert len(found.warnings) == 2  # and no anchor
        (folder / done.files[1]).write_bytes(b"x")
        assert "the file was changed" in sentences(old)[0]
        with pytest.raises(Invalid, match="no segment"):
            segments.check(folder / done.files[1])

    def test_the_newest_entry_always_stays(self, old: Auth) -> None:
        prune.prune(old, SYSTEM, utc_now() + timedelta(days=1))
        found = verify.verify(old)
        assert found.ok
        assert found.pruned == 29

    def test_too_few_days_and_no_reason_are_refused_in_words(self, old: Auth) -> None:
        with pytest.raises(Invalid, match="2 problems"):
            old.audit.prune(LOCAL_ADMIN, 3, "")

    def test_the_retention_rule_is_kept_daily(self, old: Auth) -> None:
        old.settings.audit_retention_days = 30
        old.audit._keeper.daily()
        assert old.audit.facts(LOCAL_ADMIN).pruned == 15
        assert old.audit.search(LOCAL_ADMIN, Search(action="audit-verified")).entries[0].result == "done"


@pytest.mark.parametrize(
    "ask",
    [
        lambda auth, who: auth.audit.search(who, Search()),
        lambda auth, who: auth.audit.entry(who, 1),
        lambda auth, who: auth.audit.verify(who),
        lambda auth, who: auth.audit.export(who, Search()),
        lambda auth, who: auth.audit.anchor(who),
        lambda auth, who: auth.audit.prune(who, 30, "x"),
        lambda auth, who: auth.audit.erase(who, "ada", "x"),
    ],
)
def test_only_those_with_the_right_may(auth: Auth, ask: Callable[[Auth, object], object]) -> None:
    with pytest.raises(Refused):
        ask(auth, BOB)


def test_an_auditor_reads_but_does_not_erase(auth: Auth) -> None:
    from engine.access import Grant

    auditor = replace(BOB, id="carol", grants=frozenset({Grant("auditor")}))
    move(auth)
    assert auth.audit.search(auditor, Search()).entries
    assert auth.audit.verify(auditor).ok
    with pytest.raises(Refused):
        auth.audit.erase(auditor, "ada", "x")
