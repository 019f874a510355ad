"""Small files that unpack into enormous ones are refused before they are read, each with a sentence.

What a file *says* of itself is checked here (number of parts, sizes, rows, columns). A file that lies is met by
the limits of the job process: its memory (``jobs.limit_memory``) and its time.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from engine.data.options import bad_file

MOST_PARTS = 5_000
MOST_BYTES = 4 << 30  # of all parts of an XLSX together, unpacked
MOST_SHARED = 768 << 20  # of the list of texts, which the reader holds in memory
RATIO, RATIO_FROM = 250, 256 << 20  # packed so tightly no sheet is; small ones do no harm
MOST_COLUMNS = 5_000
MOST_CELLS = 4_000_000_000
MOST_PARQUET_BYTES = 32 << 30
LOOK = 64 << 10  # a document type stands at the start of an XML part
ADVICE = "Save the table as CSV or Parquet and upload that."


def check_archive(archive: zipfile.ZipFile, path: Path, name: str) -> None:
    """Raise Invalid for an XLSX (a ZIP of XML parts) that is made to overrun its reader."""
    parts = archive.infolist()
    unpacked = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    size = path.stat().st_size
    if len(parts) > MOST_PARTS:
        raise bad_file(
            name, f"“{name}” has {len(parts):,} parts inside; at most {MOST_PARTS:,} are read. {ADVICE}"
        )
    if any(part.flag_bits & 1 for part in parts):
        raise bad_file(name, f"“{name}” is protected by a password. Save it without one.")
    if packed > size:
        raise bad_file(name, f"The parts inside “{name}” overlap: it is damaged or made to do harm. {ADVICE}")
    if unpacked > MOST_BYTES or (unpacked > RATIO_FROM and unpacked > RATIO * max(1, packed)):
        raise bad_file(
            name,
            f"“{name}” ({size >> 10:,} KB) unpacks to {unpacked >> 20:,} MB; at most {MOST_BYTES >> 20:,} MB are read, "
            f"and not more than {RATIO} times its size. {ADVICE}",
            rule=f"at most {MOST_BYTES >> 20} MB unpacked",
        )
    shared = max((part.file_size for part in parts if part.filename.endswith("sharedStrings.xml")), default=0)
    if shared > MOST_SHARED:
        raise bad_file(
            name,
            f"The texts inside “{name}” have {shared >> 20:,} MB; at most {MOST_SHARED >> 20:,} MB are read. {ADVICE}",
        )
    for part in parts:
        if part.filename.endswith((".xml", ".rels")) and _declares(archive, part):
            raise bad_file(
                name,
                f"“{name}” holds a document type in {part.filename}, which no spreadsheet program writes. {ADVICE}",
            )


def _declares(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Does an XML part declare a document type (and with it entities that may unfold without end)?"""
    with archive.open(part) as file:
        head = file.read(LOOK)
    return b"<!DOCTYPE" in head.replace(b"\0", b"").upper()


def check_parquet(metadata: Any, size: int, name: str) -> None:
    """Raise Invalid for a Parquet file whose own account of rows and sizes is beyond what is read."""
    check_columns(metadata.num_columns, name)
    cells = metadata.num_rows * metadata.num_columns
    unpacked = sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))
    if cells > MOST_CELLS or unpacked > MOST_PARQUET_BYTES:
        raise bad_file(
            name,
            f"“{name}” ({size >> 10:,} KB) unpacks to {metadata.num_rows:,} rows of {metadata.num_columns:,} columns "
            f"({unpacked >> 20:,} MB); at most {MOST_CELLS:,} values and {MOST_PARQUET_BYTES >> 20:,} MB are read. "
            "Leave out rows or columns.",
            rule=f"at most {MOST_CELLS} values",
        )


def check_columns(count: int, name: str) -> None:
    """Raise Invalid for more columns than any table has."""
    if count > MOST_COLUMNS:
        raise bad_file(
            name,
            f"“{name}” has {count:,} columns; at most {MOST_COLUMNS:,} are read. Leave some out, "
            "or turn columns into rows.",
            rule=f"at most {MOST_COLUMNS} columns",
        )


def check_cells(rows: int, columns: int, blank: int, name: str) -> None:
    """Raise Invalid when a sheet that is being read grows without end."""
    if rows * columns > MOST_CELLS // 10 or blank > 2_000_000:
        raise bad_file(
            name,
            f"The sheet in “{name}” has too many cells ({rows + blank:,} rows, {columns:,} columns). {ADVICE}",
        )
