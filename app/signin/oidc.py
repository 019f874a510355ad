"""The identity provider's addresses under ``/auth/oidc``: there and back, connecting an account, signing out.

A browser is sent to another site only by a plain redirect of a GET, or by the ``Refresh`` header of a page: the
pages' content policy forbids forms that lead elsewhere, and browsers hold that against redirects too.
"""

from __future__ import annotations

from urllib.parse import quote

import structlog
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.security.hosts import address_of
from app.signin import cookies, providers, views
from app.signin.visit import Visit, text
from auth.identity import BACK_CHANNEL, CALLBACK, CameBack
from auth.oidc_errors import ProviderRefused
from auth.oidc_flow import Begun, cookie_name
from engine.errors import QuarterdeckError

log = structlog.get_logger(__name__)
START, CONNECT, LEAVE = "/auth/oidc/start", "/auth/oidc/connect", "/auth/oidc/leave"
LONGEST = 65_536  # bytes of a logout token with what is around it


def routes() -> list[Route]:
    """The routes, for the application behind ``/auth``."""
    return [
        Route(START, start, methods=["GET"]),
        Route(CALLBACK, callback, methods=["GET"]),
        Route(CONNECT, connect, methods=["GET", "POST"]),
        Route(LEAVE, leave, methods=["GET"]),
        Route(BACK_CHANNEL, back_channel, methods=["POST"]),
    ]


async def start(request: Request) -> Response:
    """Off to the provider."""
    visit = Visit(request)
    try:
        begun = await to_thread.run_sync(
            lambda: visit.auth.identity.begin(_base(visit), next=visit.next or "/")
        )
    except QuarterdeckError as error:
        log.warning(
            "no way to the identity provider", reason=error.sentence, detail=getattr(error, "detail", "")
        )
        return _failed(visit, error)
    response = RedirectResponse(begun.address, 303, {"Cache-Control": "no-store"})
    response.headers.append("set-cookie", _pending(visit, begun))
    return response


async def callback(request: Request) -> Response:
    """Back from the provider: signed in, or the reason why not."""
    visit = Visit(request)
    answer = dict(request.query_params)
    name = cookie_name(answer.get("state", ""))
    try:
        came = await to_thread.run_sync(lambda: _came_back(visit, name, answer))
    except QuarterdeckError as error:
        return _gone(visit, name, _failed(visit, error))
    if came.began is None:
        done = visit.page("done", heading=text("oidc.connected"), body=text("oidc.connected_body"))
        return _gone(visit, name, done)
    visit.sign_in(came.began)
    return _gone(visit, name, visit.go(came.next or "/"))


def _came_back(visit: Visit, name: str, answer: dict[str, str]) -> CameBack:
    found = visit.found() if visit.token else None
    return visit.auth.identity.came_back(
        {name: visit.cookie(name)},
        answer,
        address=visit.address,
        agent=visit.agent,
        replaces=visit.token,
        account=found.account if found is not None and found.full else "",
    )


async def connect(request: Request) -> Response:
    """Connect one's account with the identity at the provider: asked for by a form, never by a link elsewhere."""
    visit = Visit(request)
    found = await to_thread.run_sync(visit.found) if visit.token else None
    if found is None or not found.full:
        return visit.go(f"/auth/sign-in?next={quote(CONNECT, safe='')}")
    offer = await to_thread.run_sync(visit.auth.identity.offer)
    if offer is None:
        return _failed(visit, ProviderRefused("off"))
    if request.method != "POST":
        return visit.page("connect", provider=offer)
    try:
        await visit.read()
        begun = await to_thread.run_sync(_begin_connecting, visit, found.account)
    except QuarterdeckError as error:
        return visit.page("connect", error=error, provider=offer)
    response = _onward(visit, begun.address)
    response.headers.append("set-cookie", _pending(visit, begun))
    return response


def _begin_connecting(visit: Visit, account: str) -> Begun:
    """The password is asked for: it stops counting, and an open browser must not be enough for that."""
    actor = visit.auth.sessions.actor(visit.token, address=visit.address)
    visit.auth.credentials.confirm(actor, visit.field("current"))
    return visit.auth.identity.begin(_base(visit), next="/account", account=account)


async def leave(request: Request) -> Response:
    """Signed out here; now at the provider. Where to, the sealed parameter of our own sign-out says."""
    visit = Visit(request)
    sealed = request.query_params.get("of", "")
    address = await to_thread.run_sync(lambda: providers.leaving(visit.auth, sealed, _base(visit)))
    if not address:
        return visit.go("/auth/sign-in?why=out")
    return _onward(visit, address)


async def back_channel(request: Request) -> Response:
    """The provider's own word that somebody signed out there (Back-Channel Logout 1.0, 2.5 to 2.8)."""
    visit = Visit(request)
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LONGEST:
        return _told(400, "the length is missing or too large")
    form = await request.form(max_files=0, max_fields=20, max_part_size=LONGEST)
    given = form.get("logout_token", "")
    try:
        await to_thread.run_sync(
            lambda: visit.auth.identity.back_channel(given if isinstance(given, str) else "", visit.address)
        )
    except ProviderRefused as refused:
        log.warning("a back-channel logout was refused", reason=refused.reason, detail=refused.detail)
        return _told(400, refused.reason)
    return Response(status_code=200, headers={"Cache-Control": "no-store"})


def _told(status: int, what: str) -> Response:
    body = {"error": "invalid_request", "error_description": what}
    return JSONResponse(body, status, {"Cache-Control": "no-store"})


def _base(visit: Visit) -> str:
    return address_of(visit.request.scope, visit.auth.settings)


def _pending(visit: Visit, begun: Begun) -> str:
    return cookies.set_cookie(begun.cookie, begun.value, secure=visit.secure, seconds=begun.seconds)


def _gone(visit: Visit, name: str, response: Response) -> Response:
    """The pending sign-in is over, whatever came of it: its cookie is good for one answer."""
    if visit.cookie(name):
        response.headers.append("set-cookie", cookies.set_cookie(name, "", secure=visit.secure, seconds=0))
    return response


def _onward(visit: Visit, address: str) -> Response:
    """A page that leads to the provider by itself, with a link for browsers that do not."""
    response = visit.page("onward", address=address)
    response.headers["Refresh"] = f"0; url={address}"
    return response


def _failed(visit: Visit, error: QuarterdeckError) -> Response:
    """The sentence on the sign-in page; whoever is signed in already stays so, and reads it on a page of its own."""
    found = visit.found()
    return visit.failed(error) if found is not None and found.full else views.form(visit, error=error)
