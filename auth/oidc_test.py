"""The test button: what the provider answers, checked step by step, in words that say what to do."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from auth import oidc_flow
from auth.identity import BACK_CHANNEL, CALLBACK, SIGNED_OUT
from auth.oidc_errors import ProviderRefused
from auth.oidc_options import ProviderOptions, wrong_address
from auth.oidc_provider import Description, Provider, fetch_description, fetch_keys

HINTS = {
    "unreachable": "It does not answer. Check the address, the network and the server's proxy settings.",
    "misconfigured": "It answers, but not as a provider would at this address.",
}


@dataclass(frozen=True)
class Check:
    """One step: ``ok`` None where it is neither good nor bad but worth knowing."""

    name: str
    ok: bool | None
    sentence: str


@dataclass(frozen=True)
class Report:
    """What the test found. The addresses are to be registered at the provider; ``clock`` is its minus ours, seconds."""

    checks: tuple[Check, ...]
    redirect_address: str
    sign_out_address: str
    back_channel_address: str
    clock: float | None = None
    issuer: str = ""
    keys: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Is nothing wrong?"""
        return all(check.ok is not False for check in self.checks)


def report(options: ProviderOptions, secret: str, base: str) -> Report:
    """Ask the provider of these options. Never raises for what it answers."""
    checks: list[Check] = []
    described: Description | None = None
    names: tuple[str, ...] = ()
    wrong = wrong_address(options.address)
    if wrong:
        checks.append(Check("address", False, wrong))
    else:
        described = _described(options, checks)
    if described is not None:
        names = _keys(described, checks)
        checks += [_clock(described, options), _client(options, described, secret, base + CALLBACK)]
        checks += [_sign_out(described, options), _back_channel(described), *_limits(options)]
    return Report(
        tuple(checks),
        base + CALLBACK,
        base + SIGNED_OUT,
        base + BACK_CHANNEL,
        described.clock if described else None,
        described.issuer if described else "",
        names,
    )


def _described(options: ProviderOptions, checks: list[Check]) -> Description | None:
    try:
        described = fetch_description(options)
    except ProviderRefused as refused:
        hint = f"{HINTS.get(refused.reason, refused.sentence)} ({refused.detail})"
        checks.append(Check("discovery", False, f"{options.discovery}: {hint}"))
        return None
    checks.append(Check("discovery", True, f"The provider is {described.issuer}."))
    return described


def _keys(described: Description, checks: list[Check]) -> tuple[str, ...]:
    try:
        keys = fetch_keys(described)
    except ProviderRefused as refused:
        checks.append(Check("keys", False, f"{described.keys}: its keys cannot be read ({refused.detail})."))
        return ()
    names = tuple(str(key.kid)[:80] for key in keys)
    signs = ", ".join(sorted(described.algorithms))
    checks.append(
        Check("keys", True, f"{len(names)} key{'s' if len(names) > 1 else ''}; it signs by {signs}.")
    )
    return names


def _clock(described: Description, options: ProviderOptions) -> Check:
    if described.clock is None:
        return Check("clock", None, "The provider does not say what time it is.")
    seconds = abs(described.clock)
    if seconds > max(options.skew_seconds, 2):
        where = "ahead of" if described.clock > 0 else "behind"
        allowed = f"{options.skew_seconds} s are allowed"
        sentence = f"Its clock is {seconds:.0f} s {where} ours; {allowed}. Set the clocks (NTP)."
        return Check("clock", False, sentence)
    return Check(
        "clock", True, f"The clocks differ by {seconds:.0f} s; {options.skew_seconds} s are allowed."
    )


def _client(options: ProviderOptions, described: Description, secret: str, redirect: str) -> Check:
    """Try to exchange a code that nobody gave us: the provider looks at id and secret first (RFC 6749, 5.2)."""
    if not options.client_id:
        return Check("client", False, "The client's id is missing.")
    try:
        oidc_flow.exchange(
            Provider(options),
            secret,
            code="test-" + secrets.token_hex(8),
            redirect=redirect,
            verifier="t" * 43,
        )
    except ProviderRefused as refused:
        if refused.reason == "code":
            return Check("client", True, "The provider knows the client and its secret.")
        hint = (
            "Type its id and secret again as the provider shows them; it must be a confidential (web) client."
        )
        if refused.reason == "unreachable":
            hint = HINTS["unreachable"]
        return Check("client", False, f"The provider refuses the client ({refused.detail}). {hint}")
    return Check("client", None, "The provider takes any code: this is no provider to trust.")


def _sign_out(described: Description, options: ProviderOptions) -> Check:
    if described.end_session:
        return Check("sign-out", True, "Signing out there is offered.")
    wanted = options.sign_out_there
    sentence = "The provider does not offer to end sign-ins: people who sign out here stay signed in there."
    return Check("sign-out", None if wanted else True, sentence)


def _back_channel(described: Description) -> Check:
    if described.back_channel:
        return Check("back-channel", True, "The provider can tell us when somebody signs out there.")
    return Check(
        "back-channel", None, "The provider does not say when somebody signs out there; sessions here go on."
    )


def _limits(options: ProviderOptions) -> list[Check]:
    """Settings that let in more people than one may think."""
    found = []
    if not options.domains and options.create_accounts and not options.only_mapped:
        sentence = (
            "Everybody whom the provider knows gets an account (without a role). Limit domains or groups if that is "
            "too many."
        )
        found.append(Check("people", None, sentence))
    if not options.mapping:
        found.append(
            Check("roles", None, "No group stands for a role yet: give roles by hand, or map groups.")
        )
    return found
