"""Calls to the identity provider: https (http on this machine itself), no redirects, small answers, little time.

Addresses come from administrators and from the provider's own description; each is checked before it is called.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx

from auth.oidc_errors import ProviderRefused
from auth.oidc_options import wrong_address
from engine.network import LOOPBACK

SECONDS = 10.0
ALTOGETHER = 20.0  # seconds for an answer that comes drop by drop
LONGEST = 1 << 20  # bytes of an answer
AGENT = "Quarterdeck"


def client_arguments(address: str) -> dict[str, Any]:
    """How an HTTP client for this address is made; proxies of the environment are for other machines only."""
    return {
        "timeout": SECONDS,
        "follow_redirects": False,
        "trust_env": urlsplit(address).hostname not in LOOPBACK,
        "headers": {"User-Agent": AGENT, "Accept-Encoding": "identity"},
        "event_hooks": {"response": [_limited]},
    }


def check(address: object, what: str) -> str:
    """The address if it may be called. Raises ProviderRefused: the provider's description names something else."""
    if not isinstance(address, str) or not address:
        raise ProviderRefused("misconfigured", f"no {what}")
    path, _, query = address.partition("?")
    wrong = wrong_address(path) or (
        not re.fullmatch(r"[!-~]*", query) and "its query is no part of an address"
    )
    if wrong:
        raise ProviderRefused("misconfigured", f"{what}: {wrong}")
    return address


def get_json(address: str, what: str, *, bearer: str = "") -> tuple[dict[str, Any], dict[str, str]]:
    """A JSON object and the answer's headers. Raises ProviderRefused: unreachable or misconfigured."""
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
    try:
        with httpx.Client(**client_arguments(check(address, what))) as client:
            answer = client.get(address, headers=headers)
            found = parsed(answer, what)
    except httpx.HTTPError as error:
        raise ProviderRefused("unreachable", f"{what}: {type(error).__name__}: {error}") from None
    return found, {name.lower(): value for name, value in answer.headers.items()}


def parsed(answer: httpx.Response, what: str) -> dict[str, Any]:
    """The JSON object of a good answer. Raises ProviderRefused with the status as its detail."""
    if answer.status_code >= 500:
        raise ProviderRefused("unreachable", f"{what}: status {answer.status_code}")
    if answer.status_code != 200:
        raise ProviderRefused("misconfigured", f"{what}: status {answer.status_code}")
    try:
        found = json.loads(answer.content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ProviderRefused("misconfigured", f"{what}: the answer is no JSON object")
    return found


def _limited(answer: httpx.Response) -> None:
    """Nothing compressed (small on the way, huge here), and no more than a provider has to say."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise httpx.DecodingError(
            "the answer is compressed although none was asked for", request=answer.request
        )
    if isinstance(answer.stream, httpx.SyncByteStream):
        answer.stream = _Limited(answer.stream)


class _Limited(httpx.SyncByteStream):
    """The bytes of an answer, and an error after too many."""

    def __init__(self, inner: httpx.SyncByteStream) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        size, end = 0, time.monotonic() + ALTOGETHER
        for part in self._inner:
            size += len(part)
            if size > LONGEST or time.monotonic() > end:
                raise httpx.ReadError("the answer is too long")
            yield part

    def close(self) -> None:
        """Let go of the connection."""
        self._inner.close()
