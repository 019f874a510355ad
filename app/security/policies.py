"""What every answer tells the browser (OWASP ASVS 4.0.3, V14.4), and which content policy a path has.

The content security policy of the pages was found by walking them in a real browser (tests/e2e/test_policy.py
fails on any violation):

* ``script-src``: Streamlit's files, our components' files and, by its hash, the one inline script of the
  page. No ``unsafe-inline``, no ``unsafe-eval``, no ``blob:``: markup that slips in somewhere cannot run.
  ``wasm-unsafe-eval`` allows WebAssembly only, which Streamlit's message library compiles for 64-bit numbers.
* ``style-src 'unsafe-inline'``: Streamlit's two style libraries, its components and Plotly put style elements
  into the page while it runs, and markup has style attributes; neither a hash nor a nonce can name them.
* ``img-src data: blob:``: logo and marks; Plotly's own "save as picture". ``font-src data:``: the data grid's.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache

from app import frame

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
# contents that models and people made: opened in the browser they are a page without scripts and without origin
CONTENTS = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
FRAMED = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'unsafe-inline'; img-src data: blob:; font-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
SIGN_IN = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PAGES = (
    "default-src 'self'; "
    "script-src 'self' 'wasm-unsafe-eval' {hashes}; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; "
    "font-src 'self' data:; "
    "media-src 'none'; "
    "worker-src 'none'; "
    "connect-src 'self'; "
    "frame-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PERMISSIONS = (
    b"accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    b"magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=()"
)
ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", PERMISSIONS),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
# Pages of other origins never read our answers: whatever allows it (Streamlit does for its own reasons) is taken off.
TAKEN_OFF = re.compile(rb"access-control-.*|server|x-powered-by")
PRIVATE = "private, no-store"
INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@cache
def pages_policy() -> str:
    """The policy of the pages, with the hashes of the inline scripts in the HTML file of all pages."""
    return PAGES.format(hashes=" ".join(hashes(frame.page())))


def hashes(page: str) -> list[str]:
    """CSP source expressions for the inline scripts of a page (CSP level 3, 2.3.1)."""
    return [
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in INLINE.findall(page)
    ]


def content_policy(path: str) -> str:
    """The policy for answers at this path that bring none of their own."""
    if path.startswith(("/files/", "/media/")):
        return CONTENTS
    if path.startswith("/api/"):
        return NOTHING
    if path.startswith("/auth/"):
        return SIGN_IN
    return pages_policy()


def answered(
    headers: Iterable[tuple[bytes, bytes]], path: str, *, secure: bool, hsts_seconds: int
) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with ours: what a route said about caching and content policy stays."""
    kept = [(name, value) for name, value in headers if not TAKEN_OFF.fullmatch(name.lower())]
    said = {name.lower() for name, _ in kept}
    kept += [(name, value) for name, value in ALWAYS if name not in said]
    if b"content-security-policy" not in said:
        kept.append((b"content-security-policy", content_policy(path).encode()))
    if b"cache-control" not in said:
        kept.append((b"cache-control", PRIVATE.encode()))
    if secure:
        kept = [(name, _secure(name, value)) for name, value in kept]
    if secure and hsts_seconds:
        kept.append((b"strict-transport-security", f"max-age={hsts_seconds}".encode()))
    return kept


def _secure(name: bytes, value: bytes) -> bytes:
    """A cookie set under TLS is sent under TLS only; Streamlit's own do not say so where it does not do the TLS."""
    if name.lower() != b"set-cookie" or b"; secure" in value.lower():
        return value
    return value + b"; Secure"
