"""The first sheet of a workbook back into values: what was touched, what it says now, what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.canonical import problem as sentence_of
from engine.parameters.canonical import validate
from engine.parameters.numbers import Unreadable, trimmed
from engine.parameters.parsing import parse_text
from engine.parameters.spreadsheet.cells import Cell
from engine.parameters.spreadsheet.content import Content
from engine.parameters.spreadsheet.layout import INHERIT, SET_HERE, Found
from engine.parameters.spreadsheet.records import SheetProblem
from engine.parameters.spreadsheet.spelling import NEUTRAL, currency_of, natural, untouched

MOST_PROBLEMS = 50
_BARE = re.compile(r"[-+−–\d.,'’\s]+")  # an amount without a currency
_HERE = frozenset({SET_HERE, "set", "yes", "ja", "here"})
_INHERIT = frozenset({INHERIT, "inherited", "no", "nein", "default"})


@dataclass(frozen=True)
class Context:
    """What reading needs besides the file."""

    zone: str
    from_1904: bool = False


@dataclass
class Reading:
    """What a workbook says: per field a value that was set, or that it inherits again; the rest was left alone."""

    set: dict[str, Any] = field(default_factory=dict)
    dropped: list[str] = field(default_factory=list)
    problems: list[SheetProblem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)
    rows: dict[str, list[tuple[int | None, int]]] = field(default_factory=dict)
    more: int = 0  # problems beyond those kept

    def blame(self, name: str, sheet: str, cell: Cell | str, sentence: str, rule: str = "") -> None:
        """Note something wrong with a cell."""
        where = cell if isinstance(cell, str) else cell.ref
        value = "" if isinstance(cell, str) or cell.value is None else str(cell.value)[:80]
        if len(self.problems) >= MOST_PROBLEMS:
            self.more += 1
            return
        told = f"Sheet “{sheet}”, cell {where}: {sentence}"
        self.problems.append(SheetProblem(name, sheet, where, told, value, rule))


def read_values(
    found: Found, content: Content, context: Context, reading: Reading, tables: Collection[str]
) -> None:
    """The sheet of values into ``reading``. ``tables`` are the fields that a sheet of their own was found for."""
    seen: dict[str, int] = {}
    for row in sorted(row for row in found.sheet.rows if row > found.head):
        name = _name(found, content, row)
        if name is None:
            _stray(found, row, reading)
            continue
        if name in seen:
            cell = found.sheet.cell(row, found.columns.get("name", 1))
            label = content.fields[name].label(name)
            again = f"{label} is there twice (also in row {seen[name]}). Delete one of the rows."
            reading.blame(name, found.sheet.title, cell, again, "each parameter once")
            continue
        seen[name] = row
        if name not in content.masked:
            _Row(found, content, context, reading, row, name).read(name in tables)
    missing = [content.fields[name].label(name) for name in content.shown if name not in seen]
    if missing:
        rows = "The row is" if len(missing) == 1 else "The rows are"
        reading.notices.append(f"{rows} not in the file, and left as stored: {', '.join(missing)}.")


def _name(found: Found, content: Content, row: int) -> str | None:
    """The field of a row: by its name, or by its label where the column of names is gone."""
    shown = content.shown
    if "name" in found.columns:
        name = found.sheet.text(row, found.columns["name"])
        if name:
            return name if name in shown else None
    label = found.sheet.text(row, found.columns["field"])
    named = [n for n, one in shown.items() if one.label(n) == label]
    unnamed = "name" not in found.columns or not found.sheet.text(row, found.columns["name"])
    return named[0] if len(named) == 1 and unnamed and _filled(found, row) else None


def _filled(found: Found, row: int) -> bool:
    return not found.sheet.cell(row, found.columns.get("holds", 1)).empty


def _stray(found: Found, row: int, reading: Reading) -> None:
    """A row without a parameter: a group's heading, an empty one, or one that somebody typed."""
    value = found.columns.get("value")
    if value is None or found.sheet.cell(row, value).empty:
        return
    cell = found.sheet.cell(row, value)
    name = found.sheet.text(row, found.columns.get("name", 1)) or found.sheet.text(row, 1)
    reading.notices.append(
        f"Sheet “{found.sheet.title}”, cell {cell.ref}: the model has no parameter “{name[:80]}”; the row was left out."
    )


