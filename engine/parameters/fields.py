"""Fields: the public face of ``engine.parameters``; each idea has a file of its own beside this one."""

from __future__ import annotations

from engine.parameters.canonical import validate
from engine.parameters.checking import check_values, hidden_fields
from engine.parameters.field_types import (
    FIELD_TYPES,
    BooleanField,
    Choice,
    ChoiceField,
    ChoicesFrom,
    ColumnType,
    DateField,
    DateTimeField,
    DurationField,
    Field,
    FieldBase,
    FileField,
    IntegerField,
    ListField,
    MoneyField,
    MultiChoiceField,
    NumberField,
    PercentField,
    PeriodField,
    ScalarField,
    SecretField,
    TableField,
    TextField,
)  # fmt: skip
from engine.parameters.formatting import describe, format_text
from engine.parameters.parsing import parse_text
from engine.parameters.wire import natural, table_columns, to_wire

__all__ = [
    "FIELD_TYPES", "BooleanField", "Choice", "ChoiceField", "ChoicesFrom", "ColumnType", "DateField", "DateTimeField",
    "DurationField", "Field", "FieldBase", "FileField", "IntegerField", "ListField", "MoneyField", "MultiChoiceField",
    "NumberField", "PercentField", "PeriodField", "ScalarField", "SecretField", "TableField", "TextField",
    "check_values", "describe", "format_text", "hidden_fields", "natural", "parse_text", "table_columns", "to_wire",
    "validate",
]  # fmt: skip
