"""1e6 rows × 8 columns: frame in the server → usable in the language → back, the worker's hop included.

R beside pandas2ri (rpy2's own way) in the same run; Python and Julia beside what no exchange can avoid:
writing the bytes to memory-backed storage and mapping and reading them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.harness import MODELS, Bench, add_model, present, timed
from engine.runtimes.interface import Call, Expected
from engine.store.base import new_id

if TYPE_CHECKING:
    from engine.engine import Engine

ROWS = 1_000_000
NUMERIC = ["f0", "f1", "f2", "f3", "i0", "i1"]
SCALE = 10  # pandas2ri is measured on a tenth of the rows: the whole takes a minute


def run(bench: Bench) -> None:
    """R against pandas2ri; Python and Julia against the least that is possible."""
    rows = ROWS // 10 if bench.options.quick else ROWS
    frame = _frame(rows)
    with bench.engine() as engine:
        if present(engine, "r"):
            name = add_model(engine, MODELS / "frame-r").model
            seconds = _round_trip(bench, engine, name, frame)
            peer = _pandas2ri(engine, rows // SCALE) * SCALE
            shown = f"pandas2ri {peer:.1f} s ({rows // SCALE} rows × {SCALE})"
            bench.add("frame to R and back, 8 columns", seconds * 1000, "ms", peer=shown)
            bench.add("frame to R and back / pandas2ri", seconds / peer, "×", 1 / 50, peer=shown)
        for language in ("python", "julia"):
            if not present(engine, language):
                continue
            name = add_model(engine, MODELS / f"frame-{language}").model
            least = _write_and_map(bench, frame[NUMERIC])
            seconds = _round_trip(bench, engine, name, frame[NUMERIC])
            shown = f"write + map + read the bytes, both ways {least * 1000:.0f} ms"
            bench.add(f"numeric frame to {language} and back", seconds * 1000, "ms", peer=shown)
            bench.add(f"numeric frame to {language} and back / least", seconds / least, "×", 1.5, peer=shown)
            text = _round_trip(bench, engine, name, frame[["text"]])
            bench.add(f"text column to {language} and back", text * 1000, "ms", 100)


def _frame(rows: int) -> Any:
    import pandas as pd

    random = np.random.default_rng(1)
    columns: dict[str, Any] = {f"f{n}": random.normal(size=rows) for n in range(4)}
    columns |= {f"i{n}": random.integers(-(2**31) + 1, 2**31 - 1, rows, dtype=np.int64) for n in range(2)}
    words = np.array([f"brand {n} – Å" for n in range(100)], dtype=object)
    columns["text"] = words[random.integers(0, len(words), rows)]
    start = np.datetime64("2026-01-01T00:00:00", "us")
    columns["when"] = start + random.integers(0, 10**9, rows).astype("timedelta64[s]")
    return pd.DataFrame(columns)


def _round_trip(bench: Bench, engine: Engine, model: str, frame: Any) -> float:
    """Seconds from a frame in the server to an equal frame in the server, best of several."""
    from engine.access import SYSTEM
    from engine.runs import plan

    version = engine.catalog.version(SYSTEM, model)
    spec = plan.worker_spec(version, engine.settings)
    engine.pool.warm(spec)
    times = []
    for _ in range(bench.options.times(50) if bench.options.quick else 7):
        scratch = Path(tempfile.mkdtemp(prefix="bench-", dir=_memory(engine)))
        seconds, back = timed(partial(_once, engine, spec, frame, scratch))
        times.append(seconds)
        if len(times) == 1:
            _check_equal(frame, back)
        del back
        shutil.rmtree(scratch)
    return min(times)


def _once(engine: Engine, spec: Any, frame: Any, scratch: Path) -> Any:
    import pyarrow as pa

    from engine.data.tables import columns_to_table, table_to_columns

    source = scratch / "in"
    table_to_columns(pa.Table.from_pandas(frame, preserve_index=False), source)
    work = scratch / "call"
    work.mkdir()
    expected = {"back": Expected("table")}
    call = Call(new_id(), {}, {"frame": source}, {}, expected, work, timeout=120)
    output = engine.pool.call(spec, call).outputs[0]
    assert output.path is not None
    return columns_to_table(output.path).to_pandas()


def _check_equal(frame: Any, back: Any) -> None:
    assert list(back.columns) == list(frame.columns)
    for name in frame.columns:
        given, got = frame[name].to_numpy(), back[name].to_numpy()
        if name.startswith(("f", "i")):
            assert np.array_equal(given, got), name
        elif name == "when":
            assert np.array_equal(given.astype("datetime64[us]"), got.astype("datetime64[us]")), name
        else:
            assert (given.astype(str) == got.astype(str)).all(), name


def _write_and_map(bench: Bench, frame: Any) -> float:
    """Write the columns' bytes to memory-backed storage, map and read them: there and back."""
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir="/dev/shm"))
    columns = [frame[name].to_numpy() for name in frame.columns]

    def both_ways() -> None:
        for way in ("there", "back"):
            for n, column in enumerate(columns):
                column.tofile(folder / f"{way}{n}")
                np.memmap(folder / f"{way}{n}", column.dtype).sum()

    try:
        return min(timed(both_ways)[0] for _ in range(7))
    finally:
        shutil.rmtree(folder)


def _memory(engine: Engine) -> Path:
    from engine.store.scratch import Scratch

    root = Scratch(engine.settings).calls
    root.mkdir(parents=True, exist_ok=True)
    return root


PANDAS2RI = """
import json, sys, time
sys.path[:0] = []
sys.path.append(sys.argv[2])
import numpy as np, pandas as pd
import rpy2.robjects as ro
from rpy2.robjects import pandas2ri
rows = int(sys.argv[1])
random = np.random.default_rng(1)
columns = {f"f{n}": random.normal(size=rows) for n in range(4)}
columns |= {f"i{n}": random.integers(-2**31 + 1, 2**31 - 1, rows) for n in range(2)}
words = np.array([f"brand {n}" for n in range(100)], dtype=object)
columns["text"] = words[random.integers(0, 100, rows)]
start = np.datetime64("2026-01-01", "us")
columns["when"] = start + random.integers(0, 10**9, rows).astype("timedelta64[s]")
frame = pd.DataFrame(columns)
started = time.perf_counter()
with (ro.default_converter + pandas2ri.converter).context():
    there = ro.conversion.get_conversion().py2rpy(frame)
    back = ro.conversion.get_conversion().rpy2py(there)
print(json.dumps(time.perf_counter() - started))
"""


def _pandas2ri(engine: Engine, rows: int) -> float:
    packages = next((engine.settings.tools / "models" / "lib").glob("python*")) / "site-packages"
    command = [str(engine.settings.bridge_python), "-c", PANDAS2RI, str(rows), str(packages)]
    env = {**os.environ, "RPY2_CFFI_MODE": "ABI"}
    found = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise RuntimeError(found.stderr[-2000:])
    return float(json.loads(found.stdout.splitlines()[-1]))
