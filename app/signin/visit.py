"""One request to a sign-in page: who it is so far, the form's own token, and the page that answers."""

from __future__ import annotations

import hmac
import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import state
from app.security.hosts import is_secure
from app.signin import cookies
from app.text import t
from auth.throttle import DEVICE_DAYS, Throttled
from engine.errors import QuarterdeckError, Refused, SignedOut, Unavailable

if TYPE_CHECKING:
    from jinja2 import Environment

    from auth.service import Auth
    from auth.session_lookup import SignIn
    from auth.sessions import Began

log = structlog.get_logger(__name__)
HERE = Path(__file__).parent
OWN_PAGES = ("/auth/password", "/auth/second-factor")  # those for people who are signed in
MOST_BYTES = 16_384  # of a form


class TooLarge(QuarterdeckError):
    """A form with more in it than any of ours has."""

    code = "too-large"
    status = 413


class Visit:
    """A request, and what its answer needs."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.secure = is_secure(request.scope)
        self._header = request.headers.get("cookie", "").encode("latin-1")
        self.token = self.cookie(cookies.SESSION)
        self.device = self.cookie(cookies.DEVICE)
        self.address = request.client.host if request.client else ""
        self.agent = request.headers.get("user-agent", "")[:300]
        self.form_token = self.cookie(cookies.FORM) or secrets.token_urlsafe(24)
        self.next = own_path(request.query_params.get("next", ""))
        self._set: list[str] = []
        self.form: FormData = FormData()

    @property
    def auth(self) -> Auth:
        """The parts of ``auth``."""
        return state.auth()

    def cookie(self, name: str) -> str:
        """A cookie's value; empty when there is none."""
        return cookies.value(self._header, name, self.secure)

    def found(self) -> SignIn | None:
        """The session as far as it is; None when there is none."""
        try:
            return self.auth.sessions.look(self.token)
        except SignedOut:
            return None

    async def read(self) -> None:
        """Read the form. Raises Refused when it was not sent by one of our pages."""
        length = self.request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            raise TooLarge("The form is larger than any of ours. Go back and send it again.")
        self.form = await self.request.form()
        kept = self.cookie(cookies.FORM)
        if not kept or not hmac.compare_digest(kept.encode(), self.field("form").encode()):
            raise Refused("browser.form", t("signin.stale_form"))
        self.next = own_path(self.field("next")) or self.next

    def field(self, name: str) -> str:
        """A field of the form, as text."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def sign_in(self, began: Began) -> None:
        """Give the browser the session's cookie; once complete, also one that says it is known."""
        self._set.append(cookies.set_cookie(cookies.SESSION, began.token, secure=self.secure))
        if began.stage == "full":
            device = self.auth.throttle.device_for(began.account)
            self._set.append(
                cookies.set_cookie(cookies.DEVICE, device, secure=self.secure, seconds=DEVICE_DAYS * 86_400)
            )

    def sign_out(self) -> None:
        """Take the session's cookie away."""
        self._set.append(cookies.set_cookie(cookies.SESSION, "", secure=self.secure, seconds=0))

    def page(
        self, template: str, *, status: int = 200, error: QuarterdeckError | None = None, **values: Any
    ) -> Response:
        """A page. ``error`` is shown on top and read out, and gives the status."""
        self._set.append(cookies.set_cookie(cookies.FORM, self.form_token, secure=self.secure, strict=True))
        made = environment().get_template(f"{template}.html")
        html = made.render(
            t=text,
            error=told(error) if error else "",
            form_token=self.form_token,
            next=self.next,
            template=template,
            company=self.auth.company.name(),
            **values,
        )
        response = HTMLResponse(html, error.status if error else status)
        if isinstance(error, Throttled):
            response.headers["Retry-After"] = str(error.seconds)
        return self._with_cookies(response)

    def failed(self, error: QuarterdeckError) -> Response:
        """A page that only says what went wrong."""
        return self.page("done", status=error.status, heading=text("failed"), body=told(error))

    def go(self, path: str) -> Response:
        """Elsewhere on this server."""
        return self._with_cookies(RedirectResponse(path, 303))

    def _with_cookies(self, response: Response) -> Response:
        for line in self._set:
            response.headers.append("set-cookie", line)
        return response


def own_path(wanted: str) -> str:
    """The path if it is one of this server's pages or downloads; else empty. Nobody is sent to another site."""
    if len(wanted) > 2000 or not wanted.startswith("/") or wanted[1:2] in ("/", "\\"):
        return ""
    if any(ord(sign) < 32 or sign == "\\" or ord(sign) == 127 for sign in wanted):
        return ""
    if wanted in OWN_PAGES:
        return wanted
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or parts.path.startswith(("/auth/", "/_stcore/", "/api/")):
        return ""
    return wanted


def told(error: QuarterdeckError) -> str:
    """The error's sentence as strangers may read it: what only an administrator can mend names our files."""
    if isinstance(error, Unavailable) and not error.transient:
        log.error("a sign-in page cannot be served", reason=error.sentence)
        return text("see_log")
    return error.sentence


def text(key: str, **values: Any) -> str:
    """Page text of the sign-in pages."""
    return t(f"signin.{key}", **values)


@cache
def environment() -> Environment:
    """The templates; everything they show is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
    )
    logo = (HERE.parent / "components" / "assets" / "logo.svg").read_text("utf-8")
    made.globals["logo"] = Markup(logo)  # noqa: S704 - our own file
    return made
