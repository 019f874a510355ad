"""The application behind ``/auth``: sign-in pages, their style sheet, the identity provider's addresses."""

from __future__ import annotations

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from app.signin import factor_views, link_views, oidc, views
from app.signin.visit import HERE, Visit, text
from engine.errors import QuarterdeckError

log = structlog.get_logger(__name__)
BOTH = ["GET", "POST"]


def create_signin() -> Starlette:
    """Make the application. It asks ``app.state`` for the accounts at each request."""
    routes = [
        Route("/auth/sign-in", views.sign_in, methods=BOTH),
        Route("/auth/code", views.code, methods=BOTH),
        Route("/auth/password", views.password, methods=BOTH),
        Route("/auth/sign-out", views.sign_out, methods=BOTH),
        Route("/auth/second-factor", factor_views.second_factor, methods=BOTH),
        Route("/auth/reset", link_views.ask, methods=BOTH),
        Route("/auth/reset/{token}", link_views.use, methods=BOTH, name="reset"),
        Route("/auth/invite/{token}", link_views.use, methods=BOTH, name="invite"),
        *oidc.routes(),
        Route("/auth/assets/signin.css", _style, methods=["GET"]),
    ]
    handlers = {HTTPException: _nothing_here, QuarterdeckError: _known, Exception: _unexpected}
    return Starlette(routes=routes, exception_handlers=handlers)


async def _style(_request: Request) -> Response:
    return FileResponse(
        HERE / "assets" / "signin.css",
        headers={"Cache-Control": "max-age=3600", "X-Content-Type-Options": "nosniff"},
    )


async def _nothing_here(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return Visit(request).page("done", status=status, heading=text("nothing"), body=text("nothing_body"))


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, QuarterdeckError)
    return Visit(request).failed(error)


async def _unexpected(request: Request, error: Exception) -> Response:
    quoted = request.scope.get("state", {}).get("request_id", "")
    log.error("sign-in page failed", id=quoted, path=request.url.path, exc_info=error)
    return Visit(request).page("done", status=500, heading=text("failed"), body=text("unexpected", id=quoted))
