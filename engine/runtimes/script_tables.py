"""Tables of scripts: column folders written as the files that a script reads, and its files read back.

CSV is read as text first and typed afterwards, so that no digit is lost: what is declared is converted as
declared, the rest by what all its values look like (a number with leading zeros or 20 digits stays text).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.runtimes.interface import CallFailed
from engine.runtimes.quarterdeck_worker import columns

MISSING = ("", "NA", "NaN", "NULL", "null", "None", "N/A", "#N/A")
SEPARATORS = ",;\t|"
SAMPLE_BYTES = 1 << 16
WRITE_ROWS = 100_000
_ARROW = {"number": "double", "integer": "int64", "boolean": "bool", "date": "date32"}
_TRUE, _FALSE = ("true", "t", "yes", "1"), ("false", "f", "no", "0")


def write_table(folder: Path, target: Path) -> None:
    """Write a column folder as .csv, .tsv, .txt, .parquet or .xlsx, in the dialect of the file it replaces."""
    table = _arrow(columns.read(folder))
    suffix = target.suffix.casefold()
    target.parent.mkdir(parents=True, exist_ok=True)
    if suffix == ".parquet":
        import pyarrow.parquet as parquet

        parquet.write_table(table, target)
    elif suffix in (".xlsx", ".xlsm"):
        columns.read_frame(folder).to_excel(target, index=False)
    else:
        _write_csv(table, target)


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written: separator, decimal comma, word for missing, encoding."""

    separator: str = ","
    comma: bool = False
    missing: str = ""
    encoding: str = "utf-8"

    @classmethod
    def of(cls, path: Path) -> Dialect:
        """That of the file which lies there (the script reads it so); else by the name's ending."""
        if not path.is_file():
            return cls("\t" if path.suffix.casefold() in (".tsv", ".tab") else ",")
        with open(path, "rb") as file:
            sample = file.read(SAMPLE_BYTES)
        try:
            # a sample may end within a character
            text, encoding = (
                sample.decode("utf-8", "strict" if len(sample) < SAMPLE_BYTES else "ignore"),
                "utf-8",
            )
        except UnicodeDecodeError:
            text, encoding = sample.decode("cp1252", "replace"), "cp1252"
        first, _, body = text.partition("\n")
        separator = max(SEPARATORS, key=first.count)
        if separator not in first:
            separator = ","
        cells = [cell.strip().strip('"') for line in body.splitlines() for cell in line.split(separator)]
        comma = separator != "," and any(re.fullmatch(r"[-+]?\d+,\d+", cell) for cell in cells)
        return cls(separator, comma, "NA" if "NA" in cells else "", encoding)


def _write_csv(table: Any, target: Path) -> None:
    """Only what needs quotes gets them: many scripts split lines at the separator."""
    import pyarrow as pa
    import pyarrow.compute as pc

    dialect = Dialect.of(target)
    texts = [_as_text(column, dialect) for column in table.columns]
    heading = [_as_text(pa.chunked_array([[name]]), dialect)[0].as_py() for name in table.column_names]
    # characters that the old file's encoding lacks would stop the script: better a question mark
    target.unlink(missing_ok=True)
    with open(target, "w", encoding=dialect.encoding, errors="replace", newline="\n") as file:
        file.write(dialect.separator.join(heading) + "\n")
        for start in range(0, table.num_rows, WRITE_ROWS):
            piece = [text.slice(start, WRITE_ROWS).combine_chunks() for text in texts]
            lines = pc.binary_join_element_wise(*piece, dialect.separator)
            file.write("\n".join(lines.to_pylist()) + "\n")


def _as_text(column: Any, dialect: Dialect) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type) and _whole_seconds(column):
        column = column.cast(pa.timestamp("s", column.type.tz))
    text = column.cast(pa.string())
    if dialect.comma and pa.types.is_floating(column.type):
        text = pc.replace_substring(text, ".", ",")
    if pa.types.is_string(column.type):
        risky = pc.match_substring_regex(text, f'[{re.escape(dialect.separator)}"\r\n]|^[ ]|[ ]$')
        quoted = pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', "")
        text = pc.if_else(risky, quoted, text)
    return text.fill_null(dialect.missing)


def _whole_seconds(column: Any) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.cast(column.drop_null(), pa.int64())
    size = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    whole = pc.multiply(pc.divide(parts, size), size)
    return pc.all(pc.equal(whole, parts)).as_py() is not False


def _arrow(table: columns.Table) -> Any:
    import pyarrow as pa

    arrays = []
    for column in table.columns:
        if column.codes is not None:
            missing = column.missing(table.rows)
            codes = pa.array(column.codes, mask=missing)
            arrays.append(
                pa.DictionaryArray.from_arrays(codes, pa.array(column.texts(), pa.string())).cast(pa.string())
            )
            continue
        array = pa.array(column.data, mask=column.missing(table.rows))
        if column.type == "bool":
            array = array.cast(pa.bool_())
        elif column.type == "date":
            array = array.cast(pa.date32())
        elif column.type == "datetime":
            array = array.cast(pa.timestamp("us", column.zone or None))
        arrays.append(array)
    return pa.table(arrays, names=[column.name for column in table.columns])


