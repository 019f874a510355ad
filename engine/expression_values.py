"""What the expression language computes with: exact decimals, money, tables, and its functions.

Errors here are ``ValueError`` with a clause; ``expressions.py`` adds the place in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

EXACT = Context(prec=50, Emax=9999, Emin=-9999, traps=[InvalidOperation, DivisionByZero, Overflow])


@dataclass(frozen=True)
class Money:
    """An exact amount in a currency; two currencies never meet in one operation."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, amount: str | Decimal, currency: str) -> Money:
        """Money from its canonical parts."""
        return cls(Decimal(amount), currency)


@dataclass(frozen=True)
class Table:
    """Columns by name; ``weights.share`` is a list, ``len(weights)`` the number of rows."""

    columns: Mapping[str, list[Any]]

    def __len__(self) -> int:
        return max((len(c) for c in self.columns.values()), default=0)


def kind(value: Any) -> str:
    """What a person calls this kind of value."""
    names: list[tuple[type, str]] = [
        (bool, "yes or no"), (Decimal, "a number"), (Money, "money"), (str, "a text"), (datetime, "a date-time"),
        (date, "a date"), (timedelta, "a length of time"), (list, "a list"), (Table, "a table"),
    ]  # fmt: skip
    return next(
        (name for t, name in names if isinstance(value, t)),
        "nothing" if value is None else type(value).__name__,
    )


def natural(value: Any) -> Any:
    """A Python value as this language holds it: ints and floats become decimals, tuples lists."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if isinstance(value, tuple | list):
        return [natural(v) for v in value]
    if isinstance(value, Mapping):
        if set(value) == {"amount", "currency"}:
            return Money.of(str(value["amount"]), str(value["currency"]))
        return Table({str(k): [natural(v) for v in c] for k, c in value.items()})
    return value


def attribute(value: Any, name: str) -> Any:
    """``price.amount``, ``price.currency``, ``weights.share``."""
    if isinstance(value, Money) and name in {"amount", "currency"}:
        return getattr(value, name)
    if isinstance(value, Table):
        if name in value.columns:
            return value.columns[name]
        raise ValueError(f"the table has no column “{name}”, only {', '.join(value.columns)}")
    raise ValueError(f"{kind(value)} has no “{name}”")


def nearest(word: str, known: list[str], otherwise: str = "") -> str:
    """“Did you mean …?”, or ``otherwise`` where no known word is near."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, 1, 0.6)
    return f"Did you mean “{found[0]}”?" if found else otherwise


def arithmetic(sign: str, a: Any, b: Any) -> Any:
    """One operation; null with anything is null."""
    if a is None or b is None:
        return None
    if isinstance(a, Decimal) and isinstance(b, Decimal):
        return _decimals(sign, a, b)
    if isinstance(a, Money) or isinstance(b, Money):
        return _money(sign, a, b)
    if isinstance(a, date) or isinstance(b, date) or isinstance(a, timedelta) or isinstance(b, timedelta):
        return _times(sign, a, b)
    if sign == "+" and isinstance(a, str) and isinstance(b, str):
        return a + b
    raise ValueError(f"{kind(a)} {sign} {kind(b)} cannot be computed")


def _decimals(sign: str, a: Decimal, b: Decimal) -> Decimal:
    if sign in "/%" and b == 0:
        raise ValueError("this divides by zero")
    try:
        match sign:
            case "+":
                return EXACT.add(a, b)
            case "-":
                return EXACT.subtract(a, b)
            case "*":
                return EXACT.multiply(a, b)
            case "/":
                return EXACT.divide(a, b)
            case "%":  # the sign follows the divisor, as a calendar or a price ladder expects
                return EXACT.subtract(
                    a, EXACT.multiply(b, EXACT.divide(a, b).to_integral_value("ROUND_FLOOR"))
                )
            case _:
                return EXACT.power(a, b)
    except Overflow:
        raise ValueError("the result is too large") from None
    except (InvalidOperation, DivisionByZero):
        raise ValueError(f"{a} {sign} {b} has no result") from None


def _money(sign: str, a: Any, b: Any) -> Any:
    if isinstance(a, Money) and isinstance(b, Money):
        if a.currency != b.currency:
            raise ValueError(f"{a.currency} and {b.currency} cannot be computed with each other")
        if sign in "+-":
            return Money(_decimals(sign, a.amount, b.amount), a.currency)
        if sign == "/":
            return _decimals("/", a.amount, b.amount)
    if isinstance(a, Money) and isinstance(b, Decimal) and sign in "*/":
        return Money(_decimals(sign, a.amount, b), a.currency)
    if isinstance(a, Decimal) and isinstance(b, Money) and sign == "*":
        return Money(_decimals("*", a, b.amount), b.currency)
    raise ValueError(f"{kind(a)} {sign} {kind(b)} cannot be computed; use .amount for the bare number")


