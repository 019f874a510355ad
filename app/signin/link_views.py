"""Pages of one-time links: asking for one, setting a password with one."""

from __future__ import annotations

from anyio import to_thread
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from app.signin.views import onward, twice
from app.signin.visit import Visit, text
from engine.errors import NotFound, QuarterdeckError


async def ask(request: Request) -> Response:
    """Forgotten the password: the same answer for every name."""
    visit = Visit(request)
    works = await to_thread.run_sync(lambda: visit.auth.links.works())
    if request.method != "POST":
        return visit.page("reset", works=works)
    try:
        await visit.read()
        name = visit.field("name")
        send = await to_thread.run_sync(lambda: visit.auth.links.request(name, address=visit.address))
    except QuarterdeckError as error:
        return visit.page("reset", error=error, works=works)
    response = visit.page("done", heading=text("reset.sent"), body=text("reset.sent_body"))
    response.background = BackgroundTask(send)
    return response


async def use(request: Request) -> Response:
    """Set a password with a link. Looking at it does not use it up: mail programs look at links too."""
    visit = Visit(request)
    purpose, token = request.url.path.split("/")[2], request.path_params["token"]
    try:
        _, name = await to_thread.run_sync(lambda: visit.auth.links.account_of(token, purpose))
    except NotFound:
        return visit.page("done", status=404, heading=text("link.over"), body=text("link.over_body"))
    shown = {"name": name, "purpose": purpose, "token": token}
    if request.method != "POST":
        return visit.page("link", **shown)
    try:
        await visit.read()
        new = twice(visit)
        began = await to_thread.run_sync(
            lambda: visit.auth.links.use(token, purpose, new, address=visit.address, agent=visit.agent)
        )
    except QuarterdeckError as error:
        return visit.page("link", error=error, **shown)
    visit.sign_in(began)
    return visit.go(onward(visit, began.stage))
