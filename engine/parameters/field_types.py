"""The closed list of field types: what a manifest may say of one typed input of a form.

Each class is one type; ``Field`` is their union, told apart by ``type``. Values and their canonical
JSON are in ``canonical.py``, text in ``parsing.py`` and ``formatting.py``, the way to code in ``wire.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, model_validator
from pydantic import Field as Documented

from engine.parameters.field_base import Choice as Choice
from engine.parameters.field_base import Choices
from engine.parameters.field_base import ChoicesFrom as ChoicesFrom
from engine.parameters.field_base import FieldBase as FieldBase
from engine.parameters.field_base import Strict as Strict

ColumnType = Literal["number", "integer", "text", "date", "date-time", "boolean", "category"]
Granularity = Literal["year", "half", "quarter", "month", "week"]


class IntegerField(FieldBase):
    """A whole number of any size."""

    type: Literal["integer"] = "integer"
    minimum: int | None = Documented(None, description="Smallest value allowed.")
    maximum: int | None = Documented(None, description="Largest value allowed.")
    step: int | None = Documented(None, gt=0, description="Values go in such steps from the minimum (or 0).")
    choices: Choices = Documented([], description="Only these values, each optionally with a label.")
    grouping: bool = Documented(True, description="false: no thousands separators (identifiers, years).")


class NumberField(FieldBase):
    """A number with a fraction (64-bit floating point)."""

    type: Literal["number"] = "number"
    minimum: float | None = Documented(None, description="Smallest value allowed.")
    maximum: float | None = Documented(None, description="Largest value allowed.")
    step: float | None = Documented(
        None, gt=0, description="Values go in such steps from the minimum (or 0)."
    )
    decimals: int | None = Documented(None, ge=0, le=15, description="Most digits after the decimal sign.")
    choices: Choices = Documented([], description="Only these values, each optionally with a label.")


class PercentField(FieldBase):
    """A percentage; the model gets exactly the number of the chosen scale."""

    type: Literal["percent"] = "percent"
    scale: Literal["points", "fraction"] = Documented(
        "points",
        description="12.5 % is 12.5 to the model (points) or 0.125 (fraction); bounds are in that scale too.",
    )
    minimum: float | None = Documented(None, description="Smallest value allowed.")
    maximum: float | None = Documented(None, description="Largest value allowed.")
    step: float | None = Documented(
        None, gt=0, description="Values go in such steps from the minimum (or 0)."
    )
    decimals: int | None = Documented(
        None, ge=0, le=15, description="Most digits after the decimal sign, in percent."
    )


class MoneyField(FieldBase):
    """An exact decimal amount with its currency."""

    type: Literal["money"] = "money"
    currency: str | None = Documented(
        None, pattern="^[A-Z]{3}$", description="The currency (ISO 4217), or the usual one."
    )
    currencies: list[str] = Documented(
        [], description="Currencies that may be chosen; empty: only `currency`, or any."
    )
    minimum: str | None = Documented(None, description='Smallest amount allowed, for instance "0.01".')
    maximum: str | None = Documented(None, description="Largest amount allowed.")
    decimals: int | None = Documented(
        None, ge=0, le=9, description="Digits after the decimal sign; else the currency's."
    )

    @model_validator(mode="before")
    @classmethod
    def _bounds_as_text(cls, raw: Any) -> Any:
        if isinstance(raw, dict):
            numbers = {k: str(raw[k]) for k in ("minimum", "maximum") if isinstance(raw.get(k), int | float)}
            return {**raw, **numbers}
        return raw


class BooleanField(FieldBase):
    """Yes or no."""

    type: Literal["boolean"] = "boolean"


class TextField(FieldBase):
    """Text, exactly as typed."""

    type: Literal["text"] = "text"
    min_length: int | None = Documented(
        None, ge=0, description="Fewest characters; 0 lets the model get an empty text."
    )
    max_length: int | None = Documented(None, ge=1, description="Most characters.")
    pattern: str | None = Documented(None, description="Regular expression that the whole text must match.")
    pattern_hint: str = Documented(
        "", description="The pattern in words, with an example; shown when it does not match."
    )
    multiline: bool = Documented(False, description="true: several lines.")
    choices: Choices = Documented([], description="Suggestions; other text is allowed as well.")
    choices_from: ChoicesFrom | None = Documented(None, description="Suggestions from a column.")


class ChoiceField(FieldBase):
    """One of several values."""

    type: Literal["choice"] = "choice"
    choices: Choices = Documented(
        [], description='Values: `["a", "b"]` or `[{ value = "a", label = "First" }]`.'
    )
    choices_from: ChoicesFrom | None = Documented(
        None, description="Values from a column of a dataset or input."
    )


class MultiChoiceField(FieldBase):
    """Any number of several values, in the order chosen."""

    type: Literal["multi-choice"] = "multi-choice"
    choices: Choices = Documented([], description="Values, as for a choice.")
    choices_from: ChoicesFrom | None = Documented(
        None, description="Values from a column of a dataset or input."
    )
    min_items: int | None = Documented(None, ge=0, description="Fewest values.")
    max_items: int | None = Documented(None, ge=1, description="Most values.")
    scalar: ClassVar[bool] = False


class DateField(FieldBase):
    """A day; `today`, `today-7d`, `today+1m` are resolved when the run is submitted."""

    type: Literal["date"] = "date"
    minimum: Any = Documented(None, description="First day allowed; may be relative, for instance `today`.")
    maximum: Any = Documented(None, description="Last day allowed.")


class DateTimeField(FieldBase):
    """An instant, with its offset from UTC; `now` is resolved when the run is submitted."""

    type: Literal["date-time"] = "date-time"
    zone: str | None = Documented(
        None, description="Time zone (IANA) meant when none is typed; else the business time zone."
    )
    minimum: Any = Documented(None, description="Earliest allowed.")
    maximum: Any = Documented(None, description="Latest allowed.")


class DurationField(FieldBase):
    """A length of time: `PT1H30M` or `1 h 30 min`."""

    type: Literal["duration"] = "duration"
    minimum: Any = Documented(None, description="Shortest allowed.")
    maximum: Any = Documented(None, description="Longest allowed.")


class PeriodField(FieldBase):
    """A year, half-year, quarter, month or week; `this`, `this-1` are resolved when the run is submitted."""

    type: Literal["period"] = "period"
    granularity: Granularity | None = Documented(None, description="Only periods of this length.")
    minimum: str | None = Documented(None, description="First period allowed.")
    maximum: str | None = Documented(None, description="Last period allowed.")


class ListField(FieldBase):
    """Several values of one scalar type."""

    type: Literal["list"] = "list"
    item: Annotated[
        ScalarField, BeforeValidator(lambda raw: {"type": raw} if isinstance(raw, str) else raw)
    ] = Documented(
        description='Type of each value: `"number"`, or a field: `{ type = "number", minimum = 0 }`.'
    )
    min_items: int | None = Documented(None, ge=0, description="Fewest values.")
    max_items: int | None = Documented(None, ge=1, description="Most values.")
    unique: bool = Documented(False, description="true: no value twice.")
    scalar: ClassVar[bool] = False


class TableField(FieldBase):
    """A small table typed or pasted into the form (large ones are inputs)."""

    type: Literal["table"] = "table"
    columns: dict[str, ColumnType] = Documented(
        min_length=1, description='Columns: `{ product = "text", weight = "number" }`.'
    )
    min_rows: int | None = Documented(None, ge=0, description="Fewest rows.")
    max_rows: int = Documented(10_000, ge=1, description="Most rows.")
    scalar: ClassVar[bool] = False


class FileField(FieldBase):
    """An uploaded file, handed to the model as a path."""

    type: Literal["file"] = "file"
    extensions: list[str] = Documented([], description='Endings allowed, for instance `[".csv", ".xlsx"]`.')
    max_mb: int | None = Documented(None, ge=1, description="Largest size in MB; else the server's limit.")
    scalar: ClassVar[bool] = False


class SecretField(FieldBase):
    """The name of a stored secret; only the model sees the secret itself."""

    type: Literal["secret"] = "secret"
    scalar: ClassVar[bool] = False


ScalarField = Annotated[
    IntegerField
    | NumberField
    | PercentField
    | MoneyField
    | BooleanField
    | TextField
    | ChoiceField
    | DateField
    | DateTimeField
    | DurationField
    | PeriodField,
    Documented(discriminator="type"),
]
Field = Annotated[
    IntegerField
    | NumberField
    | PercentField
    | MoneyField
    | BooleanField
    | TextField
    | ChoiceField
    | MultiChoiceField
    | DateField
    | DateTimeField
    | DurationField
    | PeriodField
    | ListField
    | TableField
    | FileField
    | SecretField,
    Documented(discriminator="type"),
]
ListField.model_rebuild()

FIELD_TYPES: dict[str, type[FieldBase]] = {
    cls.model_fields["type"].default: cls
    for cls in (
        IntegerField, NumberField, PercentField, MoneyField, BooleanField, TextField, ChoiceField, MultiChoiceField,
        DateField, DateTimeField, DurationField, PeriodField, ListField, TableField, FileField, SecretField,
    )
}  # fmt: skip
