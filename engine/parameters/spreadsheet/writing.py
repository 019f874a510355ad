"""A parameter set as a workbook: values with rules and locked cells, a sheet for each table, a hidden one."""

from __future__ import annotations

from pathlib import Path

from engine.parameters.equality import same
from engine.parameters.spreadsheet.book import (
    Pen,
    open_book,
)
from engine.parameters.spreadsheet.content import Content
from engine.parameters.spreadsheet.layout import (
    HIDDEN,
    VALUES,
    titles,
)
from engine.parameters.spreadsheet.lists import Lists
from engine.parameters.spreadsheet.spelling import TEXT
from engine.parameters.spreadsheet.writing_tables import write_sheet
from engine.parameters.spreadsheet.writing_values import ValuesSheet


def write(content: Content, target: Path) -> None:
    """Write the workbook."""
    book = open_book(target)
    try:
        book.set_properties(
            {"title": f"{content.model_title}: {content.set_title}", "created": content.meta.known_at}
        )
        pen = Pen(book)
        values = book.add_worksheet(VALUES)
        on_sheets = content.on_sheets
        lists = Lists(pen)
        ValuesSheet(pen, values, content, on_sheets, lists).write()
        for name, title in on_sheets.items():
            one = content.fields[name]
            write_sheet(pen, book.add_worksheet(title), name, one, content.values.get(name))
        _other_tables(pen, content, on_sheets)
        _hidden(pen, content)
        lists.write()
        values.activate()
    finally:
        book.close()


def _other_tables(pen: Pen, content: Content, on_sheets: dict[str, str]) -> None:
    """The rows of other versions where they differ, each on a locked sheet."""
    wanted = {
        f"{at} {name}": (name, other)
        for name in on_sheets
        for at, other in enumerate(content.beside)
        if not same(other.values.get(name), content.values.get(name))
    }
    labels = [
        (key, f"{one.heading} {content.fields[name].label(name)}") for key, (name, one) in wanted.items()
    ]
    for key, title in titles(labels, {VALUES, *on_sheets.values()}).items():
        name, other = wanted[key]
        sheet = pen.book.add_worksheet(title)
        write_sheet(pen, sheet, name, content.fields[name], other.values.get(name), of=other.heading)


def _hidden(pen: Pen, content: Content) -> None:
    sheet = pen.book.add_worksheet(HIDDEN)
    sheet.very_hidden()
    pen.text(sheet, 0, 2, "Do not change this sheet: it says which version the values are from.", {})
    for row, (name, text) in enumerate(content.meta.lines()):
        pen.text(sheet, row, 0, name, {"num_format": TEXT})
        pen.text(sheet, row, 1, text, {"num_format": TEXT})
