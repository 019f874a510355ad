"""CSV → a Parquet file of plain text columns ``c0, c1 …``; every value as it stands in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.data.csv_dialect import DELIMITERS, check_names, find_delimiter, parse, sample_text
from engine.data.csv_scan import clean_copy, scan
from engine.data.options import IngestOptions, bad_file, shorten
from engine.errors import Invalid, Problem

SHOWN = 5
LONGEST_LINE = 16 << 20


@dataclass
class Raw:
    """Text columns of a file, before types are found. ``kinds`` are types that the file itself states."""

    path: Path
    names: list[str]
    rows: int
    lines_match: bool = False  # one line per row: a row's line number can be told
    kinds: dict[int, str] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def place(self, row: int) -> str:
        """Where the row (from 0) stands in the file, in words."""
        return f"line {row + 2:,}" if self.lines_match else f"row {row + 1:,}"


def load_csv(connection: Any, path: Path, folder: Path, name: str, options: IngestOptions) -> Raw:
    """Read a CSV file. Raises Invalid with line and remedy for everything that is not a table."""
    found = scan(path, name, options.encoding)
    lines, notices = found.lines, [found.notice] if found.notice else []
    if not found.clean:
        lines = clean_copy(path, folder / "clean.csv", found, name)
        path = folder / "clean.csv"
    text = sample_text(path)
    if not text.strip():
        raise bad_file(
            name,
            f"“{name}” is empty. Export the table again; it needs a line with column names and rows below it.",
            rule="not empty",
        )
    delimiter = options.delimiter or find_delimiter(text)
    header = parse(text, delimiter)
    if not header:
        raise bad_file(
            name, f"The first line of “{name}” cannot be read as column names.", where="line 1", rule="CSV"
        )
    names = check_names(header[0], name, notices)
    raw = Raw(folder / "raw.parquet", names, 0, notices=notices)
    raw.facts = {"format": "csv", "encoding": found.encoding, "delimiter": delimiter}
    raw.rows = _copy(connection, path, raw, delimiter, name)
    raw.lines_match = lines in (raw.rows, raw.rows + 1)
    if raw.rows == 0:
        raise bad_file(
            name,
            f"“{name}” has column names ({shorten(', '.join(names))}) but no rows below them. "
            "Export it again with its data.",
            rule="at least one row",
        )
    if delimiter != ",":
        notices.append(f"Columns are separated by a {DELIMITERS.get(delimiter, delimiter)}.")
    return raw


def _copy(connection: Any, path: Path, raw: Raw, delimiter: str, name: str) -> int:
    import duckdb

    columns = ", ".join(f"'c{n}': 'VARCHAR'" for n in range(len(raw.names)))
    source = (
        f"read_csv($source, auto_detect=false, delim=$delimiter, quote='\"', escape='\"', header=true, "
        f"strict_mode=true, null_padding=false, allow_quoted_nulls=false, ignore_errors=true, "
        f"store_rejects=true, rejects_limit={SHOWN * 4}, max_line_size={LONGEST_LINE}, "
        f"columns={{{columns}}})"
    )
    try:
        connection.execute(
            f"COPY (SELECT * FROM {source}) TO $target (FORMAT parquet, COMPRESSION lz4)",
            {"source": str(path), "delimiter": delimiter, "target": str(raw.path)},
        )
        rejected = connection.execute(
            "SELECT line, error_type, csv_line, error_message FROM reject_errors ORDER BY line"
        ).fetchall()
    except duckdb.Error as error:
        raise bad_file(
            name,
            f"“{name}” cannot be read as a table: {shorten(str(error).splitlines()[0], 200)} "
            "Open it in the program that made it and export it again as CSV.",
            rule="CSV",
        ) from error
    if rejected:
        raise Invalid(f"the file “{name}”", _ragged(rejected, len(raw.names), delimiter))
    return int(
        connection.execute("SELECT count(*) FROM read_parquet($p)", {"p": str(raw.path)}).fetchone()[0]
    )


def _ragged(rejected: list[tuple[Any, ...]], width: int, delimiter: str) -> list[Problem]:
    problems: dict[int, Problem] = {}
    mark = DELIMITERS.get(delimiter, delimiter)
    for line, kind, text, message in rejected:
        if kind in ("MISSING COLUMNS", "TOO MANY COLUMNS"):
            found = message.rsplit(" ", 1)[-1]
            sentence = (
                f"Line {line:,} has {found} values instead of {width}: “{shorten(text)}”. Correct the line; "
                f"text that holds a {mark} must stand in quotes, and the first line must be the column names."
            )
        elif kind == "UNQUOTED VALUE":
            sentence = (
                f"Line {line:,} has a quotation mark that does not end its value: “{shorten(text)}”. "
                'Close the quotation mark, or double it ("") where it belongs to the text.'
            )
        else:
            sentence = f"Line {line:,} cannot be read ({message}): “{shorten(text)}”. Correct the line."
        problems.setdefault(line, Problem(f"line {line}", sentence, shorten(text), f"{width} values a line"))
    return list(problems.values())[:SHOWN]
