"""Reading manifests: ``model.toml`` of any known version, with every problem at once and where it is.

A stored manifest is never rewritten: each version of its form has a reader that gives today's ``Manifest``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from engine.catalog import manifest_checks
from engine.catalog.manifest_model import (
    CHART_NEEDS,
    ChartSpec,
    EnvironmentSection,
    Golden,
    InputSpec,
    LimitsSection,
    Manifest,
    ModelSection,
    NetworkSection,
    OutputSpec,
    ParameterFile,
    Rule,
    ScriptSection,
    SecretSpec,
    TrainSection,
)  # fmt: skip
from engine.catalog.manifest_problems import Reporter
from engine.errors import Invalid

__all__ = [
    "CHART_NEEDS", "FILE_NAME", "ChartSpec", "EnvironmentSection", "Golden", "InputSpec", "LimitsSection", "Manifest",
    "ModelSection", "NetworkSection", "OutputSpec", "ParameterFile", "Rule", "ScriptSection", "SecretSpec",
    "TrainSection", "load_manifest", "read_manifest",
]  # fmt: skip

FILE_NAME = "model.toml"
MOST_BYTES = 1 << 20


def load_manifest(folder: Path, file: str = FILE_NAME) -> Manifest:
    """The manifest of a model folder, fully checked. Raises Invalid with file, line, key and remedy of each problem."""
    path = folder / file
    if not folder.is_dir():
        raise _invalid(str(folder), f"There is no folder {folder}. Give the folder that holds {file}.")
    if not path.is_file():
        raise _invalid(
            file,
            f"The folder {folder} has no {file}. Add one; the model author guide begins with an example.",
        )
    if path.stat().st_size > MOST_BYTES:
        raise _invalid(
            file,
            f"{path} is larger than {MOST_BYTES >> 20} MB. A manifest only describes: put data into files.",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise _invalid(file, f"{path} is not UTF-8 (byte {error.start + 1}). Save it as UTF-8.") from None
    return read_manifest(text, folder=folder, file=file)


def read_manifest(text: str, *, folder: Path | None = None, file: str = FILE_NAME) -> Manifest:
    """The manifest of a text. With a folder, the files that it names are looked for. Raises Invalid."""
    report = Reporter(file, text)
    try:
        raw = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        raise _invalid(file, _syntax(file, text, error)) from None
    reader = _reader(raw, report)
    manifest = reader(raw, report) if reader else None
    if manifest is not None:
        manifest_checks.check(manifest, folder, report)
    if report.problems or manifest is None:
        raise Invalid(file, report.problems)
    return manifest


def _syntax(file: str, text: str, error: tomllib.TOMLDecodeError) -> str:
    message = str(error)
    found = re.search(r"\(at line (\d+), column (\d+)\)", message)
    what = re.sub(r"\s*\(at .*\)", "", message)
    if not found:
        return f"{file} ends too early: {what}. Close what is open at its end."
    line = int(found[1])
    shown = text.splitlines()[line - 1].strip() if line <= len(text.splitlines()) else ""
    return f"{file}, line {line}, column {found[2]}: this is not TOML ({what}): {shown[:80]} — correct that line."


def _reader(
    raw: dict[str, Any], report: Reporter
) -> Callable[[dict[str, Any], Reporter], Manifest | None] | None:
    version = raw.get("manifest")
    if version is None:
        report.add(
            (), "the version of the manifest's form is missing", "Write manifest = 1 as its first line."
        )
        return None
    newest = max(READERS)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        report.add(
            ("manifest",),
            f"“{version}” is not a version of the manifest's form",
            "Write manifest = 1.",
            version,
        )
        return None
    if version > newest:
        report.add(
            ("manifest",), f"it is written in form {version}, this Quarterdeck reads up to {newest}",
            "Update Quarterdeck, or write the manifest in an older form.", version,
        )  # fmt: skip
        return None
    return READERS[version]


def _read_v1(raw: dict[str, Any], report: Reporter) -> Manifest | None:
    try:
        return Manifest.model_validate(raw)
    except ValidationError as error:
        report.add_validation(error, raw)
        return None


READERS: dict[int, Callable[[dict[str, Any], Reporter], Manifest | None]] = {1: _read_v1}


def _invalid(where: str, sentence: str) -> Invalid:
    from engine.errors import Problem

    return Invalid(where, [Problem(where, sentence)])
