"""What administrators set for the identity provider: checked, kept as the option ``identity``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from urllib.parse import urlsplit

from auth.rights import ROLES
from engine.errors import Invalid, Problem
from engine.network import LOOPBACK

DISCOVERY = "/.well-known/openid-configuration"
EVERYBODY = "*"  # the group that everybody is in who signs in by the provider
DOMAIN = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
MOST_SKEW = 300


@dataclass(frozen=True, order=True)
class Mapped:
    """Who is in ``group`` at the provider (``*``: everybody) holds ``role`` in ``department`` (empty: everywhere)."""

    group: str
    role: str
    department: str = ""


@dataclass(frozen=True)
class ProviderOptions:
    """The settings of the identity provider.

    ``title`` stands on the button ("Sign in with {title}"); ``address`` is the issuer or its discovery address;
    ``client_id`` as registered there; ``scopes`` are asked for; ``groups_claim`` and ``name_claim`` name claims, a
    dot leads into nested ones; ``domains`` limits e-mail addresses (empty: any); ``create_accounts``: who signs in
    the first time gets an account; ``only_mapped``: only who has a role by a group gets in; ``mapping``: groups to
    roles; ``skew_seconds``: how far the clocks may differ; ``sign_out_there``: signing out here ends the sign-in at
    the provider as well.
    """

    enabled: bool = False
    title: str = "your company account"
    address: str = ""
    client_id: str = ""
    scopes: str = "openid profile email"
    groups_claim: str = "groups"
    name_claim: str = "preferred_username"
    domains: tuple[str, ...] = ()
    create_accounts: bool = True
    only_mapped: bool = False
    mapping: tuple[Mapped, ...] = ()
    skew_seconds: int = 60
    sign_out_there: bool = True

    @property
    def issuer(self) -> str:
        """The issuer that the address stands for, as typed (Google's has no path, Entra's ends with v2.0)."""
        return self.address.removesuffix(DISCOVERY)

    @property
    def discovery(self) -> str:
        """Where the provider describes itself (OpenID Connect Discovery 1.0, section 4)."""
        return self.issuer.rstrip("/") + DISCOVERY

    def as_dict(self) -> dict[str, Any]:
        """What is stored."""
        return asdict(self) | {
            "domains": list(self.domains),
            "mapping": [asdict(mapped) for mapped in sorted(set(self.mapping))],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> ProviderOptions:
        """From what is stored; unknown keys are left out, missing ones have their default."""
        known = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        return cls(**known).tidied()

    def tidied(self) -> ProviderOptions:
        """Without blanks around words, domains in small letters, mappings as objects."""
        mapping = (m if isinstance(m, Mapped) else Mapped(**m) for m in self.mapping)
        return replace(
            self,
            title=" ".join(self.title.split()),
            address=self.address.strip(),
            client_id=self.client_id.strip(),
            scopes=" ".join(dict.fromkeys(self.scopes.split())),
            groups_claim=self.groups_claim.strip(),
            name_claim=self.name_claim.strip(),
            domains=tuple(
                dict.fromkeys(d.strip().lower().removeprefix("@") for d in self.domains if d.strip())
            ),
            mapping=tuple(
                dict.fromkeys(Mapped(m.group.strip(), m.role, m.department.strip()) for m in mapping)
            ),
        )

    def check(self, departments: Iterable[str]) -> None:
        """Raise Invalid with all that is wrong; ``departments`` are those that exist."""
        problems = [*self._about_provider(), *self._about_people(), *self._about_mapping(set(departments))]
        if problems:
            raise Invalid("the identity provider", problems)

    def _about_provider(self) -> Iterable[Problem]:
        if self.address or self.enabled:
            wrong = wrong_address(self.address)
            if wrong:
                yield Problem("address", wrong, self.address, "https address")
        if self.enabled and not self.client_id:
            sentence = (
                "The client's id is missing: it is shown where Quarterdeck was registered at the provider."
            )
            yield Problem("client_id", sentence)
        if "openid" not in self.scopes.split():
            sentence = f"The scopes “{self.scopes}” lack “openid”, without which no identity is sent. Add it."
            yield Problem("scopes", sentence, self.scopes, "openid …")
        if not self.title or len(self.title) > 60:
            sentence = "The title must have 1 to 60 letters: it stands on the button of the sign-in page."
            yield Problem("title", sentence, self.title[:60])
        if not 0 <= self.skew_seconds <= MOST_SKEW:
            sentence = (
                f"Clocks may differ by 0 to {MOST_SKEW} seconds, not {self.skew_seconds}. Set the clocks."
            )
            yield Problem("skew_seconds", sentence, str(self.skew_seconds))

    def _about_people(self) -> Iterable[Problem]:
        for domain in self.domains:
            if not DOMAIN.fullmatch(domain):
                sentence = f"“{domain}” is no e-mail domain. Write it like example.com, one a line."
                yield Problem("domains", sentence, domain)
        for where, claim in (("groups_claim", self.groups_claim), ("name_claim", self.name_claim)):
            if not claim or len(claim) > 200:
                yield Problem(where, "The name of a claim must have 1 to 200 letters.", claim[:200])

    def _about_mapping(self, departments: set[str]) -> Iterable[Problem]:
        for mapped in self.mapping:
            if not mapped.group:
                yield Problem("mapping", f"The group is missing that stands for the role “{mapped.role}”.")
            if mapped.role not in ROLES:
                sentence = f"There is no role “{mapped.role}”. Choose from {', '.join(ROLES)}."
                yield Problem("mapping", sentence, mapped.role)
            if mapped.department and mapped.department not in departments:
                sentence = f"There is no department “{mapped.department}”. Add it first, or choose another."
                yield Problem("mapping", sentence, mapped.department)
            if mapped.group == EVERYBODY and mapped.role == "administrator":
                sentence = "Not everybody can be an administrator: name a group for that role."
                yield Problem("mapping", sentence, EVERYBODY)


def wrong_address(address: str) -> str:
    """What is wrong with an address that the server would call; empty: nothing.

    https is required, so that nobody on the way can change keys; http only on this machine itself.
    """
    unclear = f"“{address[:200]!a}” is no address. Copy the issuer's address from the provider's page."
    if any(not "!" <= letter <= "~" for letter in address):  # urlsplit would leave some of them out unseen
        return unclear
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return unclear
    if not host or parts.username is not None or parts.query or parts.fragment or len(address) > 500:
        return f"“{address[:200]}” is no issuer's address. Copy it from the provider's page, it begins with https://."
    if parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK):
        return ""
    return f"“{address[:200]}” must begin with https:// (http only for a provider on this machine itself)."
