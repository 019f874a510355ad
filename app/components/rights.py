"""The table of rights as people read it: in words, grouped by what it is about, all or own or no."""

from __future__ import annotations

from itertools import groupby

from markupsafe import Markup

from app.components import rows
from app.components.view import badge, join, tag
from app.text import t
from auth.rights import RIGHTS, ROLES, Right
from engine.access import PERMISSIONS


def cell(right: Right, role: str) -> tuple[str, str]:
    """What a role may do by a right: a text key's end, and the look."""
    if role in right.full:
        return "yes", "qd-yes"
    return ("own", "qd-own") if role in right.own else ("no", "qd-no")


def table(only: str | None = None) -> Markup:
    """Rights down, roles across; ``only`` one role leaves out what it may not."""
    roles = [only] if only else list(ROLES)
    names = [name for name in RIGHTS if only is None or cell(RIGHTS[name], only)[0] != "no"]
    heads = [tag("th", t("roles.right"), scope="col")]
    heads += [tag("th", rows.role(role), scope="col", title=ROLES[role]) for role in roles]
    parts = [tag("thead", tag("tr", join(heads)))]
    for group, members in groupby(names, key=lambda name: name.partition(".")[0]):
        lines = [
            tag(
                "tr",
                tag("th", t(f"roles.group.{group}"), scope="rowgroup", colspan=len(heads)),
                cls="qd-group",
            )
        ]
        lines += [_line(name, roles) for name in members]
        parts.append(tag("tbody", join(lines)))
    caption = tag("caption", t("roles.table"), cls="qd-hidden")
    whole = tag("table", caption + join(parts), cls="qd-matrix qd-rights")
    return tag(
        "div", whole, cls="qd-scroll qd-tall", tabindex="0", role="region", aria_label=t("roles.table")
    )


def _line(name: str, roles: list[str]) -> Markup:
    right, about = RIGHTS[name], PERMISSIONS[name]
    under = tag("code", name)
    if right.reach == "company":
        under = join([under, " · ", t("roles.company")])
    head = join([about.description.rstrip("."), tag("span", under, cls="qd-under")])
    cells = [tag("th", head, scope="row")]
    for role in roles:
        word, look = cell(right, role)
        cells.append(tag("td", tag("span", t(f"roles.{word}"), cls=look)))
    return tag("tr", join(cells))


def cards(holders: dict[str, int] | None) -> Markup:
    """The roles with what they are for, and how many people hold them (where that is known)."""
    made = []
    for role, text in ROLES.items():
        parts = [tag("div", rows.role(role), cls="qd-name"), tag("div", text, cls="qd-text")]
        if holders is not None:
            count = holders.get(role, 0)
            parts.append(tag("div", badge(t("roles.holders", count=count)), cls="qd-foot"))
        made.append(tag("article", join(parts), cls="qd-card"))
    return tag("div", join(made), cls="qd-cards")
