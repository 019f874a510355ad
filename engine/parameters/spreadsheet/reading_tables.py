"""The sheet of a table or a long list back into its rows, wherever they were moved to."""

from __future__ import annotations

from typing import Any, cast

from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.canonical import validate
from engine.parameters.compound import cell as canonical_cell
from engine.parameters.numbers import Unreadable, as_float, parse_decimal
from engine.parameters.spreadsheet.cells import Cell
from engine.parameters.spreadsheet.content import Content, as_table, columns_of
from engine.parameters.spreadsheet.layout import ROW_NUMBER, Found
from engine.parameters.spreadsheet.reading import Context, Reading, canonical_of
from engine.parameters.spreadsheet.spelling import NEUTRAL, Written, natural, natural_cell, untouched
from engine.parameters.spreadsheet.writing_tables import spelled


def read_table(found: Found, content: Content, context: Context, reading: Reading) -> None:
    """A sheet of rows into ``reading``, where it is not what was downloaded."""
    name = found.field
    one = content.fields[name]
    columns = columns_of(one)
    missing = [column for column in columns if column not in found.columns]
    if missing:
        sentence = f"The column “{missing[0]}” is missing. Put it back, or download the file again."
        reading.blame(name, found.sheet.title, f"row {found.head}", sentence, "all columns")
        return
    _other_columns(found, columns, reading)
    before = as_table(one, content.values.get(name))
    sheet = _Rows(found, columns, before, name, one, context, reading)
    known = len(reading.problems) + reading.more
    rows, places = sheet.read()
    if len(reading.problems) + reading.more > known:
        return
    value: Any = [row[0] for row in rows]
    if one.type == "table":
        kinds = cast(f.TableField, one).columns
        value = {"columns": [{"name": n, "type": t} for n, t in kinds.items()], "rows": rows}
    numbers = [number for number, _ in places]
    if _same(rows, before) and numbers == list(range(1, len(before) + 1)):
        return
    if not rows and not before and content.values.get(name) is None:
        return
    try:
        reading.set[name] = validate(name, one, value)
    except Invalid as failure:
        problem = failure.problems[0]
        reading.blame(
            name, found.sheet.title, f"row {found.head + 1} and below", problem.sentence, problem.rule
        )
        return
    reading.rows[name] = places
    if sheet.formulas:
        reading.notices.append(
            f"Sheet “{found.sheet.title}”: {sheet.formulas:,} cells are computed by formulas. Their last results were "
            "taken; the formulas are not kept."
        )


def _same(one: list[list[Any]], other: list[list[Any]]) -> bool:
    from engine.parameters.equality import same

    return same(one, other)


def _other_columns(found: Found, columns: dict[str, Any], reading: Reading) -> None:
    ours = {1, *(found.columns[column] for column in columns)}
    for row in sorted(row for row in found.sheet.rows if row >= found.head):
        other = next((c for at, c in found.sheet.rows[row].items() if at not in ours and not c.empty), None)
        if other is not None:
            reading.notices.append(
                f"Sheet “{found.sheet.title}”, cell {other.ref}: the table has no such column; it was left out."
            )
            return


class _Rows:
    """Reads the rows below the heading. A row that kept its number is compared with what it held."""

    def __init__(
        self,
        found: Found,
        columns: dict[str, f.ColumnType | f.FieldBase],
        before: list[list[Any]],
        name: str,
        one: f.FieldBase,
        context: Context,
        reading: Reading,
    ) -> None:
        self.found, self.columns, self.before = found, columns, before
        self.name, self.field, self.context, self.reading = name, one, context, reading
        self.formulas = 0
        self._seen: set[int] = set()

    def read(self) -> tuple[list[list[Any]], list[tuple[int | None, int]]]:
        """The rows as canonical cells, and for each its number as downloaded and its row in the sheet."""
        rows, places = [], []
        for row in sorted(row for row in self.found.sheet.rows if row > self.found.head):
            cells = [self.found.sheet.cell(row, self.found.columns[column]) for column in self.columns]
            number = self._number(row)
            held = self.before[number - 1] if number is not None else None
            if all(cell.empty and not cell.formula for cell in cells) and (
                held is None or any(spelled(k, v).kind != "nothing" for k, v in self._pairs(held))
            ):
                continue
            if number is not None:
                self._seen.add(number)
            rows.append(self._row(cells, held))
            places.append((number, row))
        return rows, places

    def _pairs(self, held: list[Any]) -> list[tuple[f.ColumnType | f.FieldBase, Any]]:
        return list(zip(self.columns.values(), held, strict=True))

    def _number(self, row: int) -> int | None:
        """The row's number as downloaded; None for new rows, and for copies that took a number with them."""
        value = self.found.sheet.cell(row, self.found.columns[ROW_NUMBER]).value
        if not isinstance(value, float) or not value.is_integer() or not 1 <= value <= len(self.before):
            return None
        return None if int(value) in self._seen else int(value)

    def _row(self, cells: list[Cell], held: list[Any] | None) -> list[Any]:
        made = []
        for n, (cell, (column, kind)) in enumerate(zip(cells, self.columns.items(), strict=True)):
            was = spelled(kind, held[n]) if held is not None else None
            if held is not None and was is not None and self._left(cell, was):
                made.append(held[n])
            else:
                made.append(self._value(cell, column, kind))
        return made

    def _left(self, cell: Cell, was: Written) -> bool:
        return was.kind == "too long" or untouched(cell, was, from_1904=self.context.from_1904)

    def _value(self, cell: Cell, column: str, kind: f.ColumnType | f.FieldBase) -> Any:
        self.formulas += cell.formula
        if isinstance(kind, f.FieldBase):
            return self._item(cell, kind)
        try:
            if cell.formula and cell.empty:
                raise Unreadable(
                    "is a formula without a result",
                    "Open the file in a spreadsheet program and save it, or enter the value.",
                )
            if cell.empty:
                return None
            value = natural_cell(kind, cell, from_1904=self.context.from_1904)
            if isinstance(value, str) and kind in ("number", "integer"):
                number = parse_decimal(value, NEUTRAL, 0 if kind == "integer" else None)
                value = number if kind == "integer" else as_float(number)
            return canonical_cell(kind, value)
        except Unreadable as error:
            shown = "" if cell.value is None else f" “{str(cell.digits or cell.value)[:60]}”"
            sentence = f"{column}{shown} {error.rule}. {error.remedy}"
            self.reading.blame(self.name, self.found.sheet.title, cell, sentence, error.rule)
            return None

    def _item(self, cell: Cell, one: f.FieldBase) -> Any:
        from engine.parameters.canonical import problem

        try:
            value = None if cell.empty else natural(one, cell, from_1904=self.context.from_1904)
            return canonical_of(self.name, one, value, self.context)
        except Unreadable as error:
            said = problem(self.name, self.field, cell.digits or cell.value, error)
            self.reading.blame(self.name, self.found.sheet.title, cell, said.sentence, error.rule)
        except Invalid as failure:
            said = failure.problems[0]
            sentence = said.sentence.replace(one.label(self.name), self.field.label(self.name), 1)
            self.reading.blame(self.name, self.found.sheet.title, cell, sentence, said.rule)
        return None
