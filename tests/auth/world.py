"""A small company for the rights matrix: two departments with a model, a dataset and a run each, and everybody.

``expected`` says what the table of rights means, in the plainest code there is; the matrix compares it with what
services, routes and pages do.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import insert, update

from auth.rights import ROLES, TABLE
from auth.service import Auth, opened
from engine.access import LOCAL_ADMIN, Actor, Grant
from engine.settings import Settings
from engine.store.references import refer
from engine.store.tables_data import DATASET
from engine.store.tables_runs import RUN, RUN_INPUT

TINY = Path(__file__).parent.parent / "models_tiny"
HOME, OTHER = "Procurement", "Marketing"
SHARED = ("viewer", "analyst", "editor")
# what a token never may: written down here a second time, so that taking one out takes two people's attention
PERSONS_ONLY = frozenset(
    {"account.own", "account.manage", "role.grant", "session.manage", "identity.manage", "audit.manage"}
)
NOBODY = "nobody (no role)"
SALES = b"week,units\n2026-01-05,3\n2026-01-12,4\n"


@dataclass(frozen=True)
class Thing:
    """An object of the company, as the table sees it. ``department`` None: company-wide."""

    kind: str
    id: str
    department: str | None
    owner: str = ""
    shared: bool = False  # with each of the actors that hold a share only


@dataclass
class World:
    """Everything that the matrix walks over."""

    auth: Auth
    folder: Path
    actors: dict[str, Actor] = field(default_factory=dict)
    things: dict[str, Thing] = field(default_factory=dict)
    gone: str = ""  # a disabled account that was an administrator

    @property
    def parts(self) -> list[Any]:
        """All parts of the engine and of auth: whatever they make on first use."""
        found = []
        for whole in (self.auth.engine, self.auth):
            for name, made in vars(type(whole)).items():
                if isinstance(made, cached_property) and name != "pool":  # the pool would start processes
                    found.append(getattr(whole, name))
        return found

    def id(self, name: str) -> str:
        """The id of an actor or thing."""
        return self.actors[name].id if name in self.actors else self.things[name].id


@cache
def table() -> dict[str, tuple[str, dict[str, str]]]:
    """permission → (reach, role → mark), read out of the text that people read."""
    header, *lines = (line.split() for line in TABLE.strip().splitlines())
    return {name: (reach, dict(zip(header[2:], marks, strict=True))) for name, reach, *marks in lines}


def expected(who: str, actor: Actor, permission: str, thing: Thing | None) -> bool:
    """May the actor called ``who`` do that with the thing (None: with anything at all)?"""
    reach, marks = table()[permission]
    if actor.kind == "token" and permission in PERSONS_ONLY:
        return False
    owner = thing is not None and thing.owner == actor.id
    if reach == "self":
        return thing is None or owner
    if who == NOBODY:
        return False
    role, _, place = who.removeprefix("token of ").partition(" ")
    mark = marks[role]
    allowed = mark == "x" or (mark == "o" and (owner or thing is None))
    if place == "everywhere":
        return allowed
    if reach == "company":
        return False
    if place == "by a share":
        return allowed and (thing is None or thing.shared or (owner and thing.kind == "run"))
    department = place.removeprefix("of ")
    if thing is None:
        return allowed
    if thing.department is None:
        return allowed and reach == "any"
    return allowed and department == thing.department


def build(folder: Path) -> World:
    """The company, in a data folder of its own; nothing in it is executed."""
    auth = opened(Settings(data_folder=folder / "data", free_space_floor_mb=1, allow_unsandboxed=True))
    world = World(auth, folder)
    _departments(auth)
    _models(world)
    _sets(world)
    _people(world)
    _data(world)
    _runs(world)
    _shares(world)
    world.things["secret home"] = Thing("secret", "key-home", HOME)
    add_secret(world)
    return world


def add_secret(world: World) -> None:
    """Store the secret of the home department."""
    world.auth.secrets.set(LOCAL_ADMIN, "key-home", "not to be known", department=HOME)


def _departments(auth: Auth) -> None:
    for name in (HOME, OTHER):
        auth.accounts.add_department(LOCAL_ADMIN, name)


def _models(world: World) -> None:
    for name, department in (("home", HOME), ("other", OTHER), ("common", None)):
        target = world.folder / f"model-{name}"
        shutil.copytree(TINY / "sum", target)
        manifest = target / "model.toml"
        lines = manifest.read_text().splitlines()
        lines = [line for line in lines if not line.startswith("department")]
        at = lines.index("[model]")
        lines[at + 1 : at + 1] = [f'department = "{department}"'] if department else []
        manifest.write_text("\n".join(lines).replace('name = "tiny-sum"', f'name = "sum-{name}"') + "\n")
        world.auth.engine.catalog.register(LOCAL_ADMIN, target)
        world.things[f"model {name}"] = Thing(
            "model", f"sum-{name}", department, LOCAL_ADMIN.id, name == "home"
        )


def _sets(world: World) -> None:
    """A parameter set of each model; those of a shared model are shared with it."""
    for name in ("home", "other", "common"):
        model = world.things[f"model {name}"]
        card = world.auth.engine.sets.create(LOCAL_ADMIN, model.id, "standard")
        ref = f"{card.model}/{card.name}"
        world.things[f"set {name}"] = Thing("params", ref, card.department, "", model.shared)


def _people(world: World) -> None:
    accounts = world.auth.accounts

    def add(who: str, *grants: Grant) -> None:
        person, _ = accounts.create(LOCAL_ADMIN, f"p{len(world.actors)}", who, grants=grants, invite=False)
        world.actors[who] = accounts.actor_of(person.id)

    for role in ROLES:
        for place, department in ((f"of {HOME}", HOME), (f"of {OTHER}", OTHER), ("everywhere", "")):
            add(f"{role} {place}", Grant(role, department))
    for role in SHARED:
        add(f"{role} by a share")
    add(NOBODY)
    person, _ = accounts.create(LOCAL_ADMIN, "gone", grants=[Grant("administrator")], invite=False)
    world.gone = accounts.disable(LOCAL_ADMIN, person.id).id
    for role in ("viewer", "analyst"):
        _token(world, role)


def _token(world: World, role: str) -> None:
    """A token of the administrator of everything, cut down to one role in the other department."""
    boss = world.actors["administrator everywhere"]
    _, text = world.auth.tokens.create(boss, role, roles=[role], departments=[OTHER])
    world.actors[f"token of {role} of {OTHER}"] = world.auth.tokens.actor(text)


def _data(world: World) -> None:
    file = world.folder / "sales.csv"
    file.write_bytes(SALES)
    engine = world.auth.engine
    made = engine.datasets.ingest(LOCAL_ADMIN, "data-home", file)
    for name, department in (("home", HOME), ("other", OTHER), ("common", None)):
        if name != "home":
            engine.datasets.ingest(LOCAL_ADMIN, f"data-{name}", file)
        owner = world.actors[f"analyst of {department}"].id if department else LOCAL_ADMIN.id
        with engine.database.change(LOCAL_ADMIN) as change:
            row = update(DATASET).where(DATASET.c.name == f"data-{name}")
            change.connection.execute(row.values(department=department, owner=owner))
        world.things[f"dataset {name}"] = Thing("dataset", f"data-{name}", department, owner, name == "home")
    assert made.rows == 2


def _runs(world: World) -> None:
    """A run of each model: the analyst's own, the editor's, and one of the common model over the home data."""
    engine = world.auth.engine
    for name, place, who in (
        ("home", HOME, f"analyst of {HOME}"),
        ("others", HOME, f"editor of {HOME}"),
        ("other", OTHER, f"analyst of {OTHER}"),
        ("common", None, f"analyst of {HOME}"),
        ("share", HOME, "analyst by a share"),
    ):
        model = world.things[{HOME: "model home", OTHER: "model other", None: "model common"}[place]]
        record = engine.runs.submit(LOCAL_ADMIN, model.id, values={"a": "1", "b": "2"}, reuse=False)
        owner = world.actors[who].id
        with engine.database.change(LOCAL_ADMIN) as change:
            change.connection.execute(update(RUN).where(RUN.c.id == record.id).values(submitted_by=owner))
            if name == "common":  # it read what belongs to one department
                version = engine.datasets.version(LOCAL_ADMIN, "data-home")
                row = {"run_id": record.id, "name": "sales", "dataset": "data-home", "version": 1, "rows": 2}
                row |= {"content_hash": version.content_hash, "blob": version.blob}
                change.connection.execute(insert(RUN_INPUT).values(**row))
                refer(change.connection, "run-input", record.id, [version.blob])
        # the run that read the home department's data is, for reading, that department's
        world.things[f"run {name}"] = Thing("run", record.id, HOME if name == "common" else place, owner)


def _shares(world: World) -> None:
    for role in SHARED:
        account = world.actors[f"{role} by a share"].id
        for kind in ("model", "dataset"):
            thing = world.things[f"{kind} home"]
            world.auth.sharing.share(LOCAL_ADMIN, kind, thing.id, f"person:{account}", role)
        world.actors[f"{role} by a share"] = world.auth.accounts.actor_of(account)


def closing(world: World) -> Iterator[World]:
    """For fixtures: the world, and its end."""
    try:
        yield world
    finally:
        world.auth.engine.stop()


__all__ = ["HOME", "NOBODY", "OTHER", "Thing", "World", "add_secret", "build", "closing", "expected", "table"]
