"""Whatever is done to the tables past Quarterdeck is found, and said by entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from auth.audit import chain
from auth.audit.findings import Known, Walked

from .conftest import Copy

Copies = Callable[[], Copy]
many = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
few = settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20),
    st.sampled_from(["", "ada", "bob", "done", "refused", "{}", "null", "0", "2026-11-22 00:00:00.000000"]),
)
VALUE = st.one_of(TEXT, st.none(), st.integers(-5, 10**6), st.binary(max_size=8))


def numbers(copy: Copy) -> list[int]:
    return [row[0] for row in copy.rows("SELECT seq FROM audit ORDER BY seq")]


def concerns(found: Walked, *entries: int) -> bool:
    """Is one of these entries named by a finding, with a sentence that names it?"""
    named = [f for f in found.findings.listed if f.entry in entries]
    return bool(named) and all(str(f.entry) in f.sentence for f in named)


def rehash(copy: Copy, first: int = 1) -> None:
    """What somebody does who knows how the chain is made: write every hash from an entry on anew, and the head."""
    rows = copy.rows(f"SELECT {', '.join(chain.COLUMNS)}, hash FROM audit ORDER BY seq")
    before = chain.GENESIS
    for row in rows:
        digest = chain.link(before, row[:-1]) if row[0] >= first else row[-1]
        copy.run("UPDATE audit SET hash = ? WHERE seq = ?", digest, row[0])
        before = digest
    copy.run("UPDATE audit_head SET seq = ?, hash = ?", rows[-1][0], before)


def test_a_log_that_nobody_touched_verifies(copies: Copies) -> None:
    found = copies().walk()
    assert found.findings.listed == []
    assert found.entries == found.last > 30
    assert found.erased == 1


@many
@given(data=st.data(), column=st.sampled_from([*chain.COLUMNS[1:], "hash"]))
def test_a_changed_column_is_found(copies: Copies, data: st.DataObject, column: str) -> None:
    copy = copies()
    seq = data.draw(st.sampled_from(numbers(copy)))
    value = data.draw(VALUE)
    ((before,),) = copy.rows(f"SELECT {column} FROM audit WHERE seq = ?", seq)
    try:
        copy.run(f"UPDATE audit SET {column} = ? WHERE seq = ?", value, seq)
    except Exception:
        assume(False)  # the database itself refuses it
    ((after,),) = copy.rows(f"SELECT {column} FROM audit WHERE seq = ?", seq)
    assume(before != after or type(before) is not type(after))
    assert concerns(copy.walk(), seq, seq + 1)


def test_text_that_is_no_text_is_found(copies: Copies) -> None:
    copy = copies()
    copy.run("UPDATE audit SET reason = CAST(x'ff' AS TEXT) WHERE seq = 7")
    found = copy.walk()
    assert concerns(found, 7)
    assert found.findings.total <= 2
    assert found.last == max(numbers(copy))


@many
@given(data=st.data())
def test_deleted_entries_are_found(copies: Copies, data: st.DataObject) -> None:
    copy = copies()
    gone = data.draw(st.sets(st.sampled_from(numbers(copy)), min_size=1))
    copy.run(f"DELETE FROM audit WHERE seq IN ({', '.join(map(str, gone))})")
    assert any(f.entry in gone and "deleted" in f.sentence for f in copy.walk().findings.listed)


@pytest.mark.parametrize("keep", [0, 1, 5])
def test_a_tail_cut_off_is_found(copies: Copies, keep: int) -> None:
    copy = copies()
    last = max(numbers(copy))
    copy.run("DELETE FROM audit WHERE seq > ?", keep)
    found = copy.walk()
    assert any(f"{keep + 1} to {last} are missing" in f.sentence for f in found.findings.listed)


def test_a_tail_cut_off_with_its_record_is_found_by_an_anchor(copies: Copies) -> None:
    copy = copies()
    last = max(numbers(copy))
    ((digest,),) = copy.rows("SELECT hash FROM audit WHERE seq = ?", last)
    copy.run("DELETE FROM audit_personal WHERE seq > ?", last - 4)
    copy.run("DELETE FROM audit WHERE seq > ?", last - 4)
    rehash(copy, last + 1)
    assert copy.walk().findings.listed == []  # this alone the chain cannot show …
    anchored = Known(anchors={1: (last, digest, "", "2026-11-22 10:00:00.000000")})
    found = copy.walk(anchored)
    assert any("anchor 1 of 2026-11-22 10:00:00" in f.sentence for f in found.findings.listed)


@few
@given(data=st.data())
def test_a_chain_written_anew_is_found_by_an_anchor(copies: Copies, data: st.DataObject) -> None:
    copy = copies()
    seqs = numbers(copy)
    anchored = data.draw(st.sampled_from(seqs))
    changed = data.draw(st.sampled_from([seq for seq in seqs if seq <= anchored]))
    ((digest,),) = copy.rows("SELECT hash FROM audit WHERE seq = ?", anchored)
    copy.run("UPDATE audit SET reason = reason || '!' WHERE seq = ?", changed)
    rehash(copy)
    assert copy.walk().findings.listed == []
    found = copy.walk(Known(anchors={4: (anchored, digest, "", "2026-11-22 10:00:00.000000")}))
    assert concerns(found, anchored)
    assert "anchor 4" in found.findings.listed[0].sentence


def test_a_lost_record_of_the_newest_entry_is_found(copies: Copies) -> None:
    copy = copies()
    copy.run("DELETE FROM audit_head")
    assert concerns(copy.walk(), max(numbers(copy)))


@few
@given(seq=st.integers(-2, 200), digest=st.sampled_from(["", "0" * 64, None]))
def test_a_changed_record_of_the_newest_entry_is_found(copies: Copies, seq: int, digest: str | None) -> None:
    copy = copies()
    ((before,),) = copy.rows("SELECT seq FROM audit_head")
    assume(seq != before or digest is not None)
    copy.run("UPDATE audit_head SET seq = ?, hash = coalesce(?, hash)", seq, digest)
    assert copy.walk().findings.total


@few
@given(data=st.data(), linked=st.booleans())
def test_an_inserted_entry_is_found(copies: Copies, data: st.DataObject, linked: bool) -> None:
    """Also one whose hash follows from the entry before it, with all later ones moved up by one."""
    copy = copies()
    seqs = numbers(copy)
    place = data.draw(st.integers(1, max(seqs) + 1))
    for seq in reversed([seq for seq in seqs if seq >= place]):
        copy.run("UPDATE audit SET seq = seq + 1 WHERE seq = ?", seq)
        copy.run("UPDATE audit_personal SET seq = seq + 1 WHERE seq = ?", seq)
    copy.run("UPDATE audit_head SET seq = seq + 1")
    row: list[Any] = [
        place,
        "2026-11-22 00:00:00.000000",
        "mallory",
        "person",
        "api",
        "",
        "",
        "alias-moved",
        "model",
    ]
    row += ["model-1", None, "done", "", "{}", "{}"]
    before = copy.rows("SELECT hash FROM audit WHERE seq = ?", place - 1)
    digest = chain.link(before[0][0] if before else chain.GENESIS, row) if linked else "f" * 64
    copy.run(f"INSERT INTO audit VALUES ({', '.join('?' * 16)})", *row, digest)
    assert concerns(copy.walk(), place, place + 1)


@few
@given(data=st.data(), linked=st.booleans())
def test_reordered_entries_are_found(copies: Copies, data: st.DataObject, linked: bool) -> None:
    copy = copies()
    one, other = data.draw(st.lists(st.sampled_from(numbers(copy)), min_size=2, max_size=2, unique=True))
    ((digest,),) = copy.rows("SELECT hash FROM audit WHERE seq = ?", max(numbers(copy)))
    last = max(numbers(copy))
    for table in ("audit", "audit_personal"):
        for was, becomes in ((one, -1), (other, one), (-1, other)):
            copy.run(f"UPDATE {table} SET seq = ? WHERE seq = ?", becomes, was)
    known = Known()
    if linked:
        rehash(copy)
        known = Known(anchors={1: (last, digest, "", "2026-11-22 10:00:00.000000")})
    assert concerns(copy.walk(known), one, one + 1, other, other + 1, last)


@many
@given(data=st.data(), column=st.sampled_from(["seq", "field", "account", "salt", "value"]))
def test_a_changed_personal_value_is_found(copies: Copies, data: st.DataObject, column: str) -> None:
    copy = copies()
    seq, field, *_ = row = data.draw(st.sampled_from(copy.rows("SELECT * FROM audit_personal ORDER BY seq")))
    value = data.draw(st.integers(1, 200) if column == "seq" else TEXT)
    assume(value != row[("seq", "field", "account", "salt", "value").index(column)])
    assume(not (column == "account" and row[3] == ""))  # of an erased value nothing but the mark is left …
    try:
        copy.run(f"UPDATE audit_personal SET {column} = ? WHERE seq = ? AND field = ?", value, seq, field)
    except Exception:
        assume(False)
    assert copy.walk().findings.total


def test_a_mark_of_an_erased_value_cannot_be_given_to_somebody_else(copies: Copies) -> None:
    copy = copies()
    copy.run("UPDATE audit_personal SET account = 'bob' WHERE salt = ''")
    assert "others" in copy.walk().findings.listed[0].sentence


@many
@given(data=st.data())
def test_deleted_personal_values_are_found(copies: Copies, data: st.DataObject) -> None:
    copy = copies()
    rows = copy.rows("SELECT seq, field FROM audit_personal ORDER BY seq")
    for seq, field in data.draw(st.sets(st.sampled_from(rows), min_size=1)):
        copy.run("DELETE FROM audit_personal WHERE seq = ? AND field = ?", seq, field)
    assert copy.walk().findings.total


@pytest.mark.parametrize("erasure", ["known", "made up"])
def test_a_value_that_somebody_marks_as_erased_is_found(copies: Copies, erasure: str) -> None:
    copy = copies()
    ((known,),) = copy.rows("SELECT value FROM audit_personal WHERE salt = ''")
    copy.run(
        "UPDATE audit_personal SET salt = '', value = ? WHERE seq = 1", known if erasure == "known" else "X"
    )
    assert copy.walk().findings.total == 1


def test_an_added_personal_value_is_found(copies: Copies) -> None:
    copy = copies()
    copy.run("INSERT INTO audit_personal VALUES (3, 'address', 'ada', 'ab', '203.0.113.1')")
    copy.run("INSERT INTO audit_personal VALUES (3000, 'address', 'ada', 'ab', '203.0.113.1')")
    assert [f.entry for f in copy.walk().findings.listed] == [3, 3000]


def test_one_changed_entry_is_one_finding(copies: Copies) -> None:
    copy = copies()
    copy.run("UPDATE audit SET reason = 'another' WHERE seq = 4")
    found = copy.walk()
    assert found.findings.total == 1
    sentence = found.findings.listed[0].sentence
    assert sentence.startswith("Entry 4 (")
    assert "changed" in sentence


def test_a_value_cannot_hide_behind_the_name_of_another(copies: Copies) -> None:
    copy = copies()
    one, other = chain.salted("aa", "ada", "x"), chain.salted("bb", "ada", "y")
    copy.run("DELETE FROM audit_personal WHERE seq = 1")
    copy.run("UPDATE audit SET personal = ? WHERE seq = 1", f'{{"a":"{one}","b":"{other}"}}')
    rehash(copy)
    copy.run("INSERT INTO audit_personal VALUES (1, 'a', 'ada', 'aa', 'x')")
    copy.run("INSERT INTO audit_personal VALUES (1, 'b', 'ada', 'bb', 'y')")
    assert copy.walk().findings.listed == []
    copy.run("DELETE FROM audit_personal WHERE seq = 1 AND field = 'a'")
    copy.run(f"""UPDATE audit_personal SET field = 'a":"{one}","b' WHERE seq = 1""")
    assert copy.walk().findings.total


@given(values=st.lists(st.one_of(TEXT, st.none(), st.integers()), max_size=6))
def test_what_is_hashed_is_plain_json(values: list[Any]) -> None:
    assert chain.array(values) == json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def test_the_hash_of_an_entry_is_what_the_guide_says(copies: Copies) -> None:
    """The recipe, with nothing but the standard library."""
    first, second = copies().rows(f"SELECT {', '.join(chain.COLUMNS)}, hash FROM audit ORDER BY seq LIMIT 2")
    for before, row in (("0" * 64, first), (first[-1], second)):
        content = json.dumps(row[:-1], ensure_ascii=False, separators=(",", ":"))
        assert hashlib.sha256(f"{before}\n{content}".encode()).hexdigest() == row[-1]
