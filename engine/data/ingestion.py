"""A file from a person → one Parquet file with checked types, or one sentence why not.

Runs in a job process (``jobs.py``). Nothing is left behind when it fails: it writes only into the folder
that it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.data.csv_load import Raw, load_csv
from engine.data.duck import connect
from engine.data.options import Ingested, IngestOptions, bad_file
from engine.data.profiles import profile
from engine.data.suggest import suggestions
from engine.data.typing_rules import Typing

Progress = Callable[[float, str], None]
MEMORY = "1GB"


def ingest_file(
    path: Path,
    name: str,
    target: Path,
    options: IngestOptions,
    folder: Path,
    progress: Progress = lambda fraction, text: None,
) -> Ingested:
    """Read ``path`` (called ``name`` by the person) and write the Parquet file ``target``.

    ``folder`` is scratch space. CSV (also .tsv, .txt), Parquet and the first or named sheet of an XLSX
    are told apart by their contents, not by their names. Raises Invalid with the place and the remedy.
    """
    kind = file_kind(path, name)
    connection = connect(folder / "spill", memory=MEMORY)
    progress(0.05, "Reading the file")
    if kind == "parquet":
        from engine.data.parquet_load import load_parquet

        notices, facts = load_parquet(path, target, name)
    else:
        raw = _load_text(connection, kind, path, folder, name, options)
        progress(0.5, "Finding the types of the columns")
        typing = Typing(connection, raw, options)
        decisions = typing.decide()
        progress(0.7, "Storing the table")
        store(connection, typing.select(decisions), target)
        notices, facts = raw.notices, raw.facts
    progress(0.9, "Describing the columns")
    rows, columns = profile(connection, target)
    personal = suggestions(connection, target, columns)
    connection.close()
    return Ingested(rows, columns, notices, {**facts, "personal": personal} if personal else facts)


def store(connection: Any, select: str, target: Path) -> None:
    """Stream a query into a Parquet file, in the way our tables are written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from engine.data.tables import ROW_GROUP, writing

    cursor = connection.cursor()
    reader = cursor.sql(select).to_arrow_reader(ROW_GROUP)
    first = next(iter(reader), None)
    sample = pa.Table.from_batches([first] if first is not None else [], schema=reader.schema)
    with pq.ParquetWriter(target, reader.schema, **writing(sample)) as writer:
        if first is not None:
            writer.write_batch(first, row_group_size=ROW_GROUP)
        for batch in reader:
            writer.write_batch(batch, row_group_size=ROW_GROUP)


def file_kind(path: Path, name: str) -> str:
    """csv, parquet or xlsx, by the first bytes. Raises Invalid for everything else that is known."""
    if not path.exists():
        raise bad_file(name, f"There is no file “{path}”. Check the path.", rule="file exists")
    if path.is_dir():
        raise bad_file(name, f"“{path}” is a folder. Give one CSV, Parquet or XLSX file.", rule="file")
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        raise bad_file(name, f"“{name}” is empty (0 bytes). Export the table again.", rule="not empty")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        return "xlsx"
    for magic, sentence in _REFUSED.items():
        if head.startswith(magic):
            raise bad_file(name, sentence.format(name=name), rule="CSV, Parquet or XLSX")
    return "csv"


_REFUSED = {
    b"\xd0\xcf\x11\xe0": "“{name}” is an old Excel file (.xls) or protected by a password. Open it in Excel and save "
    "it as “Excel Workbook (.xlsx)” without a password.",
    b"\x1f\x8b": "“{name}” is compressed (gzip). Unpack it and upload the file inside.",
    b"%PDF": "“{name}” is a PDF document. Export the table as CSV, Parquet or XLSX.",
    b"RDX": "“{name}” is an R data file. Write the data frame with write.csv(…, row.names = FALSE).",
    b"ARROW1": "“{name}” is an Arrow/Feather file. Write it as Parquet.",
    b"SQLite f": "“{name}” is an SQLite database. Export one table as CSV or Parquet.",
    b"7z\xbc\xaf": "“{name}” is a 7z archive. Unpack it and upload the file inside.",
}


def _load_text(
    connection: Any, kind: str, path: Path, folder: Path, name: str, options: IngestOptions
) -> Raw:
    if kind == "xlsx":
        from engine.data.xlsx_load import load_xlsx

        return load_xlsx(path, folder, name, options)
    return load_csv(connection, path, folder, name, options)
