"""One query of a person, in a process of its own: started by ``confined.py`` with a request on standard input.

It imports DuckDB and Arrow and nothing of Quarterdeck, reads the files it is told and no other, writes one Parquet
file and answers with one line of JSON. Two independent layers keep the query within its datasets: ``screen`` looks
at the tree of DuckDB's own parser, and the database itself is locked (``locked``) before the query is run.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

BATCH = 10_000
PARENT_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)
TABLE_FUNCTIONS = frozenset({"range", "generate_series", "unnest"})
# what tells of the machine or the session, or runs text as SQL
_FUNCTIONS = """
    current_setting getvariable getenv current_database current_catalog current_schemas current_query in_search_path
    nextval currval write_log query query_table txid_current which_secret version json_execute_serialized_sql
    add_parquet_key
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())
_PREFIXES = "pg_ duckdb_ pragma_ has_ read_ parquet_ sniff_ enable_ disable_ force_"
PREFIXES = tuple(_PREFIXES.split())
_WHOLE = "TINYINT SMALLINT INTEGER BIGINT UTINYINT USMALLINT UINTEGER UBIGINT HUGEINT UHUGEINT"
WHOLE = frozenset(_WHOLE.split())
MOMENTS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")


class Told(Exception):
    """A sentence for the person: what is wrong with the query, and what to do."""


def main() -> None:
    """Read the request, run it, answer."""
    request = json.load(sys.stdin)
    limits = request["limits"]
    ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGKILL)
    _limit(limits)
    try:
        answer = run(request)
    except Told as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": too_large(limits)}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    os._exit(0)


def run(request: Mapping[str, Any]) -> dict[str, Any]:
    """Check the query and write its result to ``request["target"]``. Raises Told."""
    import duckdb

    views, masked = request["views"], request["masked"]
    began = time.monotonic()
    try:
        connection = locked(request["folder"], views, request["limits"])
        screen(connection, request["sql"], set(views), {c.casefold() for c in masked})
        written = write(connection, request["sql"], request["target"], request["limits"])
    except duckdb.OutOfMemoryException as error:
        raise Told(too_large(request["limits"])) from error
    except duckdb.Error as error:
        raise Told(worded(error)) from error
    return {**written, "seconds": time.monotonic() - began}


