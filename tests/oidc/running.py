"""A running identity provider, and a browser's part of signing in there without a browser."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from bootstrap import provider as installed
from bootstrap.places import ROOT, Places

CLIENT, SECRET = "quarterdeck", "a-secret-of-the-tests-0123456789"
SCRIPT = ROOT / "tests" / "oidc" / "provider" / "provider.mjs"
SCOPES = "openid profile email groups"
PEOPLE = {
    "ada": {
        "name": "Ada Lovelace",
        "email": "ada@kronkers.example",
        "email_verified": True,
        "groups": ["marketing"],
    },
    "grace": {
        "name": "Grace Hopper",
        "email": "grace@kronkers.example",
        "email_verified": True,
        "groups": ["procurement", "quarterdeck-admins"],
    },
    "eve": {"name": "Eve", "email": "eve@elsewhere.example", "email_verified": True, "groups": []},
    "mallory": {"name": "Mallory", "email": "mal@kronkers.example", "email_verified": False, "groups": []},
}


@dataclass(frozen=True)
class Running:
    """A provider at ``issuer``."""

    issuer: str

    def control(self, **changes: Any) -> dict[str, Any]:
        """Change how it behaves (see provider.mjs); returns what was asked of it."""
        found: dict[str, Any] = httpx.post(f"{self.issuer}/control", json=changes).json()
        return found

    def asked(self, path: str) -> int:
        """How often a path was asked for."""
        return int(httpx.get(f"{self.issuer}/control").json()["asked"].get(path, 0))

    def sane(self) -> None:
        """Back to good behaviour."""
        self.control(
            people=PEOPLE,
            tamper=None,
            sign=None,
            deny=None,
            page=None,
            iss=None,
            userinfo=None,
            down=False,
            conform=False,
        )


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def node() -> str:
    """The Node.js to run it with. Skips the test where that or the provider is not installed."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("no node: the tests with a real identity provider need Node.js 18 or newer")
    if not installed.current(Places.from_environment()):
        pytest.skip(
            "the tests' identity provider is not installed: ./quarterdeck test does that where npm works"
        )
    return found


@contextmanager
def provider(base: str, log: Path) -> Iterator[Running]:
    """A provider that knows Quarterdeck at the address ``base``."""
    modules = Places.from_environment().tools / installed.FOLDER
    client = {
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": [f"{base}/auth/oidc/callback"],
        "post_logout_redirect_uris": [f"{base}/auth/sign-in"],
        "backchannel_logout_uri": f"{base}/auth/oidc/back-channel-logout",
        "backchannel_logout_session_required": True,
    }
    given = {"modules": str(modules), "port": free_port(), "clients": [client], "people": PEOPLE}
    with log.open("w") as errors:
        process = subprocess.Popen(
            [node(), str(SCRIPT), json.dumps(given)], stdout=subprocess.PIPE, stderr=errors, text=True
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the identity provider did not start: {log.read_text('utf-8')}")
        yield Running(json.loads(line)["issuer"])
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


class Person:
    """Somebody's browser at the provider: keeps its cookies, fills in its form."""

    def __init__(self, login: str) -> None:
        self.login = login
        self.client = httpx.Client(follow_redirects=False, timeout=20)

    def go(self, address: str, until: str) -> dict[str, str]:
        """Follow an address through the provider's pages until it leads back to ``until``; returns the answer."""
        for _ in range(12):
            page = self.client.get(address)
            if page.is_redirect:
                address = urljoin(address, page.headers["location"])
                if address.startswith(until):
                    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"', page.text)
            if form is None:
                raise AssertionError(f"{address}: {page.status_code} {page.text[:500]}")
            sent = {"prompt": "login", "login": self.login, "password": "any"}
            answer = self.client.post(urljoin(address, form[1]), data=sent)
            address = urljoin(address, answer.headers["location"])
        raise AssertionError("the provider never led back")
