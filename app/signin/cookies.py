"""Cookies of sign-in. Under TLS they have the ``__Host-`` prefix: no other host and no plain page can set them."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie

SESSION = "quarterdeck"
DEVICE = "quarterdeck-device"
FORM = "quarterdeck-form"
HOST_PREFIX = "__Host-"


def cookie_name(name: str, secure: bool) -> str:
    """The cookie's name as the browser has it."""
    return HOST_PREFIX + name if secure else name


def value(header: bytes | None, name: str, secure: bool) -> str:
    """A cookie's value out of the header, found without parsing the others; empty when it is not there.

    A second cookie of the same name makes it worth nothing: somebody may have planted one.
    """
    if not header:
        return ""
    wanted = cookie_name(name, secure).encode() + b"="
    found = [part for piece in header.split(b";") if (part := piece.strip()).startswith(wanted)]
    if len(found) != 1:
        return ""
    return found[0][len(wanted) :].strip(b'"').decode("latin-1")


def set_cookie(
    name: str, content: str, *, secure: bool, seconds: int | None = None, strict: bool = False
) -> str:
    """The ``Set-Cookie`` header. Without ``seconds`` it goes when the browser is closed; 0 removes it."""
    made: SimpleCookie = SimpleCookie()
    try:
        made[cookie_name(name, secure)] = content
    except CookieError as error:
        raise ValueError(f"no cookie can be called {name}") from error
    morsel = made[cookie_name(name, secure)]
    morsel["path"] = "/"
    morsel["httponly"] = True
    morsel["samesite"] = "Strict" if strict else "Lax"
    if secure:
        morsel["secure"] = True
    if seconds is not None:
        morsel["max-age"] = seconds
    return morsel.OutputString()
