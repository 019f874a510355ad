"""The authorization code flow with PKCE (RFC 6749, RFC 7636; OpenID Connect Core 1.0, 3.1), by Authlib's client.

What must be known again when the browser comes back (state, nonce, verifier, where to go) travels in a cookie of
that browser, sealed with the server's key: another browser has another one, so an answer that somebody else
began is refused (RFC 9700, 2.1). It is good for ten minutes.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from auth import oidc_claims, oidc_http
from auth.oidc_errors import ProviderRefused
from auth.oidc_provider import Description, Provider
from engine.errors import QuarterdeckError

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import OAuth2Client

    from auth.keys import KeyRing

logger = logging.getLogger(__name__)
SECONDS = 600
CONTEXT = "cookie.oidc:state"
COOKIE = "quarterdeck_oidc_"
LONGEST = 4096  # characters of a code
CONNECT, SIGN_IN, TEST = "connect", "sign-in", "test"


@dataclass(frozen=True)
class Pending:
    """A sign-in that the browser has gone to the provider for. ``account``: who wants to connect theirs."""

    state: str
    nonce: str
    verifier: str
    redirect: str
    issuer: str
    client: str
    at: int
    next: str = "/"
    purpose: str = SIGN_IN
    account: str = ""


@dataclass(frozen=True)
class Begun:
    """Where to send the browser, and the cookie that it must bring back."""

    address: str
    cookie: str
    value: str
    seconds: int = SECONDS


@dataclass(frozen=True)
class Shown:
    """The identity that came back, its ID token (for signing out there), and what was pending."""

    claims: dict[str, Any]
    text: str
    pending: Pending


def cookie_name(state: str) -> str:
    """One cookie per sign-in: two open tabs do not disturb each other."""
    return COOKIE + "".join(c for c in state[:8] if c.isalnum())


def begin(
    provider: Provider, keys: KeyRing, redirect: str, *, next: str, purpose: str = SIGN_IN, account: str = ""
) -> Begun:
    """Begin a sign-in. Raises ProviderRefused: unreachable, misconfigured."""
    described = provider.description()
    pending = Pending(
        state=secrets.token_hex(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
        redirect=redirect,
        issuer=described.issuer,
        client=provider.options.client_id,
        at=int(time.time()),
        next=next,
        purpose=purpose,
        account=account,
    )
    with client(provider, described, "") as session:
        address, _ = session.create_authorization_url(
            described.authorize,
            state=pending.state,
            code_verifier=pending.verifier,
            nonce=pending.nonce,
            redirect_uri=redirect,
        )
    return Begun(address, cookie_name(pending.state), keys.seal(json.dumps(asdict(pending)), CONTEXT))


def opened(
    keys: KeyRing, cookies: Mapping[str, str], answer: Mapping[str, str], provider: Provider
) -> Pending:
    """What this browser had pending for this answer. Raises ProviderRefused: state, issuer."""
    state = answer.get("state", "")
    sealed = cookies.get(cookie_name(state), "") if state else ""
    if not sealed:
        raise ProviderRefused("state", "no such sign-in was begun in this browser")
    try:
        pending = Pending(**json.loads(keys.open_text(sealed, CONTEXT)))
    except (QuarterdeckError, ValueError, TypeError):
        raise ProviderRefused("state", "the cookie is not ours") from None
    if not hmac.compare_digest(state.encode(), pending.state.encode()):
        raise ProviderRefused("state", "the state is another one")
    if not 0 <= time.time() - pending.at <= SECONDS:
        raise ProviderRefused("state", "it took too long")
    described = provider.description()
    if (pending.issuer, pending.client) != (described.issuer, provider.options.client_id):
        raise ProviderRefused("state", "the identity provider was set up anew meanwhile")
    named = answer.get("iss")
    if (named or described.names_itself) and named != described.issuer:
        raise ProviderRefused("issuer", f"the answer names {str(named)[:200]!r} (RFC 9207)")
    return pending


def finish(provider: Provider, pending: Pending, answer: Mapping[str, str], secret: str) -> Shown:
    """Exchange the code for the identity and check it. Raises ProviderRefused."""
    if "error" in answer:
        raise ProviderRefused("cancelled", _plain(answer["error"]))
    code = answer.get("code", "")
    if not 0 < len(code) <= LONGEST:
        raise ProviderRefused("code", "no code")
    found = exchange(provider, secret, code=code, redirect=pending.redirect, verifier=pending.verifier)
    access = found.get("access_token")
    access = access if isinstance(access, str) else ""
    claims = oidc_claims.id_token(provider, found.get("id_token"), nonce=pending.nonce, access=access)
    return Shown(completed(provider, claims, access), str(found["id_token"]), pending)


def exchange(provider: Provider, secret: str, *, code: str, redirect: str, verifier: str) -> dict[str, Any]:
    """The token endpoint's answer. Raises ProviderRefused: code, misconfigured, unreachable."""
    from authlib.integrations.base_client import OAuthError

    described = provider.description()
    try:
        with client(provider, described, secret) as session:
            found = session.fetch_token(
                described.exchange,
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect,
                code_verifier=verifier,
            )
    except OAuthError as error:
        reason = "code" if error.error == "invalid_grant" else "misconfigured"
        raise ProviderRefused(reason, f"token endpoint: {_plain(str(error.error))}") from None
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        reason = "unreachable" if status >= 500 else "misconfigured"
        raise ProviderRefused(reason, f"token endpoint: status {status}") from None
    except httpx.HTTPError as error:
        raise ProviderRefused("unreachable", f"token endpoint: {type(error).__name__}") from None
    except ValueError:
        raise ProviderRefused("misconfigured", "token endpoint: the answer is no JSON object") from None
    return dict(found)


