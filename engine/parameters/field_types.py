"""The closed list of field types: what a manifest may say of one typed input of a form.

Each class is one type; ``Field`` is their union, told apart by ``type``. Values and their canonical
JSON are in ``canonical.py``, text in ``parsing.py`` and ``formatting.py``, the way to code in ``wire.py``.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic import Field as Documented

ColumnType = Literal["number", "integer", "text", "date", "date-time", "boolean", "category"]
Granularity = Literal["year", "half", "quarter", "month", "week"]


class Strict(BaseModel):
    """Base of everything read from a manifest: unknown keys are errors, objects do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Choice(Strict):
    """One value to choose, and what a person reads for it."""

    value: str = Documented(description="The value that the model gets.")
    label: str = Documented("", description="What the form shows; without it, the value.")

    @property
    def shown(self) -> str:
        """What a person reads."""
        return self.label or self.value


def _choice(raw: Any) -> Any:
    return raw if isinstance(raw, dict | Choice) else {"value": raw if isinstance(raw, str) else repr(raw)}


Choices = list[Annotated[Choice, BeforeValidator(_choice)]]


class ChoicesFrom(Strict):
    """Where the form finds the values to choose: a column of a dataset, or of one of the run's input tables."""

    dataset: str | None = Documented(None, description="Name of a dataset; its newest version is read.")
    input: str | None = Documented(
        None, description="Name of an input of this model: the table chosen for the run."
    )
    column: str = Documented(description="Column whose distinct values can be chosen.")
    label: str | None = Documented(None, description="Column that holds what the form shows for each value.")

    @model_validator(mode="after")
    def _one_source(self) -> ChoicesFrom:
        if (self.dataset is None) == (self.input is None):
            raise ValueError("name either a dataset or an input of this model, not both")
        return self


class FieldBase(Strict):
    """What all field types share."""

    type: str
    title: str = Documented("", description="Label in the form; without it, made from the name.")
    unit: str = Documented("", description="Unit shown behind the value, for instance weeks or kg.")
    help: str = Documented("", description="One or two sentences shown under the field.")
    group: str = Documented("", description="Heading in the form under which the field stands.")
    default: Any = Documented(None, description="Value the form starts with.")
    required: bool = Documented(
        True, description="false: the field may stay empty and the model gets no value."
    )
    guarded: bool = Documented(False, description="true: a change needs a second person.")
    show_when: str | None = Documented(
        None, description="Expression over other fields; the field shows while it is true."
    )

    scalar: ClassVar[bool] = True  # may be the item of a list

    def label(self, name: str) -> str:
        """The title, or one made from the name: ``price_floor`` → ``Price floor``."""
        words = self.title or name.replace("_", " ").replace(".", " ").strip()
        return words if self.title else words[:1].upper() + words[1:]


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
