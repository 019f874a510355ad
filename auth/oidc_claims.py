"""Checking what the provider signed: ID tokens (OpenID Connect Core 1.0, 3.1.3.7) and logout tokens.

Each check has its own word in ``auth.oidc_errors``, so that people and the audit log can tell them apart.
"""

from __future__ import annotations

import hmac
import time
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jws import JWSRegistry

from auth.oidc_errors import ProviderRefused
from auth.oidc_provider import Provider

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST = 65_536  # characters of a token
OLDEST = 600.0  # seconds since a token was issued: we ask for it and get it at once
LONGEST_NAME = 255  # of a subject (Core, section 2)


def id_token(provider: Provider, text: object, *, nonce: str, access: str = "") -> dict[str, Any]:
    """The claims of an ID token that was just exchanged for a code. Raises ProviderRefused."""
    claims, algorithm = signed(provider, text)
    _who_and_whom(provider, claims)
    _when(provider, claims, needs_end=True)
    if not _same(claims.get("nonce"), nonce):
        raise ProviderRefused("nonce", "the nonce is not the one that was sent")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_NAME:
        raise ProviderRefused("claims", "no subject")
    if "at_hash" in claims and access and not _hashed(claims["at_hash"], access, algorithm):
        raise ProviderRefused("signature", "the access token is not the one of this identity (at_hash)")
    return claims


def logout_token(provider: Provider, text: object) -> dict[str, Any]:
    """The claims of a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6). Raises ProviderRefused."""
    claims, _ = signed(provider, text)
    _who_and_whom(provider, claims)
    _when(provider, claims, needs_end=False)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise ProviderRefused("claims", "no logout event")
    if "nonce" in claims:
        raise ProviderRefused("claims", "a nonce: this is an ID token, not a logout token")
    if not isinstance(claims.get("jti"), str) or not (claims.get("sub") or claims.get("sid")):
        raise ProviderRefused("claims", "no jti, or neither sub nor sid")
    return claims


def signed(provider: Provider, text: object) -> tuple[dict[str, Any], str]:
    """Claims and algorithm of a token with a good signature. An unknown key makes us fetch the keys once more."""
    if not isinstance(text, str) or not 0 < len(text) <= LONGEST:
        raise ProviderRefused("claims", "no token")
    registry = JWSRegistry(algorithms=sorted(provider.description().algorithms), strict_check_header=False)
    try:
        try:
            token = jwt.decode(text, provider.keys(), registry=registry)
        except InvalidKeyIdError:
            if not provider.keys_again():
                raise
            token = jwt.decode(text, provider.keys(), registry=registry)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ProviderRefused("signature", f"{type(error).__name__}: {error}") from None
    return dict(token.claims), str(token.header.get("alg"))


def _who_and_whom(provider: Provider, claims: dict[str, Any]) -> None:
    issuer, client = provider.description().issuer, provider.options.client_id
    if not _same(claims.get("iss"), issuer):
        raise ProviderRefused("issuer", f"issued by {str(claims.get('iss'))[:200]!r}")
    audience = claims.get("aud")
    meant = audience if isinstance(audience, list) else [audience]
    if client not in meant:
        raise ProviderRefused("audience", f"meant for {str(audience)[:200]!r}")
    party = claims.get("azp")
    if (len(meant) > 1 and party is None) or (party is not None and party != client):
        raise ProviderRefused("audience", f"given to {str(party)[:200]!r}")


def _when(provider: Provider, claims: dict[str, Any], *, needs_end: bool) -> None:
    now, skew = time.time(), float(provider.options.skew_seconds)
    issued, end = _time(claims, "iat"), _time(claims, "exp")
    begin = _time(claims, "nbf") or issued
    if issued is None or begin is None or (end is None and needs_end):
        raise ProviderRefused("claims", "no time of issue or of expiry")
    if end is not None and end <= now - skew:
        raise ProviderRefused("expired", f"expired {now - end:.0f} s ago")
    if max(issued, begin) > now + skew:
        raise ProviderRefused("expired", f"begins {max(issued, begin) - now:.0f} s ahead of our clock")
    if issued < now - OLDEST - skew:
        raise ProviderRefused("expired", f"issued {now - issued:.0f} s ago")


def _time(claims: dict[str, Any], name: str) -> float | None:
    """Seconds since 1970; None where the claim is missing. Raises ProviderRefused for anything else."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e11:
        raise ProviderRefused("claims", f"“{name}” is no time")
    return float(value)


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())


def _hashed(given: object, access: str, algorithm: str) -> bool:
    from authlib.oidc.core.util import create_half_hash

    made = create_half_hash(access, algorithm)
    return made is None or (isinstance(given, str) and hmac.compare_digest(given.encode(), made))
