"""The real-time call. ``Shortcut`` serves it in front of the API: FastAPI's own machinery would cost 0.3 ms.

``documented`` is the same call as a FastAPI route; it is in OpenAPI, and stands behind the shortcut.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from fastapi import APIRouter
from sqlalchemy.exc import DataError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app import state
from app.api import errors, shapes
from app.api.acting import Acting, TheEngine, acting
from app.api.envelope import Envelope
from app.api.models import reference
from app.api.plain import plain
from engine.access import Actor
from engine.engine import Engine
from engine.errors import Invalid, Problem, QuarterdeckError

router = APIRouter(tags=["models"])
PATH = "/models/{name}/predict"
KEYS = frozenset({"values", "inputs", "version", "parameter_set", "place"})
_threads = ThreadPoolExecutor(64, "real-time")  # 0.1 ms less a call than anyio's threads
TEXTS = {"parameter_set": "summer (what is in force today) or summer@3", "place": "DE/S001"}
EXAMPLE = 'Send for instance {"values": {"horizon": 4}}.'


@router.post(PATH, summary="Call a model now and wait for its outputs", operation_id="predict")
def documented(engine: TheEngine, actor: Acting, name: str, call: shapes.PredictRequest) -> dict[str, Any]:
    """Straight to a warm worker, without the queue; checked by the same code as a run, with the same
    provenance. For models with ``realtime = true``; others answer too, the first time more slowly.
    """
    return call_model(engine, actor, name, call.model_dump())


def call_model(engine: Engine, actor: Actor, name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make the call with a request's body."""
    found: dict[str, Any] = engine.runs.predict(
        actor,
        name,
        values=body.get("values") or {},
        inputs=body.get("inputs") or {},
        version=reference(body.get("version") or "live"),
        parameter_set=body.get("parameter_set") or None,
        place=body.get("place") or "",
    )
    return found


async def fast(request: Request) -> Response:
    """The route in use."""
    request.scope["route"] = TEMPLATE
    check_type(request.headers.get("content-type", ""))
    body = parse(await request.body())
    actor = acting(request)
    name = request.path_params["name"]
    call = partial(contextvars.copy_context().run, call_model, state.engine(), actor, name, body)
    found = await asyncio.get_running_loop().run_in_executor(_threads, call)
    return Response(encode(found), media_type="application/json")


def encode(found: dict[str, Any]) -> bytes:
    """JSON; only where something is no plain JSON (an infinity, a date), the slower way."""
    try:
        return json.dumps(found, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError):
        return json.dumps(plain(found), ensure_ascii=False, separators=(",", ":")).encode()


def check_type(kind: str) -> None:
    """A browser sends other kinds from any page without asking first. Raises Invalid."""
    if kind.partition(";")[0].strip().lower() != "application/json":
        sentence = f"The request must say Content-Type: application/json, not “{kind[:80]}”. {EXAMPLE}"
        raise _invalid("header.content-type", sentence, "content-type")


def parse(raw: bytes) -> dict[str, Any]:
    """The request's body. Raises Invalid."""
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise _invalid("body", f"The request's body is no JSON ({error}). {EXAMPLE}", "json") from None
    if not isinstance(body, dict):
        raise _invalid("body", f"The request's body must be a JSON object. {EXAMPLE}", "object")
    for key in body.keys() - KEYS:
        sentence = f"“{key}” is not known here; known are {', '.join(sorted(KEYS))}. {EXAMPLE}"
        raise _invalid(f"body.{key}", sentence, "known-key")
    for key in ("values", "inputs"):
        if not isinstance(body.get(key, {}), dict):
            raise _invalid(
                f"body.{key}", f"“{key}” must be an object of names and values. {EXAMPLE}", "object"
            )
    for key in ("parameter_set", "place"):
        if not isinstance(body.get(key, ""), str):
            raise _invalid(f"body.{key}", f"“{key}” must be a text, for instance {TEXTS[key]}.", "text")
    if not isinstance(body.get("version", "live"), str | int):
        raise _invalid(
            "body.version", "“version” must be a version number or an alias such as live.", "version"
        )
    return body


def _invalid(where: str, sentence: str, rule: str) -> Invalid:
    return Invalid("the request", [Problem(where, sentence, "", rule)])


class Shortcut:
    """Stands before the API: real-time calls skip FastAPI's layers, which would cost as much as half a call."""

    def __init__(self, api: ASGIApp, prefix: str) -> None:
        self.api = api
        before, _, behind = (prefix + PATH).partition("{name}")
        self._path = re.compile(f"{re.escape(before)}([^/]+){re.escape(behind)}")
        self._answer = Envelope(self._call)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            found = self._path.fullmatch(scope["path"])
            if found is not None:
                scope["path_params"] = {"name": found[1]}
                await self._answer(scope, receive, send)
                return
        await self.api(scope, receive, send)

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await fast(Request(scope, receive))
        except QuarterdeckError as error:
            answer = errors.response(error)
        except (OverflowError, DataError):
            answer = errors.out_of_range()
        await answer(scope, receive, send)


TEMPLATE = Route(PATH, fast, methods=["POST"])  # what requests are counted under, as FastAPI's own are
