"""Where a feed's values come from: the closed list of sources, and what each must say.

Every source may say ``factor``: numbers are multiplied by it (a rate per 100 units, percent as a fraction).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, field_validator
from pydantic import Field as Documented

from engine.errors import Invalid, Problem

MOST_DATASETS = 20
LONGEST = 2000
_DATASET = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class Base(BaseModel):
    """What all sources share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    factor: str = Documented(
        "", max_length=40, description="Numbers are multiplied by it; empty: taken as they are."
    )

    @field_validator("factor", mode="before")
    @classmethod
    def _a_number(cls, value: Any) -> Any:
        text = str(value).strip() if value is not None else ""
        if text:
            try:
                number = Decimal(text)
            except InvalidOperation:
                raise ValueError(f"the factor “{text[:40]}” is no number; write it like 0.01") from None
            if not number.is_finite() or not number:
                raise ValueError("the factor must be a number other than 0")
        return text


class Picked(Base):
    """How to find the value in a CSV or JSON text."""

    format: Literal["csv", "json"] = Documented(description="How the text is written.")
    value: str = Documented(
        "",
        max_length=LONGEST,
        description="CSV: the column. JSON: the way to the value, such as rates.USD or data[0].value, or a JSON "
        "pointer (/rates/USD); empty: the whole text.",
    )
    where: str = Documented("", max_length=LONGEST, description="CSV: only rows with this column …")
    equals: str = Documented("", max_length=LONGEST, description="CSV: … equal to this.")
    row: Literal["last", "first"] = Documented("last", description="CSV: which of these rows.")
    observed: str = Documented(
        "", max_length=LONGEST, description="Column (CSV) or way (JSON) of the day that the value is of."
    )
    decimal: Literal["", ",", "."] = Documented("", description="The decimal sign, where 1,234 is unclear.")


class SqlSource(Base):
    """One SELECT over datasets. One row with one column; a column called ``observed_on`` says of which day it is."""

    kind: Literal["sql"] = "sql"
    sql: str = Documented(min_length=1, max_length=100_000, description="One SELECT.")
    datasets: list[str] = Documented(
        min_length=1,
        max_length=MOST_DATASETS,
        description="The datasets that it reads; their newest versions are read.",
    )

    @field_validator("datasets")
    @classmethod
    def _names(cls, names: list[str]) -> list[str]:
        for name in names:
            _dataset(name)
        if len(set(names)) < len(names):
            raise ValueError("a dataset is named twice")
        return names


class DatasetSource(Base):
    """One cell of a dataset's newest version: a column, and which row."""

    kind: Literal["dataset"] = "dataset"
    dataset: str = Documented(description="The dataset, such as an uploaded CSV file.")
    column: str = Documented(min_length=1, max_length=LONGEST, description="The column of the value.")
    where: str = Documented("", max_length=LONGEST, description="Only rows with this column …")
    equals: str = Documented("", max_length=LONGEST, description="… equal to this.")
    newest_by: str = Documented(
        "", max_length=LONGEST, description="The row in which this column is largest; empty: the last row."
    )
    observed: str = Documented("", max_length=LONGEST, description="Column of the day that the value is of.")

    @field_validator("dataset")
    @classmethod
    def _name(cls, name: str) -> str:
        return _dataset(name)


class FileSource(Picked):
    """A CSV or JSON file in the folder that the setting ``feed_folder`` allows."""

    kind: Literal["file"] = "file"
    path: str = Documented(min_length=1, max_length=1000, description="Path below the allowed folder.")


class UrlSource(Picked):
    """A CSV or JSON text at an address that the setting ``feed_hosts`` allows."""

    kind: Literal["url"] = "url"
    url: str = Documented(min_length=1, max_length=4000, description="The address (https).")
    secret: str = Documented("", max_length=100, description="A stored secret to send along.")
    header: str = Documented("Authorization", max_length=100, description="The header that carries it.")
    prefix: str = Documented("Bearer ", max_length=100, description="What stands before it in the header.")

    @field_validator("header")
    @classmethod
    def _header(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", name):
            raise ValueError("the header's name must be letters, digits and hyphens, such as X-Api-Key")
        if name.lower() in (
            "host",
            "content-length",
            "transfer-encoding",
            "connection",
            "accept-encoding",
            "cookie",
        ):
            raise ValueError(f"the header {name} cannot carry a secret; use Authorization or X-Api-Key")
        return name

    @field_validator("prefix")
    @classmethod
    def _prefix(cls, text: str) -> str:
        if not re.fullmatch(r"[ -~]*", text):
            raise ValueError("what stands before the secret must be plain characters")
        return text


class MetricSource(Base):
    """A metric of another model: of the newest succeeded run of its live version."""

    kind: Literal["metric"] = "metric"
    model: str = Documented(min_length=1, max_length=100, description="The model.")
    output: str = Documented(min_length=1, max_length=200, description="Its metric.")
    set: str = Documented(
        "",
        max_length=80,
        description="Only runs with what this parameter set had in force, nothing changed; empty: any run.",
    )
    place: str = Documented(
        "", max_length=200, description="With a set: the place of these runs; empty: the company."
    )


Source = Annotated[
    SqlSource | DatasetSource | FileSource | UrlSource | MetricSource, Documented(discriminator="kind")
]
KINDS: dict[str, type[Base]] = {
    "sql": SqlSource, "dataset": DatasetSource, "file": FileSource, "url": UrlSource, "metric": MetricSource,
}  # fmt: skip
_SOURCE: TypeAdapter[Any] = TypeAdapter(Source)


def source_of(raw: Mapping[str, Any]) -> Any:
    """The source that somebody described. Raises Invalid with a sentence for each thing that is wrong."""
    kind = str(raw.get("kind", ""))
    if kind not in KINDS:
        sentence = f"“{kind[:40]}” is no kind of source. There are: {', '.join(KINDS)}."
        raise Invalid("the feed", [Problem("kind", sentence, kind[:40], "a kind of source")])
    try:
        return _SOURCE.validate_python(dict(raw))
    except ValidationError as error:
        raise Invalid("the feed", [_problem(kind, dict(part)) for part in error.errors()]) from None


def plain(source: Base) -> dict[str, Any]:
    """The source as it is stored and shown: without what was left as it is."""
    kept = source.model_dump(exclude_defaults=True)
    return {"kind": source.kind, **kept}  # type: ignore[attr-defined]


def _problem(kind: str, part: dict[str, Any]) -> Problem:
    where = ".".join(str(piece) for piece in part["loc"] if piece != kind) or "source"
    rule = str(part["msg"]).removeprefix("Value error, ")
    if part["type"] == "missing":
        rule = "it is needed"
    elif part["type"] == "extra_forbidden":
        known = ", ".join(name for name in KINDS[kind].model_fields if name != "kind")
        rule = f"a source of the kind {kind} has no such part; its parts are: {known}"
    elif part["type"] in ("string_too_short", "too_short"):
        rule = "it is needed"
    sentence = f"The feed's “{where}”: {rule[0].lower()}{rule[1:]}."
    return Problem(where, sentence, str(part.get("input", ""))[:80], rule)


def _dataset(name: str) -> str:
    if "@" in name:
        raise ValueError(
            f"“{name[:80]}”: a feed follows a dataset's newest version; leave out the number after @"
        )
    if len(name) > 100 or not _DATASET.fullmatch(name):
        raise ValueError(f"“{name[:80]}” cannot be a dataset's name")
    return name
