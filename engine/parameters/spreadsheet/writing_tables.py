"""The sheet of a table field, or of a long list: typed columns, rows to add, delete, sort and filter freely."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from engine.parameters import field_types as f
from engine.parameters.numbers import decimal_of
from engine.parameters.spreadsheet import rules
from engine.parameters.spreadsheet.book import EDITABLE, HEAD, READ_ONLY, SMALL, Pen, format_of
from engine.parameters.spreadsheet.content import as_table, columns_of
from engine.parameters.spreadsheet.layout import FIRST_HEAD, mark
from engine.parameters.spreadsheet.spelling import GENERAL, Written, written, written_cell

LAST_COLUMN = 16_383
NUMBER: dict[str, Any] = {"font_color": "#8A8A8A", "locked": False, "align": "right"}
ADVICE = (
    "Change, add, delete, sort or filter rows below the heading. The grey numbers are those of the rows as downloaded: "
    "leave them empty in new rows."
)
MOST_LIST_ROWS = 10_000
EVEN = 1e9  # from here on decimals are left to the program
READ_WORDS = "Only to compare with: nothing on this sheet is read when the file is uploaded."
LOOKING = ("sort", "autofilter", "format_columns", "format_rows")
PARTS = {"insert_rows", "delete_rows", "sort", "autofilter", "format_columns", "format_rows"}


def write_sheet(pen: Pen, sheet: Any, name: str, one: f.FieldBase, value: Any, *, of: str = "") -> None:
    """The sheet of a table or list. ``of``: another version, whose rows are shown and cannot be changed."""
    columns, rows = columns_of(one), as_table(one, value)
    room = cast(f.TableField, one).max_rows if one.type == "table" else getattr(one, "max_items", None)
    last = FIRST_HEAD + max(len(rows), min(room or MOST_LIST_ROWS, MOST_LIST_ROWS)) - 1
    _head(pen, sheet, name, one, columns, of)
    for at, kind in enumerate(columns.values() if not of else (), 1):
        _validation(sheet, at, last, kind)
    shown = [_number_format(kind, [row[at] for row in rows]) for at, kind in enumerate(columns.values())]
    for n, row in enumerate(rows):
        sheet.write_number(FIRST_HEAD + n, 0, n + 1, pen.format(**{**NUMBER, "locked": bool(of)}))
        for at, (kind, cell) in enumerate(zip(columns.values(), row, strict=True), 1):
            made = spelled(kind, cell)
            made = replace(made, format=shown[at - 1]) if made.format == GENERAL else made
            pen.put(sheet, FIRST_HEAD + n, at, made, _looks(kind, locked=bool(of)))
    _columns(pen, sheet, columns, shown, locked=bool(of))
    sheet.autofilter(FIRST_HEAD - 1, 0, FIRST_HEAD + max(len(rows), 1) - 1, len(columns))
    sheet.freeze_panes(FIRST_HEAD, 2 if len(columns) > 1 else 1)
    sheet.protect("", dict.fromkeys(LOOKING if of else PARTS, True))
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
    print_out(sheet, "&A")


def print_out(sheet: Any, named: str) -> None:
    """How a sheet is printed: across, as wide as the paper, with its heading on each page."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(FIRST_HEAD - 1)
    sheet.set_footer(f"&L{named}&R&P / &N")


def _columns(
    pen: Pen, sheet: Any, columns: dict[str, f.ColumnType | f.FieldBase], shown: list[str], *, locked: bool
) -> None:
    """Widths and formats, also of cells that are still empty."""
    sheet.set_column(0, 0, 6, pen.format(**{**NUMBER, "locked": locked}))
    for at, (column, kind) in enumerate(columns.items(), 1):
        width = {"date": 13, "date-time": 28, "number": 14, "integer": 12, "boolean": 10}.get(_kind(kind), 20)
        empty = pen.format(num_format=shown[at - 1] or format_of(_kind(kind)), locked=locked)
        sheet.set_column(at, at, max(width, min(len(column) + 4, 40)), empty)
    if not locked:  # rows can be deleted only where every cell of them is unlocked
        widest = sheet.dim_colmax
        sheet.set_column(len(columns) + 1, LAST_COLUMN, None, pen.format(locked=False))
        sheet.dim_colmax = widest  # else each row is looked through up to the last column


