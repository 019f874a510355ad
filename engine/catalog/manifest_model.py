"""What a manifest may say (``manifest = 1``), key by key. The descriptions are the author guide's reference."""

from __future__ import annotations

import shlex
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, model_validator
from pydantic import Field as Documented

from engine.parameters.field_types import ColumnType, Field, Strict

NAME = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
OutputKind = Literal["table", "metric", "figure", "file", "text"]
ChartKind = Literal["line", "area", "bar", "scatter", "histogram", "box", "heatmap"]
CHART_NEEDS: dict[str, tuple[str, ...]] = {
    "line": ("x", "y"), "area": ("x", "y"), "bar": ("x", "y"), "scatter": ("x", "y"), "histogram": ("x",),
    "box": ("y",), "heatmap": ("x", "y", "value"),
}  # fmt: skip
CHART_TAKES: dict[str, tuple[str, ...]] = {  # beyond what it needs, and title and facet, which all take
    "line": ("series", "band"), "area": ("series", "band", "stacked"), "bar": ("series", "stacked"),
    "scatter": ("series", "size"), "histogram": ("series", "stacked"), "box": ("x", "series"), "heatmap": (),
}  # fmt: skip


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if (
        not path.strip()
        or pure.is_absolute()
        or ".." in pure.parts
        or "\\" in path
        or (len(path) > 1 and path[1] == ":")
    ):
        raise ValueError("must be a relative path inside the model's folder, with / between folders")
    return path


InsidePath = Annotated[str, AfterValidator(_inside)]


