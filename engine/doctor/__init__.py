"""What this machine has, what it lacks and what to do: ``quarterdeck doctor``.

``report(settings)`` only looks: it creates nothing and changes nothing. Each finding says ``ok``, a
``value`` in words, and the ``remedy`` where there is something to do; some carry figures besides.
"""

from __future__ import annotations

from typing import Any

from engine.doctor.encryption import encryption
from engine.doctor.languages import by_language
from engine.doctor.machine import browser, clock, free_space, memory_storage, sandbox
from engine.doctor.network import access, certificate
from engine.doctor.rendering import as_text, render
from engine.doctor.storage import database
from engine.settings import Settings

__all__ = ["as_text", "healthy", "render", "report"]

ESSENTIAL = ("free_space", "database", "clock")


def report(settings: Settings) -> dict[str, Any]:
    """All findings, ready for JSON. ``ok`` at the top is ``healthy`` of the report."""
    found: dict[str, Any] = {
        "runtimes": {name: finding.as_json() for name, finding in by_language(settings).items()},
        "sandbox": sandbox(settings).as_json(),
        "memory_storage": memory_storage(settings).as_json(),
        "free_space": free_space(settings).as_json(),
        "database": database(settings).as_json(),
        "clock": clock(settings).as_json(),
        "access": access(settings).as_json(),
        "encryption": encryption(settings).as_json(),
        "chromium": browser().as_json(),
    }
    if (tls := certificate(settings)) is not None:
        found["certificate"] = tls.as_json()
    return {"ok": healthy(found), **found}


def healthy(report: dict[str, Any]) -> bool:
    """Can the server work: space, database and clock in order and at least one language there?"""
    some_language = any(finding["present"] for finding in report["runtimes"].values())
    return some_language and all(report[name]["ok"] for name in ESSENTIAL)
