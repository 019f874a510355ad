from __future__ import annotations

import math
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.runtimes import keeper
from engine.runtimes.interface import CallFailed, Expected, Log, Progress, WorkerSpec
from engine.runtimes.pool import WorkerPool
from engine.runtimes.pool_folder import PREFIX, PoolFolder
from engine.runtimes.python import PythonRuntime
from engine.settings import Settings
from tests.runtimes.conftest import Make, call
from tests.waiting import SOON, until


def small(tmp_path: Path, *, budget: int, spares: bool = False) -> WorkerPool:
    settings = Settings(data_folder=tmp_path / "data")
    return WorkerPool(
        {"python": PythonRuntime(settings)}, PoolFolder.from_settings(settings), budget=budget, spares=spares
    )


def test_a_warm_worker_is_used_again(pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    spec = model("import os\ndef run(): return float(os.getpid())")
    assert len({pool.call(spec, call(scratch=tmp_path)).outputs[0].value for _ in range(3)}) == 1


def test_another_version_gets_another_worker_and_a_spare_hides_the_start(
    pool: WorkerPool, model: Make, tmp_path: Path
) -> None:
    pool.warm(model("def run(): return 1", name="one"))
    with pool._lock:
        assert pool._lock.wait_for(lambda: "python" in pool._upkeep._spares, timeout=20)
        spare = pool._upkeep._spares["python"]
    assert pool.call(model("def run(): return 2", name="two"), call(scratch=tmp_path)).outputs[0].value == 2
    assert spare in [worker for workers in pool._upkeep.idle.values() for worker in workers]


def test_calls_of_one_model_side_by_side(pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    spec = model("import time\ndef run(n): time.sleep(0.05); return n")
    answers: dict[int, float] = {}

    def ask(n: int) -> None:
        answers[n] = pool.call(spec, call({"n": n}, scratch=tmp_path)).outputs[0].value  # type: ignore[assignment]

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: n for n in range(8)}


def test_a_crashed_worker_fails_at_once_and_is_replaced(
    pool: WorkerPool, model: Make, tmp_path: Path
) -> None:
    spec = model("import os\ndef run(n):\n    if n: os.kill(os.getpid(), n)\n    return 1")
    with pytest.raises(CallFailed, match="signal SIGSEGV") as caught:
        pool.call(spec, call({"n": int(signal.SIGSEGV)}, scratch=tmp_path))
    assert (caught.value.reason, caught.value.type, caught.value.is_transient) == ("crashed", "SIGSEGV", True)
    assert pool.call(spec, call({"n": 0}, scratch=tmp_path)).outputs[0].value == 1


def test_a_worker_that_died_between_calls_is_replaced_silently(
    pool: WorkerPool, model: Make, tmp_path: Path
) -> None:
    spec = model("def run(): return 1")
    pool.warm(spec)
    worker = pool._upkeep.idle[f"python:{spec.key}"][0]
    os.kill(worker._pid, signal.SIGKILL)
    until(lambda: not worker.alive)
    assert pool.call(spec, call(scratch=tmp_path)).outputs[0].value == 1


@pytest.mark.parametrize("body", ["while True: pass", "time.sleep(60)", "sum(range(10**12))"])
def test_cancel(pool: WorkerPool, model: Make, tmp_path: Path, body: str) -> None:
    spec = model(f"import time\ndef run():\n    {body}")
    pool.warm(spec)
    failures: list[CallFailed] = []

    def ask() -> None:
        with pytest.raises(CallFailed) as caught:
            pool.call(spec, call(scratch=tmp_path, id="mine"))
        failures.append(caught.value)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.3)
    assert until(lambda: pool.cancel("mine"))
    thread.join(SOON)
    assert not thread.is_alive()
    assert [failure.reason for failure in failures] == ["cancelled"]
    assert not pool.cancel("mine")


