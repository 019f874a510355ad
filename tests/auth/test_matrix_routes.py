"""The rights matrix of the API: every address × every role × own and other department, and nobody."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Receive, Scope, Send

from app import state
from app.api.application import create_api
from app.gate import PUBLIC as OPEN_PATHS
from app.gate import Gate
from app.signin.application import create_signin
from engine.errors import Unavailable
from tests.auth.matrix_routes import PUBLIC, ROUTES, SIGN_IN, SIGNED_IN, Address
from tests.auth.matrix_services import ANYTHING
from tests.auth.test_matrix_services import thing_of
from tests.auth.world import World, expected

FULL_DISK = 10**9  # MB that must stay free: whatever begins something is refused after its rights were asked


class LetIn:
    """In place of the gate: whom the request names acts."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self.app, self.world = app, world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            who = dict(scope["headers"]).get(b"x-who", b"").decode()
            given = scope.setdefault("state", {})
            given["request_id"] = "r1"
            if who:
                given["actor"] = self.world.actors[who]
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[TestClient]:
    settings, patch = world.auth.engine.settings, pytest.MonkeyPatch()
    patch.setattr(settings, "free_space_floor_mb", FULL_DISK)
    patch.setattr("engine.doctor.report", lambda _settings: {})
    patch.setattr("app.api.metrics.exposition", lambda: b"")
    patch.setattr("app.api.health.CHECKS", {})
    patch.setattr("engine.data.confined.run", _nothing)
    state.attach(world.auth)
    with TestClient(LetIn(create_api(), world), raise_server_exceptions=False) as made:
        yield made
    state.detach(world.auth)
    patch.undo()


def _nothing(*_: Any, **__: Any) -> Any:
    raise Unavailable("Nothing is computed here.")


def addresses() -> set[str]:
    """Every method and path of the API, those that no document lists included."""
    found = set()

    def walk(routes: Any, prefix: str) -> None:
        for route in routes:
            inner = getattr(route, "original_router", None)
            if inner is not None:
                walk(inner.routes, prefix + route.include_context.prefix)
            else:
                found.update(f"{method} {prefix}{route.path}" for method in route.methods)

    walk(create_api().routes, "")
    return {one for one in found if not one.startswith("HEAD ")}  # the same functions as GET


def test_every_address_is_in_the_matrix() -> None:
    there = addresses()
    assert len(there) > 40
    assert not there - ROUTES.keys(), (
        f"add these to tests/auth/matrix_routes.py: {sorted(there - ROUTES.keys())}"
    )
    assert not ROUTES.keys() - there, (
        f"take out of tests/auth/matrix_routes.py: {sorted(ROUTES.keys() - there)}"
    )


def test_every_page_of_signing_in_is_known() -> None:
    there = {route.path for route in create_signin().routes if isinstance(route, Route)}
    assert there == SIGN_IN, "say in tests/auth/matrix_routes.py that this one is open to nobody"


@pytest.mark.parametrize("address", sorted(ROUTES))
def test_an_address_lets_in_whom_the_table_says(address: str, world: World, client: TestClient) -> None:
    row, wrong = ROUTES[address], []
    for who, actor in world.actors.items():
        status, told = ask(client, world, address, who)
        right = row.open != "" or all(
            expected(who, actor, permission, thing_of(world, thing, actor)) for permission, thing in row.needs
        )
        outcome = meaning(status, told, row, world)
        if (outcome == "in") != right:
            wrong.append(f"{who}: {status} {told[:160]}, the table says {'yes' if right else 'no'}")
        assert status != 500, told
    if row.before is not None:
        row.before(world)
    assert not wrong, "; ".join(wrong)


@pytest.mark.parametrize("address", sorted(ROUTES))
def test_nobody_gets_in(address: str, world: World, client: TestClient) -> None:
    """Without the gate's word the API answers nobody, and the gate itself lets nobody through."""
    status, _ = ask(client, world, address, "")
    assert (status != 401) == (ROUTES[address].open == PUBLIC)
    path = address.partition(" ")[2]
    gate = TestClient(Gate(create_api()), raise_server_exceptions=False)
    status, _ = ask(gate, world, address, "")
    assert (status != 401) == (path in OPEN_PATHS)
    status, _ = ask(
        gate, world, address, "", {"authorization": "Bearer qd_01ARZ3NDEKTSV4RRFFQ69G5FAV_" + "x" * 43}
    )
    assert status == 401 or path in OPEN_PATHS


def ask(
    client: TestClient, world: World, address: str, who: str, headers: dict[str, str] | None = None
) -> tuple[int, str]:
    """Status and text of the answer."""
    row = ROUTES[address]
    if row.before is not None:
        row.before(world)
    method, _, path = address.partition(" ")
    for name, value in row.path.items():
        named = world.things[value].id if value in world.things else value
        path = path.replace("{" + name + "}", named)
    sent: dict[str, Any] = {"params": row.query, "headers": {"x-who": who, **(headers or {})}}
    if row.json is not None:
        sent["json"] = row.json(world)
    if row.content is not None:
        sent["content"] = row.content
    answer = client.request(method, path, **sent)
    return answer.status_code, answer.text


def meaning(status: int, told: str, row: Address, world: World) -> str:
    """in, refused, or not there: 404 that names the very thing, not something about it."""
    if status in (401, 403):
        return "refused"
    things = {world.things[thing].id for _, thing in row.needs if thing in world.things}
    return "not there" if status == 404 and any(f"“{one}”" in told for one in things) else "in"


def test_the_matrix_needs_what_the_services_need() -> None:
    """Lists and beginnings ask for a right to anything; whatever names a thing asks for a right to that thing."""
    for address, row in ROUTES.items():
        named = {value for value in row.path.values() if value.split(" ")[0] in ("model", "run", "dataset")}
        asked = {thing for _, thing in row.needs}
        assert named <= asked, address
        assert row.open in ("", PUBLIC, SIGNED_IN)
        assert asked or row.open, f"{address} needs nothing"
        assert ANYTHING not in asked or not named
