"""All of a run in one ZIP: tables as CSV and Parquet, metrics, figures, files, log and ``run.json``."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.data.exports import export, file_name

if TYPE_CHECKING:
    from engine.access import Actor
    from engine.engine import Engine

STORED = {".png", ".jpg", ".zip", ".xlsx", ".parquet", ".gz", ".pdf"}


def write_run_zip(engine: Engine, actor: Actor, run: str, target: Path) -> Path:
    """Write the archive; rights are those of each look-up. Raises NotFound, Refused, Unavailable."""
    record = engine.runs.get(actor, run)
    outputs = list(engine.runs.outputs(actor, run))
    with (
        tempfile.TemporaryDirectory(prefix="quarterdeck-zip-") as folder,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3, allowZip64=True) as archive,
    ):
        for output in outputs:
            if output.blob is None:
                continue
            path = engine.runs.output_path(actor, run, output.name)
            if output.kind == "table":
                name = file_name(output.name, ending="csv")
                export(path, Path(folder) / name, "csv", engine=engine)
                _add(archive, Path(folder) / name, f"tables/{name}")
                (Path(folder) / name).unlink()
                _add(archive, path, f"tables/{file_name(output.name, ending='parquet')}")
            else:
                ending = (
                    Path(getattr(output, "filename", "") or "").suffix.lstrip(".") or output.format or "bin"
                )
                kind = "figures" if output.kind == "figure" else "files"
                ending = "plotly.json" if ending == "plotly" else ending
                _add(archive, path, f"{kind}/{file_name(output.name, ending=ending)}")
        metrics = {o.name: _plain(o.value) for o in outputs if o.blob is None and o.value is not None}
        archive.writestr("metrics.json", json.dumps(metrics, indent=2, ensure_ascii=False, default=str))
        with archive.open("log.txt", "w") as log:
            for text in _log(engine, actor, run):
                log.write(text.encode("utf-8", "replace"))
        archive.writestr(
            "run.json", json.dumps(_described(record), indent=2, ensure_ascii=False, default=str)
        )
    return target


def _add(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    kind = zipfile.ZIP_STORED if Path(name).suffix in STORED else zipfile.ZIP_DEFLATED
    archive.write(path, name, compress_type=kind)


def _log(engine: Engine, actor: Actor, run: str) -> Iterator[str]:
    offset = 0
    while True:
        text, following = engine.runs.log(actor, run, offset)
        if text:
            yield text
        if following <= offset:
            return
        offset = following


def _described(record: Any) -> dict[str, Any]:
    """The run's record as JSON: what is needed to know how each number came about."""
    if hasattr(record, "as_json"):
        return dict(record.as_json())
    return {k: _plain(v) for k, v in vars(record).items() if not k.startswith("_")}


def _plain(value: Any) -> Any:
    if (isinstance(value, float) and value != value) or value in (float("inf"), float("-inf")):
        return str(value)
    return value
