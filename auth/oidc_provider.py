"""The provider as it describes itself: addresses, algorithms, keys. Kept for a while, fetched anew when stale.

OpenID Connect Discovery 1.0; keys are JSON Web Keys (RFC 7517). A token signed with an unknown key makes us
fetch the keys once more, because providers change keys without notice, but not more often than every half minute:
tokens with invented key names must not make us call the provider at will.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from auth import oidc_http
from auth.oidc_errors import ProviderRefused
from auth.oidc_options import ProviderOptions

FRESH_SECONDS = 3600.0
STALE_SECONDS = 86_400.0  # a provider that does not answer is remembered this long
REFETCH_SECONDS = 30.0
RETRY_SECONDS = 5.0  # after a failure
# signatures by key pairs only: with a shared secret or none at all anybody could sign (RFC 8725, 3.1)
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
SMALLEST_RSA = 2048  # bits


@dataclass(frozen=True)
class Description:
    """What a provider says of itself, checked as far as we use it."""

    issuer: str
    authorize: str
    exchange: str
    keys: str
    userinfo: str = ""
    end_session: str = ""
    algorithms: frozenset[str] = ALGORITHMS
    client_checks: tuple[str, ...] = ("client_secret_basic",)
    names_itself: bool = False  # answers carry "iss" (RFC 9207)
    back_channel: bool = False
    clock: float | None = None  # its clock minus ours, seconds; None: the answer had no date


@dataclass
class _Kept:
    """Something fetched, when, and when the next try may be."""

    value: Any = None
    at: float = -STALE_SECONDS
    next_try: float = 0.0
    failure: ProviderRefused | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Provider:
    """One provider as set up; thread safe. ``now`` gives monotonic seconds."""

    def __init__(self, options: ProviderOptions, now: Callable[[], float] = time.monotonic) -> None:
        self.options = options
        self._now = now
        self._description = _Kept()
        self._keys = _Kept()
        self._refetched = -REFETCH_SECONDS

    def description(self) -> Description:
        """The provider's description. Raises ProviderRefused: unreachable, misconfigured."""
        found: Description = self._fresh(self._description, lambda: fetch_description(self.options))
        return found

    def keys(self) -> KeySet:
        """The provider's public keys. Raises ProviderRefused."""
        found: KeySet = self._fresh(self._keys, self._fetch_keys)
        return found

    def keys_again(self) -> bool:
        """Fetch the keys once more, unless that was done a moment ago: then False. Raises ProviderRefused."""
        with self._keys.lock:
            if self._now() - self._refetched < REFETCH_SECONDS:
                return False
            self._refetched = self._now()
            self._keys.value, self._keys.at = self._fetch_keys(), self._now()
            return True

    def _fetch_keys(self) -> KeySet:
        return fetch_keys(self.description())

    def _fresh(self, kept: _Kept, fetch: Callable[[], Any]) -> Any:
        """What is kept while it is fresh; else fetched anew, or the old one while the provider does not answer."""
        with kept.lock:
            now = self._now()
            if now - kept.at < FRESH_SECONDS:
                return kept.value
            # a provider that is down is not asked by everybody who waits: each would wait as long again
            if kept.failure is None or now >= kept.next_try:
                try:
                    kept.value, kept.at, kept.failure = fetch(), self._now(), None
                except ProviderRefused as failure:
                    kept.failure, kept.next_try = failure, self._now() + RETRY_SECONDS
            if kept.failure is not None and self._now() - kept.at >= STALE_SECONDS:
                raise ProviderRefused(kept.failure.reason, kept.failure.detail)
            return kept.value


def fetch_description(options: ProviderOptions) -> Description:
    """Ask the provider. Raises ProviderRefused: unreachable, misconfigured (with what is wrong as its detail)."""
    asked = time.time()
    found, headers = oidc_http.get_json(options.discovery, "discovery address")
    issuer = found.get("issuer")
    # the same but for a slash at the end, which some providers have and people leave out; else somebody poses as it
    if not isinstance(issuer, str) or issuer.rstrip("/") != options.issuer.rstrip("/"):
        raise ProviderRefused("misconfigured", f"the provider calls itself {str(issuer)[:200]!r}")
    offered = _words(found, "id_token_signing_alg_values_supported") or ("RS256",)
    algorithms = ALGORITHMS & set(offered)
    if not algorithms:
        raise ProviderRefused("misconfigured", f"no usable signature among {', '.join(offered)}")
    challenges = _words(found, "code_challenge_methods_supported")
    if challenges and "S256" not in challenges:
        raise ProviderRefused("misconfigured", "the provider does not support PKCE with S256")
    return Description(
        issuer=issuer,
        authorize=oidc_http.check(found.get("authorization_endpoint"), "authorization_endpoint"),
        exchange=oidc_http.check(found.get("token_endpoint"), "token_endpoint"),
        keys=oidc_http.check(found.get("jwks_uri"), "jwks_uri"),
        userinfo=_optional(found, "userinfo_endpoint"),
        end_session=_optional(found, "end_session_endpoint"),
        algorithms=frozenset(algorithms),
        client_checks=_words(found, "token_endpoint_auth_methods_supported") or ("client_secret_basic",),
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
        back_channel=found.get("backchannel_logout_supported") is True,
        clock=_clock(headers.get("date", ""), (asked + time.time()) / 2),
    )


def fetch_keys(description: Description) -> KeySet:
    """Ask for the keys; those that no token may be signed with are left out. Raises ProviderRefused."""
    found, _ = oidc_http.get_json(description.keys, "jwks_uri")
    rows = found.get("keys")
    usable = [row for row in rows if isinstance(row, dict) and _usable(row)] if isinstance(rows, list) else []
    if not usable:
        raise ProviderRefused("misconfigured", "jwks_uri: no usable key")
    try:
        return KeySet.import_key_set({"keys": usable})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderRefused("misconfigured", f"jwks_uri: {type(error).__name__}") from None


def _usable(row: dict[str, Any]) -> bool:
    """A public key for signatures, long enough; never a shared one."""
    if row.get("use", "sig") != "sig" or row.get("kty") not in ("RSA", "EC", "OKP"):
        return False
    if row["kty"] == "RSA":
        return isinstance(row.get("n"), str) and len(row["n"]) * 6 >= SMALLEST_RSA
    return True


def _words(found: dict[str, Any], name: str) -> tuple[str, ...]:
    value = found.get(name)
    return tuple(str(word)[:80] for word in value) if isinstance(value, list) else ()


def _optional(found: dict[str, Any], name: str) -> str:
    return oidc_http.check(found[name], name) if found.get(name) else ""


def _clock(date: str, ours: float) -> float | None:
    from email.utils import parsedate_to_datetime

    try:
        # a date has whole seconds: on average it is half a second behind
        return parsedate_to_datetime(date).timestamp() + 0.5 - ours
    except (ValueError, TypeError):
        return None
