"""Why a sign-in by the identity provider came to nothing: stable words, each with its sentence.

What the provider itself says (codes, HTML) is never shown to anybody but kept as a detail of the audit entry.
"""

from __future__ import annotations

from engine.errors import QuarterdeckError

SENTENCES = {
    "off": "Signing in by the company account is switched off. Sign in with name and password.",
    "unreachable": "The company's sign-in service does not answer. Try again in a minute; if it stays, tell an "
    "administrator.",
    "misconfigured": "The company's sign-in is not set up correctly. An administrator can see why by the test button "
    "of the identity provider's page.",
    "cancelled": "The sign-in was cancelled or refused by the company's sign-in service. Try again.",
    "state": "This sign-in was begun in another browser or took longer than ten minutes. Start again.",
    "issuer": "The answer came from another sign-in service than the one asked. Start again; if it stays, tell an "
    "administrator.",
    "code": "The company's sign-in service did not accept the answer: it was used already, came too late, or the "
    "client's secret is wrong. Start again; if it stays, tell an administrator.",
    "signature": "The identity that was sent is not signed by the company's sign-in service. Start again; if it "
    "stays, tell an administrator.",
    "nonce": "The identity that was sent belongs to another sign-in. Start again.",
    "audience": "The identity that was sent is meant for another application. Tell an administrator.",
    "expired": "The identity that was sent has expired, or the clocks of the two servers differ. Start again; if it "
    "stays, tell an administrator.",
    "claims": "The identity that was sent is incomplete. Tell an administrator.",
    "groups": "You are in more groups than the sign-in service sends. Ask an administrator to have only the groups of "
    "this application sent.",
    "domain": "Your e-mail address is not one of those that may sign in here. Ask an administrator.",
    "unverified": "Your e-mail address is not confirmed at the company's sign-in service. Confirm it there, then try "
    "again.",
    "unknown": "You have no account here yet, and none is made by itself. Ask an administrator.",
    "no-role": "None of your groups has a role here. Ask an administrator.",
    "taken": "Another account here has your name already. If it is yours, sign in with name and password and connect "
    "it on the page of your account; else ask an administrator.",
    "connected": "This identity belongs to another account here already. Sign in with that one, or ask an "
    "administrator.",
    "unconfined": "No further account can be made: models are not confined on this server. Tell an administrator; "
    "quarterdeck doctor says what to do.",
    "disabled": "Your account is disabled. Ask an administrator.",
}


class ProviderRefused(QuarterdeckError):
    """A sign-in by the provider ended without a session. ``reason`` is a key of ``SENTENCES``.

    ``detail`` is for the audit log only; ``account`` where one was found.
    """

    code = "provider-sign-in"
    status = 403
    exit_code = 3

    def __init__(self, reason: str, detail: str = "", account: str = "") -> None:
        self.reason, self.detail, self.account = reason, detail[:300], account
        super().__init__(SENTENCES[reason])