def test_cancel_while_the_model_is_loading(pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    spec = model("import time\ntime.sleep(60)\ndef run(): return 1")
    failures: list[CallFailed] = []

    def ask() -> None:
        with pytest.raises(CallFailed) as caught:
            pool.call(spec, call(scratch=tmp_path, id="mine"))
        failures.append(caught.value)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(1.5)
    assert until(lambda: pool.cancel("mine"))
    thread.join(SOON)
    assert not thread.is_alive()
    assert [failure.reason for failure in failures] == ["cancelled"]


def test_a_timeout_leaves_a_worker_that_can_be_used(pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    spec = model("import os, time\ndef run(n):\n    time.sleep(n)\n    return os.getpid()")
    before = pool.call(spec, call({"n": 0}, scratch=tmp_path)).outputs[0].value
    with pytest.raises(CallFailed, match=r"longer than 0\.3 seconds"):
        pool.call(spec, call({"n": 60}, scratch=tmp_path, timeout=0.3))
    assert pool.call(spec, call({"n": 0}, scratch=tmp_path)).outputs[0].value == before


def test_what_is_printed_belongs_to_its_call(pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    spec = model(
        """
        import os
        def run(n):
            print("call", n)
            os.system(f"echo child {n}")
            print("::progress 0.25 fitting store 12")
            print("ende ohne Zeile é", end="")
            return n
        """
    )
    for n in range(3):
        heard: list[Progress | Log] = []
        pool.call(spec, call({"n": n}, scratch=tmp_path), heard.append)
        text = "".join(event.text for event in heard if isinstance(event, Log))
        assert sorted(text.split("\n")) == sorted([f"call {n}", f"child {n}", "ende ohne Zeile é"])
        assert [e for e in heard if isinstance(e, Progress)] == [Progress(0.25, "fitting store 12")]


def test_printed_output_is_capped_and_endless_output_ends(
    pool: WorkerPool, model: Make, tmp_path: Path
) -> None:
    spec = model("def run(n):\n    for i in range(n): print('x' * 99)\n    return n", log_bytes=100_000)
    heard: list[Progress | Log] = []
    pool.call(spec, call({"n": 2_000}, scratch=tmp_path), heard.append)
    text = "".join(event.text for event in heard if isinstance(event, Log))
    assert 100_000 <= len(text) < 100_200
    assert "not kept" in text
    with pytest.raises(CallFailed) as caught:
        pool.call(spec, call({"n": 10**9}, scratch=tmp_path))
    assert caught.value.reason == "output-limit"


def test_memory_limit(pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    spec = model(
        "def run():\n    kept = []\n    while True: kept.append(bytearray(1 << 20))", memory=300 << 20
    )
    with pytest.raises(CallFailed, match="300 MB") as caught:
        pool.call(spec, call(scratch=tmp_path))
    assert caught.value.reason == "memory"


def test_written_bytes_limit(pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    spec = model(
        "def run():\n    with open('big', 'wb') as f:\n        while True: f.write(bytes(1 << 20))",
        output_bytes=50 << 20,
    )
    with pytest.raises(CallFailed, match="50 MB of files") as caught:
        pool.call(spec, call(scratch=tmp_path))
    assert caught.value.reason == "output-limit"


def test_outputs_move_into_the_callers_scratch(pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    spec = model(
        """
        import pathlib
        def run():
            pathlib.Path("note.txt").write_text("hi")
            pathlib.Path("left.txt").write_text("not an output")
            return {"table": {"a": [1, 2]}, "note": pathlib.Path("note.txt")}
        """
    )
    asked = call(scratch=tmp_path, expected={"table": Expected("table"), "note": Expected("file")})
    table, note = pool.call(spec, asked).outputs
    assert note.path == asked.scratch / "note.txt"
    assert note.path.read_text() == "hi"
    assert table.path is not None
    assert table.path.is_relative_to(asked.scratch)
    assert (
        pool.call(model("import os\ndef run(): return len(os.listdir())"), call(scratch=tmp_path))
        .outputs[0]
        .value
        == 1
    )
    with pytest.raises(CallFailed, match="gave no “table”"):
        pool.call(model("def run(): return {'other': 1}"), asked)


def test_an_output_outside_the_working_directory_is_refused(
    pool: WorkerPool, model: Make, tmp_path: Path
) -> None:
    spec = model(
        "import os, pathlib\ndef run():\n    os.symlink('/etc/passwd', 'p')\n    return pathlib.Path('p')"
    )
    with pytest.raises(CallFailed, match="not in the run's own folder"):
        pool.call(spec, call(scratch=tmp_path, expected={"file": Expected("file")}))


def test_the_models_folder_is_readable_and_stays_as_it_is(
    pool: WorkerPool, model: Make, tmp_path: Path
) -> None:
    spec = model(
        """
        def run():
            assert open("data/x.txt").read() == "7"
            try:
                open("data/x.txt", "w").write("8")
            except OSError:
                return 1
            return 0
        """
    )
    (spec.folder / "data").mkdir()
    (spec.folder / "data" / "x.txt").write_text("7")
    result = pool.call(spec, call(scratch=tmp_path))
    if pool.sandbox.works:
        assert result.outputs[0].value == 1
        assert (spec.folder / "data" / "x.txt").read_text() == "7"


def test_what_a_call_left_behind_is_ended_however_lately_its_worker_was_measured(
    pool: WorkerPool, model: Make, tmp_path: Path
) -> None:
    spec = model(
        "import subprocess\n"
        "def run(): subprocess.Popen(['sleep', '98765'], start_new_session=True); return 1.0"
    )
    pool.warm(spec)
    [worker] = pool._upkeep.idle[f"python:{spec.key}"]
    worker.measured = math.inf
    pool.call(spec, call(scratch=tmp_path))
    [left] = set(keeper.descendants(worker.process.keeper_pid)) - worker._lineage()
    until(lambda: not keeper.runs(left))
    assert worker.alive


def test_where_something_was_left_behind_it_is_looked_again(
    pool: WorkerPool, model: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = model("def run(): return 1")
    pool.warm(spec)
    [worker] = pool._upkeep.idle[f"python:{spec.key}"]
    answers = [True, False]
    monkeypatch.setattr(worker, "sweep", lambda: answers.pop(0))
    pool.call(spec, call(scratch=tmp_path))
    until(lambda: not answers and worker.swept > 0)


def test_forget_and_close_leave_no_process_and_no_folder(tmp_path: Path, model: Make) -> None:
    settings = Settings(data_folder=tmp_path / "data", scratch_folder=tmp_path / "scratch")
    others = set(keeper.descendants(os.getpid()))
    pool = WorkerPool.from_settings(settings)
    spec = model(
        "import subprocess\ndef run():\n    subprocess.Popen(['sleep', '600'], start_new_session=True)\n    return 1"
    )
    pool.call(spec, call(scratch=tmp_path))
    assert pool.memory() > 10 << 20
    pids = set(keeper.descendants(os.getpid())) - others
    assert pids
    pool.forget(spec.key)
    pool.call(spec, call(scratch=tmp_path))
    pool.close()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_the_budget_ends_the_least_recently_used(tmp_path: Path, model: Make) -> None:
    pool = small(tmp_path, budget=250 << 20)
    try:
        specs = [model("def run(): return 1", name=f"m{n}") for n in range(6)]
        for spec in specs:
            pool.call(spec, call(scratch=tmp_path))
        assert pool.memory() <= 250 << 20
        alive = [worker.spec.key for workers in pool._upkeep.idle.values() for worker in workers]
        assert specs[-1].key in alive
        assert specs[0].key not in alive
    finally:
        pool.close()


def test_a_model_that_does_not_load(pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    with pytest.raises(CallFailed, match="nonsuch") as caught:
        pool.warm(model("import nonsuch\ndef run(): return 1"))
    assert caught.value.reason == "load-error"
    assert 'File "model.py", line 1' in caught.value.trace
    with pytest.raises(CallFailed, match="has no function “walk”; it has run"):
        pool.warm(model("def run(): return 1", entry="walk"))
    with pytest.raises(CallFailed, match="no runtime “cobol”"):
        pool.warm(WorkerSpec("cobol", "x", tmp_path, "a:b"))


def test_a_folder_of_a_server_that_is_gone_is_removed(tmp_path: Path) -> None:
    old = tmp_path / f"{PREFIX}old"
    old.mkdir()
    (old / "lock").touch()
    first, second = PoolFolder(tmp_path), PoolFolder(tmp_path)
    first.fresh()
    second.fresh()
    assert not old.exists()
    assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 2
    first.close()
    second.close()


def test_workers_that_start_at_the_same_moment_have_one_folder(tmp_path: Path) -> None:
    for turn in range(20):
        folder = PoolFolder(tmp_path / str(turn))
        with ThreadPoolExecutor(4) as threads:
            given = list(threads.map(lambda _, folder=folder: folder.fresh().parent, range(4)))  # type: ignore[misc]
        assert given == [given[0]] * 4
        assert list(folder.base.iterdir()) == [given[0]]
        folder.close()


def test_a_deep_data_folder(tmp_path: Path, model: Make) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    pool = WorkerPool.from_settings(Settings(data_folder=deep, scratch_folder=deep))
    try:
        assert pool.call(model("def run(): return 1"), call(scratch=tmp_path)).outputs[0].value == 1
    finally:
        pool.close()


def test_without_the_sandbox_everything_works_as_well(tmp_path: Path, model: Make) -> None:
    pool = WorkerPool.from_settings(Settings(data_folder=tmp_path / "data", sandbox="off"))
    try:
        assert pool.sandbox.reason == "The setting sandbox is off."
        spec = model("def run(n):\n    while n: pass\n    return 1")
        with pytest.raises(CallFailed) as caught:
            pool.call(spec, call({"n": 1}, scratch=tmp_path, timeout=0.3))
        assert caught.value.reason == "timeout"
        assert pool.call(spec, call({"n": 0}, scratch=tmp_path)).outputs[0].value == 1
    finally:
        pool.close()


def test_a_cancellation_never_reaches_another_call(pool: WorkerPool, model: Make, tmp_path: Path) -> None:
    spec = model("import time\ndef run(n):\n    time.sleep(0.01)\n    return n")  # long enough to be met
    pool.warm(spec)
    stop = threading.Event()

    def cancel_all() -> None:
        while not stop.is_set():
            pool.cancel("mine")

    thread = threading.Thread(target=cancel_all)
    thread.start()
    reasons: list[str] = []
    try:
        for n in range(40):
            try:
                pool.call(spec, call({"n": n}, scratch=tmp_path, id="mine"))
            except CallFailed as failure:
                reasons.append(failure.reason)
            assert pool.call(spec, call({"n": n}, scratch=tmp_path, id="other")).outputs[0].value == n
    finally:
        stop.set()
        thread.join()
    assert set(reasons) == {"cancelled"}
