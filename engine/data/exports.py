"""Stored tables as files for people: CSV and XLSX (Parquet is what is stored), and all of a run as a ZIP.

``export`` and ``run_zip`` are called by pages, API and command line; the writing itself happens in a job
process (``write_export``), into a file that is then streamed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import Invalid, Problem

if TYPE_CHECKING:
    from engine.access import Actor
    from engine.engine import Engine

FORMATS = ("csv", "xlsx", "parquet")
Report = Callable[[float, str], None]


@dataclass(frozen=True)
class ExportOptions:
    """How a CSV is written. ``safe`` puts an apostrophe before text that a spreadsheet would run as a formula
    (= + - @ at its start); numbers are never touched. ``mark`` writes the byte-order mark Excel looks for."""

    delimiter: str = ","
    decimal: str = "."
    mark: bool = False
    safe: bool = True


def export(
    source: Path,
    target: Path,
    form: str,
    *,
    options: ExportOptions | None = None,
    about: Mapping[str, str] | None = None,
    engine: Engine | None = None,
) -> Path:
    """Write the Parquet file ``source`` as ``form`` (csv, xlsx, parquet) to ``target``.

    ``about`` (name → text) becomes a sheet “About” in an XLSX. In a job process; raises Invalid, Unavailable.
    """
    options = options or ExportOptions()
    check_format(form)
    if form == "parquet":
        shutil.copyfile(source, target)
        return target
    arguments: dict[str, Any] = {
        "source": str(source),
        "target": str(target),
        "form": form,
        "options": asdict(options),
        "about": dict(about or {}),
    }
    from engine.data.jobs import JobPool

    jobs = engine.datasets.jobs if engine else JobPool(1)
    try:
        jobs.run("export", None, **arguments)
    finally:
        if engine is None:
            jobs.close()
    return target


def check_format(form: str) -> None:
    """Raise Invalid unless ``form`` is one of ``FORMATS``."""
    if form not in FORMATS:
        sentence = f"Tables come as {', '.join(FORMATS)}, not as “{form}”. Choose one of these."
        raise Invalid("the download", [Problem("format", sentence, form, "known format")])


def write_export(
    source: Path, target: Path, form: str, options: ExportOptions, about: Mapping[str, str], report: Report
) -> None:
    """Write a CSV or XLSX file (called in a job process)."""
    check_format(form)
    if form == "csv":
        from engine.data.export_csv import write_csv

        write_csv(source, target, options)
    elif form == "xlsx":
        from engine.data.export_xlsx import write_xlsx

        write_xlsx(source, target, about, report)
    else:
        shutil.copyfile(source, target)


def run_zip(engine: Engine, actor: Actor, run: str, target: Path) -> Path:
    """Everything of a run in one ZIP: see ``engine.data.export_zip``."""
    from engine.data.export_zip import write_run_zip

    return write_run_zip(engine, actor, run, target)


def file_name(*parts: str, ending: str, day: date | None = None) -> str:
    """A name that is safe on every system: ``file_name("sales", "v3", "run1234", ending="xlsx")``."""
    pieces = [*parts, day.isoformat()] if day else list(parts)
    clean = [re.sub(r"[^\w.-]+", "-", p, flags=re.UNICODE).strip("-._") for p in pieces]
    stem = "_".join(c for c in clean if c)[:120] or "table"
    if stem.split(".")[0].upper() in _RESERVED:
        stem = f"_{stem}"
    return f"{stem}.{ending}"


_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{d}{n}" for d in ("COM", "LPT") for n in range(1, 10))}
