"""The same with real workers: the tiny Python models of ``tests/models_tiny``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.access import LOCAL_ADMIN
from engine.engine import Engine
from engine.errors import Invalid
from engine.runs.local import safe_name
from engine.runs.records import RunRecord, UploadRef
from engine.settings import Settings
from tests.conftest import TINY
from tests.waiting import SOON, until


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One server for all tests here: workers stay warm."""
    folder = tmp_path_factory.mktemp("live")
    engine = Engine(Settings(data_folder=folder / "data", concurrent_runs=2, free_space_floor_mb=1))
    for name in ("sum", "slow", "error", "table", "script"):
        engine.catalog.register(LOCAL_ADMIN, TINY / name, promote=True)
    sales = folder / "sales.csv"
    sales.write_text("store,units\na,1\nb,2.5\n")
    engine.datasets.ingest(LOCAL_ADMIN, "sales", sales)
    engine.start()
    yield engine
    engine.stop()


def run(engine: Engine, model: str, inputs: Any = None, **values: Any) -> RunRecord:
    made = engine.runs.submit(LOCAL_ADMIN, model, values=values, inputs=inputs or {}, reuse=False)
    return engine.runs.wait(made.id, 60)


def test_numbers_in_a_number_out(live: Engine) -> None:
    done = run(live, "tiny-sum", a=1, b=2, c=39)
    assert done.state == "succeeded", done.error
    (total,) = live.runs.outputs(LOCAL_ADMIN, done.id)
    assert (total.name, total.value, total.title) == ("total", 42.0, "Total")
    assert done.environment
    assert done.provenance["source_hash"]


def test_tables_files_and_text(live: Engine) -> None:
    done = run(live, "tiny-table", {"sales": "sales"}, factor=10)
    assert done.state == "succeeded", done.error
    outputs = {o.name: o for o in live.runs.outputs(LOCAL_ADMIN, done.id)}
    assert (outputs["doubled"].rows, outputs["total"].value) == (2, 35.0)
    assert outputs["doubled"].columns == [
        {"name": "store", "type": "text"},
        {"name": "units", "type": "number"},
    ]
    assert live.runs.output_path(LOCAL_ADMIN, done.id, "report").read_text() == "sum of units\n"
    assert done.inputs[0].version == 1


def test_an_uploaded_file_becomes_a_dataset_version(live: Engine, tmp_path: Path) -> None:
    upload = tmp_path / "mine.csv"
    upload.write_text("store,units\nc,7\n")
    done = run(live, "tiny-table", {"sales": UploadRef(upload)})
    assert done.state == "succeeded", done.error
    assert done.inputs[0].dataset == "tiny-table-sales"
    again = live.runs.wait(live.runs.again(LOCAL_ADMIN, done.id).id, 30)
    assert again.inputs == done.inputs
    results = [
        {o.name: (o.value, o.blob) for o in live.runs.outputs(LOCAL_ADMIN, r.id)} for r in (done, again)
    ]
    assert results[0] == results[1], "contents of equal results have equal hashes"


def test_all_problems_at_once_and_nothing_saved(live: Engine) -> None:
    before = live.runs.list(LOCAL_ADMIN)[1]
    with pytest.raises(Invalid) as caught:
        live.runs.submit(
            LOCAL_ADMIN, "tiny-table", values={"factor": "many", "x": 1}, inputs={"sale": "sales"}
        )
    assert {p.where for p in caught.value.problems} == {"factor", "x", "sale", "sales"}
    with pytest.raises(Invalid, match="version number"):
        live.runs.submit(LOCAL_ADMIN, "tiny-table", inputs={"sales": "sales@new"})
    assert live.runs.list(LOCAL_ADMIN)[1] == before


@pytest.mark.parametrize(
    ("how", "reason", "said"),
    [
        ("raise", "model-error", "price of item 7"),
        ("undeclared", "bad-output", "table"),
        ("bad-column", "bad-output", "must have a column “n”"),
        ("exit", "crashed", "exit code 3"),
    ],
)
def test_each_failure_is_said_in_words(live: Engine, how: str, reason: str, said: str) -> None:
    done = run(live, "tiny-error", how=how)
    assert done.state == "failed"
    assert done.error is not None
    assert done.error.reason == reason
    assert said in done.error.sentence
    assert live.runs.outputs(LOCAL_ADMIN, done.id) == []
    if how == "raise":
        assert "about to fail" in live.runs.log(LOCAL_ADMIN, done.id)[0]


