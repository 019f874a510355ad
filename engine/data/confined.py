"""People's SQL over datasets: each query in its own locked process, killed with all it started at the time limit.

The recipe (``confined_worker.locked``): a fresh DuckDB in memory with ``allowed_paths`` set to the files of the
named datasets, then ``enable_external_access = false``, then ``lock_configuration = true``; before that a screen
over the parser's tree lets only one SELECT over those datasets pass. Where bubblewrap works the process is inside
it too: no network, no other file. Masked columns are masked in the files it is given.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from engine.data import confined_worker
from engine.data.warehouse import TablePage
from engine.errors import Conflict, Invalid, Problem, Unavailable
from engine.runtimes.sandbox import ACCOUNTS, GROUPS, Sandbox

AT_ONCE = 2
LONGEST_SQL = 100_000
WAIT_SECONDS = 10.0
_free = threading.BoundedSemaphore(AT_ONCE)
_asking: set[str] = set()
_guard = threading.Lock()


@dataclass(frozen=True)
class Limits:
    """What one query may take: seconds, MB of memory and of temporary space, rows and bytes of the result."""

    seconds: float = 30.0
    memory_mb: int = 512
    temp_mb: int = 2048
    rows: int = 100_000
    bytes: int = 256 << 20


@dataclass(frozen=True)
class QueryResult:
    """What a query brought: its first rows, how many there are (at most the limit: ``cut``), how long it took."""

    page: TablePage
    rows: int
    cut: bool
    seconds: float
    notices: Sequence[str] = field(default_factory=tuple)


def run(
    sql: str,
    files: Mapping[str, Path],
    masked: Sequence[str],
    scratch: Path,
    target: Path,
    limits: Limits,
    sandbox: str = "auto",
) -> dict[str, Any]:
    """Run ``sql`` over ``files`` (view → Parquet) and write ``target``; returns rows, cut, seconds, notices.

    Raises Invalid with a sentence on the query, and Unavailable when too many run already.
    """
    if len(sql) > LONGEST_SQL:
        raise refused(sql, f"The query has {len(sql):,} characters; at most {LONGEST_SQL:,} are read.")
    if not _free.acquire(timeout=WAIT_SECONDS):
        raise Unavailable("Other queries are running. Try again in a few seconds.")
    try:
        with tempfile.TemporaryDirectory(prefix="query-", dir=scratch) as folder:
            home = Path(folder)
            _furnish(home)
            made = home / "rw" / "result.parquet"
            request = {
                "sql": sql,
                "views": {name: os.path.realpath(path) for name, path in files.items()},
                "masked": list(masked),
                "folder": str(home / "rw"),
                "target": str(made),
                "limits": asdict(limits),
            }
            answer = _ask(request, home, limits, Sandbox(sandbox), sql)
            if "error" in answer:
                raise refused(sql, str(answer["error"]))
            os.replace(made, target)
            return answer
    finally:
        _free.release()


@contextmanager
def turn(who: str) -> Iterator[None]:
    """One query of a person at a time, so that nobody takes all places. Raises Conflict."""
    with _guard:
        if who in _asking:
            raise Conflict("Another query of yours is running. Wait for it to end, then try again.")
        _asking.add(who)
    try:
        yield
    finally:
        with _guard:
            _asking.discard(who)


def refused(sql: str, sentence: str) -> Invalid:
    """The error for a query that is not run."""
    return Invalid("the query", [Problem("sql", sentence, " ".join(sql.split())[:80], "one SELECT")])


def _furnish(folder: Path) -> None:
    for name in ("ro", "rw", "rw/tmp", "rw/spill"):
        (folder / name).mkdir(mode=0o700)
    (folder / "passwd").write_text(ACCOUNTS)
    (folder / "group").write_text(GROUPS)


def _ask(
    request: Mapping[str, Any], folder: Path, limits: Limits, sandbox: Sandbox, sql: str
) -> dict[str, Any]:
    program = Path(confined_worker.__file__).resolve()
    readable = {Path(sys.prefix), Path(sys.base_prefix), program, *map(Path, request["views"].values())}
    argv = sandbox.wrap([sys.executable, "-I", str(program)], folder, sorted(readable))
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder / "rw",
        env={"LANG": "C.UTF-8", "HOME": str(folder / "rw"), "TMPDIR": str(folder / "rw" / "tmp")},
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(json.dumps(request).encode(), timeout=limits.seconds)
    except subprocess.TimeoutExpired:
        sentence = (
            f"The query was ended after {limits.seconds:g} seconds. Filter earlier, join over fewer rows, or check "
            "that a recursive part comes to an end."
        )
        raise refused(sql, sentence) from None
    finally:
        _end(process)
    try:
        answer: dict[str, Any] = json.loads(said)
    except ValueError:
        raise refused(sql, confined_worker.too_large(asdict(limits))) from None
    return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill the query's process and everything that it started: they share its session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
