"""Every address of the API, what it needs, and a request that gets past nothing but the question of rights.

The requests are made so that nothing comes of them: too little disk, wrong values, unknown ids.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.auth.matrix_services import ANYTHING, COMPANY, EVERYWHERE
from tests.auth.world import World, add_secret

PUBLIC, SIGNED_IN = "public", "signed in"


@dataclass(frozen=True)
class Address:
    """What one needs at an address (each of ``needs``: permission, thing), and how it is asked."""

    needs: tuple[tuple[str, str], ...]
    path: dict[str, str] = field(
        default_factory=dict
    )  # parameter → a thing's or actor's name, or the value itself
    query: dict[str, Any] = field(default_factory=dict)
    json: Callable[[World], Any] | None = None
    content: bytes | None = None
    before: Callable[[World], Any] | None = None  # puts back what an earlier asker was allowed to take away
    open: str = ""  # PUBLIC: to nobody as well; SIGNED_IN: to everybody who is signed in


def on(permission: str, thing: str, parameter: str = "name", **more: Any) -> Address:
    """An address about one thing."""
    path = {parameter: thing, **more.pop("path", {})}
    return Address(((permission, thing),), path, **more)


def anything(permission: str, **more: Any) -> Address:
    """A list, or something that belongs to nothing: needs the right to anything."""
    return Address(((permission, ANYTHING),), **more)


def company(permission: str, **more: Any) -> Address:
    """About the company as a whole."""
    return Address(((permission, COMPANY),), **more)


def public(**more: Any) -> Address:
    """Open to nobody as well."""
    return Address((), open=PUBLIC, **more)


def signed_in(**more: Any) -> Address:
    """Open to everybody who is signed in; what it shows is their own."""
    return Address((), open=SIGNED_IN, **more)


def of_set(permission: str, **more: Any) -> Address:
    """An address about the parameter set of the home department's model; none of its versions is there."""
    path = {"name": "model home", "set": "standard", "number": "7"}
    return Address((("model.read", "model home"), (permission, "set home")), path, **more)


def of_layout(permission: str) -> Address:
    """An address about a layout of that set; there is none."""
    path = {"name": "model home", "set": "standard", "layout": "none"}
    return Address((("model.read", "model home"), (permission, "set home")), path)


def of_feed(permission: str, **more: Any) -> Address:
    """An address about a feed of that set; there is none."""
    path = {"name": "model home", "set": "standard", "feed": UPLOAD, "wanted": UPLOAD}
    needs = (("model.read", "model home"), ("params.read", "set home"), (permission, "set home"))
    return Address(needs, path, **more)


WRONG = {"values": {"a": "no number"}}
UPLOAD = "01ARZ3NDEKTSV4RRFFQ69G5FAV"  # nobody's
V1, MODEL, RUN = "/api/v1", "/api/v1/models/{name}", "/api/v1/runs/{run}"
OWN_INBOX = Address((("inbox.read", ANYTHING),))
DATASET = "/api/v1/datasets/{name}"
SET = MODEL + "/sets/{set}"
FEED = SET + "/feeds/{feed}"
NO_FEED = {"field": "no field", "source": {"kind": "metric", "model": "x", "output": "x"}}

