"""Engines with secrets attached, and people with the rights that a test names."""

from __future__ import annotations

from auth.service import Auth, opened
from engine.access import Actor, Grant
from engine.settings import Settings


def person(name: str, *grants: tuple[str, str]) -> Actor:
    """Somebody with roles: ``person("ada", ("analyst", "Marketing"))``; department "" is everywhere."""
    held = frozenset(Grant(role, department) for role, department in grants)
    return Actor(id=name, name=name.title(), grants=held, via="api")


def auth_of(settings: Settings) -> Auth:
    """An engine with everything of ``auth``."""
    return opened(settings)
