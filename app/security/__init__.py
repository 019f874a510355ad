"""The layer around everything: what a request may look like, and what every answer says to the browser.

``Security(app, settings)`` is a plain ASGI middleware outside of sign-in, pages, API and files. It decides
nothing about people; it makes sure that what reaches the rest is well formed, meant for this server, of
bounded size, and comes from our own pages where a browser sent it.
"""

from __future__ import annotations

from app.security.hosts import address_of, is_secure
from app.security.layer import Security

__all__ = ["Security", "address_of", "is_secure"]