def spelled(kind: f.ColumnType | f.FieldBase, value: Any) -> Written:
    """A cell of a table, or an item of a list, as it is written."""
    return written(kind, value) if isinstance(kind, f.FieldBase) else written_cell(kind, value)


def _number_format(kind: f.ColumnType | f.FieldBase, values: list[Any]) -> str:
    """As many decimals as most digits of the column need, so that prices line up; more where one is entered."""
    if _kind(kind) != "number":
        return ""
    known = [
        format(decimal_of(v), "f").partition(".")[2] for v in values if isinstance(v, float) and abs(v) < EVEN
    ]
    places = max((len(digits) for digits in known), default=0)
    return f"0.{'0' * places}######" if 1 <= places <= 4 else GENERAL


def _kind(kind: f.ColumnType | f.FieldBase) -> str:
    return kind.type if isinstance(kind, f.FieldBase) else kind


def _looks(kind: f.ColumnType | f.FieldBase, *, locked: bool = False) -> dict[str, Any]:
    numeric = _kind(kind) in ("number", "integer", "percent", "money")
    return {**(READ_ONLY if locked else EDITABLE), "align": "right" if numeric else "left"}


def _head(
    pen: Pen, sheet: Any, name: str, one: f.FieldBase, columns: dict[str, f.ColumnType | f.FieldBase], of: str
) -> None:
    marks = [mark(one.type, name), *columns]
    blank = pen.format(locked=True)
    for row in range(FIRST_HEAD - 1):
        for at in range(len(marks)):
            sheet.write_blank(row, at, None, blank)
    title = one.label(name) + (f" ({one.unit})" if one.unit else "") + (f" · {of}" if of else "")
    pen.text(sheet, 0, 0, title, {"bold": True, "font_size": 14, "font_color": "#1F3A5F"})
    told = " ".join(text for text in (one.help, rules.allowed(one)) if text)
    pen.text(sheet, 1, 0, told, {**READ_ONLY, "font_size": 9})
    pen.text(sheet, 2, 0, READ_WORDS if of else ADVICE, {**SMALL, "text_wrap": False})
    sheet.set_row(FIRST_HEAD - 2, None, None, {"hidden": True})
    heads = ["#", *(columns if one.type == "table" else [one.label(name)])]
    aligned = ["right", *(_looks(kind)["align"] for kind in columns.values())]
    for at, (said, head) in enumerate(zip(marks, heads, strict=True)):
        if not of:
            pen.text(sheet, FIRST_HEAD - 2, at, said, {})
        pen.text(sheet, FIRST_HEAD - 1, at, head, {**HEAD, "align": aligned[at]})


def _validation(sheet: Any, at: int, last: int, kind: f.ColumnType | f.FieldBase) -> None:
    made = rules.bounded(kind) if isinstance(kind, f.FieldBase) else rules.bounded_cell(kind)
    if isinstance(kind, f.FieldBase) and (values := rules.drop_down(kind)):
        short = [v for v in values if isinstance(v, str) and "," not in v]
        made = (
            {"validate": "list", "source": short}
            if len(short) == len(values) and len(",".join(short)) <= 255
            else made
        )
    if made is None:
        return
    said = rules.allowed(kind) if isinstance(kind, f.FieldBase) else f"A {_NOUNS.get(kind, kind)}."
    sheet.data_validation(
        FIRST_HEAD, at, last, at, made | rules.messages("This column", said, "", wanted=False)
    )


_NOUNS = {"integer": "whole number", "date": "day such as 2026-11-22", "boolean": "yes or no"}
