"""Settings of the way to the server: address, host names, proxies, TLS. Part of ``engine.settings.Settings``."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})  # this machine itself, as people write it
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NetworkSettings(BaseSettings):
    """Who reaches the server by which name, and how the way to it is protected."""

    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8501, ge=1, le=65535, description="Port the server listens on.")
    public_address: str | None = Field(
        None,
        description="Address that people open, such as https://models.example.com. Links in e-mails begin with it, "
        "and the server then answers to no other name (besides its own and QUARTERDECK_ALLOWED_HOSTS).",
    )
    allowed_hosts: str = Field(
        "",
        description="More names that the server answers to, separated by commas; *.example.com for all below it.",
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses or networks of reverse proxies whose X-Forwarded-For, -Proto and -Host are "
        "believed, separated by commas, such as 10.0.0.5,172.18.0.0/16. From anybody else they are ignored.",
    )
    certificate: Path | None = Field(
        None, description="TLS certificate with its chain (PEM). With it the server speaks https only."
    )
    certificate_key: Path | None = Field(
        None, description="Private key of the certificate (PEM, without a passphrase)."
    )
    redirect_port: int | None = Field(
        None, ge=1, le=65535, description="Under TLS: a second port that sends http addresses on to https."
    )
    hsts_days: int = Field(
        365, ge=0, description="Under TLS: browsers use https only, for so many days (HSTS). 0: not told."
    )
    request_limit_mb: int = Field(
        32, ge=1, description="Largest request besides uploads, such as a real-time call with a table."
    )

    @field_validator("public_address")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        return origin_of(value) if value else None

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        networks(value)
        return value

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The networks whose forwarding headers are believed."""
        return networks(self.trusted_proxies)

    @property
    def host_names(self) -> tuple[str, ...]:
        """The additional names of ``allowed_hosts``, in small letters."""
        return tuple(split(self.allowed_hosts.lower()))


def split(text: str) -> list[str]:
    """The parts of a list separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks as written in a setting. Raises ValueError naming the wrong one."""
    found: list[Network] = []
    for part in split(text):
        try:
            found.append(ipaddress.ip_network(part, strict=False))
        except ValueError:
            raise ValueError(f"“{part}” is no address or network; write 10.0.0.5 or 10.0.0.0/24") from None
    return tuple(found)


def origin_of(address: str) -> str:
    """Scheme, host and port of an address, as browsers write an origin (RFC 6454). Raises ValueError."""
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise ValueError("write it as https://NAME or https://NAME:PORT")
    if parts.path not in ("", "/"):
        raise ValueError("it must not have a path: Quarterdeck needs a host name of its own")
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{name}" + ("" if parts.port in (None, default) else f":{parts.port}")
