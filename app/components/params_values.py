"""The values of a parameter set as people read them, and where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from app.components.shown import number
from app.components.view import badge, join, link, tag
from app.text import t
from engine.parameters import fields
from engine.parameters.in_force import DEFAULT
from engine.parameters.set_records import InForce

LONG_TEXT = 300  # characters of a value that a table of values shows
LONG_CELL = 120  # and of a cell of a table


def worded(field: Any, value: Any) -> str:
    """A value for reading: unit, labels of choices, a table by its number of rows."""
    if value is None or value == "" or value == []:
        return "–"
    if isinstance(value, dict) and "rows" in value:
        return t("form.table.rows", count=len(value["rows"]))
    try:
        text = _worded(field, value)
    except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError):
        text = str(value)  # of an older form of the field, or masked
    return text if len(text) <= LONG_TEXT else text[: LONG_TEXT - 1] + "…"


def _worded(field: Any, value: Any) -> str:
    if field is None:
        return str(value)
    if field.type == "boolean":
        return t("yes") if value is True else t("no") if value is False else str(value)
    labels = {c.value: c.shown for c in getattr(field, "choices", [])}
    if isinstance(value, list) and field.type == "multi-choice":
        return ", ".join(labels.get(str(one), str(one)) for one in value)
    if isinstance(value, str) and value in labels:
        return labels[value]
    return fields.describe(field, value)


def cell(value: Any) -> str:
    """A cell of a table for reading."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    if isinstance(value, dict):
        return f"{value.get('amount', '')} {value.get('currency', '')}".strip()
    if isinstance(value, int | float):
        return number(value) if abs(value) < 1e15 else str(value)
    text = str(value)
    return text if len(text) <= LONG_CELL else text[: LONG_CELL - 1] + "…"


def place_name(place: str, titles: Mapping[str, str] | None = None) -> str:
    """A place for reading; the company's own is empty."""
    if not place:
        return t("set.company")
    title = (titles or {}).get(place, "")
    return f"{title} ({place})" if title else place


def origin(where: str, place: str, titles: Mapping[str, str] | None = None) -> str:
    """Who sets a value, seen from a place: itself, a place above it, or the model."""
    if where == DEFAULT:
        return t("set.origin.default")
    if where == place:
        return t("set.origin.here")
    return t("set.origin.inherited", place=place_name(where, titles))


def table(
    found: InForce,
    manifest: Any,
    defaults: Mapping[str, Any],
    titles: Mapping[str, str],
    marks: Mapping[str, Markup] | None = None,
) -> Markup:
    """All fields by the groups of the form: value, who sets it, and since which version.

    ``marks`` stand beside the values: how old what a feed brought is.
    """
    groups: dict[str, list[str]] = {}
    for name, field in manifest.fields.items():
        if field.type != "file":
            groups.setdefault(field.group, []).append(name)
    gone = [name for name in found.values if name not in manifest.fields]
    if gone:
        groups.setdefault(t("set.gone"), []).extend(sorted(gone))
    body = [
        _group(title, names, found, manifest, defaults, titles, marks or {})
        for title, names in groups.items()
    ]
    heads = [t(f"set.value.{name}") for name in ("field", "value", "from")]
    head = tag(
        "thead", tag("tr", join(tag("th", tag("span", h, cls="qd-plain"), scope="col") for h in heads))
    )
    caption = tag("caption", t("set.values"), cls="qd-hidden")
    return tag(
        "div", tag("table", caption + head + join(body), cls="qd-table qd-values"), cls="qd-scroll qd-tall"
    )


def _group(
    title: str,
    names: list[str],
    found: InForce,
    manifest: Any,
    defaults: Mapping[str, Any],
    titles: Mapping[str, str],
    marks: Mapping[str, Markup],
) -> Markup:
    rows = []
    if title:
        rows.append(tag("tr", tag("th", title, colspan="3", scope="rowgroup"), cls="qd-group"))
    for name in names:
        field = manifest.fields.get(name)
        where = found.origin.get(name, DEFAULT)
        value = found.values.get(name, defaults.get(name))
        said = [tag("span", field.label(name) if field else name)]
        if field is not None and field.guarded:
            said.append(badge(t("form.guarded"), "violet", "shield"))
        cells = [
            tag("td", join(said, " ")),
            tag("td", join([worded(field, value), marks.get(name, "")], " "), cls="qd-number qd-strong"),
            tag("td", _from(found, where, titles), cls="qd-small qd-muted"),
        ]
        rows.append(tag("tr", join(cells)))
    return tag("tbody", join(rows))


def _from(found: InForce, where: str, titles: Mapping[str, str]) -> Markup | str:
    said = origin(where, found.place, titles)
    number = found.versions.get(where)
    if number is None:
        return said
    to = link(
        t("version.short", number=number), "params-set", model=found.model, set=found.set, version=number
    )
    return join([said, to], ", ")
