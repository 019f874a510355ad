"""A value of each field, made from its bounds: to try expressions with before anybody has typed anything."""

from __future__ import annotations

from typing import Any, cast

from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.canonical import validate

_PLAIN: dict[str, Any] = {
    "integer": 1, "number": 1.0, "percent": 1.0, "boolean": True, "text": "a", "choice": "a", "multi-choice": ["a"],
    "date": "2026-01-01", "date-time": "2026-01-01T00:00:00+00:00", "duration": "PT1H", "period": "2026-Q1",
    "file": {"blob": "0" * 64, "name": "file.csv"}, "secret": {"secret": "name"},
}  # fmt: skip
_CELLS: dict[str, Any] = {
    "number": 1.0, "integer": 1, "text": "a", "category": "a", "boolean": True, "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00+00:00",
}  # fmt: skip


def sample(field: f.FieldBase) -> Any:
    """The default where it is valid, else a canonical value of the type (bounds may not be kept)."""
    if field.default is not None:
        try:
            return validate("sample", field, field.default)
        except Invalid:
            pass  # the default's own problem is reported where the default is checked
    if isinstance(field, f.MoneyField):
        currency = field.currency or (field.currencies or ["EUR"])[0]
        return {"amount": "1.00", "currency": currency}
    if isinstance(field, f.ListField):
        return [sample(cast(f.FieldBase, field.item))]
    if isinstance(field, f.TableField):
        columns = [{"name": n, "type": t} for n, t in field.columns.items()]
        return {"columns": columns, "rows": [[_CELLS[t] for t in field.columns.values()]]}
    if isinstance(field, f.PeriodField) and field.granularity:
        from engine.periods import WRITTEN

        return WRITTEN[field.granularity]
    choices: list[f.Choice] = getattr(field, "choices", [])
    if choices and isinstance(field, f.ChoiceField | f.MultiChoiceField):
        return choices[0].value if isinstance(field, f.ChoiceField) else [choices[0].value]
    return _PLAIN[field.type]
