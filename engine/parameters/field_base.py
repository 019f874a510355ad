"""What all field types are made of: the strict base of the manifest, choices, and what every field may say."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic import Field as Documented


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