class _Row:
    """One row of the sheet of values."""

    def __init__(
        self, found: Found, content: Content, context: Context, reading: Reading, row: int, name: str
    ) -> None:
        self.found, self.content, self.context, self.reading = found, content, context, reading
        self.row, self.name, self.field = row, name, content.fields[name]
        self.value = found.sheet.cell(row, found.columns["value"]) if "value" in found.columns else None
        self.own = name in content.own

    def read(self, elsewhere: bool) -> None:
        """Judge the row. ``elsewhere``: its value is on another sheet, which was read before."""
        holds = self._holds()
        if elsewhere:
            self._decide(holds, self.name in self.reading.set)
            return
        locked = self.content.written(self.name).kind == "too long" or self.name in self.content.on_sheets
        if self.value is None or locked:
            self._decide(holds, False)
            return
        touched = not self._untouched(self.value)
        if touched and not self._take(self.value):
            return
        self._decide(holds, touched)

    def _cell(self, column: str) -> Cell:
        return self.found.sheet.cell(self.row, self.found.columns.get(column, 1))

    def _holds(self) -> bool | None:
        """Is it to be set here? None: the file does not say."""
        if "holds" not in self.found.columns:
            return None
        cell = self._cell("holds")
        word = str(cell.value or "").strip().lower()
        if not word:
            return None
        if word not in _HERE | _INHERIT:
            sentence = f"“{word[:40]}” is neither “{SET_HERE}” nor “{INHERIT}”. Choose one of them."
            self.reading.blame(self.name, self.found.sheet.title, cell, sentence, "set here or inherit")
            return None
        return word in _HERE

    def _untouched(self, cell: Cell) -> bool:
        same = untouched(cell, self.content.written(self.name), from_1904=self.context.from_1904)
        if (
            same
            and isinstance(self.field, f.MoneyField)
            and (unit := self.found.sheet.text(self.row, self._unit))
        ):
            return unit == (currency_of(self.content.values.get(self.name)) or unit)
        return same

    @property
    def _unit(self) -> int:
        return self.found.columns.get("unit", 1_000_000)

    def _take(self, cell: Cell) -> bool:
        """Read a touched cell; False, with a problem noted, where it cannot be read."""
        reading = self.reading
        try:
            value = self._value(cell)
        except Invalid as failure:
            found = failure.problems[0]
            reading.blame(self.name, self.found.sheet.title, cell, found.sentence, found.rule)
            reading.wrong[self.name] = shown_text(cell)
            return False
        if cell.formula:
            reading.notices.append(
                f"Sheet “{self.found.sheet.title}”, cell {cell.ref}: {self.field.label(self.name)} is computed by a "
                "formula. Its last result was taken; the formula is not kept."
            )
        reading.set[self.name] = value
        return True

    def _value(self, cell: Cell) -> Any:
        """The canonical value. Raises Invalid."""
        if cell.formula and cell.empty:
            error = Unreadable(
                "is a formula without a result",
                "Open the file in a spreadsheet program and save it, or enter the value.",
            )
            raise Invalid("the file", [sentence_of(self.name, self.field, "", error)])
        if cell.empty:
            if (
                self.own
                and self.field.required
                and not (self._several or isinstance(self.field, f.TextField))
            ):
                error = Unreadable(
                    "is empty", f"Enter a value, or choose “{INHERIT}” in the column “Set here?”."
                )
                raise Invalid("the file", [sentence_of(self.name, self.field, "", error)])
            return validate(self.name, self.field, [] if self._several else None)
        try:
            value = natural(self.field, cell, from_1904=self.context.from_1904)
        except Unreadable as error:
            raise Invalid(
                "the file", [sentence_of(self.name, self.field, cell.digits or cell.value, error)]
            ) from None
        if isinstance(self.field, f.MoneyField):
            return self._money(self.field, value)
        return canonical_of(self.name, self.field, value, self.context)

    @property
    def _several(self) -> bool:
        return self.field.type in ("list", "multi-choice") and self.field.required

    def _money(self, one: f.MoneyField, value: Any) -> Any:
        unit = self.found.sheet.text(self.row, self._unit)
        held = currency_of(self.content.values.get(self.name))
        currency = unit or held or one.currency or ""
        if not isinstance(value, str):
            return validate(self.name, one, {"amount": value, "currency": currency})
        text = f"{value} {currency}" if currency and _BARE.fullmatch(value) else value
        return canonical_of(self.name, one, text, self.context)

    def _decide(self, holds: bool | None, touched: bool) -> None:
        reading, name = self.reading, self.name
        if touched:
            if holds is False and self.own:
                sentence = (
                    f"{self.field.label(name)} has a new value and is to inherit as well. Choose “{SET_HERE}” for the "
                    "new value, or put the value before back."
                )
                reading.set.pop(name, None)
                reading.blame(
                    name, self.found.sheet.title, self._cell("holds"), sentence, "set here or inherit"
                )
        elif holds is False and self.own:
            reading.dropped.append(name)
        elif holds and not self.own:
            value = self.content.values.get(name)
            if value is None and self._several:
                value = []
            elif value is None and isinstance(self.field, f.TableField):
                value = {"columns": list(self.field.columns), "rows": []}
            try:
                reading.set[name] = validate(name, self.field, value)
            except Invalid as failure:
                where = self.value or self._cell("holds")
                reading.blame(name, self.found.sheet.title, where, failure.problems[0].sentence)


def shown_text(cell: Cell) -> str:
    """What a cell shows, about: for the edit page, where it can be mended."""
    if cell.value is None or cell.kind != "number":
        return "" if cell.value is None else str(cell.value)
    number = Decimal(f"{cell.value:.15g}")
    return f"{trimmed(number * 100)} %" if cell.percent else format(number, "f")


def canonical_of(name: str, one: f.FieldBase, value: Any, context: Context) -> Any:
    """The canonical value of what a cell says: texts as a person types them, in no certain language. Raises Invalid."""
    if isinstance(value, str):
        return parse_text(name, one, value, NEUTRAL, zone=context.zone)
    return validate(name, one, value)