ROUTES: dict[str, Address] = {
    f"GET {V1}/openapi.json": public(),
    f"GET {V1}/health": public(),
    f"GET {V1}/health/live": public(),
    f"GET {V1}/health/ready": public(),
    f"GET {V1}/metrics": company("system.read"),
    f"GET {V1}/doctor": company("system.read"),
    f"GET {V1}/models": anything("model.read"),
    f"GET {MODEL}": on("model.read", "model home"),
    f"GET {MODEL}/versions": on("model.read", "model home"),
    f"GET {MODEL}/versions/{{version}}": on("model.read", "model home", path={"version": "1"}),
    f"GET {MODEL}/fields": on("model.read", "model home"),
    f"POST {MODEL}/predict": on("run.create", "model home", json=lambda world: WRONG),
    f"GET {MODEL}/sets": on("model.read", "model home"),
    f"POST {MODEL}/sets": on("params.write", "model home", json=lambda world: {"name": "No name"}),
    f"GET {MODEL}/sets-compared": on("params.read", "model home", query={"ref": ["a", "b"]}),
    f"GET {SET}": of_set("params.read"),
    f"GET {SET}/places": of_set("params.read"),
    f"PATCH {SET}": of_set("params.write", json=lambda world: {"title": "Standard"}),
    f"DELETE {SET}": of_set("params.write"),
    f"PUT {SET}/places": of_set("params.write", json=lambda world: {"place": "no place"}),
    f"GET {SET}/in-force": of_set("params.read"),
    f"GET {SET}/history": of_set("params.read"),
    f"POST {MODEL}/parameter-files": on("params.read", "model home", content=b"no such field = 1"),
    f"POST {SET}/imports": of_set("params.write", content=b"no such field = 1"),
    f"GET {SET}/layouts": of_set("params.read"),
    f"DELETE {SET}/layouts/{{layout}}": of_layout("params.write"),
    f"GET {SET}/layouts/{{layout}}/file": of_layout("params.read"),
    f"GET {SET}/text": of_set("params.read", query={"kind": "none"}),
    f"GET {SET}/versions": of_set("params.read"),
    f"POST {SET}/versions": of_set("params.write", json=lambda world: {"values": {"no": "field"}}),
    f"GET {SET}/versions/{{number}}": of_set("params.read"),
    f"GET {SET}/versions/{{number}}/runs": of_set("params.read"),
    f"GET {V1}/reviews": anything("params.read"),
    f"GET {SET}/versions/{{number}}/changes": of_set("params.read"),
    f"GET {SET}/versions/{{number}}/effect": of_set("params.read"),
    f"POST {SET}/versions/{{number}}/effect": of_set("params.try"),
    f"POST {SET}/versions/{{number}}/review": of_set("params.review", json=lambda world: {"step": "approve"}),
    f"POST {SET}/versions/{{number}}/reply": of_set(
        "params.write", json=lambda world: {"step": "answer", "comment": "x"}
    ),
    f"GET {SET}/xlsx": of_set("params.read"),
    f"POST {SET}/xlsx": of_set("params.write", content=b"no workbook"),
    f"POST {SET}/xlsx/versions": of_set("params.write", content=b"no workbook"),
    f"GET {SET}/feeds": of_set("params.read"),
    f"POST {SET}/feeds": of_set("params.write", json=lambda world: NO_FEED),
    f"POST {SET}/feeds-looked": of_set("params.write", json=lambda world: NO_FEED),
    f"GET {FEED}": of_feed("params.read"),
    f"PATCH {FEED}": of_feed("params.write", json=lambda world: {"title": "x"}),
    f"DELETE {FEED}": of_feed("params.write"),
    f"POST {FEED}/fetch": of_feed("params.write"),
    f"GET {FEED}/tries": of_feed("params.read"),
    f"POST {FEED}/tries/{{wanted}}/decision": of_feed(
        "params.write", json=lambda world: {"decision": "accept"}
    ),
    f"GET {SET}/freshness": of_set("params.read"),
    f"POST {V1}/runs": Address(
        (("run.create", "model home"),), json=lambda world: {"model": world.id("model home"), **WRONG}
    ),
    f"GET {V1}/runs": anything("run.read"),
    f"GET {RUN}": on("run.read", "run home", "run"),
    f"POST {RUN}/cancel": on("run.cancel", "run others", "run"),
    f"POST {RUN}/again": Address(
        (("run.read", "run home"), ("run.create", "model home")), {"run": "run home"}
    ),
    f"GET {RUN}/log": on("run.read", "run home", "run"),
    f"GET {RUN}/outputs": on("run.read", "run home", "run"),
    f"GET {RUN}/outputs/{{name}}/page": on("run.read", "run home", "run", path={"name": "total"}),
    f"GET {RUN}/outputs/{{name}}/download": on("run.read", "run home", "run", path={"name": "total"}),
    "GET /files/runs/{run}": on("run.read", "run home", "run"),
    "GET /files/runs/{run}/{name}": on("run.read", "run home", "run", path={"name": "total"}),
    f"GET {V1}/datasets": anything("dataset.read"),
    f"GET {DATASET}": on("dataset.read", "dataset home"),
    f"POST {DATASET}": anything(
        "dataset.write", path={"name": "brand-new"}, query={"filename": "x.csv"}, content=b"a\n1\n"
    ),
    f"GET {DATASET}/versions/{{version}}": on("dataset.read", "dataset home", path={"version": "1"}),
    f"GET {DATASET}/page": on("dataset.read", "dataset home"),
    f"GET {DATASET}/download": on("dataset.read", "dataset home"),
    f"GET {DATASET}/classes": on("dataset.read", "dataset home"),
    f"PUT {DATASET}/classes": on(
        "dataset.classify", "dataset home", json=lambda world: {"classes": {"no": "no"}}
    ),
    "GET /files/datasets/{name}": on("dataset.read", "dataset home"),
    f"POST {V1}/query": Address(
        (("dataset.read", "dataset home"),),
        json=lambda world: {"sql": "SELECT 1", "datasets": [world.id("dataset home")]},
    ),
    f"POST {V1}/uploads": anything("dataset.write", json=lambda world: {"name": "x.csv"}),
    f"GET {V1}/uploads/{{upload}}": signed_in(path={"upload": UPLOAD}),
    f"PUT {V1}/uploads/{{upload}}": signed_in(path={"upload": UPLOAD}, query={"offset": 0}, content=b"x"),
    f"DELETE {V1}/uploads/{{upload}}": signed_in(path={"upload": UPLOAD}),
    f"POST {V1}/uploads/{{upload}}/finish": signed_in(path={"upload": UPLOAD}, json=lambda world: {}),
    # asked for an event that there is not, so that the answer comes to an end
    f"GET {V1}/events": anything("events.read", query={"name": "made-up"}),
    f"GET {V1}/me": signed_in(),
    f"GET {V1}/tokens": Address((("account.own", ANYTHING),)),
    f"POST {V1}/tokens": Address((("account.own", ANYTHING),), json=lambda world: {"title": " "}),
    f"DELETE {V1}/tokens/{{token}}": Address((("account.own", ANYTHING),), {"token": UPLOAD}),
    f"GET {V1}/audit": company("audit.read"),
    f"GET {V1}/audit/entries/{{number}}": company("audit.read", path={"number": "1"}),
    f"GET {V1}/audit/export": company("audit.read"),
    "GET /files/audit": company("audit.read"),
    f"POST {V1}/audit/verify": company("audit.read"),
    f"POST {V1}/audit/anchors": company("audit.manage"),
    f"POST {V1}/audit/prune": company("audit.manage", json=lambda world: {"keep_days": 1, "reason": "x"}),
    f"POST {V1}/audit/forget": company("audit.manage", json=lambda world: {"account": UPLOAD, "reason": "x"}),
    f"GET {V1}/secrets": anything("secret.read"),
    f"GET {V1}/secrets/{{secret}}": on("secret.read", "secret home", "secret"),
    f"PUT {V1}/secrets/{{secret}}": on(
        "secret.manage", "secret home", "secret", json=lambda world: {"value": ""}
    ),
    f"DELETE {V1}/secrets/{{secret}}": on("secret.manage", "secret home", "secret", before=add_secret),
    f"GET {V1}/notices": OWN_INBOX,
    f"POST {V1}/notices/read": Address((("inbox.read", ANYTHING),), json=lambda world: {"ids": []}),
    f"GET {V1}/notices/mailed": Address((("account.own", ANYTHING),)),
    f"PUT {V1}/notices/mailed": Address((("account.own", ANYTHING),), json=lambda world: {}),
    f"GET {V1}/mail": company("notify.manage"),
    f"POST {V1}/mail/test": company("notify.manage", json=lambda world: {"address": "no address"}),
    f"POST {V1}/mail/{{mail}}/retry": company("notify.manage", path={"mail": UPLOAD}),
}

# the pages of signing in: open to nobody by their nature; each is looked after by tests/signin
SIGN_IN = {
    "/auth/sign-in",
    "/auth/code",
    "/auth/password",
    "/auth/sign-out",
    "/auth/second-factor",
    "/auth/reset",
    "/auth/reset/{token}",
    "/auth/invite/{token}",
    "/auth/assets/signin.css",
    "/auth/oidc/start",
    "/auth/oidc/callback",
    "/auth/oidc/connect",
    "/auth/oidc/leave",
    "/auth/oidc/back-channel-logout",
}
__all__ = ["ANYTHING", "COMPANY", "EVERYWHERE", "PUBLIC", "ROUTES", "SIGNED_IN", "SIGN_IN", "Address"]
