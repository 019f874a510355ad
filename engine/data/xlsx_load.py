"""The first (or a named) sheet of an XLSX file → text columns plus the types that the cells state."""

from __future__ import annotations

import datetime as dt
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.data.bombs import check_archive, check_cells
from engine.data.csv_dialect import check_names
from engine.data.csv_load import Raw
from engine.data.options import IngestOptions, bad_file, shorten

BATCH = 20_000
ERRORS = frozenset({"#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DIV/0!"})


def load_xlsx(path: Path, folder: Path, name: str, options: IngestOptions) -> Raw:
    """Read a sheet in streaming mode. Raises Invalid for damaged files and sheets that are no table."""
    book = _open(path, name)
    try:
        sheet = _sheet(book, name, options.sheet)
        sheet.reset_dimensions()  # what the file says of its size pads every row
        rows = sheet.iter_rows(values_only=True)
        notices: list[str] = []
        if len(book.sheetnames) > 1 and not options.sheet:
            notices.append(f"The file has {len(book.sheetnames)} sheets; “{sheet.title}” was read.")
        header = _header(rows, name)
        raw = Raw(
            folder / "raw.parquet", check_names(header, name, notices), 0, lines_match=True, notices=notices
        )
        raw.facts = {"format": "xlsx", "sheet": sheet.title}
        kinds = _write(rows, raw, name)
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, SyntaxError, OSError, EOFError) as error:
        raise _damaged(name, error) from error
    finally:
        book.close()
    if raw.rows == 0:
        raise bad_file(name, f"Sheet “{raw.facts['sheet']}” of “{name}” has no rows below its column names.")
    for n, kind in enumerate(kinds):
        raw.kinds[n] = _kind(kind, raw.names[n], raw.notices)
    return raw


def _open(path: Path, name: str) -> Any:
    import openpyxl

    try:
        with zipfile.ZipFile(path) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise bad_file(
                    name,
                    f"“{name}” is a ZIP archive, not an Excel file. Unpack it and upload the table inside.",
                )
            check_archive(archive, path, name)
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        KeyError,
        ValueError,
        SyntaxError,
        OSError,
        EOFError,
    ) as error:
        raise _damaged(name, error) from error


def _damaged(name: str, error: Exception) -> Exception:
    return bad_file(
        name,
        f"“{name}” is damaged or not a whole Excel file ({shorten(error, 100)}). Open it in Excel, save it again "
        "as .xlsx and upload it again.",
        rule="XLSX",
    )


def _sheet(book: Any, name: str, wanted: str) -> Any:
    sheets = book.worksheets
    if not sheets:
        raise bad_file(name, f"“{name}” has no sheet with cells.")
    if not wanted:
        return sheets[0]
    for sheet in sheets:
        if sheet.title == wanted:
            return sheet
    raise bad_file(
        name,
        f"“{name}” has no sheet “{wanted}”. Its sheets: {', '.join(s.title for s in sheets)}.",
        value=wanted,
    )


def _header(rows: Iterator[tuple[Any, ...]], name: str) -> list[str]:
    for row in rows:
        cells = list(row)
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            return [_text(c) or "" for c in cells]
        break
    raise bad_file(name, f"The first row of “{name}” is empty. Put the column names into the first row.")


def _write(rows: Iterator[tuple[Any, ...]], raw: Raw, name: str) -> list[Counter[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    width = len(raw.names)
    kinds: list[Counter[str]] = [Counter() for _ in range(width)]
    schema = pa.schema([(f"c{n}", pa.string()) for n in range(width)])
    batch: list[list[str | None]] = [[] for _ in range(width)]
    blank = 0
    with pq.ParquetWriter(raw.path, schema, compression="lz4") as writer:
        for row in rows:
            if all(c is None for c in row):
                blank += 1
                check_cells(raw.rows, width, blank, name)
                continue
            if any(c is not None for c in row[width:]):
                raise bad_file(
                    name,
                    f"Row {raw.rows + blank + 2:,} of “{name}” has values to the right of the last column name. "
                    "Name those columns or clear the cells.",
                    where=f"row {raw.rows + blank + 2}",
                )
            raw.rows += 1
            raw.lines_match = raw.lines_match and not blank
            for n in range(width):
                value = row[n] if n < len(row) else None
                kinds[n][_kind_of(value)] += 1
                batch[n].append(_text(value))
            if raw.rows % BATCH == 0:
                check_cells(raw.rows, width, blank, name)
                writer.write_table(
                    pa.Table.from_arrays([pa.array(b, pa.string()) for b in batch], schema=schema)
                )
                batch = [[] for _ in range(width)]
        writer.write_table(pa.Table.from_arrays([pa.array(b, pa.string()) for b in batch], schema=schema))
    return kinds


def _kind_of(value: Any) -> str:
    if value is None or (isinstance(value, str) and value in ERRORS):
        return "missing"
    for kinds, name in (((bool,), "boolean"), ((int,), "integer"), ((float,), "number"), ((str,), "text")):
        if isinstance(value, kinds):
            return name
    if isinstance(value, dt.datetime):
        return "date" if value.time() == dt.time() else "date-time"
    return "date" if isinstance(value, dt.date) else "text"


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and value in ERRORS):
        return None
    if isinstance(value, dt.datetime):
        whole = value.time() == dt.time()
        return value.date().isoformat() if whole else value.isoformat(sep=" ", timespec="microseconds")
    return repr(value) if isinstance(value, (bool, float)) else str(value)


def _kind(found: Counter[str], name: str, notices: list[str]) -> str:
    """The type that all cells of a column agree on; text, with a notice, where they do not."""
    kinds = {k for k in found if k != "missing"}
    if kinds <= {"integer", "number"} and kinds:
        return "integer" if kinds == {"integer"} else "number"
    if kinds == {"date", "date-time"}:
        return "date-time"
    if len(kinds) == 1:
        return kinds.pop()
    if kinds:
        listed = ", ".join(f"{found[k]:,} {k}" for k in sorted(kinds))
        notices.append(f"Column “{name}” is mixed ({listed}); it stays text.")
    return "text"
