"""What a call brought back becomes outputs: checked against the declarations, stored by hash.

Storing comes first and makes nothing visible; the rows that refer to it are written in one fenced
transaction by ``attempt``. Contents that no row came to refer to are swept later.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import QuarterdeckError
from engine.runs.records import RunOutput, canonical
from engine.runtimes.interface import CallFailed, Output, Result
from engine.store.blobs import BlobStore
from engine.store.space import is_full


@dataclass(frozen=True)
class Published:
    """Outputs whose contents are stored; ``result_blob`` is their canonical list, equal for equal results.

    ``blobs`` are the contents to refer to; ``result_blob`` is kept by the run's own row.
    """

    outputs: list[RunOutput]
    result_blob: str
    blobs: list[str] = field(default_factory=list)


def store_outputs(
    result: Result, declared: Mapping[str, Any], blobs: BlobStore, scratch: Path, private: Path
) -> Published:
    """Check and store what a call returned.

    ``scratch`` is the call's folder (the model could write there); ``private`` a folder only the server
    writes to. Raises CallFailed: ``bad-output`` or ``disk-full``.
    """
    check_names(result, declared)
    try:
        outputs = [_store(o, declared.get(o.name), blobs, scratch, private) for o in result.outputs]
        listed = canonical([{k: v for k, v in o.as_json().items() if k != "title"} for o in outputs])
        result_blob = blobs.put_bytes(listed.encode())
    except OSError as failure:
        if is_full(failure):
            raise CallFailed("disk-full", DISK_FULL, transient=True) from failure
        raise
    return Published(outputs, result_blob, [o.blob for o in outputs if o.blob])


DISK_FULL = (
    "The model finished, but the disk of the data folder is full, so its outputs could not be stored. "
    "Nothing of them was kept. Free some space (“quarterdeck gc” shows what can go) and run it again."
)


def check_names(result: Result, declared: Mapping[str, Any]) -> None:
    """Every declared output must be there, of its kind, and no name twice. Raises CallFailed (bad-output)."""
    found: dict[str, Output] = {}
    for output in result.outputs:
        if output.name in found:
            raise _bad(f"The model returned two outputs called “{output.name}”. Give each its own name.")
        found[output.name] = output
    for name, spec in declared.items():
        came = found.get(name)
        if came is None:
            names = ", ".join(f"“{n}”" for n in found) or "nothing"
            raise _bad(
                f"The manifest declares the output “{name}” ({spec.kind}), but the model returned {names}. "
                "Return it under that name, or take it out of the manifest."
            )
        if came.kind != spec.kind:
            raise _bad(
                f"The output “{name}” is declared as {spec.kind}, but the model returned a {came.kind}. "
                "Change the declaration or what the model returns."
            )


def scalar(value: float | str | None) -> Any:
    """A metric or text as canonical JSON can hold it: infinities and NaN as words."""
    if isinstance(value, float):
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
    return value


def _store(output: Output, spec: Any, blobs: BlobStore, scratch: Path, private: Path) -> RunOutput:
    title = getattr(spec, "title", "") or ""
    if output.kind in ("metric", "text"):
        value = scalar(output.value)
        return RunOutput(output.name, output.kind, title, value=value, bytes=len(canonical(value)))
    path = inside(scratch, output)
    if output.kind == "table":
        return _store_table(output, spec, title, path, blobs, private)
    if not path.is_file():
        raise _bad(f"The output “{output.name}” should be a file, but {path.name} is not one.")
    with open(path, "rb", opener=_no_links) as source:
        size = os.fstat(source.fileno()).st_size
        blob = blobs.put_stream(source)
    kind = output.format or path.suffix.lstrip(".").lower()
    return RunOutput(output.name, output.kind, title, format=kind, filename=path.name, blob=blob, bytes=size)


def _store_table(
    output: Output, spec: Any, title: str, path: Path, blobs: BlobStore, private: Path
) -> RunOutput:
    from engine.data.tables import columns_header, columns_to_parquet

    for entry in os.scandir(path):
        if not stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
            raise _bad(f"The table “{output.name}” came with {entry.name}, which is not a plain file.")
    try:
        rows, columns = columns_header(path)
        check_columns(output.name, {c.name: c.type for c in columns}, getattr(spec, "columns", None) or {})
        parquet = private / f"{secrets.token_hex(8)}.parquet"
        try:
            columns_to_parquet(path, parquet)
            size = parquet.stat().st_size
            blob = blobs.put_file(parquet, move=True)
        finally:
            parquet.unlink(missing_ok=True)
    except (ValueError, KeyError) as failure:  # a worker in any language wrote this folder
        raise _bad(f"The table “{output.name}” cannot be read: {failure}") from failure
    described = [{"name": c.name, "type": DECLARED.get(c.type, c.type)} for c in columns]
    return RunOutput(
        output.name, "table", title, format="parquet", blob=blob, rows=rows, columns=described, bytes=size
    )


DECLARED = {
    "float64": "number",
    "int64": "integer",
    "int32": "integer",
    "bool": "boolean",
    "datetime": "date-time",
}
FITTING = {
    "number": {"number", "integer"},
    "text": {"text", "category"},
    "category": {"text", "category"},
    "date-time": {"date-time", "date"},
}


def check_columns(name: str, came: Mapping[str, str], wanted: Mapping[str, str]) -> None:
    """Declared columns must be there with a fitting type; more columns are welcome. Raises CallFailed."""
    for column, kind in wanted.items():
        if column not in came:
            has = ", ".join(f"“{c}”" for c in came) or "none"
            raise _bad(
                f"The table “{name}” must have a column “{column}” ({kind}) by its declaration; it has {has}."
            )
        got = DECLARED.get(came[column], came[column])
        if got not in FITTING.get(kind, {kind}):
            raise _bad(
                f"The column “{column}” of the table “{name}” is declared as {kind}, but holds {got}. "
                "Change the declaration or what the model returns."
            )


def inside(scratch: Path, output: Output) -> Path:
    """The output's path, which must lie in the call's own folder, links followed. Raises CallFailed."""
    if output.path is None:
        raise _bad(f"The output “{output.name}” ({output.kind}) came without a file.")
    path = output.path if output.path.is_absolute() else scratch / output.path
    real = path.resolve()
    if not real.is_relative_to(scratch.resolve()) or not real.exists():
        raise _bad(
            f"The output “{output.name}” names {output.path}, which is not a file in the run's own folder. "
            "Write outputs with a relative path."
        )
    return real


def read_scalar(text: str) -> Any:
    """The value of a stored scalar."""
    return json.loads(text)


def _no_links(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def _bad(sentence: str) -> CallFailed:
    return CallFailed("bad-output", sentence)


def plain_failure(failure: Exception) -> CallFailed:
    """Any failure around a call as one with a reason; an unknown one names itself for the log."""
    if isinstance(failure, CallFailed):
        return failure
    if is_full(failure):
        return CallFailed("disk-full", DISK_FULL, transient=True)
    if isinstance(failure, QuarterdeckError):
        return CallFailed(failure.code, failure.sentence)
    return CallFailed(
        "server-error",
        f"Quarterdeck itself failed while it handled this run ({type(failure).__name__}: {failure}). "
        "The model is not to blame. Run it again; if it happens again, tell an administrator: "
        "the server's log holds the details.",
        type=type(failure).__name__,
    )
