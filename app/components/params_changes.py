"""A table of changes: field, old → new, difference, and what is particular about a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from app.components.params_values import origin, worded
from app.components.shown import number
from app.components.view import badge, icon, join, tag
from app.text import t
from engine.parameters.changes import Difference, FieldChange, RowChanges
from engine.parameters.in_force import DEFAULT
from engine.parameters.usual import Unusual


def table(
    changes: Sequence[FieldChange],
    fields: Mapping[str, Any],
    *,
    place: str = "",
    titles: Mapping[str, str] | None = None,
    made: dict[str, tuple[FieldChange, Markup]] | None = None,
) -> Markup:
    """The lines of a comparison with what held before. ``fields`` are the model's, ``place`` the version's.

    ``made`` keeps lines by field for the next drawing: one whose change is the same object is not made again.
    """
    heads = [t(f"changes.{name}") for name in ("field", "before", "after", "difference")]
    head = tag(
        "thead", tag("tr", join(tag("th", tag("span", h, cls="qd-plain"), scope="col") for h in heads))
    )
    kept = made if made is not None else {}
    for one in changes:
        if one.field not in kept or kept[one.field][0] is not one:
            kept[one.field] = (one, _row(one, fields.get(one.field), place, titles or {}, heads))
    rows = [kept[one.field][1] for one in changes]
    caption = tag("caption", t("changes.caption"), cls="qd-hidden")
    whole = tag("table", caption + head + tag("tbody", join(rows)), cls="qd-table qd-changes")
    return tag("div", whole, cls="qd-scroll qd-tall")


def _row(one: FieldChange, field: Any, place: str, titles: Mapping[str, str], heads: Sequence[str]) -> Markup:
    marks = [badge(t("form.guarded"), "violet", "shield")] if one.guarded else []
    if one.source and one.source != "typed":
        marks.append(badge(source(one.source)))
    said = [join([tag("strong", one.title), *marks], " ")]
    if one.unusual is not None and field is not None:
        said.append(
            tag("span", join([icon("warning"), " ", outside(field, one.unusual)]), cls="qd-under qd-odd")
        )
    name = tag("td", join(said), data_label=heads[0])
    before = tag("td", _side(field, one.before, one.before_from, place, titles), data_label=heads[1])
    arrow = tag("span", icon("arrow_forward"), cls="qd-arrow")
    after = tag(
        "td",
        join([arrow, _side(field, one.after, one.after_from, place, titles, new=True)]),
        data_label=heads[2],
    )
    moved = tag("td", moved_by(one.difference, one.rows), cls="qd-number", data_label=heads[3])
    return tag("tr", join([name, before, after, moved]))


def outside(field: Any, found: Unusual) -> str:
    """In which way a value is outside of anything used before."""
    if found.kind == "new":
        return t("edit.unusual.new", what=", ".join(found.what))
    return t(f"edit.unusual.{found.kind}", bound=worded(field, found.bound))


def _side(
    field: Any, value: Any, where: str, place: str, titles: Mapping[str, str], *, new: bool = False
) -> Markup:
    shown = tag("strong" if new else "span", worded(field, value), cls="qd-number")
    if where == place:
        return shown
    quiet = t("changes.default") if where == DEFAULT else origin(where, place, titles)
    return join([shown, tag("span", quiet, cls="qd-under")])


def moved_by(moved: Difference | None, rows: RowChanges | None = None) -> Markup | str:
    """A difference with its sign and unit, and in percent of what was before."""
    if rows is not None:
        parts = [("changed", rows.changed), ("added", rows.added), ("removed", rows.removed)]
        said = [t(f"changes.rows.{what}", count=count) for what, count in parts if count]
        return ", ".join(said) or (t("sheets.rows.moved") if rows.moved else "–")
    if moved is None:
        return "–"
    unit = t("changes.points", count=abs(moved.amount)) if moved.unit == "%" else moved.unit
    if moved.unit == "days":
        unit = t("changes.days", count=abs(int(moved.amount)))
    amount = f"{signed(moved.amount)} {unit}".strip()
    if moved.unit == "seconds":
        from app.components.shown import duration

        amount = ("+" if moved.amount > 0 else "−") + duration(abs(moved.amount))
    if moved.relative is None or moved.unit in ("days", "seconds"):
        return amount
    return join([amount, tag("span", percent(moved.relative), cls="qd-under")])


def signed(amount: float, decimals: int | None = None) -> str:
    """A number that always shows which way: ``+1.5``, ``−3``, ``±0``."""
    if not amount:
        return "±0"
    return ("+" if amount > 0 else "−") + number(abs(amount), decimals)


def percent(relative: float) -> str:
    """A relative difference: ``+12.5 %``."""
    return f"{signed(round(relative * 100, 2 if abs(relative) < 0.1 else 1))} %"


def source(text: str) -> str:
    """How a value got into a version, for reading: typed, a spreadsheet, a text file, a feed."""
    kind, _, what = text.partition(":")
    if kind in ("xlsx", "import", "feed"):
        return t(f"changes.source.{kind}", what=what or t("changes.source.unknown"))
    return t("changes.source.typed") if text == "typed" else text