class ModelSection(Strict):
    """What the model is and how it is started."""

    name: str = Documented(
        pattern=NAME, max_length=80, description="Unique name: small letters, digits and hyphens."
    )
    title: str = Documented("", description="What people read; without it, made from the name.")
    department: str | None = Documented(None, description="Department it belongs to; decides who sees it.")
    language: str = Documented(description="python, r, julia, or any registered runtime.")
    entry: str | None = Documented(
        None, description='Function mode: `"file:function"`, for instance `"forecast.R:forecast"`.'
    )
    command: Annotated[
        list[str] | None, BeforeValidator(lambda c: shlex.split(c) if isinstance(c, str) else c)
    ] = Documented(
        None,
        description='Script mode: the command that runs the script unchanged, for instance `"Rscript main.R"`.',
    )
    workdir: InsidePath = Documented(
        ".", description="Script mode: folder (inside the model's) in which the command runs."
    )
    summary: str = Documented("", description="One or two sentences for the model's card.")
    realtime: bool = Documented(False, description="true: keep a worker warm for real-time calls.")
    deterministic: bool = Documented(
        False, description="true: equal inputs give equal outputs also without a seed."
    )
    retry: Literal["safe", "never"] | None = Documented(
        None,
        description="safe: run again after a crash of the server (default for functions); never (for scripts).",
    )
    tags: list[str] = Documented([], description="Words to find it by.")

    @model_validator(mode="before")
    @classmethod
    def _titled(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and not raw.get("title") and isinstance(raw.get("name"), str):
            return {**raw, "title": raw["name"].replace("-", " ").capitalize()}
        return raw


class TrainSection(Strict):
    """How the model is trained; its product becomes part of the version."""

    entry: str = Documented(description='`"file:function"` that trains.')
    produces: InsidePath = Documented(description="File that training writes.")


class Rule(Strict):
    """A rule across fields."""

    check: str = Documented(description="Expression that must be true; null leaves it open.")
    message: str = Documented(
        "", description="What a person reads when it is not true: the rule and what to do."
    )


class InputSpec(Strict):
    """A table that the model reads."""

    title: str = Documented("", description="Label in the form.")
    help: str = Documented("", description="What the table holds, one or two sentences.")
    columns: dict[str, ColumnType] = Documented(
        {}, description="Columns it must have, with their types; more are welcome."
    )
    required: bool = Documented(True, description="false: the model runs without it.")
    dataset: str | None = Documented(None, description="Dataset chosen when the person chooses none.")
    file: InsidePath | None = Documented(
        None, description="Script mode: where the script expects it; the ending says the format."
    )


class ChartSpec(Strict):
    """How a table output is drawn."""

    kind: ChartKind = Documented(description="line, area, bar, scatter, histogram, box or heatmap.")
    x: str | None = Documented(None, description="Column along the horizontal axis.")
    y: str | None = Documented(None, description="Column along the vertical axis.")
    series: str | None = Documented(
        None, description="Column that tells lines, bars or points apart by colour."
    )
    band: tuple[str, str] | None = Documented(
        None, description="Two columns: lower and upper edge of an interval (line, area)."
    )
    value: str | None = Documented(None, description="Column that colours the cells of a heatmap.")
    size: str | None = Documented(None, description="Column that sets the size of points (scatter).")
    facet: str | None = Documented(
        None, description="Column with one small chart for each value; the first 12 are drawn."
    )
    stacked: bool = Documented(
        False, description="true: the series on top of each other (area, bar, histogram)."
    )
    title: str = Documented("", description="What the chart shows, above it and under the output's title.")

    def columns(self) -> dict[str, str]:
        """The columns it uses, by key."""
        found = {
            k: getattr(self, k) for k in ("x", "y", "series", "value", "size", "facet") if getattr(self, k)
        }
        return found | ({"band (lower)": self.band[0], "band (upper)": self.band[1]} if self.band else {})


class OutputSpec(Strict):
    """Something that a run produces."""

    kind: OutputKind = Documented(description="table, metric (a number), figure, file or text.")
    title: str = Documented("", description="Heading in the results.")
    unit: str = Documented("", description="Unit of a metric.")
    help: str = Documented("", description="How to read it, one or two sentences.")
    headline: bool = Documented(False, description="true: shown large, on top.")
    better: Literal["lower", "higher"] | None = Documented(
        None, description="Which direction of a metric is good."
    )
    decimals: int | None = Documented(
        None, ge=0, le=15, description="Digits after the decimal sign when a metric is shown."
    )
    columns: dict[str, ColumnType] = Documented(
        {}, description="Columns a table must have; a run that lacks one fails."
    )
    labels: dict[str, str] = Documented(
        {}, description='What people read for columns, with the unit: `{ mape = "Error (%)" }`.'
    )
    chart: ChartSpec | None = Documented(None, description="How a table is drawn.")
    path: InsidePath | None = Documented(None, description="Script mode: the file that the script writes.")


class Golden(Strict):
    """A case that must keep passing."""

    name: str = Documented("", description="What the case is about.")
    values: dict[str, Any] = Documented({}, description="Field values; the others take their defaults.")
    inputs: dict[str, InsidePath] = Documented(
        {}, description='CSV files in the folder: `{ sales = "golden/sales.csv" }`.'
    )
    seed: int | None = Documented(None, description="Seed of the random numbers.")
    today: date | None = Documented(
        None, description="Business day that relative dates are resolved by: `2026-11-22`."
    )
    expect: dict[str, float | str] = Documented({}, description="Expected metrics (and texts).")
    expect_table: dict[str, InsidePath] = Documented(
        {}, description="Expected tables as CSV files in the folder."
    )
    tolerance: float = Documented(0.0, ge=0, description="Allowed absolute difference of numbers.")
    relative_tolerance: float = Documented(
        1e-9, ge=0, lt=1, description="Allowed difference as a share of the expected number."
    )


class NetworkSection(Strict):
    """What of the network the model may use."""

    allow: bool | list[str] = Documented(
        False, description="true or names of hosts: the model may use the network."
    )


class SecretSpec(Strict):
    """A secret that the model needs: a function gets it as the argument NAME, a script where it reads NAME."""

    secret: str | None = Documented(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$",
        description="Name of the stored secret. Default: NAME.",
    )
    title: str = Documented("", description="What it is for.")
    help: str = Documented("", description="Where to get it.")


class EnvironmentSection(Strict):
    """Packages and environment variables the model needs."""

    requirements: InsidePath | None = Documented(
        None,
        description="Python: requirements file; without it, `requirements.txt` if there, else the default environment.",
    )
    packages: list[str] = Documented(
        [], description="R or Julia packages that must be installed; checked at registration."
    )
    variables: dict[str, str] = Documented(
        {},
        description='Environment variables of its process: `{ MODEL_MODE = "fast" }`. Never a secret: see `[secrets]`.',
    )


class LimitsSection(Strict):
    """Limits of one run; without them, the server's."""

    memory_mb: int | None = Documented(None, ge=16, description="Most memory.")
    timeout_seconds: int | None = Documented(None, ge=1, description="Longest time.")
    output_mb: int | None = Documented(None, ge=1, description="Most that it may write.")


class ParameterFile(Strict):
    """A parameter file that a script reads."""

    file: InsidePath = Documented(description="The file; its other lines stay as they are.")
    format: str = Documented(
        "key=value", description="Its kind, for instance key=value, yaml, json, toml, ini, csv."
    )
    keys: dict[str, str] = Documented(
        {}, description='Name in the file where it differs: `{ horizon = "Weeks ahead" }`.'
    )


class ConstantsFile(Strict):
    """A source file whose constants are replaced."""

    file: InsidePath = Documented(description="The source file.")
    names: dict[str, str] = Documented(
        {}, description="Name of the constant where it differs from the field's."
    )


class ScriptSection(Strict):
    """How values reach a script that runs unchanged."""

    parameters: ParameterFile | None = Documented(None, description="A parameter file of any common kind.")
    arguments: list[str] = Documented(
        [], description='Arguments added to the command: `["--horizon={horizon}"]`.'
    )
    stdin: str | None = Documented(None, description='Text for the standard input: `"{a}\\n{b}\\n"`.')
    constants: ConstantsFile | None = Documented(None, description="Constants at the top of a source file.")


class Manifest(Strict):
    """A whole manifest."""

    manifest: Literal[1] = Documented(description="Version of the manifest's form; always 1.")
    model: ModelSection = Documented(description="What the model is and how it is started.")
    train: TrainSection | None = Documented(None, description="How it is trained.")
    fields: dict[str, Field] = Documented({}, description="`[fields.NAME]`: the form, one table a field.")
    rules: list[Rule] = Documented([], description="`[[rules]]`: rules across fields.")
    inputs: dict[str, InputSpec] = Documented({}, description="`[inputs.NAME]`: the tables it reads.")
    outputs: dict[str, OutputSpec] = Documented({}, description="`[outputs.NAME]`: what a run produces.")
    golden: list[Golden] = Documented([], description="`[[golden]]`: cases that must keep passing.")
    network: NetworkSection = Documented(NetworkSection(), description="What of the network it may use.")
    secrets: dict[str, SecretSpec] = Documented({}, description="`[secrets.NAME]`: secrets it needs.")
    environment: EnvironmentSection = Documented(EnvironmentSection(), description="Packages it needs.")
    limits: LimitsSection = Documented(LimitsSection(), description="Limits of one run.")
    script_section: ScriptSection | None = Documented(
        None, alias="script", description="How values reach a script that runs unchanged."
    )
    x: dict[str, Any] = Documented({}, description="Free space for your own keys; never read.")

    @property
    def is_script(self) -> bool:
        """Does it run as an unchanged script?"""
        return self.model.command is not None

    @property
    def script(self) -> dict[str, Any]:
        """What the command runtime is told (``Call.script``); empty in function mode."""
        if self.model.command is None:
            return {}
        section = self.script_section or ScriptSection()
        given = section.model_dump(exclude_none=True, exclude_defaults=False)
        if not section.arguments:
            given.pop("arguments", None)
        return {
            "command": list(self.model.command),
            "workdir": self.model.workdir,
            "parameters": given,
            "inputs": {name: spec.file for name, spec in self.inputs.items() if spec.file},
        }
