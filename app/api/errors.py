"""One JSON shape for every failure: ``{"error": {"code", "message", "problems": [...]}}``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from engine.errors import Invalid, Problem, QuarterdeckError

SECRET_PLACE = re.compile(r"password|secret|token|credential|api[-_]?key", re.IGNORECASE)
CODES: Mapping[int, tuple[str, str]] = {
    404: ("not-found", "There is nothing at this address. GET /api/v1/openapi.json lists every address."),
    405: (
        "method-not-allowed",
        "This address does not answer that method. GET /api/v1/openapi.json lists them.",
    ),
    413: ("too-large", "The request is larger than allowed. Send less, or upload a file in parts."),
}


def body(code: str, message: str, problems: list[dict[str, str]] | None = None) -> dict[str, Any]:
    """The error shape for a failure that is no QuarterdeckError."""
    return {"error": {"code": code, "message": message, "problems": problems or []}}


def install(api: FastAPI) -> None:
    """Answer our errors, invalid requests and unknown addresses in the one shape."""
    api.add_exception_handler(QuarterdeckError, _known)
    api.add_exception_handler(RequestValidationError, _invalid_request)
    api.add_exception_handler(HTTPException, _http)
    for error in (OverflowError, DataError):
        api.add_exception_handler(error, _out_of_range)


class Told(JSONResponse):
    """A failure as JSON. It may repeat what was sent, also halves of characters, which UTF-8 cannot hold."""

    def render(self, content: Any) -> bytes:
        """The body; what cannot be written becomes a question mark."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def response(error: QuarterdeckError) -> JSONResponse:
    """The response to an error with a sentence."""
    headers = {"Retry-After": "5"} if error.status == 503 else None
    return Told(error.as_json(), error.status, headers)


async def _known(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, QuarterdeckError)
    return response(error)


async def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    private = SECRET_PLACE.search(request.url.path) is not None
    return response(Invalid("the request", [_problem(e, private) for e in error.errors()]))


async def _out_of_range(_request: Request, _error: Exception) -> JSONResponse:
    return out_of_range()


def out_of_range() -> JSONResponse:
    """The response to a number that no column of the database holds."""
    sentence = "A number in the request is larger than anything here. Correct it and send again."
    return response(Invalid("the request", [Problem("request", sentence, "", "out-of-range")]))


def _problem(error: Mapping[str, Any], private: bool = False) -> Problem:
    """What is wrong with one place; what was sent is not repeated where it may be a secret."""
    where = ".".join(str(part) for part in error["loc"])
    value = None if private or SECRET_PLACE.search(where) else error.get("input")
    shown = "" if value is None or isinstance(value, dict | list) else repr(value)[:80]
    reason = str(error["msg"])
    given = f" is {shown}:" if shown else ":"
    sentence = f"“{where}”{given} {reason[:1].lower()}{reason[1:]}. Correct it and send again."
    return Problem(where=where, sentence=sentence, value=shown, rule=str(error["type"]))


async def _http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code, message = CODES.get(error.status_code, ("error", str(error.detail)))
    return JSONResponse(body(code, message), error.status_code, dict(error.headers or {}))
