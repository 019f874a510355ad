"""The first sheet of a workbook: a row for each field, with its rules, what held before, and what else there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.data.classes import MASK
from engine.parameters import field_types as f
from engine.parameters.changes import RowChanges, row_changes
from engine.parameters.money import decimals_of
from engine.parameters.spreadsheet import rules
from engine.parameters.spreadsheet.book import (
    EDITABLE,
    GROUP,
    HEAD,
    READ_ONLY,
    SMALL,
    WRAPPED,
    Looks,
    Pen,
)
from engine.parameters.spreadsheet.content import Content, has_sheet, size_words
from engine.parameters.spreadsheet.layout import (
    COLUMNS,
    FIRST_HEAD,
    INHERIT,
    SET_HERE,
    mark,
)
from engine.parameters.spreadsheet.lists import Lists
from engine.parameters.spreadsheet.spelling import DAY, GENERAL, TEXT, Written, currency_of, text_of, written
from engine.parameters.spreadsheet.writing_tables import print_out

HEADINGS = {
    "field": "Parameter", "value": "New value", "unit": "Unit", "before": "Value before", "holds": "Set here?",
    "inherited": "Otherwise it is", "origin": "… from", "allowed": "What is allowed", "help": "Meaning", "name": "Name",
}  # fmt: skip
WIDTHS = {
    "field": 30, "value": 22, "unit": 11, "before": 18, "holds": 11, "inherited": 18, "origin": 14, "allowed": 44,
    "help": 50, "name": 20,
}  # fmt: skip
ADVICE = (
    "Change the yellow cells only; each says what is allowed. “Set here?”: choose “inherit” to let the value of column "
    "“Otherwise it is” hold. Then upload the file where it came from: differences are shown before anything is stored."
)
CHANGED: Looks = {"bold": True, "font_color": "#9A3412", "bg_color": "#FFE4CC"}
DIFFERS: Looks = {"bold": True, "bg_color": "#FFE4CC"}
MOST_LINES = 12  # that a row of the sheet of values is high


class ValuesSheet:
    """The first sheet: a row for each field."""

    def __init__(
        self, pen: Pen, sheet: Any, content: Content, on_sheets: dict[str, str], lists: Lists
    ) -> None:
        self.pen, self.sheet, self.content, self.on_sheets, self.lists = pen, sheet, content, on_sheets, lists
        marks = list(COLUMNS)
        beside = [f"beside {n}" for n in range(len(content.beside))]
        marks[marks.index("allowed") : marks.index("allowed")] = beside
        self.at = {name: n for n, name in enumerate(marks)}

    def write(self) -> None:
        """All of it."""
        self._head()
        row = FIRST_HEAD
        grouped: dict[str, list[str]] = {}
        for name, one in self.content.shown.items():
            grouped.setdefault(one.group, []).append(name)
        for group, names in grouped.items():
            if group:
                for at in range(len(self.at)):
                    self.pen.text(self.sheet, row, at, group if not at else "", GROUP)
                row += 1
            for name in names:
                self._field(row, name, self.content.fields[name])
                row += 1
        self._rules_of_looks(row)
        self._page(row)

    def _head(self) -> None:
        content, meta, sheet = self.content, self.content.meta, self.sheet
        place = f" · {meta.place}" if meta.place else ""
        title = {"bold": True, "font_size": 14, "font_color": "#1F3A5F"}
        self.pen.text(sheet, 0, 0, f"{content.model_title}: {content.set_title}{place}", title)
        self.pen.text(sheet, 1, 0, content.state, {"font_color": "#4A4A4A"})
        sheet.merge_range(2, 0, 2, 6, "", self.pen.format(**SMALL))
        self.pen.text(sheet, 2, 0, ADVICE, SMALL)
        sheet.set_row(2, 38)
        sheet.set_row(FIRST_HEAD - 2, None, None, {"hidden": True})
        for name, at in self.at.items():
            self.pen.text(sheet, FIRST_HEAD - 2, at, mark("values") if not at else name, {})
            number = name.removeprefix("beside ")
            heading = HEADINGS.get(name) or content.beside[int(number)].heading
            self.pen.text(sheet, FIRST_HEAD - 1, at, heading, HEAD)
            sheet.set_column(at, at, WIDTHS.get(name, 18))
        sheet.set_row(FIRST_HEAD - 1, 22)

    def _height(self, row: int, name: str, one: f.FieldBase, said: str) -> None:
        """Room for the text that takes most lines: not every program finds that out by itself."""
        made = self.content.written(name)
        value = made.text if made.kind == "text" and name not in self.content.masked else ""
        shown = {"field": one.label(name), "value": value, "allowed": said, "help": one.help}
        lines = max(_lines(text, WIDTHS[column]) for column, text in shown.items())
        self.sheet.set_row(row, 3 + 13 * min(lines, MOST_LINES))

    def _field(self, row: int, name: str, one: f.FieldBase) -> None:
        content, put, text = self.content, self.pen.put, self.pen.text
        text(self.sheet, row, self.at["field"], one.label(name), {"bold": True, **WRAPPED})
        text(self.sheet, row, self.at["name"], name, SMALL)
        said = rules.allowed(one)
        text(self.sheet, row, self.at["allowed"], said, SMALL)
        text(self.sheet, row, self.at["help"], one.help, SMALL)
        own = name in content.own
        self._height(row, name, one, said)
        self._holds(row, own, locked=name in content.masked)
        locked = self._locked(name, one)
        value = content.written(name)
        if locked is not None:
            text(self.sheet, row, self.at["value"], locked, {**READ_ONLY, "italic": True, **WRAPPED})
            if name in self.on_sheets:
                self.sheet.write_url(
                    row, self.at["value"], f"internal:'{self.on_sheets[name].replace(chr(39), chr(39) * 2)}'!A1",
                    self.pen.format(font_color="#1D4ED8", underline=1, **WRAPPED), locked,
                )  # fmt: skip
        else:
            put(
                self.sheet,
                row,
                self.at["value"],
                _formatted(one, value),
                {**EDITABLE, "align": "left", **WRAPPED},
            )
            self._validation(row, name, one, said)
        if name in content.masked:
            return
        self._unit(row, one, content.values.get(name), locked=locked is not None)
        put(self.sheet, row, self.at["before"], _shown(one, content.values.get(name)), _READ)
        put(self.sheet, row, self.at["inherited"], _shown(one, content.inherited.get(name)), _READ)
        text(self.sheet, row, self.at["origin"], content.origin_words(name), SMALL)
        for n, other in enumerate(content.beside):
            put(
                self.sheet,
                row,
                self.at[f"beside {n}"],
                self._beside(name, one, other.values.get(name)),
                _READ,
            )

    def _beside(self, name: str, one: f.FieldBase, value: Any) -> Written:
        """Another version's value; of a table, how many of its rows are others."""
        rows = row_changes(self.content.values.get(name), value)
        if rows is None or rows == RowChanges(0, 0, 0):
            return _shown(one, value)
        parts = [(rows.changed, "changed"), (rows.added, "more"), (rows.removed, "fewer")]
        said = ", ".join(f"{count:,} {what}" for count, what in parts if count) or "in another order"
        return text_of(f"({size_words(one, value)}: {said})")

    def _locked(self, name: str, one: f.FieldBase) -> str | None:
        """What stands in a value's cell that cannot be changed there; None where it can."""
        value = self.content.values.get(name)
        if name in self.content.masked:
            return MASK
        if name in self.on_sheets:
            return f"see sheet “{self.on_sheets[name]}” ({size_words(one, value)})"
        if self.content.written(name).kind == "too long":
            return f"({len(self.content.written(name).text):,} characters: too long for a cell. Change it on the page.)"
        return None

    def _holds(self, row: int, own: bool, *, locked: bool) -> None:
        at = self.at["holds"]
        looks = {**(READ_ONLY if locked else EDITABLE), "valign": "top"}
        self.pen.text(self.sheet, row, at, SET_HERE if own else INHERIT, looks)
        if not locked:
            self.sheet.data_validation(row, at, row, at, {"validate": "list", "source": [SET_HERE, INHERIT]})

    def _unit(self, row: int, one: f.FieldBase, value: Any, *, locked: bool) -> None:
        """The unit; of money its currency, which can be chosen where there are several."""
        at = self.at["unit"]
        if not isinstance(one, f.MoneyField):
            self.pen.text(self.sheet, row, at, "%" if one.type == "percent" else one.unit, SMALL)
            return
        known = one.currencies or ([one.currency] if one.currency else [])
        held = currency_of(value) or one.currency or (known[0] if known else "")
        fixed = locked or len(known) == 1
        self.pen.put(self.sheet, row, at, text_of(held), SMALL if fixed else {**EDITABLE, **WRAPPED})
        if not fixed and known:
            self.sheet.data_validation(row, at, row, at, {"validate": "list", "source": known})

    def _validation(self, row: int, name: str, one: f.FieldBase, said: str) -> None:
        at = self.at["value"]
        made = rules.bounded(one)
        values = rules.drop_down(one, self.content.offered.get(name))
        if values:
            # of a text the choices are suggestions
            made = {"validate": "list", "source": self.lists.source(values), "show_error": one.type != "text"}
        made = made or {"validate": "any"}
        self.sheet.data_validation(row, at, row, at, made | rules.messages(one.label(name), said, one.help))

    def _rules_of_looks(self, end: int) -> None:
        """What was changed, and what differs between the versions, stands out."""
        if end <= FIRST_HEAD:
            return
        from xlsxwriter.utility import xl_rowcol_to_cell

        value, before, holds = (self.at[name] for name in ("value", "before", "holds"))
        first = FIRST_HEAD

        def cell(at: int) -> str:
            return str(xl_rowcol_to_cell(first, at, col_abs=True))

        changed = {"type": "formula", "format": self.pen.format(**CHANGED)}
        self.sheet.conditional_format(
            first,
            value,
            end - 1,
            value,
            {**changed, "criteria": f'=AND({cell(before)}<>{cell(value)},LEFT({cell(before)},1)<>"(")'},
        )
        grey = {"type": "formula", "format": self.pen.format(font_color="#6B6B6B", italic=True)}
        self.sheet.conditional_format(
            first, value, end - 1, value, {**grey, "criteria": f'={cell(holds)}="{INHERIT}"'}
        )
        for n in range(len(self.content.beside)):
            at = self.at[f"beside {n}"]
            differs = {"type": "formula", "format": self.pen.format(**DIFFERS)}
            self.sheet.conditional_format(
                first, at, end - 1, at, {**differs, "criteria": f"={cell(at)}<>{cell(before)}"}
            )

    def _page(self, end: int) -> None:
        sheet = self.sheet
        sheet.freeze_panes(FIRST_HEAD, self.at["value"] + 1)
        sheet.protect("", {"format_columns": True, "format_rows": True})
        sheet.ignore_errors({"number_stored_as_text": f"A1:Z{max(end, 1)}"})
        print_out(sheet, "&F")


def _lines(text: str, width: int) -> int:
    return sum(1 + len(line) // max(width, 1) for line in text.split("\n"))


_READ: Looks = {**READ_ONLY, **WRAPPED, "align": "left"}


def _shown(one: f.FieldBase, value: Any) -> Written:
    """A value for reading: what is too long or has a sheet of its own, by its size."""
    if has_sheet(one, value):
        return text_of(f"({size_words(one, value)})")
    made = written(one, value)
    if isinstance(one, f.MoneyField) and made.kind == "number":
        return replace(made, format=f'{made.format} "{currency_of(value)}"')
    return text_of(f"({len(made.text):,} characters)") if made.kind == "too long" else made


def _formatted(one: f.FieldBase, value: Written) -> Written:
    """An empty cell has the format of its field, so that what is typed into it stays what it is."""
    if value.kind == "nothing":
        places = decimals_of(one, one.currency or "") if isinstance(one, f.MoneyField) else 0
        shown = {
            "integer": "#,##0" if getattr(one, "grouping", True) else "0", "number": GENERAL, "percent": "0.##%",
            "money": "#,##0" + ("." + "0" * places if places else ""), "date": DAY,
        }  # fmt: skip
        return replace(value, format=shown.get(one.type, TEXT))
    return value
