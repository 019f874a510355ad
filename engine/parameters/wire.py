"""From canonical JSON to what travels to a model, and to what the expression language computes with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, cast

from engine.errors import Unavailable
from engine.expressions import Money, Table
from engine.parameters import field_types as f
from engine.parameters.durations import parse_duration
from engine.parameters.moments import resolve_date, resolve_instant
from engine.parameters.numbers import decimal_of
from engine.runtimes.interface import Value

Secrets = Callable[[str], str | None]


def to_wire(field: f.FieldBase, value: Any, *, secrets: Secrets | None = None) -> Value:
    """A resolved canonical value as a call carries it (``PROTOCOL.md``).

    Tables and files do not travel as values: write them with ``table_columns`` and the blob store, and hand
    their paths over. Raises Unavailable for a secret that is not stored.
    """
    if value is None:
        return Value(field.type, None, _extra(field))
    match field.type:
        case "secret":
            found = secrets(value["secret"]) if secrets else None
            if found is None:
                raise Unavailable(
                    f"The secret “{value['secret']}” is not stored here. Store it, then run again."
                )
            return Value("secret", found)
        case "duration":
            return Value("duration", value, {"seconds": parse_duration(value).total_seconds()})
        case _:
            return Value(field.type, value, _extra(field))


def _extra(field: f.FieldBase) -> dict[str, Any]:
    if isinstance(field, f.ListField):
        return {"item": field.item.type}
    if isinstance(field, f.MoneyField) and field.currency:
        return {"currency": field.currency}
    return {}


def table_columns(value: Mapping[str, Any]) -> dict[str, tuple[str, list[Any]]]:
    """The columns of a canonical table: name → (column type, cells); missing cells are None."""
    return {
        column["name"]: (column["type"], [row[n] for row in value["rows"]])
        for n, column in enumerate(value["columns"])
    }


def natural(field: f.FieldBase, value: Any, *, today: date | None = None, now: datetime | None = None) -> Any:
    """What the expression language computes with: decimals, Money, dates, lists, tables."""
    if value is None:
        return None
    match field.type:
        case "integer" | "number" | "percent":
            return decimal_of(value if isinstance(value, int) else float(value))
        case "money":
            return Money.of(value["amount"], value["currency"])
        case "date":
            day = today or datetime.now(UTC).date()
            return resolve_date(value, day)
        case "date-time":
            moment = now or datetime.now(UTC)
            return resolve_instant(value, moment)
        case "duration":
            return parse_duration(value)
        case "list":
            return [natural(cast(f.ListField, field).item, item, today=today, now=now) for item in value]
        case "table":
            return Table({n: [_cell(k, c) for c in cells] for n, (k, cells) in table_columns(value).items()})
        case "file":
            return value["name"]
        case "secret":
            return value["secret"]
        case _:
            return value


def _cell(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind in {"number", "integer"}:
        return decimal_of(value if isinstance(value, int) else float(value))
    return (
        date.fromisoformat(value)
        if kind == "date"
        else datetime.fromisoformat(value)
        if kind == "date-time"
        else value
    )
