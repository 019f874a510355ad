"""Parquet from elsewhere → the Parquet that Quarterdeck stores: only types that a dataset holds, no loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.data.bombs import check_parquet
from engine.data.csv_dialect import check_names
from engine.data.options import bad_file
from engine.errors import Invalid, Problem


def load_parquet(path: Path, target: Path, name: str) -> tuple[list[str], dict[str, Any]]:
    """Check and copy a Parquet file, row group by row group; returns notices and facts.

    Raises Invalid for a damaged file and for columns that a dataset cannot hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    notices: list[str] = []
    try:
        source = pq.ParquetFile(path)
        check_parquet(source.metadata, path.stat().st_size, name)
        names = check_names(source.schema_arrow.names, name, notices)
        if not names:
            raise bad_file(name, f"“{name}” has no columns. Export it again.", rule="columns")
        schema = _schema(source.schema_arrow, names, name, notices)
        if any(pa.types.is_dictionary(t) for t in schema.types):
            _write_whole(path, schema, target, name)
        else:
            _write_groups(source, schema, target, name)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise bad_file(
            name,
            f"“{name}” is damaged or not a whole Parquet file ({str(error).splitlines()[0][:120]}). "
            "Write it again and upload it again.",
            rule="Parquet",
        ) from error
    if source.metadata.num_rows == 0:
        notices.append("The table has columns but no rows.")
    return notices, {"format": "parquet"}


def _write_groups(source: Any, schema: Any, target: Path, name: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from engine.data.tables import ROW_GROUP, writing

    tables = (_cast(batch, schema, name) for batch in source.iter_batches(batch_size=ROW_GROUP))
    first = next(tables, pa.table({f.name: pa.array([], f.type) for f in schema}))
    with pq.ParquetWriter(target, schema, **writing(first)) as writer:
        writer.write_table(first, row_group_size=ROW_GROUP)
        for table in tables:
            writer.write_table(table, row_group_size=ROW_GROUP)


def _write_whole(path: Path, schema: Any, target: Path, name: str) -> None:
    """Categories need one set of levels for the whole file."""
    from engine.data.tables import read_parquet, write_parquet

    write_parquet(_cast(read_parquet(path), schema, name), target)


def _cast(batch: Any, schema: Any, name: str) -> Any:
    import pyarrow as pa

    table = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
    columns, problems = [], []
    for n, wanted in enumerate(schema):
        column = table.column(n)
        try:
            columns.append(column if column.type == wanted.type else column.cast(wanted.type, safe=True))
        except pa.ArrowException as error:
            problems.append(
                Problem(
                    wanted.name,
                    f"Column “{wanted.name}” of “{name}” ({column.type}) cannot be stored as {wanted.type} without "
                    f"loss: {str(error).splitlines()[0][:120]}. Convert it before you write the file.",
                    rule=str(wanted.type),
                )
            )
    if problems:
        raise Invalid(f"the file “{name}”", problems)
    return pa.Table.from_arrays(columns, schema=schema)


def _schema(found: Any, names: list[str], name: str, notices: list[str]) -> Any:
    import pyarrow as pa

    fields, problems = [], []
    for column, kind in zip(names, found.types, strict=True):
        target, notice = _target(kind)
        if target is None:
            problems.append(
                Problem(
                    column,
                    f"Column “{column}” of “{name}” holds {kind}, which a table here cannot hold. Leave it out or "
                    "turn it into text, numbers or dates before you write the file.",
                    rule="number, integer, text, date, date-time, boolean or category",
                )
            )
            continue
        if notice:
            notices.append(f"Column “{column}” ({kind}) is stored as {notice}.")
        fields.append(pa.field(column, target))
    if problems:
        raise Invalid(f"the file “{name}”", problems)
    return pa.schema(fields)


def _target(kind: Any) -> tuple[Any, str]:
    """The Arrow type to store and, where a person should know, what that is; None where nothing fits."""
    import pyarrow as pa
    import pyarrow.types as is_

    if is_.is_timestamp(kind):
        return pa.timestamp("us", tz=kind.tz), ""
    if is_.is_decimal(kind):
        exact = kind.precision <= 15
        return (pa.float64(), "number") if exact else (pa.string(), "text so that no digit is lost")
    if is_.is_time(kind):
        return pa.string(), "text"
    if is_.is_dictionary(kind):
        text = is_.is_string(kind.value_type) or is_.is_large_string(kind.value_type)
        if text:
            return pa.dictionary(pa.int32(), pa.string(), ordered=kind.ordered), ""
        return _target(kind.value_type)
    if is_.is_null(kind) or is_.is_large_string(kind) or is_.is_string_view(kind) or is_.is_string(kind):
        return pa.string(), ""
    if is_.is_boolean(kind):
        return kind, ""
    if is_.is_integer(kind):
        return pa.int64(), ""
    if is_.is_floating(kind):
        return pa.float64(), ""
    return (pa.date32(), "") if is_.is_date(kind) else (None, "")