def read_table(path: Path, name: str, declared: Mapping[str, str], folder: Path) -> None:
    """Read a script's table file into a column folder. Raises CallFailed ``bad-output``."""
    suffix = path.suffix.casefold()
    try:
        if suffix == ".parquet":
            import pyarrow.parquet as parquet

            frame = parquet.read_table(path).to_pandas()
        elif suffix in (".xlsx", ".xlsm", ".xls"):
            import pandas as pd

            frame = pd.read_excel(path)
        else:
            frame = _read_csv(path, declared)
        columns.write_frame(frame, folder)
    except (OSError, ValueError, ImportError) as error:
        raise CallFailed(
            "bad-output", f"The table “{name}” ({path.name}) cannot be read: {error}."
        ) from error


def _read_csv(path: Path, declared: Mapping[str, str]) -> Any:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.csv as csv

    data = path.read_bytes()
    first = data.split(b"\n", 1)[0].decode("utf-8", "replace")
    if not first.strip():
        raise ValueError("it is empty")
    separator = max(SEPARATORS, key=first.count)
    try:
        data.decode("utf-8")
        encoding = "utf-8"
    except UnicodeDecodeError:
        encoding = "cp1252"
    raw = csv.read_csv(
        pa.BufferReader(data),
        csv.ReadOptions(encoding=encoding, autogenerate_column_names=True),
        csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        csv.ConvertOptions(
            default_column_type=pa.string(),
            column_types=_all_text(first, separator),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=list(MISSING),
        ),
    )
    names = [str(column[0].as_py() or "").lstrip("\ufeff") for column in raw.columns]
    body = raw.slice(1)
    frame: dict[str, Any] = {}
    for n, name in enumerate(names):
        if n == 0 and name == "" and _row_numbers(body.column(0)):
            continue  # R's write.csv numbers its rows
        label = name or ("row" if n == 0 else f"column {n + 1}")
        frame[label] = _typed(body.column(n), label, declared.get(label), comma=separator == ";")
    return pd.DataFrame(frame)


def _all_text(first: str, separator: str) -> dict[str, Any]:
    import pyarrow as pa

    return {f"f{n}": pa.string() for n in range(first.count(separator) + 1)}


def _row_numbers(column: Any) -> bool:
    return column.to_pylist() == [str(n + 1) for n in range(len(column))]


def _typed(column: Any, name: str, declared: str | None, *, comma: bool) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if declared in ("text", "category"):
        texts = column.to_pandas()
        return texts.astype("category") if declared == "category" else texts
    trimmed = pc.utf8_trim_whitespace(column)
    swapped = pc.replace_substring_regex(trimmed, r"^([-+]?\d+),(\d+)$", r"\1.\2") if comma else trimmed
    if declared is not None:
        return _as_declared(swapped, name, declared)
    for guess, pattern in (
        ("integer", r"[-+]?(0|[1-9]\d{0,17})"),
        ("number", r"([-+]?(0|[1-9]\d{0,16})?(\.\d+|\.)?([eE][-+]?\d+)?|[-+]?[Ii]nf)"),
        ("boolean", r"(?i:true|false)"),
        ("date", r"\d{4}-\d{2}-\d{2}"),
        ("date-time", r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d{2}:?\d{2})?"),
    ):
        matches = pc.all(pc.match_substring_regex(swapped, f"^{pattern}$")).as_py()
        if matches and swapped.null_count < len(swapped):
            try:
                return _as_declared(swapped, name, guess)
            except (ValueError, pa.ArrowInvalid):
                continue
    return column.to_pandas()


def _as_declared(column: Any, name: str, kind: str) -> Any:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        if kind == "date-time":
            return pd.to_datetime(column.to_pandas(), format="ISO8601", utc=_has_zone(column))
        if kind == "boolean":
            lowered = pc.utf8_lower(column)
            yes, no = pc.is_in(lowered, pa.array(_TRUE)), pc.is_in(lowered, pa.array(_FALSE))
            known = pc.or_(yes, pc.or_(no, pc.is_null(column)))
            if not pc.all(known).as_py():
                raise ValueError(f"“{column.filter(pc.invert(known))[0]}” is neither true nor false")
            return pd.array(pc.if_else(pc.is_valid(column), yes, None).to_pylist(), dtype="boolean")
        if kind == "number":
            column = pc.replace_substring_regex(column, r"(?i)^([-+]?)inf(inity)?$", r"\1inf")
        typed = column.cast(_ARROW[kind])
    except (pa.ArrowInvalid, ValueError) as error:
        shown = re.sub(r"\s+", " ", str(error))[:120]
        raise ValueError(f"the column “{name}” is declared as {kind}, but {shown}") from error
    if kind == "date":
        return pd.Series(typed.to_numpy(zero_copy_only=False).astype("datetime64[s]"))
    if kind == "integer" and typed.null_count:
        return pd.array(typed.to_pylist(), dtype="Int64")
    return typed.to_pandas()


def _has_zone(column: Any) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(column, r"(Z|[-+]\d{2}:?\d{2})$")).as_py())
