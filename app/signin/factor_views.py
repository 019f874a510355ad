"""One's own second factor: set up with a QR code, made sure of by a code, removed with the password."""

from __future__ import annotations

import io
from typing import Any

from anyio import to_thread
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from app.signin.views import SIGN_IN, onward
from app.signin.visit import Visit, text
from engine.access import Actor
from engine.errors import QuarterdeckError

PATH = "/auth/second-factor"


async def second_factor(request: Request) -> Response:
    """See, set up, renew and remove it."""
    visit = Visit(request)
    found = await to_thread.run_sync(visit.found)
    if found is None or not found.full:
        return visit.go(onward(visit, found.stage) if found else f"{SIGN_IN}?next={PATH}")
    actor = await to_thread.run_sync(lambda: visit.auth.sessions.actor(visit.token, address=visit.address))
    if request.method != "POST":
        return await to_thread.run_sync(lambda: _page(visit, actor))
    try:
        await visit.read()
        return await to_thread.run_sync(lambda: _done(visit, actor))
    except QuarterdeckError as error:
        return await to_thread.run_sync(_page, visit, actor, error)


def _done(visit: Visit, actor: Actor) -> Response:
    """Do what the pressed button says; each of them asks for the password."""
    factor, wanted = visit.auth.factor, visit.field("do")
    visit.auth.credentials.confirm(actor, visit.field("current"))
    if wanted == "on":
        codes = factor.switch_on(actor, visit.field("offer"), visit.field("code"))
        visit.sign_in(visit.auth.sessions.renew(visit.token))
        return visit.page("codes", codes=codes)
    if wanted == "codes":
        return visit.page("codes", codes=factor.new_codes(actor))
    if wanted == "off":
        factor.remove_own(actor)
        visit.sign_in(visit.auth.sessions.renew(visit.token))
        return visit.page("done", heading=text("factor.off"), body=text("factor.off_body"))
    return _page(visit, actor)


def _page(visit: Visit, actor: Actor, error: QuarterdeckError | None = None) -> Response:
    on, left, local = visit.auth.factor.state(actor)
    values: dict[str, Any] = {"on": on, "left": left, "local": local, "offer": None, "qr": ""}
    if local and not on:
        sealed = visit.field("offer")
        factor = visit.auth.factor
        offer = factor.offered(actor, sealed) if error is not None and sealed else factor.offer(actor)
        values |= {"offer": offer, "qr": qr_code(offer.address)}
    return visit.page("second-factor", error=error, **values)


def qr_code(address: str) -> Markup:
    """A QR code as inline SVG, dark on white in both themes: cameras need that."""
    import segno

    made = io.BytesIO()
    made_of = segno.make(address, error="m")
    made_of.save(
        made, kind="svg", border=4, xmldecl=False, omitsize=True, light="#fff", title=text("factor.qr")
    )
    return Markup(made.getvalue().decode())  # noqa: S704 - segno writes nothing of ours into it but squares
