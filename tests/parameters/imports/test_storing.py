"""An import goes the one path to versions, keeps the file as a layout, and stores all of it or nothing."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from auth.audit.search import Search
from engine.access import LOCAL_ADMIN
from engine.errors import Invalid, NotFound
from engine.parameters.imports.records import GivenFile
from engine.parameters.merging import ChangedMeanwhile
from tests.parameters.conftest import House
from tests.parameters.imports.files import PLAIN, given, look, take, versions, write
from tests.parameters.sets import MODEL, SET, submit

pytestmark = pytest.mark.both_databases


def test_an_import_makes_a_version_whose_values_say_where_they_came_from(house: House) -> None:
    done = take(house)
    assert done.version is not None
    assert done.version.values == {"margin": 20.0, "floor": 1.5, "list_price": 12.0, "weeks": 13}
    assert set(done.version.sources.values()) == {"import:prices.txt"}
    assert done.layout is not None
    assert (done.layout.name, done.layout.version, done.layout.place) == ("prices.txt", 1, "")
    assert house.auth.engine.parameter_files.original(house.ada, MODEL, SET, "prices.txt").data == PLAIN


def test_only_what_the_file_changes_gets_its_source(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20, "floor": 2}, sources={"weeks": "typed"})
    done = take(house, "weeks = 20\nfloor = 3\n")
    assert done.version is not None
    assert done.version.sources == {"floor": "import:prices.txt"}


def test_fields_that_the_file_does_not_have_stay(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20, "floor": 2})
    done = take(house, "floor = 3\n")
    assert done.version is not None
    assert done.version.values == {"weeks": 20, "floor": 3.0}


def test_an_import_does_not_bring_a_planned_version_forward(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20, "floor": 2})
    later = house.sets.today() + timedelta(days=30)
    submit(house.auth, house.ada, {"weeks": 30, "floor": 3}, base=1, effective_from=later)
    done = take(house, "floor = 2.5\n")
    assert done.version is not None
    assert (done.version.values, done.version.base) == ({"weeks": 20, "floor": 2.5}, 2)
    planned = take(house, "floor = 4\n", effective_from=later)
    assert planned.version is not None
    assert planned.version.values == {"weeks": 30, "floor": 4.0}


def test_an_import_goes_on_from_a_version_that_waits(house: House) -> None:
    submit(house.auth, house.ada, {"margin": 25, "weeks": 20})
    done = take(house, "weeks = 21\n")
    assert done.version is not None
    assert (done.version.values, done.version.state) == ({"margin": 25.0, "weeks": 21}, "in-review")


def test_a_guarded_change_waits_for_a_second_person(house: House) -> None:
    done = take(house, "margin = 25\n")
    assert done.version is not None
    assert (done.version.state, done.version.guarded) == ("in-review", ["margin"])


def test_a_set_that_is_not_there_is_made(house: House) -> None:
    done = take(house, "weeks = 20\n", set="winter", title="Winter prices")
    assert done.version is not None
    assert done.version.number == 1
    assert house.sets.get(house.ada, MODEL, "winter").title == "Winter prices"


def test_a_preset_needs_no_reason(house: House) -> None:
    done = take(house, "weeks = 20\n", set="~mine", by=house.dan, reason="")
    assert done.version is not None
    assert write(house, set="~mine", by=house.dan).data == b"weeks = 20\n"


@pytest.mark.parametrize(
    ("data", "more"),
    [
        ("weeks = 0\n", {}),
        ("weeks = 1,234\n", {}),
        ("floor = 50\n", {}),
        ("weeks = 20\n", {"reason": "  "}),
        ("nothing = 1\n", {}),
        ("weeks = 20\n", {"place": "DE"}),
        ("weeks = 20\nweeks = 21\n", {}),
    ],
)
def test_nothing_is_stored_of_a_file_that_is_refused(house: House, data: str, more: dict[str, Any]) -> None:
    before = sum(1 for _ in house.auth.engine.blobs.iterate())
    with pytest.raises((Invalid, NotFound)):
        take(house, data, set="winter", **more)
    with pytest.raises(NotFound):
        house.sets.get(house.ada, MODEL, "winter")
    assert sum(1 for _ in house.auth.engine.blobs.iterate()) == before


def test_a_layout_that_cannot_be_kept_keeps_the_version_from_being_stored(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.parameters.imports.layouts.MOST_LAYOUTS", 0)
    with pytest.raises(Exception, match="layouts already"):
        take(house)
    assert versions(house) == 0


def test_a_version_of_somebody_else_meanwhile_is_a_conflict(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    seen = look(house, "weeks = 30\n", set=SET)
    assert seen.effect is not None
    submit(house.auth, house.ben, {"weeks": 21}, base=1)
    with pytest.raises(ChangedMeanwhile, match="Ben"):
        take(house, "weeks = 30\n", base=seen.effect.base)
    assert versions(house) == 2


def test_a_file_that_says_what_holds_is_kept_without_a_version(house: House) -> None:
    submit(house.auth, house.ada, {"weeks": 20})
    done = take(house, "weeks = 20\n")
    assert (done.version, versions(house)) == (None, 1)
    assert done.layout is not None
    assert done.layout.version is None
    with pytest.raises(Invalid, match="nothing to store"):
        take(house, "weeks = 20\n", keep_layout=False)


def test_what_was_said_once_holds_for_the_next_file_of_that_name(house: House) -> None:
    take(house, "weeks = 13\nfloor = 1,234\n", said={"decimal": ","})
    assert look(house, "weeks = 13\nfloor = 2,345\n", set=SET).found["floor"] == 2.345
    assert not look(house, "weeks = 13\nfloor = 2,345\n", set=SET, file="other.txt").ready


def test_what_was_said_of_an_earlier_file_does_not_hold_for_one_that_is_another(house: House) -> None:
    take(house, "horizon = 13\nfloor = 1,234\n", said={"decimal": ",", "paths": {"weeks": "horizon"}})
    assert look(house, "weeks: 14\n", set=SET).found == {"weeks": 14}
    assert look(house, '{"weeks": 15}', set=SET).found == {"weeks": 15}


def test_the_same_name_again_replaces_the_layout_and_both_are_in_the_audit_log(house: House) -> None:
    take(house, "weeks = 13\n")
    take(house, "# new\nweeks = 14\n")
    files = house.auth.engine.parameter_files
    assert [one.version for one in files.layouts(house.ada, MODEL, SET)] == [2]
    found = house.auth.audit.search(LOCAL_ADMIN, Search(action="parameter-set-changed")).entries
    assert sum("layout prices.txt" in str(one) for one in found) == 2


def test_several_layouts_and_one_for_a_place(house: House) -> None:
    take(house, "weeks = 13\n")
    house.sets.set_place(house.ada, MODEL, SET, "DE")
    take(house, "weeks = 26\n", place="DE")
    take(house, "weeks: 14\n", file="prices.yaml")
    files = house.auth.engine.parameter_files
    assert [(one.place, one.name) for one in files.layouts(house.ada, MODEL, SET)] == [
        ("", "prices.txt"), ("", "prices.yaml"), ("DE", "prices.txt"),
    ]  # fmt: skip
    with pytest.raises(NotFound, match="say the place"):
        write(house)
    assert write(house, place="DE").data == b"weeks = 26\n"
    assert write(house, place="").data == b"weeks = 14\n"


def test_a_layout_is_removed_and_its_contents_swept(house: House) -> None:
    take(house, "weeks = 13\n")
    files = house.auth.engine.parameter_files
    files.remove_layout(house.ada, MODEL, SET, "prices.txt", reason="Nobody uses it.")
    assert files.layouts(house.ada, MODEL, SET) == []
    with pytest.raises(NotFound, match="Import a file first"):
        write(house)


@pytest.mark.parametrize(
    "line", ["db_password = hunter2", "apiToken=hunter2", "source = https://joe:hunter2@erp.example/x"]
)
def test_what_looks_secret_is_not_kept(house: House, line: str) -> None:
    done = take(house, f"weeks = 20\n{line}\nfloor = 2\n")
    name = line.partition("=")[0].strip()
    assert done.preview.withheld == (name,)
    assert "hunter2" not in repr(dataclasses.asdict(done))
    files = house.auth.engine.parameter_files
    assert b"hunter2" not in files.original(house.ada, MODEL, SET, "prices.txt").data
    assert b"hunter2" not in write(house).data
    assert all(
        b"hunter2" not in house.auth.engine.blobs.local_path(one.hash).read_bytes()
        for one in house.auth.engine.blobs.iterate()
    )


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\Users\\me\\prices.txt", "a/b/prices.txt"])
def test_a_file_is_known_by_its_name_without_folders(house: House, name: str) -> None:
    done = take(house, "weeks = 20\n", file=name)
    assert done.layout is not None
    assert not set(done.layout.name) & set('/\\:"')


@pytest.mark.parametrize("name", ["", "..", "/", "\0"])
def test_a_file_without_a_name_is_refused(house: House, name: str) -> None:
    with pytest.raises(Invalid, match="no name"):
        take(house, "weeks = 20\n", file=name)


def test_a_waiting_file_is_its_owners_and_survives(house: House) -> None:
    files = house.auth.engine.parameter_files
    files.hold(house.ada, MODEL, given())
    files.said(house.ada, MODEL, None, {"set": SET})
    waiting = files.waiting(house.ada, MODEL)
    assert waiting is not None
    assert (waiting.file, waiting.chosen) == (GivenFile("prices.txt", PLAIN), {"set": SET})
    assert files.waiting(house.ben, MODEL) is None
    blob = next(house.auth.engine.blobs.iterate()).hash
    with pytest.raises(NotFound):
        files.hold_upload(house.ben, MODEL, {"blob": blob, "name": "x"})
    files.give_up(house.ada, MODEL)
    assert files.waiting(house.ada, MODEL) is None
