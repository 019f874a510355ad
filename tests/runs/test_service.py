"""Reuse, run again, lists, drafts, logs, holds, real-time calls: over fakes."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from engine.access import LOCAL_ADMIN, Actor, Grant
from engine.engine import Engine
from engine.errors import NotFound, Unavailable
from engine.runs.logs import LogWriter
from tests.runs.fakes import failing
from tests.waiting import until

pytestmark = pytest.mark.both_databases


def finish(engine: Engine, model: str, **options: Any) -> Any:
    return engine.runs.wait(engine.runs.submit(LOCAL_ADMIN, model, **options).id, 5)


def test_an_equal_result_is_shown_again_only_when_it_must_be_equal(fake: Engine) -> None:
    fake.pool.bodies["version-det"] = lambda *_: {"x": 1.0, "f": b"12"}  # type: ignore[attr-defined]
    first = finish(fake, "det")
    second = finish(fake, "det")
    assert second.reused_from == first.id
    assert fake.runs.outputs(LOCAL_ADMIN, second.id) == fake.runs.outputs(LOCAL_ADMIN, first.id)
    assert finish(fake, "det", reuse=False).reused_from is None
    assert finish(fake, "plain").reused_from is None
    assert finish(fake, "plain").reused_from is None, "neither seeded nor deterministic"
    seeded = finish(fake, "plain", seed=7)
    assert finish(fake, "plain", seed=7).reused_from == seeded.id
    assert finish(fake, "plain", seed=8).reused_from is None


def test_again_is_exactly_the_same_and_really_runs(fake: Engine) -> None:
    first = finish(fake, "det", seed=3, label="march")
    again = fake.runs.wait(fake.runs.again(LOCAL_ADMIN, first.id).id, 5)
    for name in ("version_id", "values", "inputs", "seed", "today", "label", "environment_id"):
        assert getattr(again, name) == getattr(first, name)
    assert again.again_of == first.id
    assert again.reused_from is None


def test_lists_search_filter_and_count(fake: Engine) -> None:
    for n in range(5):
        finish(fake, "plain", label=f"quarter {n}")
    fake.pool.bodies["version-other"] = failing("model-error")  # type: ignore[attr-defined]
    finish(fake, "other")
    found, total = fake.runs.list(LOCAL_ADMIN, limit=2)
    assert (len(found), total) == (2, 6)
    assert found[0].model == "other", "newest first"
    assert fake.runs.list(LOCAL_ADMIN, search="quarter 3")[1] == 1
    assert fake.runs.list(LOCAL_ADMIN, search="100%")[1] == 0
    assert fake.runs.list(LOCAL_ADMIN, state="failed")[1] == 1
    assert fake.runs.list(LOCAL_ADMIN, model="plain", mine=True)[1] == 5
    assert fake.runs.expected_seconds("plain") is not None
    assert fake.runs.expected_seconds("other") is None


def test_strangers_see_nothing(fake: Engine) -> None:
    run = finish(fake, "plain")
    stranger = Actor(id="stranger")
    with pytest.raises(NotFound):
        fake.runs.get(stranger, run.id)
    with pytest.raises(NotFound):
        fake.runs.submit(stranger, "plain")
    with pytest.raises(NotFound):
        fake.runs.get(LOCAL_ADMIN, "01NOTTHERE")


def test_a_full_disk_refuses_new_work_in_words(fake: Engine) -> None:
    fake.settings.free_space_floor_mb = 10**9
    with pytest.raises(Unavailable, match="free_space_floor_mb"):
        fake.runs.submit(LOCAL_ADMIN, "plain")
    assert fake.runs.list(LOCAL_ADMIN)[1] == 0


def test_drafts_belong_to_one_person(idle: Engine) -> None:
    other = Actor(id="other", grants=frozenset({Grant("administrator")}))
    idle.drafts.save(LOCAL_ADMIN, "plain", {"horizon": "1.2"})
    idle.drafts.save(LOCAL_ADMIN, "plain", {"horizon": "13", "name": "日本"})
    assert idle.drafts.get(LOCAL_ADMIN, "plain") == {"horizon": "13", "name": "日本"}
    assert idle.drafts.get(other, "plain") == {}
    idle.drafts.clear(LOCAL_ADMIN, "plain")
    assert idle.drafts.get(LOCAL_ADMIN, "plain") == {}


def test_logs_are_capped_and_never_cut_a_character(idle: Engine) -> None:
    logs = idle.runs.logs
    writer = LogWriter(logs.path("01RUN"), 1 << 20)
    writer.write("größe\n")
    text, following = logs.read("01RUN", 0, most=3)
    assert (text, following) == ("gr", 2)
    assert logs.read("01RUN", following) == ("öße\n", 8)
    writer.write("x" * (2 << 20))
    writer.write("lost")
    writer.close()
    kept = logs.path("01RUN").read_text()
    assert kept.endswith("the rest is not kept.\n")
    assert len(kept) < (1 << 20) + 200


def test_a_real_time_call_leaves_a_record(fake: Engine) -> None:
    fake.pool.bodies["version-plain"] = lambda *_: {"total": float("inf"), "file": b"abc"}  # type: ignore[attr-defined]
    found = fake.runs.predict(LOCAL_ADMIN, "plain", seed=5)
    assert found["outputs"]["total"] == "Infinity"
    fake.runs.realtime.flush()
    record = fake.runs.get(LOCAL_ADMIN, found["run"])
    assert (record.kind, record.state, record.seed) == ("realtime", "succeeded", 5)
    assert fake.runs.output_path(LOCAL_ADMIN, record.id, "file").read_bytes() == b"abc"
    assert fake.runs.list(LOCAL_ADMIN)[1] == 0
    assert fake.runs.list(LOCAL_ADMIN, realtime=True)[1] == 1


def test_a_failed_real_time_call_leaves_one_too(fake: Engine) -> None:
    fake.pool.bodies["version-plain"] = failing("model-error", "No price.")  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="No price"):
        fake.runs.predict(LOCAL_ADMIN, "plain")
    fake.runs.realtime.flush()
    (record,), _ = fake.runs.list(LOCAL_ADMIN, realtime=True)
    assert record.state == "failed"


def test_progress_reaches_listeners(fake: Engine) -> None:
    from tests.runs.fakes import slow

    heard: list[str] = []
    stop = fake.database.listen(lambda row: heard.append(row.name))
    fake.pool.bodies["version-slow"] = slow(0.05)  # type: ignore[attr-defined]
    finish(fake, "slow")
    until(lambda: "run-progressed" in heard)
    stop()


def test_real_time_models_get_a_warm_worker(fake: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    from engine.runs import warming

    monkeypatch.setattr(warming, "WARM_AFTER", 0.0)
    cards = [SimpleNamespace(name=name) for name in ("plain", "script-slow")]
    monkeypatch.setattr(fake.catalog, "list", lambda actor: cards)
    warmed: list[str] = []
    monkeypatch.setattr(fake.pool, "warm", lambda spec: warmed.append(spec.key))
    warming.warm_realtime(fake, threading.Event())
    assert warmed == ["version-plain"], "a script has no worker"
