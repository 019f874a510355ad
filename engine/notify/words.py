"""The words of notices and mails: one catalogue (``en.toml``), so that a second language is a file."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

CATALOGUE = Path(__file__).with_name("en.toml")


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(CATALOGUE.read_text("utf-8"))
    return found


def word(key: str, **values: object) -> str:
    """The text under ``kind.name`` with its places filled. Raises KeyError for an unknown key."""
    kind, _, name = key.rpartition(".")
    return _catalogue()[kind][name].format(**values)
