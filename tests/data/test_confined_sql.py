"""People's SQL reads its datasets and nothing else: answers, limits, and attacks on both layers of the confinement."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from auth.rights import RightsAuthorizer
from engine.access import LOCAL_ADMIN, Actor, Grant
from engine.data import confined_worker
from engine.data.confined import Limits
from engine.engine import Engine
from engine.errors import Conflict, Invalid, NotFound, Refused
from engine.settings import Settings

SECRET = "top-secret-canary"
ANALYST = Actor(id="ana", name="Ana", grants=frozenset({Grant("analyst", "Marketing")}))
LIMITS = {"seconds": 30, "memory_mb": 128, "temp_mb": 256, "rows": 1000, "bytes": 1 << 24}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    tmp_path = tmp_path_factory.mktemp("confined")
    made = Engine(Settings(data_folder=tmp_path / "data", free_space_floor_mb=1), RightsAuthorizer())
    sales = tmp_path / "sales.csv"
    sales.write_text(
        "store,units,email\n7,1.5,ada@example.com\n7,2.5,bob@example.com\n8,4.0,eve@example.com\n"
    )
    made.datasets.ingest(LOCAL_ADMIN, "weekly-sales", sales, department="Marketing")
    other = tmp_path / "other.csv"
    other.write_text(f"a,b\n1,{SECRET}\n")
    made.datasets.ingest(LOCAL_ADMIN, "other", other, department="Procurement")
    yield made
    made.stop()


def ask(engine: Engine, sql: str, actor: Actor = ANALYST, limits: Limits | None = None) -> list[list[object]]:
    return [list(r) for r in engine.datasets.query(actor, sql, ["weekly-sales"], limits=limits).page.rows]


def test_one_select_over_its_datasets_is_answered(engine: Engine) -> None:
    assert ask(
        engine, "SELECT store, sum(units) AS units FROM weekly_sales GROUP BY store ORDER BY store"
    ) == [
        [7, 4.0],
        [8, 4.0],
    ]
    assert ask(engine, 'WITH a AS (FROM "weekly-sales") SELECT count(*) FROM a; ') == [[3]]
    assert ask(engine, "SELECT * FROM range(2)") == [[0], [1]]


def test_results_have_the_types_that_a_dataset_holds(engine: Engine) -> None:
    found = engine.datasets.query(
        ANALYST,
        "SELECT sum(store) AS whole, 1.5 AS d, [1, 2] AS l, DATE '2026-01-05' AS day, "
        "TIMESTAMP '2026-01-05 10:00' AS t, NULL AS n, true AS b, 'x'::BLOB AS blob, store, store FROM weekly_sales "
        "GROUP BY store ORDER BY store LIMIT 1",
        ["weekly-sales"],
    )
    assert [c.type for c in found.page.columns] == [
        "integer", "number", "text", "date", "date-time", "text", "boolean", "text", "integer", "integer",
    ]  # fmt: skip
    assert found.page.rows[0][:3] == [14, 1.5, "[1, 2]"]
    assert [c.name for c in found.page.columns][-2:] == ["store", "store_2"]
    assert "was a decimal number" in found.notices[0]


def test_more_rows_than_the_limit_are_cut_and_said(engine: Engine, tmp_path: Path) -> None:
    target = tmp_path / "out.parquet"
    found = engine.datasets.query(
        ANALYST, "FROM range(1000000)", ["weekly-sales"], limit=5, target=target, limits=Limits(rows=25_000)
    )
    assert (found.rows, found.cut, len(found.page.rows)) == (25_000, True, 5)
    assert engine.datasets.warehouse.page(target, limit=1).total == 25_000


def test_a_dataset_without_the_right_to_read_it_is_refused(engine: Engine) -> None:
    with pytest.raises((Refused, NotFound)):
        engine.datasets.query(ANALYST, "SELECT * FROM other", ["other"])
    with pytest.raises(Invalid, match="Name the datasets"):
        engine.datasets.query(ANALYST, "SELECT 1", [])
    with pytest.raises(Invalid, match="named twice"):
        engine.datasets.query(ANALYST, "SELECT 1", ["weekly-sales", "weekly-sales@1"])


ATTACKS = [
    "SELECT * FROM other",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM read_parquet('{other}')",
    "SELECT * FROM parquet_scan('{other}')",
    "SELECT * FROM '{other}'",
    'SELECT * FROM "{other}"',
    "SELECT * FROM read_parquet('{link}')",
    "SELECT * FROM read_parquet('{folder}/*')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM read_json('/proc/self/status')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_metadata('{other}')",
    "SELECT * FROM parquet_kv_metadata('{other}')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('other')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "ATTACH '{folder}/x.db' AS x",
    "ATTACH ':memory:' AS x",
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "COPY weekly_sales TO '{folder}/out.parquet'",
    "EXPORT DATABASE '{folder}/dump'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '64GB'",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "PRAGMA database_list",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "SELECT getenv('HOME')",
    "SELECT current_setting('allowed_paths')",
    "SELECT main.current_setting('temp_directory')",
    "SELECT (SELECT max(current_setting('allowed_paths')) FROM weekly_sales)",
    "SELECT list_transform([1], x -> current_setting('allowed_paths'))",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM duckdb_views()",
    "SELECT * FROM duckdb_temporary_files()",
    "SELECT * FROM pragma_database_list()",
    "SELECT * FROM which_secret('s3://x', 's3')",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_views",
    "SELECT sql FROM sqlite_master",
    "SELECT pg_get_viewdef(1)",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "CREATE TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW weekly_sales AS SELECT 1",
    "CREATE MACRO m(x) AS x",
    "INSERT INTO weekly_sales VALUES (1)",
    "DROP VIEW weekly_sales",
    "DELETE FROM weekly_sales",
    "SELECT 1; SELECT 2",
    "SELECT 1; COPY (SELECT 1) TO '{folder}/out.csv'",
    "SELECT 1 --; \n; DROP VIEW weekly_sales",
    "BEGIN TRANSACTION",
    "EXPLAIN ANALYZE SELECT * FROM weekly_sales",
    "DESCRIBE weekly_sales",
    "SHOW ALL TABLES",
    "SUMMARIZE weekly_sales",
    "PIVOT weekly_sales ON store",
    "EXECUTE v1",
    "PREPARE v1 AS SELECT 1",
    "CHECKPOINT",
    "USE memory",
    "",
    "not sql at all",
]


def _filled(engine: Engine, tmp_path: Path, sql: str) -> str:
    other = engine.datasets.path(LOCAL_ADMIN, "other")
    link = tmp_path / "link.parquet"
    if not link.exists():
        link.symlink_to(other)
    return sql.format(other=other, link=link, folder=tmp_path)


@pytest.mark.parametrize("sql", ATTACKS)
def test_an_attack_is_a_sentence_that_tells_nothing(engine: Engine, tmp_path: Path, sql: str) -> None:
    with pytest.raises(Invalid) as told:
        ask(engine, _filled(engine, tmp_path, sql))
    sentence = told.value.sentence
    assert sentence.endswith(".")
    assert SECRET not in sentence
    assert str(engine.settings.data) not in sentence
    assert "root:" not in sentence
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(("out", "dump", "x.db"))]


# what the locked database itself must refuse, should the screen ever miss it
BEHIND_THE_SCREEN = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_parquet('{other}')",
    "SELECT * FROM '{other}'",
    "SELECT * FROM read_parquet('{link}')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_blob('/proc/self/environ')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM parquet_metadata('{other}')",
    "ATTACH '{folder}/x.db' AS x",
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET allowed_paths = ['/etc/passwd']",
    "SET memory_limit = '64GB'",
    "SET lock_configuration = false",
    "SET temp_directory = '/tmp'",
    "SET secret_directory = '/tmp'",
    "RESET enable_external_access",
    "SELECT getenv('HOME')",
]


@pytest.mark.parametrize("sql", BEHIND_THE_SCREEN)
def test_the_locked_database_refuses_it_as_well(engine: Engine, tmp_path: Path, sql: str) -> None:
    import duckdb

    own = os.path.realpath(engine.datasets.path(LOCAL_ADMIN, "weekly-sales"))
    connection = confined_worker.locked(str(tmp_path), {"weekly_sales": own}, LIMITS)
    assert connection.execute("SELECT count(*) FROM weekly_sales").fetchone() == (3,)
    with pytest.raises(duckdb.Error):
        connection.execute(_filled(engine, tmp_path, sql)).fetchall()
    connection.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM range(1000000) a, range(1000000) b, range(1000000) c",
        "WITH RECURSIVE t AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM t) SELECT max(a) FROM t",
        "SELECT count(*) FROM range(100000000) t(a) WHERE regexp_matches(repeat(a::VARCHAR, 1000), '(a*)*b')",
    ],
)
def test_a_query_without_an_end_is_killed_in_time_with_all_it_started(engine: Engine, sql: str) -> None:
    before, began = _children(), time.monotonic()
    with pytest.raises(Invalid, match=r"ended after 2 seconds|needs more than"):
        ask(engine, sql, limits=Limits(seconds=2))
    assert time.monotonic() - began < 8
    assert _children() - before == set()
    assert not list((engine.settings.data / "jobs").glob("query-*"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT list(a) FROM range(200000000) t(a)",
        "SELECT repeat('x', 2000000000) AS x, repeat('y', 2000000000) AS y",
        "SELECT a::VARCHAR || repeat('z', 500) AS x FROM range(30000000) t(a) ORDER BY x DESC",
    ],
)
def test_memory_and_temporary_space_are_limited(engine: Engine, sql: str) -> None:
    with pytest.raises(
        Invalid, match=r"needs more than|ended after|larger than|Correct the query|could not be run"
    ):
        ask(engine, sql, limits=Limits(seconds=6, memory_mb=128, temp_mb=64))


def test_a_person_runs_one_query_at_a_time(engine: Engine) -> None:
    from engine.data.confined import turn

    with turn(ANALYST.id), pytest.raises(Conflict, match="Another query of yours"):
        ask(engine, "SELECT 1 FROM weekly_sales")
    assert ask(engine, "SELECT 1 FROM weekly_sales LIMIT 1") == [[1]]


def test_masked_files_that_nobody_uses_go(engine: Engine) -> None:
    left = engine.settings.data / "masked" / "old.parquet"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"x")
    os.utime(left, (0, 0))
    engine.gc(LOCAL_ADMIN)
    assert not left.exists()


def test_a_result_of_too_many_bytes_is_refused(engine: Engine) -> None:
    with pytest.raises(Invalid, match="larger than 1 MB"):
        ask(engine, "SELECT uuid() AS x FROM range(1000000)", limits=Limits(rows=1_000_000, bytes=1 << 20))


def test_masked_columns_are_marks_and_nothing_is_computed_with_them(engine: Engine) -> None:
    engine.datasets.classify(LOCAL_ADMIN, "weekly-sales", {"email": "personal"})
    assert ask(engine, "SELECT store, email FROM weekly_sales ORDER BY store LIMIT 1") == [[7, "•••"]]
    for sql in (
        "SELECT * FROM weekly_sales WHERE email = 'ada@example.com'",
        "SELECT count(*) FROM weekly_sales GROUP BY email",
        "SELECT max(email) FROM weekly_sales",
        "SELECT store FROM weekly_sales ORDER BY email",
        "SELECT length(EMAIL) FROM weekly_sales",
        "SELECT a.store FROM weekly_sales a JOIN weekly_sales b ON a.email = b.email",
        "SELECT store FROM weekly_sales QUALIFY row_number() OVER (ORDER BY email) = 1",
    ):
        with pytest.raises(Invalid, match="masked for you"):
            ask(engine, sql)
    assert ask(engine, "SELECT email FROM weekly_sales WHERE store = 8", LOCAL_ADMIN) == [["eve@example.com"]]


def test_errors_show_no_value_of_a_masked_column(engine: Engine) -> None:
    engine.datasets.classify(LOCAL_ADMIN, "weekly-sales", {"email": "personal"})
    for sql in (
        "SELECT CAST(x AS INTEGER) FROM (SELECT email AS x FROM weekly_sales)",
        "SELECT error(x) FROM (SELECT email AS x FROM weekly_sales)",
        "SELECT CAST(columns('e.*') AS DATE) FROM weekly_sales",
    ):
        with pytest.raises(Invalid) as told:
            ask(engine, sql)
        assert "example.com" not in told.value.sentence


def _children() -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if b"confined_worker" in (entry / "cmdline").read_bytes():
                    found.add(int(entry.name))
            except OSError:
                continue
    return found
