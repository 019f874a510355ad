"""Lists show what one may see, and nothing else: each service without an object, in full, for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from engine.access import Actor
from engine.errors import Conflict, Invalid, NotFound, Refused
from tests.auth.world import HOME, OTHER, World, expected

Shown = Callable[[World, Actor], set[str]]
LISTS: dict[str, tuple[str, Shown]] = {
    "model": ("model.read", lambda w, a: {c.name for c in w.auth.engine.catalog.list(a)}),
    "dataset": ("dataset.read", lambda w, a: {c.name for c in w.auth.engine.datasets.list(a)}),
    "run": ("run.read", lambda w, a: {r.id for r in w.auth.engine.runs.list(a)[0]}),
    "params": ("params.read", lambda w, a: {c.ref for c in w.auth.engine.sets.list(a)}),
    "secret": ("secret.read", lambda w, a: {s.name for s in w.auth.secrets.list(a)}),
}


def shown(found: Shown, world: World, actor: Actor) -> set[str]:
    try:
        return found(world, actor)
    except Refused:
        return set()


@pytest.mark.parametrize("kind", sorted(LISTS))
def test_lists_show_what_one_may_see(kind: str, world: World) -> None:
    permission, found = LISTS[kind]
    things = [thing for thing in world.things.values() if thing.kind == kind]
    for who, actor in world.actors.items():
        may = {thing.id for thing in things if expected(who, actor, permission, thing)}
        assert shown(found, world, actor) == may, who


def test_what_lists_show_can_be_opened_and_nothing_else(world: World) -> None:
    engine = world.auth.engine
    opening = {"model": engine.catalog.get, "dataset": engine.datasets.get, "run": engine.runs.get}
    for actor in world.actors.values():
        for kind, get in opening.items():
            visible = shown(LISTS[kind][1], world, actor)
            for thing in world.things.values():
                if thing.kind == kind and thing.id in visible:
                    get(actor, thing.id)
                elif thing.kind == kind:
                    with pytest.raises(NotFound):
                        get(actor, thing.id)


def test_what_one_may_not_see_reads_like_what_is_not_there(world: World) -> None:
    engine, stranger = world.auth.engine, world.actors[f"analyst of {OTHER}"]
    for get, name in ((engine.catalog.get, "model home"), (engine.datasets.get, "dataset home"),
                      (engine.runs.get, "run home")):  # fmt: skip
        told = []
        for asked in (world.id(name), "not-there"):
            with pytest.raises(NotFound) as failure:
                get(stranger, asked)
            told.append(failure.value.sentence.replace(asked, "it"))
        assert told[0] == told[1]


def test_counts_and_searches_tell_nothing_of_what_is_hidden(world: World) -> None:
    runs, stranger = world.auth.engine.runs, world.actors[f"viewer of {OTHER}"]
    records, total = runs.list(stranger)
    assert total == len(records) == 1
    assert runs.list(stranger, model="sum-home")[1] == 0
    assert runs.list(stranger, search="sum-home")[1] == 0


def test_ones_own_runs_of_a_shared_model_are_shown(world: World) -> None:
    actor = world.actors["analyst by a share"]
    assert {r.id for r in world.auth.engine.runs.list(actor)[0]} == {world.id("run share")}
    assert world.auth.engine.runs.get(actor, world.id("run share")).model == "sum-home"


def test_a_run_over_another_departments_data_stays_there(world: World) -> None:
    """The model is the whole company's; what it made of Procurement's data is not."""
    runs = world.auth.engine.runs
    assert world.id("run common") not in {r.id for r in runs.list(world.actors[f"analyst of {OTHER}"])[0]}
    for method in (runs.get, runs.outputs, runs.log, runs.provenance, runs.again):
        with pytest.raises(NotFound):
            method(world.actors[f"analyst of {OTHER}"], world.id("run common"))
    assert runs.get(world.actors[f"auditor of {HOME}"], world.id("run common"))


def test_an_earlier_result_is_shown_to_those_only_who_may_read_it(world: World) -> None:
    from engine.runs import reuse

    engine = world.auth.engine
    with engine.database.look() as connection:
        from sqlalchemy import select, update

        from engine.store.tables_runs import RUN

        wanted = {"state": "succeeded", "reuse_key": "same"}
        for name in ("run common", "run other"):
            connection.execute(update(RUN).where(RUN.c.id == world.id(name)).values(**wanted))
        connection.commit()
        assert connection.execute(select(RUN.c.id).where(RUN.c.reuse_key == "same")).all()
    for place, name in ((HOME, "run common"), (OTHER, "run other")):
        found = reuse.earlier(engine, world.actors[f"analyst of {place}"], "same")
        assert found is not None
        assert found.id == world.id(name)
    assert reuse.earlier(engine, world.actors["nobody (no role)"], "same") is None


def test_running_again_needs_the_data_as_well(world: World) -> None:
    """Whoever sees a run may not run it again without the right to run, and to read each input today."""
    runs = world.auth.engine.runs
    for who in (f"viewer of {HOME}", f"auditor of {HOME}"):
        with pytest.raises(Refused, match=r"run\.create"):
            runs.again(world.actors[who], world.id("run common"))
    made = runs.again(world.actors[f"editor of {HOME}"], world.id("run common"))
    assert made.again_of == world.id("run common")
    runs.cancel(world.actors[f"editor of {HOME}"], made.id) if made.department else None


def test_a_run_reads_only_what_its_person_may_read(world: World) -> None:
    from engine.runs import submission

    engine, stranger = world.auth.engine, world.actors[f"analyst of {OTHER}"]
    loaded = engine.catalog.version(stranger, "sum-common")
    with pytest.raises(NotFound):
        submission._dataset(engine, stranger, loaded, "sales", "data-home")
    assert submission._dataset(engine, stranger, loaded, "sales", "data-common@1").number == 1


def test_holds_in_the_name_of_others_need_the_right_to_all_runs(world: World) -> None:
    runs, owner = world.auth.engine.runs, world.actors[f"analyst of {HOME}"]
    runs.hold(owner, world.id("run home"), reason="mine")
    with pytest.raises(Refused):
        runs.unhold(owner, world.id("run home"), holder="report:R1")
    runs.unhold(world.actors[f"editor of {HOME}"], world.id("run home"), holder="report:R1")
    runs.unhold(owner, world.id("run home"))


def test_choices_of_secrets_follow_the_department(world: World) -> None:
    secrets = world.auth.secrets
    assert [s.name for s in secrets.choices(world.actors[f"analyst of {HOME}"], HOME)] == ["key-home"]
    assert not secrets.choices(world.actors[f"analyst of {OTHER}"], HOME)


def test_registering_asks_for_the_old_and_the_new_department(world: World, tmp_path: Any) -> None:
    import shutil

    catalog = world.auth.engine.catalog
    folder = tmp_path / "moved"
    shutil.copytree(world.folder / "model-home", folder)
    manifest = (folder / "model.toml").read_text()
    with pytest.raises(Conflict, match="taken by a model"):
        catalog.register(world.actors[f"modeller of {OTHER}"], folder)
    with pytest.raises(Refused, match="needs one of the roles"):
        catalog.register(world.actors[f"analyst of {HOME}"], folder)
    (folder / "model.toml").write_text(manifest.replace(HOME, OTHER))
    for who in (f"modeller of {HOME}", f"modeller of {OTHER}"):
        with pytest.raises((Refused, Conflict)):
            catalog.register(world.actors[who], folder)
    (folder / "model.toml").write_text(manifest.replace(f'department = "{HOME}"\n', ""))
    with pytest.raises(Refused):
        catalog.register(world.actors[f"modeller of {HOME}"], folder)


def test_a_new_dataset_belongs_where_one_may_add_data(world: World, tmp_path: Any) -> None:
    from auth.accounts import Grant
    from engine.data.homes import home

    engine = world.auth.engine
    assert home(engine, world.actors[f"analyst of {HOME}"], None) == HOME
    assert home(engine, world.actors["analyst everywhere"], None) is None
    both = Actor(id="x", grants=frozenset({Grant("analyst", HOME), Grant("editor", OTHER)}))
    with pytest.raises(Invalid, match="Say whose data it is"):
        home(engine, both, None)
    file = tmp_path / "x.csv"
    file.write_text("a\n1\n")
    with pytest.raises(Conflict, match="taken by a dataset"):
        engine.datasets.ingest(world.actors[f"analyst of {OTHER}"], "data-home", file)
    with pytest.raises(Refused):
        engine.datasets.ingest(world.actors[f"analyst of {OTHER}"], "mine", file, department=HOME)


def test_a_disabled_account_is_nobody(world: World) -> None:
    with pytest.raises(Refused, match="disabled"):
        world.auth.accounts.actor_of(world.gone)


def test_a_next_version_needs_no_department(world: World, tmp_path: Any) -> None:
    """Whoever adds data in several departments is asked for new datasets only; unknown departments are refused."""
    from auth.accounts import Grant
    from engine.data.homes import places

    engine = world.auth.engine
    both = Actor(id="x", grants=frozenset({Grant("editor", HOME), Grant("editor", OTHER)}))
    assert places(engine, both) == sorted([HOME, OTHER])
    assert places(engine, world.actors["editor everywhere"]) == ["", *sorted([HOME, OTHER])]
    assert places(engine, world.actors[f"viewer of {HOME}"]) == []
    file = tmp_path / "x.csv"
    file.write_text("week,units\n2026-02-02,9\n")
    assert engine.datasets.ingest(both, "data-other", file).number == 2
    with pytest.raises(Invalid, match="Choose one of"):
        engine.datasets.ingest(world.actors["editor everywhere"], "new", file, department="Nowhere")
