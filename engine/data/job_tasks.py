"""What a job process can do. Each task takes ``progress`` and JSON arguments and returns JSON."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from engine.errors import Invalid, QuarterdeckError

Report = Callable[[float, str], None]
TOO_LARGE = (
    "Working on the file took more memory than a file may take here; nothing was saved. Leave out rows or columns, or "
    "split it. A file that is small but unpacks to very much is not read."
)
log = logging.getLogger(__name__)


def ingest(report: Report, source: str, name: str, target: str, folder: str, options: dict[str, Any]) -> Any:
    """Read a file into a Parquet file."""
    from engine.data.ingestion import ingest_file
    from engine.data.options import IngestOptions

    said = ingest_file(
        Path(source), name, Path(target), IngestOptions.from_json(options), Path(folder), report
    )
    return said.as_json()


def export(
    report: Report, source: str, target: str, form: str, options: dict[str, Any], about: dict[str, Any]
) -> Any:
    """Write a stored table as a file for people."""
    from engine.data.exports import ExportOptions, write_export

    write_export(Path(source), Path(target), form, ExportOptions(**options), about, report)
    return {"bytes": Path(target).stat().st_size}


def mask(report: Report, source: str, target: str, columns: dict[str, str]) -> Any:
    """Write a stored table with a mark in place of the values of some columns."""
    from engine.data.masking import write_masked

    write_masked(Path(source), Path(target), columns)
    return {"bytes": Path(target).stat().st_size}


TASKS: Mapping[str, Callable[..., Any]] = {"ingest": ingest, "export": export, "mask": mask}


def described(error: Exception) -> dict[str, Any]:
    """An error as it travels to the parent."""
    if isinstance(error, Invalid):
        return {**error.as_json()["error"], "subject": error.subject}
    if isinstance(error, QuarterdeckError):
        return {"code": error.code, "message": error.sentence}
    if isinstance(error, MemoryError):
        return {"code": "unavailable", "message": TOO_LARGE}
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return {
            "code": "unavailable",
            "message": "The disk is full; nothing was saved. Free space and try again.",
        }
    log.exception("a job failed")
    text = " ".join(str(error).split())[:300]
    return {
        "code": "job-failed",
        "message": f"Quarterdeck failed to work on the file ({type(error).__name__}: {text}); nothing was saved. "
        "Please report this with the file; the server's log has the details.",
    }


def memory_used() -> int:
    """Most memory this process ever used, in bytes.

    Not by getrusage: its figure begins with what the parent used, also after a new program was started.
    """
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
