"""The catalog: versions are immutable and equal folders are equal versions; aliases have a history."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from engine.access import LOCAL_ADMIN, Actor, Scope
from engine.engine import Engine
from engine.errors import Conflict, Invalid, NotFound, Refused
from engine.store.database import EventRow

pytestmark = pytest.mark.both_databases

A = LOCAL_ADMIN
Edit = Callable[..., Path]


def events(engine: Engine) -> list[EventRow]:
    seen: list[EventRow] = []
    engine.database.listen(seen.append)
    return seen


def test_a_folder_becomes_version_1_and_live(engine: Engine, model: Path) -> None:
    heard = events(engine)
    version = engine.catalog.register(A, model)
    assert (version.model, version.number, version.created) == ("price-check", 1, True)
    assert [e.name for e in heard] == ["model-registered", "alias-moved"]
    assert {e.department for e in heard} == {"Procurement"}
    (card,) = engine.catalog.list(A)
    assert (card.title, card.version, card.live, card.tags) == ("Price check", 1, 1, ("prices",))


def test_the_same_folder_again_is_the_same_version(engine: Engine, model: Path, tmp_path: Path) -> None:
    first = engine.catalog.register(A, model)
    heard = events(engine)
    elsewhere = shutil.copytree(model, tmp_path / "elsewhere")
    again = engine.catalog.register(A, elsewhere, promote=True)
    assert (again.id, again.created) == (first.id, False)
    assert heard == []


def test_a_change_is_a_new_version_and_live_stays_until_moved(
    engine: Engine, model: Path, edit: Edit
) -> None:
    engine.catalog.register(A, model)
    assert engine.catalog.register(A, edit("price.py", "* horizon", "* 2")).number == 2
    assert engine.catalog.version(A, "price-check").number == 1
    assert engine.catalog.list(A)[0].latest == 2
    engine.catalog.move_alias(A, "price-check", "live", 2, "better")
    assert engine.catalog.version(A, "price-check").number == 2
    page = engine.catalog.get(A, "price-check")
    assert page.aliases == {"live": 2}
    assert [(m.version, m.old, m.reason, m.actor) for m in page.history] == [
        (2, 1, "better", A.id),
        (1, None, "first version", A.id),
    ]
    assert [v.number for v in page.versions] == [2, 1]
    assert page.readme.startswith("# Price check")


def test_promotion_makes_it_live_at_once(engine: Engine, model: Path, edit: Edit) -> None:
    engine.catalog.register(A, model)
    engine.catalog.register(A, edit("price.py", "* horizon", "* 2"), promote=True)
    assert engine.catalog.version(A, "price-check", None).number == 2
    assert engine.catalog.version(A, "price-check", "1").number == 1
    assert engine.catalog.version(A, "price-check", 1).number == 1


def test_a_version_keeps_its_source_whatever_happens_to_the_folder(engine: Engine, model: Path) -> None:
    engine.catalog.register(A, model)
    shutil.rmtree(model)
    loaded = engine.catalog.version(A, "price-check")
    assert "def check" in (loaded.folder / "price.py").read_text()
    assert not (loaded.folder / "price.py").stat().st_mode & 0o222
    assert (loaded.language, loaded.entry, loaded.manifest.fields["horizon"].default) == (
        "python",
        "price.py:check",
        13,
    )
    shutil.rmtree(loaded.folder)  # unpacked again when it is missing
    assert (engine.catalog.version(A, "price-check").folder / "price.py").exists()


def test_a_wrong_folder_leaves_nothing_behind(engine: Engine, model: Path, edit: Edit) -> None:
    with pytest.raises(Invalid):
        engine.catalog.register(A, edit("model.toml", "minimum", "minimun"))
    assert engine.catalog.list(A) == []
    assert list(engine.blobs.iterate()) == []


def test_a_folder_that_changes_meanwhile_is_refused(
    engine: Engine, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.catalog import sources

    packed = sources.pack

    def pack_and_change(files: list[sources.SourceFile], target: Path) -> None:
        packed(files, target)
        (model / "price.py").write_text("# changed")

    monkeypatch.setattr(sources, "pack", pack_and_change)
    with pytest.raises(Conflict, match="was changed while"):
        engine.catalog.register(A, model)
    assert engine.catalog.list(A) == []


def test_search_and_department(engine: Engine, model: Path) -> None:
    engine.catalog.register(A, model)
    assert len(engine.catalog.list(A, search="PRICE compares")) == 1
    assert engine.catalog.list(A, search="price nothing") == []
    assert engine.catalog.list(A, search="100%_") == []
    assert engine.catalog.list(A, department="Marketing") == []
    assert len(engine.catalog.list(A, department="Procurement")) == 1


def test_lists_are_scoped_and_strangers_refused(
    engine: Engine, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.catalog.register(A, model)
    with pytest.raises(Refused):
        engine.catalog.list(Actor(id="nobody"))
    monkeypatch.setattr(engine.authorizer, "scope", lambda actor, permission: Scope(frozenset({"Marketing"})))
    assert engine.catalog.list(A) == []
    monkeypatch.setattr(
        engine.authorizer,
        "scope",
        lambda actor, permission: Scope(frozenset(), frozenset({("model", "price-check")})),
    )
    assert len(engine.catalog.list(A)) == 1


def test_what_does_not_exist(engine: Engine, model: Path) -> None:
    engine.catalog.register(A, model)
    for work in (
        lambda: engine.catalog.get(A, "nothing"),
        lambda: engine.catalog.version(A, "price-check", 9),
        lambda: engine.catalog.version(A, "price-check", "challenger"),
        lambda: engine.catalog.move_alias(A, "price-check", "live", 9),
        lambda: engine.catalog.load("01ARZ3NDEKTSV4RRFFQ69G5FAV"),
    ):
        with pytest.raises(NotFound):
            work()


def test_what_was_live_on_a_day(engine: Engine, model: Path, edit: Edit) -> None:
    engine.catalog.register(A, model)
    engine.catalog.register(A, edit("price.py", "* horizon", "* 2"))
    now = datetime.now(UTC)
    catalog = engine.catalog
    assert catalog.alias_as_of(A, "price-check", "live", now - timedelta(days=1)) is None
    assert catalog.alias_as_of(A, "price-check", "live", now) == 1
    before_correction = datetime.now(UTC)
    # it is noticed later that version 2 was in force since ten days ago
    catalog.move_alias(A, "price-check", "live", 2, "correction", valid_from=now - timedelta(days=10))
    day = (now - timedelta(days=5)).date()
    assert catalog.alias_as_of(A, "price-check", "live", day) == 2
    assert catalog.alias_as_of(A, "price-check", "live", day, known_at=before_correction) is None
    assert catalog.version(A, "price-check").number == 1  # the later move still counts now
    assert catalog.alias_as_of(A, "price-check", "live", date(2000, 1, 1)) is None


def test_moves_that_are_not_possible(engine: Engine, model: Path) -> None:
    engine.catalog.register(A, model)
    with pytest.raises(Invalid, match="future"):
        engine.catalog.move_alias(
            A, "price-check", "live", 1, valid_from=datetime.now(UTC) + timedelta(days=1)
        )
    with pytest.raises(Invalid, match="cannot name an alias"):
        engine.catalog.move_alias(A, "price-check", "Live!", 1)
    heard = events(engine)
    engine.catalog.move_alias(A, "price-check", "live", 1)  # where it already is
    assert heard == []


def test_the_environment_is_known(engine: Engine, model: Path) -> None:
    version = engine.catalog.register(A, model)
    found = engine.catalog.environment(version.environment_id)
    assert found["language"] == "python"
    assert any(line.startswith("pandas==") for line in found["lock"])
    assert engine.catalog.version(A, "price-check").interpreter is None  # the default environment


def test_requirements_that_the_default_environment_meets_need_no_other(engine: Engine, model: Path) -> None:
    before = engine.catalog.register(A, model).environment_id
    (model / "requirements.txt").write_text("pandas>=2\nnumpy  # any\n")
    assert engine.catalog.register(A, model).environment_id == before