def _times(sign: str, a: Any, b: Any) -> Any:
    """Dates count in days: date − date is a number of days, date ± number another date."""
    try:
        if isinstance(a, datetime) != isinstance(b, datetime) and isinstance(a, date) and isinstance(b, date):
            raise ValueError("a date and a date-time cannot be computed with each other")
        if sign == "-" and isinstance(a, datetime) and isinstance(b, datetime):
            return a - b
        if sign == "-" and isinstance(a, date) and isinstance(b, date):
            return Decimal((a - b).days)
        if isinstance(a, date) and isinstance(b, timedelta) and sign in "+-":
            return a + b if sign == "+" else a - b
        if isinstance(a, date) and isinstance(b, Decimal) and sign in "+-":
            return a + _days(b if sign == "+" else -b)
        if isinstance(b, date) and isinstance(a, Decimal) and sign == "+":
            return b + _days(a)
        if isinstance(a, timedelta) and isinstance(b, timedelta) and sign in "+-":
            return a + b if sign == "+" else a - b
        if isinstance(a, timedelta) and isinstance(b, Decimal) and sign in "*/":
            return timedelta(seconds=float(_decimals(sign, Decimal(str(a.total_seconds())), b)))
    except OverflowError:
        raise ValueError("the result is outside the calendar") from None
    raise ValueError(f"{kind(a)} {sign} {kind(b)} cannot be computed")


def _days(number: Decimal) -> timedelta:
    return timedelta(seconds=float(number * 86400))


def compare(sign: str, a: Any, b: Any) -> bool | None:
    """One comparison. Only equality knows null; an order with null is null."""
    if sign in {"in", "not in"}:
        return contains(a, b) == (sign == "in")
    a, b = _alike(a, b)
    if sign in {"==", "!="}:
        return _equal(a, b) == (sign == "==")
    if a is None or b is None or _nan(a) or _nan(b):
        return None
    if isinstance(a, Money) and isinstance(b, Money):
        if a.currency != b.currency:
            raise ValueError(f"{a.currency} and {b.currency} cannot be compared")
        a, b = a.amount, b.amount
    comparable = (Decimal, str, timedelta, date)
    if type(a) is not type(b) or not isinstance(a, comparable):
        raise ValueError(f"{kind(a)} and {kind(b)} cannot be compared")
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[sign])


def _nan(value: Any) -> bool:
    return isinstance(value, Decimal) and value.is_nan()


def _equal(a: Any, b: Any) -> bool:
    if a is not None and b is not None and kind(a) != kind(b):
        raise ValueError(f"{kind(a)} and {kind(b)} cannot be compared")
    return bool(a == b)


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    """A text beside a date is read as a date."""
    for one, other in ((a, b), (b, a)):
        if isinstance(one, date) and isinstance(other, str):
            read = as_date(other) if not isinstance(one, datetime) else as_instant(other)
            return (one, read) if one is a else (read, one)
    return a, b


def as_date(text: str) -> date:
    """A date from ISO text. Raises ValueError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is not a date such as 2026-11-22") from None


def as_instant(text: str) -> datetime:
    """A date-time from ISO text with an offset. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"“{text}” is not a date-time such as 2026-11-22T14:30+01:00") from None
    if moment.tzinfo is None:
        raise ValueError(f"“{text}” has no offset such as +01:00")
    return moment


def contains(item: Any, container: Any) -> bool:
    """Is it in a list, or a text in a text? Null contains nothing."""
    if container is None:
        return False
    if isinstance(container, str):
        if item is None:
            return False
        if not isinstance(item, str):
            raise ValueError(f"{kind(item)} cannot be in a text")
        return item in container
    if not isinstance(container, list):
        raise ValueError(f"{kind(container)} is not a list")
    return any(kind(item) == kind(v) and item == v for v in container)


Clock = Callable[[], date]


def flat(arguments: tuple[Any, ...]) -> list[Any]:
    """The values of one list, or the arguments themselves, without nulls."""
    values = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else arguments
    return [v for v in values if v is not None]


def calendar_part(value: Any, part: str) -> Decimal:
    """Year, month, day, quarter, weekday of a date (Monday is 1), date-time or period."""
    if isinstance(value, str):
        from engine.periods import parse_period

        value = as_date(value) if re.fullmatch(r"\d{4}-\d\d-\d\d", value) else parse_period(value).start
    if not isinstance(value, date):
        raise ValueError(f"{kind(value)} has no {part}")
    if part == "quarter":
        return Decimal((value.month - 1) // 3 + 1)
    return Decimal(value.isoweekday() if part == "weekday" else getattr(value, part))


def length_in(value: Any, seconds: int) -> Decimal | None:
    """A length of time as a number of days, hours …; a bare number stays as it is."""
    if isinstance(value, timedelta):
        micro = Decimal(value.days * 86_400_000_000 + value.seconds * 1_000_000 + value.microseconds)
        return EXACT.divide(micro, Decimal(seconds * 1_000_000))
    if value is None or isinstance(value, Decimal):
        return value
    raise ValueError(f"{kind(value)} is not a length of time")


def now_utc() -> datetime:
    """The moment, aware."""
    return datetime.now(UTC)
