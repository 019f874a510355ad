"""What each field of a manifest must keep: bounds, patterns, choices and the default fit its type and each other."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

from engine.catalog.manifest_model import Manifest
from engine.catalog.manifest_problems import Reporter
from engine.errors import Invalid
from engine.parameters import field_types as f
from engine.parameters.fields import natural, validate


def check_field(manifest: Manifest, name: str, report: Reporter) -> None:
    """All checks of one field."""
    field = manifest.fields[name]
    place = ("fields", name)
    _bounds(place, field, report)
    pattern = getattr(field, "pattern", None)
    if pattern is not None:
        try:
            re.compile(pattern)
        except re.error as error:
            report.add(
                (*place, "pattern"), f"“{pattern}” is not a regular expression ({error})", "Correct it."
            )
            return
    if isinstance(field, f.ChoiceField | f.MultiChoiceField) and not field.choices and not field.choices_from:
        report.add(
            (*place, "choices"), "there is nothing to choose", 'Add choices = ["a", "b"], or choices_from.'
        )
    _choices(place, field, report)
    source = getattr(field, "choices_from", None)
    if source and source.input:
        _choices_from(manifest, (*place, "choices_from"), source, report)
    if field.default is not None:
        try:
            validate(name, field, field.default)
        except Invalid as error:
            report.add(
                (*place, "default"),
                f"the default breaks the field's own rules: {error.problems[0].sentence.rstrip('.')}",
                "Correct the default or the rule.",
            )


def _choices_from(
    manifest: Manifest, place: tuple[str, ...], source: f.ChoicesFrom, report: Reporter
) -> None:
    spec = manifest.inputs.get(source.input or "")
    if spec is None:
        report.add(
            place,
            f"there is no input “{source.input}”",
            f"Inputs are: {', '.join(manifest.inputs) or 'none'}.",
        )
        return
    for column in filter(None, (source.column, source.label)):
        if spec.columns and column not in spec.columns:
            no_column(report, place, column, list(spec.columns))


def _choices(place: tuple[str, ...], field: f.FieldBase, report: Reporter) -> None:
    choices: list[f.Choice] = getattr(field, "choices", [])
    values = [c.value for c in choices]
    if len(set(values)) != len(values):
        report.add((*place, "choices"), "a choice is listed twice", "Take one out.")
    read: Callable[[str], Any] | None = {"integer": int, "number": float}.get(field.type)
    for value in values if read else []:
        try:
            assert read is not None
            read(value)
        except ValueError:
            report.add((*place, "choices"), f"the choice “{value}” is not a {field.type}", "Correct it.")


def _bounds(place: tuple[str, ...], field: f.FieldBase, report: Reporter) -> None:
    """Bounds must be values of the type, and the lower one not above the upper one."""
    low, high = getattr(field, "minimum", None), getattr(field, "maximum", None)
    for a, b in (("min_length", "max_length"), ("min_items", "max_items"), ("min_rows", "max_rows")):
        least, most = getattr(field, a, None), getattr(field, b, None)
        if least is not None and most is not None and least > most:
            report.add((*place, a), f"{a} {least} is above {b} {most}", "Exchange or correct them.")
    if low is None and high is None:
        return
    bare = field.model_copy(
        update={"minimum": None, "maximum": None, "step": None, "choices": [], "decimals": None}
    )
    values = {}
    for key, bound in (("minimum", low), ("maximum", high)):
        if bound is None:
            continue
        given = (
            {"amount": bound, "currency": getattr(field, "currency", None) or "XXX"}
            if field.type == "money"
            else bound
        )
        if isinstance(field, f.MoneyField):
            bare = bare.model_copy(update={"currencies": [], "currency": None, "decimals": 9})
        try:
            values[key] = natural(bare, validate(str(place[-1]), bare, given))
        except Invalid as error:
            report.add(
                (*place, key),
                f"the bound is not a {field.type}: {error.problems[0].sentence.rstrip('.')}",
                "Correct it.",
                bound,
            )
    if len(values) == 2:
        a, b = values["minimum"], values["maximum"]
        if field.type == "money":
            a, b = a.amount, b.amount
        if field.type == "period":
            return
        if a > b:
            report.add(
                (*place, "minimum"),
                f"the minimum {low} is above the maximum {high}",
                "Exchange or correct them.",
            )


def no_column(report: Reporter, place: tuple[str, ...], column: str, columns: list[str]) -> None:
    """Tell of a column that is not declared."""
    near = get_close_matches(column, columns, 1)
    report.add(
        place,
        f"there is no column “{column}”",
        f"Did you mean “{near[0]}”?" if near else f"Declared columns are: {', '.join(columns)}.",
    )
