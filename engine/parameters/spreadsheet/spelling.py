"""How each value stands in a cell, and back: numbers as numbers, days as days, what a sheet would change as text.

A spreadsheet keeps about 15 digits, knows no days before 1900, no time zones and no long texts. Values that it
cannot hold are written as text, in a spelling that reads the same in every language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal, cast

from engine.parameters import field_types as f
from engine.parameters.formatting import format_text
from engine.parameters.money import decimals_of
from engine.parameters.numbers import EXACT, Unreadable, decimal_of
from engine.parameters.spreadsheet.cells import FIRST_DAY, Cell, moment
from engine.periods import period_of

EXACT_DIGITS = 15
LONGEST_TEXT = 32_767  # UTF-16 units in a cell
NEUTRAL = ""  # the language in which no number has two readings
_LINE_ENDS = re.compile("\r\n|\n\r|\r")  # as LibreOffice takes them
SMALLEST, LARGEST = 2.2250738585072014e-308, 9e307
GENERAL, TEXT, DAY = "General", "@", "yyyy-mm-dd"
YES, NO = "yes", "no"
_OLDER = (TypeError, ValueError, KeyError, ArithmeticError, AttributeError)
Stored = Literal["nothing", "number", "text", "day", "too long"]


@dataclass(frozen=True)
class Written:
    """What goes into a cell. ``digits``: of a number, exactly; ``text``: of a text, and of a day as ISO."""

    kind: Stored
    text: str = ""
    digits: str = ""
    format: str = TEXT


NOTHING = Written("nothing")


def text_of(text: str) -> Written:
    """A text; one that no cell can hold stays out of the sheet."""
    if not text:
        return NOTHING
    if len(text.encode("utf-16-le", "surrogatepass")) // 2 > LONGEST_TEXT:
        return Written("too long", text)
    return Written("text", text)


def number_of(number: Decimal, shown: str = GENERAL) -> Written | None:
    """A number with all its digits; None where a sheet would lose some."""
    if not number.is_finite() or (number and not SMALLEST <= abs(float(number)) <= LARGEST):
        return None
    plain = str(number).replace("E", "e")
    return Written("number", digits=plain, format=shown)


def day_of(day: str) -> Written:
    """A day as a spreadsheet counts it; as text before its calendar begins, and for ``today``."""
    try:
        known = datetime.fromisoformat(day) >= FIRST_DAY
    except ValueError:
        known = False
    return Written("day", day, format=DAY) if known and len(day) == 10 else text_of(day)


def written(field: f.FieldBase, value: Any) -> Written:
    """How a canonical value of a scalar field (or a short list) is written; one of an older form as plain text."""
    try:
        return NOTHING if value is None else _written(field, value)
    except _OLDER:
        return text_of(str(value))


def _written(field: f.FieldBase, value: Any) -> Written:
    match field.type:
        case "integer":
            whole = cast(f.IntegerField, field)
            if abs(value) >= 10**EXACT_DIGITS:
                return text_of(str(value))
            return Written("number", digits=str(value), format="#,##0" if whole.grouping else "0")
        case "number":
            made = number_of(decimal_of(float(value)))
            return made or text_of(format_text(field, value, NEUTRAL))
        case "percent":
            return _percent(cast(f.PercentField, field), value)
        case "money":
            return _money(cast(f.MoneyField, field), value)
        case "date":
            return day_of(value)
        case "boolean":
            return text_of(YES if value else NO)
        case "text":
            return text_of(value)
        case _:
            return text_of(format_text(field, value, NEUTRAL))


def _percent(field: f.PercentField, value: Any) -> Written:
    number = decimal_of(float(value))
    if not number.is_finite():
        return text_of(format_text(field, value, NEUTRAL))
    share = EXACT.scaleb(number, -2) if field.scale == "points" else number
    if _points(field, decimal_of(float(share))) != float(number):
        return text_of(
            format_text(field, value, NEUTRAL)
        )  # one number of a sheet stands for several percentages
    digits = max(0, -int(EXACT.normalize(share).as_tuple().exponent) - 2) if share else 0
    places = min(max(digits, field.decimals or 0), 6)
    made = number_of(share, "0." + "0" * places + "%" if places else "0%")
    return made or text_of(format_text(field, value, NEUTRAL))


def _money(field: f.MoneyField, value: dict[str, str]) -> Written:
    amount = Decimal(value["amount"])
    if len(amount.as_tuple().digits) > EXACT_DIGITS:
        return text_of(format_text(field, value, NEUTRAL))
    places = decimals_of(field, value["currency"])
    return number_of(amount, "#,##0" + ("." + "0" * places if places else "")) or NOTHING


def currency_of(value: Any) -> str:
    """The currency of an amount of money; empty for what is none."""
    return str(value.get("currency", "")) if isinstance(value, dict) else ""


def written_cell(kind: f.ColumnType, value: Any) -> Written:
    """How one cell of a table field is written."""
    try:
        return NOTHING if value is None else _written_cell(kind, value)
    except _OLDER:
        return text_of(str(value))


def _written_cell(kind: f.ColumnType, value: Any) -> Written:
    if kind == "boolean":
        return text_of(YES if value else NO)
    if kind == "integer":
        return Written("number", digits=str(value)) if abs(value) < 10**EXACT_DIGITS else text_of(str(value))
    if kind == "number":
        number = decimal_of(float(value))
        return number_of(number) or text_of(format_text(f.NumberField(), value, NEUTRAL))
    return day_of(value) if kind == "date" else text_of(str(value))


def untouched(cell: Cell, before: Written, *, from_1904: bool = False) -> bool:
    """Does a cell hold what was written, but for the digits and signs that spreadsheet programs drop on their way?"""
    from engine.parameters.spreadsheet.cells import unescaped

    if cell.formula:
        return False
    if before.kind == "nothing":
        return cell.empty
    if before.kind == "number" and cell.kind == "number" and isinstance(cell.value, float):
        return _kept(cell.value, float(before.digits))
    if before.kind == "day":
        return moment(cell, from_1904=from_1904) == datetime.fromisoformat(before.text)
    if cell.kind == "text" and isinstance(cell.value, str):
        text = before.text
        lines = (text.replace("\r\n", "\n").replace("\r", "\n"), _LINE_ENDS.sub("\n", text))
        return cell.value in (*lines, text, unescaped(text))
    return False


def _kept(found: float, exact: float) -> bool:
    """Is it the number, or what a program makes of it that keeps 16 or 15 digits (a half goes up or down)?"""
    if found == exact or found == float(f"{exact:.16g}"):
        return True
    if found != float(f"{found:.15g}"):
        return False
    said = decimal_of(exact)
    return abs(EXACT.subtract(decimal_of(found), said)) <= Decimal(5).scaleb(said.adjusted() - EXACT_DIGITS)


def natural(field: f.FieldBase, cell: Cell, *, from_1904: bool = False) -> Any:
    """What a filled cell says, for ``validate``; as text (str) for ``parse_text``. Raises Unreadable."""
    if cell.kind == "error":
        raise Unreadable(f"shows the error {cell.value}", "Mend the cell, or enter the value.")
    if cell.kind == "text":
        return str(cell.value)
    if cell.kind == "boolean":
        if field.type != "boolean":
            raise Unreadable("is true or false here", "Enter the value itself, as text.")
        return bool(cell.value)
    when = moment(cell, from_1904=from_1904)
    if when is not None:
        return _moment(field, cell, when)
    return _number(field, cell)


def _moment(field: f.FieldBase, cell: Cell, when: datetime | time | timedelta) -> Any:
    if field.type == "duration":
        if isinstance(when, time):
            return timedelta(
                hours=when.hour, minutes=when.minute, seconds=when.second, microseconds=when.microsecond
            )
        if isinstance(when, timedelta):
            return when
    if not isinstance(when, datetime):
        raise Unreadable(
            "is a time of day here", "Give the cell the format “Text” and enter the value again."
        )
    if field.type == "date":
        if when.time() != time():
            raise Unreadable(f"has a time of day ({when:%H:%M:%S})", f"Enter {when:%Y-%m-%d} alone.")
        return when.date()
    if field.type == "date-time":
        return when.isoformat(" ")
    if field.type == "period" and when.time() == time():
        granularity = cast(f.PeriodField, field).granularity or "month"
        period = period_of(when.date(), granularity)
        if period.start == when.date():
            return str(period)
    shown = when.date() if when.time() == time() else when
    raise Unreadable(
        f"is the date {shown} here", "Give the cell the format “Text” and enter the value again."
    )


def _number(field: f.FieldBase, cell: Cell) -> Any:
    number = decimal_of(float(cell.digits))  # files say 7.0000000000000007E-2 for what was typed as 0.07
    tidy = EXACT.create_decimal(
        f"{float(cell.digits):.15g}"
    )  # what a spreadsheet shows of 19.989999999999998
    match field.type:
        case "integer" | "number":
            bounded = getattr(field, "decimals", None) is not None or getattr(field, "step", None) is not None
            if field.type == "integer" and abs(number) >= 10**EXACT_DIGITS:
                raise Unreadable(
                    "has more than 15 digits, of which a spreadsheet keeps 15",
                    "Give the cell the format “Text” and enter all digits again.",
                )
            whole = tidy if tidy == tidy.to_integral_value() else number
            if field.type == "integer":
                return int(whole) if whole == whole.to_integral_value() else float(number)
            return float(tidy if bounded else number)
        case "percent":
            return _share(cast(f.PercentField, field), cell, number, tidy)
        case "money":
            return number if len(number.as_tuple().digits) <= EXACT_DIGITS else tidy
        case "boolean":
            if number in (0, 1):
                return bool(number)
        case "date":
            raise Unreadable(
                "is a number without the format of a date",
                "Give the cell a date format, or enter the day as year-month-day.",
            )
        case _:
            pass
    if abs(number) >= 10**EXACT_DIGITS:
        raise Unreadable(
            "is a number with more than 15 digits, of which a spreadsheet keeps 15",
            "Give the cell the format “Text” and enter it again.",
        )
    return format(tidy, "f") if abs(tidy.adjusted()) < EXACT_DIGITS else str(tidy)


def _share(field: f.PercentField, cell: Cell, number: Decimal, tidy: Decimal) -> float:
    """A percentage: the cell must say so, as 12.5 could mean 12.5 % or 1,250 %."""
    if not cell.percent and number:
        plain = format(tidy, "f") if abs(tidy.adjusted()) < EXACT_DIGITS else str(tidy)
        raise Unreadable(
            "lacks the percent sign",
            f"Give the cell a percent format, or enter {plain} % (with the sign) as it is meant.",
        )
    exact = tidy if field.decimals is not None or field.step is not None else number
    return _points(field, exact)


def _points(field: f.PercentField, share: Decimal) -> float:
    """The number that the model gets for what a spreadsheet holds, where 1 is 100 %."""
    return float(EXACT.scaleb(share, 2) if field.scale == "points" else share)


def natural_cell(kind: f.ColumnType, cell: Cell, *, from_1904: bool = False) -> Any:
    """What a filled cell of a table says, for ``compound.cell``. Raises Unreadable."""
    if kind in ("text", "category"):
        return natural(f.TextField(), cell, from_1904=from_1904)
    fields: dict[str, f.FieldBase] = {
        "number": f.NumberField(), "integer": f.IntegerField(), "date": f.DateField(), "date-time": f.DateTimeField(),
        "boolean": f.BooleanField(),
    }  # fmt: skip
    found = natural(fields[kind], cell, from_1904=from_1904)
    return found.isoformat() if isinstance(found, date) and not isinstance(found, datetime) else found
