"""The server's health as findings: what was looked at, how it is, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from app.components import shown
from app.components.view import badge, join, tag
from app.text import t
from engine.doctor.rendering import TITLES


def findings(report: Mapping[str, Any]) -> Markup:
    """The doctor's report as a list: what is wrong first."""
    rows = [(shown.language(name), found) for name, found in report.get("runtimes", {}).items()]
    rows += [
        (TITLES.get(name, name.replace("_", " ").capitalize()), found)
        for name, found in report.items()
        if isinstance(found, Mapping) and "value" in found
    ]
    rows.sort(key=lambda row: bool(row[1]["ok"]))
    return tag("ul", join(finding(title, found) for title, found in rows), cls="qd-list qd-health")


def finding(title: str, found: Mapping[str, Any]) -> Markup:
    """One finding; ``ok`` None is neither good nor bad, but worth knowing."""
    if found["ok"] is None:
        mark = badge(t("health.know"), "blue", "info")
    elif found["ok"]:
        mark = badge(t("health.ok"), "green", "check_circle")
    else:
        mark = badge(t("health.look"), "orange", "warning")
    remedy = tag("span", found["remedy"], cls="qd-under") if found.get("remedy") else ""
    cells = [
        tag("span", mark),
        tag("span", title, cls="qd-title"),
        tag("span", join([tag("span", found["value"]), remedy]), cls="qd-cell qd-wide-cell"),
    ]
    return tag("li", join(cells), cls="qd-row")
