"""Parameter sets side by side: a table by the groups of the form, the rows of tables that differ, the runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from app.components import params_changes, params_values, shown
from app.components.form_set_panel import state_words
from app.components.view import badge, icon, join, link, tag
from app.text import t
from engine.parameters.changes import difference
from engine.parameters.equality import same
from engine.parameters.set_records import Compared, ComparedField, Comparison
from engine.parameters.table_rows import ComparedTable, TableRow

SHOWN_ROWS, MOST_ROWS = 12, 2000  # lines of a table: at first, and when all are asked for


@dataclass(frozen=True)
class Asked:
    """What the address asks for: references, and the tables of which all rows are to be shown."""

    model: str
    references: list[str]
    opened: list[str]

    def link(self, label: Any, references: list[str], **more: Any) -> Markup:
        """A link to the same page with other references."""
        query = {"model": self.model, "ref": references, "rows": self.opened or None} | more
        return link(label, "params-compare", **query)


def table(
    found: Comparison, asked: Asked, fields: Mapping[str, Any], titles: Mapping[str, str], every: bool
) -> Markup:
    """The whole comparison; ``titles`` are the sets' own, ``every`` shows equal fields as well."""
    head = tag("thead", tag("tr", join(_heads(found, asked, titles))))
    wide = len(found.columns) + 1
    parts = []
    for group in found.groups:
        rows = [row for row in group.fields if every or row.differs]
        if rows:
            title = tag("th", group.title, colspan=wide, scope="colgroup")
            lines = [tag("tr", title, cls="qd-group")] if group.title else []
            for row in rows:
                lines += _lines(row, fields.get(row.field), found, asked)
            parts.append(tag("tbody", join(lines)))
    caption = tag("caption", t("compare.caption"), cls="qd-hidden")
    made = tag("table", caption + head + join(parts), cls=f"qd-table qd-compare qd-of-{len(found.columns)}")
    return tag(
        "div", made, cls="qd-scroll qd-tall", tabindex="0", role="region", aria_label=t("compare.caption")
    )


def _heads(found: Comparison, asked: Asked, titles: Mapping[str, str]) -> Iterator[Markup]:
    yield tag("th", tag("span", t("compare.field"), cls="qd-plain"), scope="col")
    for n, column in enumerate(found.columns):
        yield tag("th", tag("div", join(_head(n, column, found.model, asked, titles))), scope="col")


def _head(n: int, column: Compared, model: str, asked: Asked, titles: Mapping[str, str]) -> Iterator[Markup]:
    title = titles.get(column.set, column.set)
    whole = link(title, "params-set", model=model, set=column.set, place=column.place or None)
    version = link(
        t("version.long", number=column.number),
        "params-set",
        model=model,
        set=column.set,
        version=column.number,
    )
    rest = [one for m, one in enumerate(asked.references) if m != n]
    name = tag("span", t("compare.without", ref=asked.references[n]), cls="qd-hidden")
    off = asked.link(join([icon("close"), name]), rest)
    yield tag("div", join([whole, tag("span", off, title=t("compare.remove"), cls="qd-off")]), cls="qd-line")
    yield tag("div", version, cls="qd-small")
    if column.place:
        yield tag("div", params_values.place_name(column.place), cls="qd-small")
    state = state_words(column)
    yield tag("div", state, cls="qd-small qd-muted")


def _lines(row: ComparedField, field: Any, found: Comparison, asked: Asked) -> Iterator[Markup]:
    """The line of a field; of a table the lines of its rows below."""
    name: list[Any] = [row.title]
    if row.differs:
        name.append(tag("span", t("compare.differs"), cls="qd-hidden"))
    cells = [tag("th", join(name, " "), scope="row")]
    for n, column in enumerate(found.columns):
        cells.append(_cell(row, n, column, field))
    yield tag("tr", join(cells), cls="qd-differs" if row.differs else None)
    if row.rows is not None:
        yield from _rows(row, row.rows, asked)


def _cell(row: ComparedField, n: int, column: Compared, field: Any) -> Markup:
    value, first = row.values[n], row.values[0]
    other = not same(value, first)
    parts: list[Any] = [
        tag("strong" if other else "span", params_values.worded(field, value), cls="qd-number")
    ]
    moved = difference(field, first, value) if field is not None and other else None
    if moved is not None:
        parts.append(tag("span", params_changes.moved_by(moved), cls="qd-under"))
    if row.origins[n] != column.place:
        parts.append(tag("span", params_values.origin(row.origins[n], column.place), cls="qd-under"))
    return tag("td", join(parts), cls="qd-other" if other else None)


def _rows(row: ComparedField, rows: ComparedTable, asked: Asked) -> Iterator[Markup]:
    """The rows of a table that differ: a line for each cell, or one for a row that is not everywhere."""
    whole = row.field in asked.opened
    lines = [line for one in rows.rows for line in _row(rows, one)]
    most = MOST_ROWS if whole else SHOWN_ROWS
    yield from lines[:most]
    said: list[Any] = [t("compare.rows.same", count=rows.equal, shown=shown.number(rows.equal))]
    if len(lines) > most:
        left = len(lines) - most
        words = t("compare.rows.more", count=left, shown=shown.number(left))
        opened = [*asked.opened, row.field]
        said.insert(0, words if whole else asked.link(words, asked.references, rows=opened))
    if not rows.key:
        said.append(t("compare.rows.whole"))
    wide = len(row.values) + 1
    yield tag("tr", tag("td", join(said, " · "), colspan=wide, cls="qd-muted qd-small"), cls="qd-inner")


def _row(table: ComparedTable, one: TableRow) -> Iterator[Markup]:
    there = next(cells for cells in one.cells if cells is not None)
    places = [n for n, name in enumerate(table.columns) if name in (table.key or table.columns)]
    name = " · ".join(params_values.cell(there[n]) for n in places)
    if any(cells is None for cells in one.cells):
        rest = [n for n in range(len(table.columns)) if n not in places]
        texts = [
            t("compare.rows.absent")
            if cells is None
            else " · ".join(params_values.cell(cells[n]) for n in rest) or t("compare.rows.there")
            for cells in one.cells
        ]
        yield _line(name, texts, [cells is None for cells in one.cells])
        return
    for column in one.differing:
        n = table.columns.index(column)
        values = [cells[n] for cells in one.cells if cells is not None]
        others = [not same(value, values[0]) for value in values]
        yield _line(f"{name}: {column}", [params_values.cell(value) for value in values], others)


def _line(name: str, texts: Sequence[str], marked: Sequence[bool]) -> Markup:
    cells = [tag("th", name, scope="row")]
    for text, other in zip(texts, marked, strict=True):
        content = tag("strong" if other else "span", text, cls="qd-number")
        cells.append(tag("td", content, cls="qd-other" if other else None))
    return tag("tr", join(cells), cls="qd-inner")


def counted(found: Comparison) -> tuple[int, int]:
    """How many fields differ, and how many there are."""
    rows = [row for group in found.groups for row in group.fields]
    return sum(row.differs for row in rows), len(rows)


def summary(found: Comparison) -> Markup:
    """How far they differ, in one line."""
    differing, total = counted(found)
    if not differing:
        return badge(t("compare.same", count=total), "green", "check_circle")
    return badge(t("compare.some", count=differing, total=total), "orange", "difference")
