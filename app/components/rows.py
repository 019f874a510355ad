"""Lists of the administration pages: rows of a title, what stands under it, cells, and buttons that name an act."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from markupsafe import Markup

from app.components.view import badge, icon, join, tag
from app.text import t
from engine.access import EVERYWHERE


class Holds(Protocol):
    """Anything that names a role and a department: a grant, or a row of one."""

    @property
    def role(self) -> str:
        """The role."""

    @property
    def department(self) -> str:
        """The department; empty: everywhere."""


def row(title: Any, under: Any = "", cells: Sequence[Any] = (), actions: Sequence[Markup] = ()) -> Markup:
    """One entry; ``actions`` stand at its end."""
    parts = [tag("span", join([title, tag("span", under, cls="qd-under") if under else ""]), cls="qd-title")]
    parts += [tag("span", cell, cls="qd-cell qd-small") for cell in cells]
    if actions:
        parts.append(tag("span", join(actions, " "), cls="qd-cell qd-end"))
    return tag("li", join(parts), cls="qd-row")


def head(*titles: str) -> Markup:
    """The headings above the rows, for the eye only: each cell says by itself what it is."""
    cells = [tag("span", title, cls="qd-title" if at == 0 else None) for at, title in enumerate(titles)]
    return tag("li", join(cells), cls="qd-row qd-head", aria_hidden="true")


def listed(rows: Iterable[Markup], shape: str, heading: Markup | None = None) -> Markup:
    """The list; ``shape`` is the class that sets its columns."""
    return tag("ul", (heading or Markup("")) + join(rows), cls=f"qd-list {shape}")


def act(label: str, name: str, *, symbol: str = "", about: str = "") -> Markup:
    """A button that names an act; ``about`` says to a screen reader what it is done to."""
    said = join([icon(symbol) if symbol else "", label])
    return tag(
        "button",
        said,
        type="button",
        cls="qd-button",
        data_act=name,
        aria_label=f"{label}: {about}" if about else None,
    )


def chips(labels: Iterable[Any]) -> Markup:
    """Small marks side by side."""
    return tag(
        "span", join(label if isinstance(label, Markup) else badge(label) for label in labels), cls="qd-chips"
    )


def place(department: str) -> str:
    """A department's name; the empty one is the whole company."""
    return department if department != EVERYWHERE else t("department.everywhere")


def held(grant: Holds) -> str:
    """A grant in words: “Analyst in Marketing”, “Auditor everywhere”."""
    if grant.department == EVERYWHERE:
        return t("people.holds.everywhere", role=role(grant.role))
    return t("people.holds", role=role(grant.role), place=grant.department)


def role(name: str) -> str:
    """A role's name as people read it."""
    return t(f"role.{name}")


def grants(held: Iterable[Holds]) -> Markup:
    """Roles with their departments, one mark for each department."""
    by_place: dict[str, list[str]] = {}
    for grant in sorted(held, key=lambda grant: (grant.department, grant.role)):
        by_place.setdefault(grant.department, []).append(role(grant.role))
    if not by_place:
        return badge(t("people.no_role"), "orange")
    return chips(
        badge(f"{place(department)}: {', '.join(roles)}", "violet" if department == EVERYWHERE else "gray")
        for department, roles in by_place.items()
    )
