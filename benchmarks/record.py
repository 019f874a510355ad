"""``benchmarks/RESULTS.md``: the last recorded figures, with the machine they were taken on."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.harness import Result
from engine.settings import ROOT

PAGE = Path(__file__).with_name("RESULTS.md")
KEPT = re.compile(r"<!-- rows (?P<rows>.*) -->")
MARKS = {True: "✓", False: "✗", None: ""}


def write(results: Sequence[Result], load: float) -> Path:
    """Write the page; rows of benches that were not part of this run stay, with their date.

    ``load`` is the machine's before the benches began.
    """
    rows = {row["name"]: row for row in _earlier()}
    for result in results:
        about = {"at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}", "load": round(load, 1), "commit": _commit()}
        rows[result.name] = {**result.as_json(), "shown": result.shown, **about}
    lines = [
        "# Figures",
        "",
        "Measured by `./quarterdeck bench --record`: production durability, reuse of results off, each peer in the",
        "same run where it is not marked as published. Ratios count; absolute figures are this machine's, and tell",
        "little where its load was above 0.5 before the benches began: others were using it.",
        "",
        f"Machine: {_machine()}",
        "",
        "| what | value | bar | | peer | measured (load) |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_line(row) for row in rows.values()]
    lines += ["", f"<!-- rows {json.dumps(list(rows.values()), ensure_ascii=False)} -->", ""]
    PAGE.write_text("\n".join(lines), encoding="utf-8")
    return PAGE


def _line(row: dict[str, Any]) -> str:
    note = f" ({row['note']})" if row["note"] else ""
    measured = f"{row['at']} UTC, {row['commit']} (load {row['load']})"
    value = f"{row['shown']} {row['unit']}"
    return (
        f"| {row['name']}{note} | {value} | {row['bar']} | {MARKS[row['ok']]} | {row['peer']} | {measured} |"
    )


def _earlier() -> list[dict[str, Any]]:
    found = KEPT.search(PAGE.read_text("utf-8")) if PAGE.exists() else None
    return json.loads(found["rows"]) if found else []


def _machine() -> str:
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    name = cpu[1] if cpu else platform.processor()
    return (
        f"{os.cpu_count()} × {name}, {memory} GB, {platform.platform()}, Python {platform.python_version()}."
    )


def _commit() -> str:
    if shutil.which("git") is None:
        return "unknown"
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"
