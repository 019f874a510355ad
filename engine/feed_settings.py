"""Settings of feeds: what may be fetched from where. Part of ``engine.settings.Settings``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from engine.network import Network, networks, split


@dataclass(frozen=True)
class Origin:
    """A place that feeds may read from: ``name`` may be ``*.example.com`` (all below it, not the name itself)."""

    scheme: str
    name: str
    port: int

    def holds(self, scheme: str, name: str, port: int) -> bool:
        """Is this address one of the place's?"""
        if (scheme, port) != (self.scheme, self.port):
            return False
        if self.name.startswith("*."):
            return name.endswith(self.name[1:]) and len(name) > len(self.name) - 1
        return name == self.name


class FeedSettings(BaseSettings):
    """What feeds of parameter sets may read besides datasets and runs."""

    feed_hosts: str = Field(
        "",
        description="Names of servers that feeds may read from, separated by commas, such as api.example.com, "
        "*.example.org or api.example.com:8443. They are read by https; http://rates.internal:8080 allows that one "
        "without. Empty: feeds read from no address.",
    )
    feed_private_networks: str = Field(
        "",
        description="Networks inside the company in which such servers may be, separated by commas, such as "
        "10.1.0.0/16. Empty: an address that leads to a private, local or reserved network is refused.",
    )
    feed_folder: Path | None = Field(
        None, description="Folder whose CSV and JSON files feeds may read. Default: none."
    )
    feed_seconds: float = Field(
        20.0,
        gt=0,
        le=300,
        description="Time limit of a feed's answer from an address, from first to last byte.",
    )
    feed_limit_mb: int = Field(8, ge=1, le=256, description="Largest file or answer that a feed reads.")

    @field_validator("feed_hosts")
    @classmethod
    def _origins(cls, value: str) -> str:
        origins(value)
        return value

    @field_validator("feed_private_networks")
    @classmethod
    def _private(cls, value: str) -> str:
        networks(value)
        return value

    @property
    def feed_origins(self) -> tuple[Origin, ...]:
        """The places of ``feed_hosts``."""
        return origins(self.feed_hosts)

    @property
    def feed_networks(self) -> tuple[Network, ...]:
        """The networks of ``feed_private_networks``."""
        return networks(self.feed_private_networks)


def origins(text: str) -> tuple[Origin, ...]:
    """Places as written in the setting. Raises ValueError naming the wrong one."""
    return tuple(_origin(part) for part in split(text))


def _origin(part: str) -> Origin:
    wrong = ValueError(
        f"“{part}” is no name of a server; write api.example.com, *.example.org or http://name:8080"
    )
    try:
        parts = urlsplit(part if "://" in part else f"https://{part}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong from None
    plain = name.removeprefix("*.")
    known = re.fullmatch(
        r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|[0-9a-f:.]+", plain
    )
    if parts.scheme not in ("https", "http") or not known or parts.path not in ("", "/") or parts.username:
        raise wrong
    if parts.query or parts.fragment or "*" in plain or (name != plain and "." not in plain):
        raise wrong
    return Origin(parts.scheme, name, port or {"https": 443, "http": 80}[parts.scheme])
