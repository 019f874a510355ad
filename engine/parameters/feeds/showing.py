"""Feeds as somebody may see them: values of masked fields masked, addresses without what is asked there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from engine.data.classes import MASK
from engine.parameters.feeds.records import Feed, FeedTry


def feed(found: Feed, masked: set[str], *, whole: bool) -> Feed:
    """``whole``: this person may change it. To others an address shows no query, which people put keys into."""
    source = found.source if whole else address_only(found.source)
    hidden = found.field in masked
    return replace(
        found,
        source=source,
        last=found.last and attempt(found.last, hidden),
        waiting=found.waiting and attempt(found.waiting, hidden),
    )


def address_only(source: dict[str, Any]) -> dict[str, Any]:
    """A source whose address shows where it leads, not what is asked there."""
    if not source.get("url"):
        return source
    parts = urlsplit(source["url"])
    return {
        **source,
        "url": urlunsplit((parts.scheme, parts.netloc, parts.path, "…" if parts.query else "", "")),
    }


def attempt(found: FeedTry, hidden: bool) -> FeedTry:
    """A try; of a masked field neither values nor the sentence, which may quote them."""
    if not hidden:
        return found
    return replace(
        found,
        value=None if found.value is None else MASK,
        old=None if found.old is None else MASK,
        sentence=MASK if found.sentence else "",
    )
