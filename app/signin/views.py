"""The steps of signing in, as pages that need no script: name and password, code, first password, sign-out."""

from __future__ import annotations

from urllib.parse import quote

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response

from app.signin import providers, turns
from app.signin.visit import Visit, text
from engine.errors import Invalid, Problem, QuarterdeckError

SIGN_IN, CODE, PASSWORD = "/auth/sign-in", "/auth/code", "/auth/password"
STEPS = {"totp": CODE, "password": PASSWORD}
REASONS = ("ended", "out", "nobody")


async def sign_in(request: Request) -> Response:
    """Name and password."""
    visit = Visit(request)
    if request.method == "POST":
        return await _signed_in(visit)
    found = await to_thread.run_sync(visit.found) if visit.token else None
    if found is not None:
        return visit.go(onward(visit, found.stage))
    why = request.query_params.get("why", "")
    if not await to_thread.run_sync(visit.auth.signin.anybody):
        why = "nobody"
    return form(visit, note=text(f"why.{why}") if why in REASONS else "")


async def _signed_in(visit: Visit) -> Response:
    name = ""
    try:
        await visit.read()
        name, password = visit.field("name"), visit.field("password")
        # a cookie that anybody can write must not lead to the threads of those who are known
        known = bool(visit.device) and await to_thread.run_sync(
            visit.auth.signin.recognises, name, visit.device
        )
        began = await turns.taken(
            lambda: visit.auth.signin.by_password(
                name,
                password,
                address=visit.address,
                agent=visit.agent,
                device=visit.device,
                replaces=visit.token,
            ),
            known=known,
        )
    except QuarterdeckError as error:
        return form(visit, error=error, name=name)
    visit.sign_in(began)
    return visit.go(onward(visit, began.stage))


def form(visit: Visit, *, error: QuarterdeckError | None = None, name: str = "", note: str = "") -> Response:
    """The form for name and password, with the other ways to sign in."""
    buttons = providers.buttons(visit.auth, visit.next)
    return visit.page("sign-in", error=error, name=name[:100], note=note, providers=buttons)


def onward(visit: Visit, stage: str) -> str:
    """Where to go at this stage: the next step, or what was wanted in the first place."""
    step = STEPS.get(stage)
    if step is None:
        return visit.next or "/"
    return f"{step}?next={quote(visit.next, safe='')}" if visit.next else step


async def code(request: Request) -> Response:
    """The second factor."""
    visit = Visit(request)
    found = await to_thread.run_sync(visit.found)
    if found is None or found.stage != "totp":
        return visit.go(onward(visit, found.stage) if found else SIGN_IN)
    if request.method != "POST":
        return visit.page("code")
    try:
        await visit.read()
        given = visit.field("code")
        began = await to_thread.run_sync(
            lambda: visit.auth.signin.second_factor(visit.token, given, address=visit.address)
        )
    except QuarterdeckError as error:
        return visit.page("code", error=error)
    visit.sign_in(began)
    return visit.go(onward(visit, began.stage))


async def password(request: Request) -> Response:
    """A new password: after a one-time one, or because one wants to."""
    visit = Visit(request)
    found = await to_thread.run_sync(visit.found)
    if found is None or found.stage == "totp":
        return visit.go(onward(visit, found.stage) if found else f"{SIGN_IN}?next={PASSWORD}")
    first = found.stage == "password"
    if request.method != "POST":
        return visit.page("password", first=first)
    try:
        await visit.read()
        current, new = visit.field("current"), twice(visit)
        if first:
            began = await to_thread.run_sync(
                lambda: visit.auth.signin.first_password(visit.token, new, address=visit.address)
            )
            visit.sign_in(began)
            return visit.go(visit.next or "/")
        await to_thread.run_sync(lambda: _change(visit, current, new))
    except QuarterdeckError as error:
        return visit.page("password", error=error, first=first)
    return visit.page("done", heading=text("password.done"), body=text("password.done_body"))


def _change(visit: Visit, current: str, new: str) -> None:
    actor = visit.auth.sessions.actor(visit.token, address=visit.address)
    visit.auth.credentials.change_own(actor, current, new)
    visit.sign_in(visit.auth.sessions.renew(visit.token))


def twice(visit: Visit) -> str:
    """The new password, typed the same twice. Raises Invalid."""
    new = visit.field("new")
    if new != visit.field("again"):
        raise Invalid("the password", [Problem("again", text("password.differ"), "", "same-twice")])
    return new


async def sign_out(request: Request) -> Response:
    """Sign out; a plain link asks first, so that no other site can sign anybody out."""
    visit = Visit(request)
    if request.method != "POST":
        if await to_thread.run_sync(visit.found) is None:
            return visit.go(SIGN_IN)
        return visit.page("sign-out")
    try:
        await visit.read()
    except QuarterdeckError as error:
        return visit.page("sign-out", error=error)
    found = await to_thread.run_sync(lambda: visit.auth.sessions.sign_out(visit.token, address=visit.address))
    visit.sign_out()
    return visit.go(providers.after_sign_out(visit.auth, found) or f"{SIGN_IN}?why=out")