def locked(folder: str, views: Mapping[str, str], limits: Mapping[str, Any]) -> Any:
    """A fresh instance that reads the files of ``views`` (name → path) and can't be opened up again.

    The order matters: the paths, then no other access, then no setting can be changed any more.
    """
    import duckdb

    connection = duckdb.connect(
        config={
            "threads": 2,
            "memory_limit": f"{limits['memory_mb']}MB",
            "temp_directory": f"{folder}/spill",
            "max_temp_directory_size": f"{limits['temp_mb']}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "allow_persistent_secrets": False,
            "python_enable_replacements": False,
        }
    )
    connection.execute("LOAD icu")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    listed = ", ".join(_text(path) for path in sorted(set(views.values())))
    connection.execute(f"SET allowed_paths = [{listed}]")
    for name, path in views.items():
        connection.execute(f"CREATE VIEW {_name(name)} AS SELECT * FROM read_parquet({_text(path)})")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def screen(connection: Any, sql: str, views: set[str], masked: set[str]) -> None:
    """Let one SELECT over the given datasets pass. Raises Told for anything else.

    ``masked`` columns (folded names) may be shown, they hold a mark, but not computed, filtered or sorted with.
    """
    import duckdb

    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise Told(worded(error)) from error
    if len(statements) != 1:
        raise Told(f"Write one SELECT; this text holds {len(statements)} statements.")
    tree = json.loads(connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if statements[0].type != duckdb.StatementType.SELECT or tree.get("error"):
        raise Told("Only one SELECT is run here (also WITH … SELECT): no other statement, and no PIVOT.")
    known = {view.casefold() for view in views} | set(_common(tree))
    _walk(tree, known, masked, views, shown=False)


def _common(node: Any) -> Iterator[str]:
    """Names of all WITH parts."""
    if isinstance(node, dict):
        if isinstance(node.get("cte_map"), dict):
            yield from (str(entry["key"]).casefold() for entry in node["cte_map"].get("map", []))
        if "cte_name" in node:
            yield str(node["cte_name"]).casefold()
        for part in node.values():
            yield from _common(part)
    elif isinstance(node, list):
        for part in node:
            yield from _common(part)


def _walk(node: Any, known: set[str], masked: set[str], views: set[str], *, shown: bool) -> None:
    if isinstance(node, list):
        for part in node:
            _walk(part, known, masked, views, shown=shown)
        return
    if not isinstance(node, dict):
        return
    kind = node.get("type")
    if kind == "BASE_TABLE":
        _table(node, known, views)
    elif kind == "SHOW_REF":
        raise Told("DESCRIBE, SHOW and SUMMARIZE are not run here: the dataset's page lists its columns.")
    elif kind == "TABLE_FUNCTION" and _function(node["function"]) not in TABLE_FUNCTIONS:
        raise Told(
            f"“{_function(node['function'])}” cannot be read from here: a query reads its datasets and nothing else "
            f"({', '.join(sorted(views))})."
        )
    elif kind == "COLUMN_REF" and not shown:
        _column(node, masked)
    if "function_name" in node and not node.get("is_operator"):
        name = _function(node)
        if name in FUNCTIONS or name.startswith(PREFIXES):
            raise Told(
                f"The function “{name}” is not available here: it tells of the server, not of the data."
            )
    for what, part in node.items():
        _walk(part, known, masked, views, shown=what == "select_list")


def _table(node: Mapping[str, Any], known: set[str], views: set[str]) -> None:
    path = [str(part) for part in node.get("qualified_name", {}).get("path", [])] or [node["table_name"]]
    if len(path) != 1 or path[0].casefold() not in known or node.get("at_clause") is not None:
        said = ".".join(path)
        named = f"table “{said}”" if re.fullmatch(r"[\w .-]{1,80}", said) else "table of that name"
        raise Told(
            f"There is no {named} in this query. It reads: {', '.join(sorted(views))}. "
            "Name every dataset that it needs."
        )


def _column(node: Mapping[str, Any], masked: set[str]) -> None:
    name = str(node["column_names"][-1])
    if name.casefold() in masked:
        raise Told(
            f"Column “{name}” holds personal data and is masked for you: it can be shown (as a mark), but not "
            "filtered, sorted, grouped or computed with. Leave it out, or ask an administrator for the role steward."
        )


def _function(node: Mapping[str, Any]) -> str:
    return str(node["function_name"]).casefold()


def write(connection: Any, sql: str, target: str, limits: Mapping[str, Any]) -> dict[str, Any]:
    """Stream the result into a Parquet file of the types that a dataset holds, up to the limits."""
    import pyarrow.parquet as pq

    found = connection.sql(sql)
    if found is None:
        raise Told("Only one SELECT is run here.")
    notices: list[str] = []
    chosen = [_cell(at, name, str(kind), notices) for at, (name, kind) in enumerate(_columns(found), 1)]
    reader = found.project(", ".join(chosen)).to_arrow_reader(BATCH)
    rows, cut = 0, False
    with pq.ParquetWriter(target, reader.schema, compression="zstd") as writer:
        for batch in reader:
            left = limits["rows"] - rows
            cut = batch.num_rows > left
            if left > 0:
                writer.write_batch(batch.slice(0, left))
            rows += min(batch.num_rows, left)
            if os.path.getsize(target) > limits["bytes"]:
                raise Told(
                    f"The result is larger than {limits['bytes'] >> 20} MB. Choose fewer columns or rows."
                )
            if cut:
                break
    return {"rows": rows, "cut": cut, "notices": notices}


def _columns(found: Any) -> Sequence[tuple[str, Any]]:
    """Names and types; a name that occurs twice is numbered."""
    seen: dict[str, int] = {}
    named = []
    for name, kind in zip(found.columns, found.types, strict=True):
        seen[name] = seen.get(name, 0) + 1
        named.append((name if seen[name] == 1 else f"{name}_{seen[name]}", kind))
    return named


def _cell(at: int, name: str, kind: str, notices: list[str]) -> str:
    """The SQL that brings a column into one of the seven types of a dataset."""
    base = kind.partition("(")[0]
    if kind in WHOLE:
        wanted = "BIGINT"
    elif base in ("FLOAT", "DOUBLE", "DECIMAL"):
        wanted = "DOUBLE"
        if base == "DECIMAL":
            notices.append(
                f"Column “{name}” was a decimal number ({kind}); it is given with 15 exact digits."
            )
    elif kind in ("BOOLEAN", "DATE", "VARCHAR") or kind == "TIMESTAMP WITH TIME ZONE":
        return f"#{at} AS {_name(name)}"
    else:
        wanted = "TIMESTAMP" if kind in MOMENTS else "VARCHAR"
    return f"CAST(#{at} AS {wanted}) AS {_name(name)}"


def worded(error: Exception) -> str:
    """What DuckDB says, without places of the server."""
    said = str(error).strip()
    said = re.sub(r"(?<![\w.])(/[\w.@+ -]+){2,}", "…", said)
    first = re.split(r"\n\s*\nLINE |\nLINE ", said)[0]
    if type(error).__name__ == "PermissionException":
        return "A query reads its datasets and nothing else: no file, no other database, no setting."
    if type(error).__name__ in ("IOException", "InternalException", "FatalException", "IOError"):
        return "The query could not be run to its end. Make it simpler, or choose fewer rows."
    return f"{first[:500].rstrip(' .')}. Correct the query."


def too_large(limits: Mapping[str, Any]) -> str:
    """The sentence for a query that needs more than it may have."""
    return (
        f"The query needs more than {limits['memory_mb']} MB of memory and {limits['temp_mb']} MB of temporary space. "
        "Choose fewer columns, filter earlier, or join over fewer rows."
    )


def _limit(limits: Mapping[str, Any]) -> None:
    """What the kernel refuses, whatever the library does."""
    # addresses, not memory in use: DuckDB and its threads map much more than they touch
    space = (limits["memory_mb"] << 20) * 2 + (3 << 30)
    seconds = int(limits["seconds"]) * 2 + 5
    for what, most in (
        (resource.RLIMIT_AS, space),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, max(limits["temp_mb"] << 20, limits["bytes"]) * 2),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        resource.setrlimit(what, (most, most))


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


if __name__ == "__main__":
    main()