def completed(provider: Provider, claims: dict[str, Any], access: str) -> dict[str, Any]:
    """The claims with those that only the userinfo endpoint tells (Core, 5.3), where some are missing."""
    described, options = provider.description(), provider.options
    wanted = [options.name_claim, "email", *([options.groups_claim] if options.mapping else [])]
    if not (access and described.userinfo and any(value_of(claims, name) is None for name in wanted)):
        return claims
    more, _ = oidc_http.get_json(described.userinfo, "userinfo_endpoint", bearer=access)
    if (
        more.get("sub") != claims["sub"]
    ):  # must not be used then (Core, 5.3.2); some providers number anew there
        logger.warning("the userinfo endpoint tells of another subject than the ID token: it is left out")
        return claims
    return {**more, **claims}


def value_of(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by name; where there is none of that name, a dot leads into nested ones (realm_access.roles)."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def client(provider: Provider, described: Description, secret: str) -> OAuth2Client:
    """Authlib's client for this provider."""
    with warnings.catch_warnings():
        from authlib.deprecate import AuthlibDeprecationWarning

        # it would rather have another HTTP library than the one we have
        warnings.simplefilter("ignore", AuthlibDeprecationWarning)
        from authlib.integrations.httpx_client import OAuth2Client

    return OAuth2Client(
        client_id=provider.options.client_id,
        client_secret=secret or None,
        scope=provider.options.scopes,
        code_challenge_method="S256",
        token_endpoint_auth_method=_client_check(provider.options.client_id, secret, described),
        **oidc_http.client_arguments(described.exchange),
    )


def _client_check(client_id: str, secret: str, described: Description) -> str:
    """How the client proves itself: by the header, unless the secret has letters that some providers want encoded."""
    if not secret:
        return "none"
    plain = quote(client_id + secret, safe="") == client_id + secret
    offered = described.client_checks
    if "client_secret_post" in offered and not (plain and "client_secret_basic" in offered):
        return "client_secret_post"
    return "client_secret_basic"


def _plain(code: str) -> str:
    """An error code of the provider as something that may stand in a log."""
    return "".join(c for c in code if c.isalnum() or c in "_-. ")[:60]