def test_a_busy_loop_is_cancelled_within_two_seconds(live: Engine) -> None:
    made = live.runs.submit(LOCAL_ADMIN, "tiny-slow", values={"seconds": 60, "busy": True})
    until(lambda: "begins" in live.runs.log(LOCAL_ADMIN, made.id)[0], 20)
    live.runs.cancel(LOCAL_ADMIN, made.id)
    assert live.runs.wait(made.id, SOON).state == "cancelled"


def test_timeout(live: Engine, model_folder: Any) -> None:
    folder = model_folder("slow")
    text = (folder / "model.toml").read_text().replace("tiny-slow", "tiny-timed")
    (folder / "model.toml").write_text(f"{text}\n[limits]\ntimeout_seconds = 1\n")
    live.catalog.register(LOCAL_ADMIN, folder, promote=True)
    done = run(live, "tiny-timed", seconds=60)
    assert done.state == "timed_out"


def test_progress_is_seen_while_it_runs(live: Engine) -> None:
    made = live.runs.submit(LOCAL_ADMIN, "tiny-slow", values={"seconds": 1.5})
    until(lambda: 0 < (live.runs.get(LOCAL_ADMIN, made.id).progress or 0) < 1, 20)
    assert live.runs.get(LOCAL_ADMIN, made.id).progress_text == "sleeping"
    assert live.runs.wait(made.id, 20).state == "succeeded"


def test_a_script_runs_unchanged(live: Engine) -> None:
    done = run(live, "tiny-script", seconds=0.05)
    assert done.state == "succeeded", done.error
    assert live.runs.output_path(LOCAL_ADMIN, done.id, "answer").read_text() == "42\n"
    assert "legacy script ends" in live.runs.log(LOCAL_ADMIN, done.id)[0]


def test_a_real_time_call(live: Engine) -> None:
    found = live.runs.predict(LOCAL_ADMIN, "tiny-sum", values={"a": 1, "b": 2, "c": 3})
    assert found["outputs"] == {"total": 6.0}
    table = live.runs.predict(LOCAL_ADMIN, "tiny-table", inputs={"sales": "sales"})["outputs"]["doubled"]
    assert table["rows"] == [["a", 2.0], ["b", 5.0]]
    live.runs.realtime.flush()
    assert live.runs.get(LOCAL_ADMIN, found["run"]).values == {"a": 1.0, "b": 2.0, "c": 3.0}


def test_a_real_time_call_keeps_what_was_printed(live: Engine) -> None:
    with pytest.raises(Exception, match="price of item 7"):
        live.runs.predict(LOCAL_ADMIN, "tiny-error", values={"how": "raise"})
    live.runs.realtime.flush()
    (record, *_), _total = live.runs.list(LOCAL_ADMIN, model="tiny-error", realtime=True)
    assert record.kind == "realtime"
    assert "about to fail" in live.runs.log(LOCAL_ADMIN, record.id)[0]


def test_a_file_keeps_its_name(live: Engine, model_folder: Any) -> None:
    folder = model_folder("sum")
    text = (folder / "model.toml").read_text().split("[fields.a]")[0].replace("tiny-sum", "tiny-file")
    field = '[fields.sheet]\ntype = "file"\ntitle = "Sheet"\n\n[outputs.total]\nkind = "text"\n'
    (folder / "model.toml").write_text(text.replace("model.py:add", "model.py:look") + field)
    (folder / "model.py").write_text(
        "def look(sheet):\n    return {'total': f'{sheet.name}: {sheet.read_text()}'}\n"
    )
    live.catalog.register(LOCAL_ADMIN, folder, promote=True)
    sheet = folder / "sheet.xlsx"
    sheet.write_bytes(b"contents")
    done = run(live, "tiny-file", sheet=live.runs.add_file(LOCAL_ADMIN, sheet, "prices März.xlsx"))
    assert done.state == "succeeded", done.error
    assert live.runs.outputs(LOCAL_ADMIN, done.id)[0].value == "prices März.xlsx: contents"
    guessed = {"blob": live.blobs.put_bytes(b"somebody else's"), "name": "prices.xlsx"}
    with pytest.raises(Invalid, match="Upload it again"):
        run(live, "tiny-file", sheet=guessed)


@pytest.mark.parametrize(
    ("name", "safe"),
    [("a.csv", "a.csv"), (r"C:\Users\me\a.csv", "a.csv"), ("../../x", "x"), ("..", "file"), ("", "file")],
)
def test_names_from_anywhere_stay_in_the_folder(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_scratch_is_empty_when_nothing_runs(live: Engine) -> None:
    assert live.executor is not None
    until(lambda: not live.dispatcher.active)  # type: ignore[union-attr]
    calls = live.executor.private.parent / "calls"
    until(lambda: not list(calls.iterdir()))
    assert shutil.disk_usage(calls).free > 0
