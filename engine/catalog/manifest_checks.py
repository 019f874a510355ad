"""What a manifest must also keep, beyond the form of each key: names, expressions, charts, defaults, files."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from engine.catalog.chart_checks import check_chart
from engine.catalog.field_checks import check_field, no_column
from engine.catalog.manifest_model import Manifest
from engine.catalog.manifest_problems import Reporter
from engine.catalog.variable_checks import check_variables
from engine.errors import Invalid
from engine.expressions import ExpressionError, compile_expression
from engine.parameters.checking import check_values, shown_by
from engine.parameters.fields import natural
from engine.parameters.samples import sample

RESERVED = frozenset({"seed", "self", "true", "false", "null", "none", "and", "or", "not", "in", "is"})
_FIELD_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def check(manifest: Manifest, folder: Path | None, report: Reporter) -> None:
    """All checks; problems go to ``report``. Without a folder, files are not looked for."""
    _model(manifest, folder, report)
    _names(manifest, report)
    for name in manifest.fields:
        check_field(manifest, name, report)
    _show_when(manifest, report)
    _rules(manifest, report)
    for name in manifest.outputs:
        _output(manifest, name, report)
    check_variables(manifest, report)
    if not report.problems:
        _golden(manifest, folder, report)


def _model(manifest: Manifest, folder: Path | None, report: Reporter) -> None:
    model = manifest.model
    if (model.entry is None) == (model.command is None):
        rule = (
            "neither entry nor command is given"
            if model.entry is None
            else "both entry and command are given"
        )
        report.add(
            ("model",), rule, 'Give entry = "file:function" for a function, or command = "…" for a script.'
        )
    if manifest.script_section is not None and model.command is None:
        report.add(
            ("script",),
            "a script section needs a command",
            'Add command = "…" under [model], or take [script] out.',
        )
    _entry(("model", "entry"), model.entry, folder, report)
    if manifest.train:
        _entry(("train", "entry"), manifest.train.entry, folder, report)
    for name, spec in manifest.inputs.items():
        if manifest.is_script and not spec.file:
            report.add(
                ("inputs", name, "file"),
                "a script's input needs the file that the script reads",
                'Add file = "data/sales.csv".',
            )
        if not manifest.is_script and spec.file:
            report.add(
                ("inputs", name, "file"),
                "only scripts read input files",
                "Take it out: the function gets the table as an argument.",
            )
    for name, out in manifest.outputs.items():
        if manifest.is_script and out.kind in {"table", "file", "figure"} and not out.path:
            report.add(
                ("outputs", name, "path"),
                f"a script's {out.kind} needs the file that the script writes",
                'Add path = "out/forecast.csv".',
            )
    if manifest.script_section and (given := manifest.script_section.parameters):
        from engine.runtimes.script_formats import EDITORS

        if given.format.strip().casefold() not in EDITORS:
            report.add(
                ("script", "parameters", "format"),
                f"“{given.format}” is not a known kind of parameter file",
                f"Choose one of: {', '.join(EDITORS)}.",
            )
    for place, path in _script_files(manifest):
        if folder and not (folder / model.workdir / path).is_file() and not (folder / path).is_file():
            report.add(
                place, f"there is no file “{path}”", "Correct the path; it counts from the working directory."
            )


def _script_files(manifest: Manifest) -> list[tuple[tuple[str, ...], str]]:
    section = manifest.script_section
    found: list[tuple[tuple[str, ...], str]] = []
    if section and section.parameters:
        found.append((("script", "parameters", "file"), section.parameters.file))
    if section and section.constants:
        found.append((("script", "constants", "file"), section.constants.file))
    return found


def _entry(place: tuple[str, ...], entry: str | None, folder: Path | None, report: Reporter) -> None:
    if entry is None:
        return
    file, _, function = entry.rpartition(":")
    if not file or not function:
        report.add(
            place,
            f"“{entry}” is not of the form file:function",
            'Write for instance "forecast.R:forecast".',
            entry,
        )
    elif folder and not (folder / file).is_file():
        near = get_close_matches(file, [p.name for p in folder.iterdir() if p.is_file()], 1)
        report.add(
            place,
            f"there is no file “{file}” in the folder",
            f"Did you mean “{near[0]}”?" if near else "Correct the path.",
            entry,
        )


def _names(manifest: Manifest, report: Reporter) -> None:
    for kind, names in (
        ("fields", manifest.fields),
        ("inputs", manifest.inputs),
        ("outputs", manifest.outputs),
        ("secrets", manifest.secrets),
    ):
        for name in names:
            if not _FIELD_NAME.fullmatch(name) or name.lower() in RESERVED:
                rule = f"“{name}” is not a possible name"
                report.add(
                    (kind, name),
                    rule,
                    "Begin with a letter; use letters, digits and _; words such as not, in and seed are taken.",
                )
            elif (
                "." in name
                and manifest.model.language in {"python", "julia"}
                and not manifest.is_script
                and kind != "outputs"
            ):
                report.add(
                    (kind, name),
                    f"“{name}” cannot be an argument's name in {manifest.model.language}",
                    f"Write {name.replace('.', '_')}.",
                )
    for name in manifest.fields.keys() & manifest.inputs.keys():
        report.add(
            ("inputs", name),
            f"“{name}” is both a field and an input",
            "Both become arguments of the model: rename one.",
        )
    for name in manifest.secrets.keys() & (manifest.fields.keys() | manifest.inputs.keys()):
        report.add(
            ("secrets", name),
            f"“{name}” is both a secret and a field or an input",
            "Both become arguments of the model: rename one.",
        )
    _secrets_of_scripts(manifest, report)


def _secrets_of_scripts(manifest: Manifest, report: Reporter) -> None:
    """A command line can be read by everybody on the machine: no secret may travel in one."""
    import re

    section = manifest.script_section
    templates = [*(manifest.model.command or []), *(section.arguments if section else [])]
    secret = {*manifest.secrets, *(n for n, field in manifest.fields.items() if field.type == "secret")}
    for name in sorted(
        secret & {n for text in templates for n in re.findall(r"\{([A-Za-z_][\w.-]*)\}", text)}
    ):
        report.add(
            ("script", "arguments"),
            f"the secret “{name}” would stand in the command line, which every account of the machine can read",
            "Let the script read it from a parameter file or from its standard input.",
        )


def _known(manifest: Manifest) -> dict[str, Any]:
    """A value of each field to try expressions with."""
    return {name: natural(field, sample(field)) for name, field in manifest.fields.items()}


def _show_when(manifest: Manifest, report: Reporter) -> None:
    known = _known(manifest)
    for name, field in manifest.fields.items():
        if not field.show_when:
            continue
        others = {n: v for n, v in known.items() if n != name}
        _expression(("fields", name, "show_when"), field.show_when, others, report)
    if report.problems:
        return
    for name in manifest.fields:
        seen, waiting = set(), [name]
        while waiting:
            for other in shown_by(manifest.fields[waiting.pop()], manifest.fields):
                if other == name:
                    report.add(
                        ("fields", name, "show_when"),
                        "fields show each other in a circle",
                        "Let one of them always show.",
                    )
                    return
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)


def _rules(manifest: Manifest, report: Reporter) -> None:
    known = _known(manifest)
    for n, rule in enumerate(manifest.rules):
        _expression(("rules", n, "check"), rule.check, known, report)


def _expression(place: tuple[str | int, ...], text: str, known: dict[str, Any], report: Reporter) -> None:
    """Is it readable, are its names known, and does it give true or false for sample values?"""
    try:
        expression = compile_expression(text)
        if unknown := expression.unknown(known):
            raise unknown
        expression.is_true(known)
    except ExpressionError as error:
        if "divides by zero" in error.what:
            return  # depends on the values
        report.add(place, f"at character {error.position}, {error.what}", error.remedy, text)


def _output(manifest: Manifest, name: str, report: Reporter) -> None:
    spec = manifest.outputs[name]
    place = ("outputs", name)
    if spec.kind != "table":
        for key in ("chart", "columns", "labels"):
            if getattr(spec, key):
                report.add(
                    (*place, key),
                    f"only tables have {key}",
                    f'Take it out, or write kind = "table" (not {spec.kind}).',
                )
        return
    if spec.better or spec.headline:
        report.add(
            (*place, "better" if spec.better else "headline"), "only metrics have this", "Take it out."
        )
    for column in spec.labels:
        if spec.columns and column not in spec.columns:
            no_column(report, (*place, "labels"), column, list(spec.columns))
    check_chart(spec, (*place, "chart"), report)


def _golden(manifest: Manifest, folder: Path | None, report: Reporter) -> None:
    for n, case in enumerate(manifest.golden):
        place = ("golden", n)
        try:
            check_values(manifest, case.values, today=case.today)
        except Invalid as error:
            for problem in error.problems:
                report.add((*place, "values", problem.where), problem.sentence.rstrip("."), "", problem.value)
        named = [("inputs", n, p) for n, p in case.inputs.items()]
        named += [("expect_table", n, p) for n, p in case.expect_table.items()]
        for key, name, path in named:
            if folder and not (folder / path).is_file():
                rule = f"there is no file “{path}” in the folder"
                report.add((*place, key, name), rule, "Add it or correct the path.", path)
        for name in case.inputs:
            if name not in manifest.inputs:
                report.add(
                    (*place, "inputs", name),
                    f"there is no input “{name}”",
                    f"Inputs are: {', '.join(manifest.inputs) or 'none'}.",
                )
        for name, spec in manifest.inputs.items():
            if spec.required and name not in case.inputs:
                report.add(
                    (*place, "inputs"), f"the input “{name}” is needed", f'Add {name} = "golden/{name}.csv".'
                )
        _expectations(manifest, n, report)


def _expectations(manifest: Manifest, n: int, report: Reporter) -> None:
    case = manifest.golden[n]
    if not case.expect and not case.expect_table:
        report.add(("golden", n), "nothing is expected", "Add expect = { METRIC = 1.0 } or expect_table.")
    for key, names, kinds in (
        ("expect", case.expect, {"metric", "text"}),
        ("expect_table", case.expect_table, {"table"}),
    ):
        fitting = [o for o, spec in manifest.outputs.items() if spec.kind in kinds]
        for name in names:
            if name not in fitting:
                near = get_close_matches(name, fitting, 1)
                remedy = (
                    f"Did you mean “{near[0]}”?" if near else f"Declared are: {', '.join(fitting) or 'none'}."
                )
                report.add(
                    ("golden", n, key, name),
                    f"“{name}” is not a declared {' or '.join(sorted(kinds))} output",
                    remedy,
                )
