"""States of runs: what leads where, who may write, what a person reads."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from sqlalchemy import select, update

from engine.access import LOCAL_ADMIN, SYSTEM, Actor, Grant
from engine.engine import Engine
from engine.errors import Conflict, NotFound, Unavailable
from engine.runs import queue, recovery, states
from engine.runs.states import IllegalMove, check_move
from engine.settings import Settings
from engine.store.database import EventRow
from engine.store.tables_runs import RUN, RUN_ATTEMPT
from tests.runs.conftest import with_fakes
from tests.runs.fakes import failing, slow
from tests.waiting import SOON, until

pytestmark = pytest.mark.both_databases


def moves(engine: Engine, run_id: str) -> list[str]:
    query = select(EventRow.data).where(EventRow.object_id == run_id).order_by(EventRow.id)
    with engine.database.look() as connection:
        return [json.loads(row.data)["new"] for row in connection.execute(query)]


def pool(engine: Engine) -> Any:
    return engine.pool


def test_a_finished_state_has_no_way_out() -> None:
    for state in states.FINISHED:
        for other in states.STATES:
            with pytest.raises(IllegalMove):
                check_move(state, other)


def test_a_run_succeeds_and_tells_each_step(fake: Engine) -> None:
    pool(fake).bodies["version-plain"] = lambda *_: {"total": 6.0, "note": "größer", "file": b"abc"}
    run = fake.runs.submit(LOCAL_ADMIN, "plain", label="first")
    assert run.state == "queued"
    done = fake.runs.wait(run.id, 5)
    assert (done.state, done.attempt, done.progress, done.label) == ("succeeded", 1, 1.0, "first")
    assert moves(fake, run.id) == ["queued", "starting", "running", "succeeded"]
    outputs = {o.name: o for o in fake.runs.outputs(LOCAL_ADMIN, run.id)}
    assert outputs["total"].value == 6.0
    assert outputs["note"].value == "größer"
    assert fake.runs.output_path(LOCAL_ADMIN, run.id, "file").read_bytes() == b"abc"
    with pytest.raises(NotFound, match="single value"):
        fake.runs.output_path(LOCAL_ADMIN, run.id, "total")
    told = fake.runs.provenance(LOCAL_ADMIN, run.id)
    assert told["model"]["source_hash"] == "source"
    assert told["environment"]["ran"] == {"fake": "1"}


@pytest.mark.parametrize(
    ("reason", "state"),
    [("model-error", "failed"), ("timeout", "timed_out"), ("memory", "failed"), ("output-limit", "failed")],
)
def test_each_failure_has_its_state_and_sentence(fake: Engine, reason: str, state: str) -> None:
    pool(fake).bodies["version-plain"] = failing(reason, "The price is missing.", trace="line 3")
    done = fake.runs.wait(fake.runs.submit(LOCAL_ADMIN, "plain").id, 5)
    assert done.state == state
    assert done.error is not None
    assert (done.error.reason, done.error.sentence) == (reason, "The price is missing.")
    assert fake.runs.outputs(LOCAL_ADMIN, done.id) == []


def test_a_crashed_worker_is_tried_again_and_says_so(fake: Engine) -> None:
    calls = []

    def once(*_: Any) -> dict[str, Any]:
        calls.append(1)
        if len(calls) == 1:
            failing("crashed", "The worker was killed.", transient=True)(*_)
        return {"x": 1.0}

    pool(fake).bodies["version-plain"] = once
    done = fake.runs.wait(fake.runs.submit(LOCAL_ADMIN, "plain").id, 5)
    assert (done.state, done.attempt) == ("succeeded", 2)
    assert "The worker was killed." in done.warnings[0]


def test_a_worker_that_always_crashes_is_given_up(fake: Engine) -> None:
    pool(fake).bodies["version-plain"] = failing("crashed", "The worker was killed.", transient=True)
    done = fake.runs.wait(fake.runs.submit(LOCAL_ADMIN, "plain").id, 5)
    assert (done.state, done.attempt) == ("failed", 3)


def test_a_fault_of_ours_ends_the_run_with_a_sentence(fake: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("engine.runs.attempt.write_outputs", broken)
    done = fake.runs.wait(fake.runs.submit(LOCAL_ADMIN, "plain").id, 5)
    assert done.state == "failed"
    assert done.error is not None
    assert done.error.reason == "server-error"
    assert fake.runs.outputs(LOCAL_ADMIN, done.id) == []


def test_scripts_are_never_run_again(fake: Engine) -> None:
    pool(fake).bodies["version-script-slow"] = failing("crashed", "It was killed.", transient=True)
    done = fake.runs.wait(fake.runs.submit(LOCAL_ADMIN, "script-slow").id, 5)
    assert (done.state, done.attempt) == ("failed", 1)


def test_cancel_of_a_queued_run(idle: Engine) -> None:
    run = idle.runs.submit(LOCAL_ADMIN, "plain")
    assert idle.runs.cancel(LOCAL_ADMIN, run.id).state == "cancelled"
    with pytest.raises(Conflict, match="already ended"):
        idle.runs.cancel(LOCAL_ADMIN, run.id)


def test_cancel_of_a_running_run_within_two_seconds(fake: Engine) -> None:
    pool(fake).bodies["version-slow"] = slow(30)
    run = fake.runs.submit(LOCAL_ADMIN, "slow")
    until(lambda: fake.runs.get(LOCAL_ADMIN, run.id).state == "running")
    assert fake.runs.cancel(LOCAL_ADMIN, run.id).state in ("cancelling", "cancelled")
    done = fake.runs.wait(run.id, SOON)
    assert done.state == "cancelled"
    assert moves(fake, run.id)[-2:] == ["cancelling", "cancelled"]
    assert fake.runs.log(LOCAL_ADMIN, run.id) == ("starting\n", 9)


def test_cancel_while_a_worker_is_still_loading(fake: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    loading = threading.Event()
    monkeypatch.setattr(fake.pool, "warm", lambda spec, call_id: loading.wait(5))
    run = fake.runs.submit(LOCAL_ADMIN, "slow")
    until(lambda: fake.runs.get(LOCAL_ADMIN, run.id).state == "starting")
    fake.runs.cancel(LOCAL_ADMIN, run.id)
    loading.set()
    assert fake.runs.wait(run.id, 5).state == "cancelled"
    assert pool(fake).calls == []


def test_cancel_by_another_process_rings_the_bell(fake: Engine, settings: Settings) -> None:
    pool(fake).bodies["version-slow"] = slow(30)
    other = with_fakes(settings)
    run = other.runs.submit(LOCAL_ADMIN, "slow")
    until(lambda: fake.runs.get(LOCAL_ADMIN, run.id).state == "running", 2)
    other.runs.cancel(LOCAL_ADMIN, run.id)
    assert other.runs.wait(run.id, 2).state == "cancelled"
    other.database.close()


def test_a_second_server_refuses_with_a_sentence(fake: Engine, settings: Settings) -> None:
    other = with_fakes(settings)
    with pytest.raises(Unavailable, match="Another Quarterdeck server"):
        other.start()
    assert fake.lock.held()
    other.database.close()


def test_a_lost_claim_publishes_nothing(fake: Engine) -> None:
    pool(fake).bodies["version-slow"] = slow(0.4)
    run = fake.runs.submit(LOCAL_ADMIN, "slow")
    until(lambda: fake.runs.get(LOCAL_ADMIN, run.id).state == "running")
    with fake.database.change(SYSTEM) as change:  # as another server would after the lease ran out
        taken = update(RUN).where(RUN.c.id == run.id)
        change.connection.execute(taken.values(fence=RUN.c.fence + 1, lease_owner="other"))
    until(lambda: not fake.dispatcher.active)  # type: ignore[union-attr]
    assert fake.runs.get(LOCAL_ADMIN, run.id).state == "running"
    assert fake.runs.outputs(LOCAL_ADMIN, run.id) == []


def test_people_take_turns(idle: Engine) -> None:
    many = [idle.runs.submit(LOCAL_ADMIN, "plain").id for _ in range(70)]
    other = Actor(id="other", grants=frozenset({Grant("administrator")}))
    one = idle.runs.submit(other, "plain").id
    with idle.database.look() as connection:
        rows = queue.waiting(connection)
    turns = queue.in_turn(rows, {})
    assert one in {row.id for row in turns[:2]}
    assert {row.id for row in turns} <= {*many, one}
    assert queue.in_turn(rows, {"local-admin": 1})[0].id == one


def claimed(engine: Engine, *models: str, running: bool = True) -> list[str]:
    """Runs as a server that is gone left them."""
    ids = [engine.runs.submit(LOCAL_ADMIN, model).id for model in models]
    with engine.database.change(SYSTEM) as change:
        rows = queue.waiting(change.connection)
        queue.claim(change, rows, "gone", 15, {row.version_id for row in rows} if running else set())
    return ids


def test_a_script_that_was_only_starting_has_done_nothing_yet(idle: Engine) -> None:
    (script,) = claimed(idle, "script-slow", running=False)
    recovery.recover(idle, "me", everything=True)
    assert idle.runs.get(LOCAL_ADMIN, script).state == "queued"


def test_recovery_repeats_functions_and_interrupts_scripts(idle: Engine) -> None:
    function, script = claimed(idle, "plain", "script-slow")
    assert set(recovery.recover(idle, "me", everything=True)) == {function, script}
    assert idle.runs.get(LOCAL_ADMIN, function).state == "queued"
    ended = idle.runs.get(LOCAL_ADMIN, script)
    assert ended.state == "interrupted"
    assert ended.error is not None
    assert "script" in ended.error.sentence
    assert recovery.recover(idle, "me", everything=True) == []
    with idle.database.look() as connection:
        assert {row.outcome for row in connection.execute(select(RUN_ATTEMPT))} == {"lost"}


def test_recovery_waits_for_leases_when_other_servers_may_live(idle: Engine) -> None:
    claimed(idle, "plain")
    assert recovery.recover(idle, "me", everything=False) == []


def test_recovery_gives_up_after_three_attempts(idle: Engine) -> None:
    (run,) = claimed(idle, "plain")
    for _ in range(3):
        recovery.recover(idle, "me", everything=True)
        with idle.database.change(SYSTEM) as change:
            queue.claim(change, queue.waiting(change.connection), "gone", 15, set())
    assert idle.runs.get(LOCAL_ADMIN, run).state == "failed"


def test_stop_puts_functions_back_and_interrupts_scripts(settings: Settings) -> None:
    engine = with_fakes(settings)
    pool(engine).bodies.update({"version-slow": slow(30), "version-script-slow": slow(30)})
    engine.start()
    ids = [engine.runs.submit(LOCAL_ADMIN, model).id for model in ("slow", "script-slow")]
    until(lambda: all(engine.runs.get(LOCAL_ADMIN, i).state == "running" for i in ids))
    engine.stop()
    again = with_fakes(settings)
    found = [again.runs.get(LOCAL_ADMIN, i).state for i in ids]
    assert found == ["queued", "interrupted"]
    again.start()
    assert again.runs.wait(ids[0], 5).state == "succeeded"
    again.stop()


def test_no_more_runs_at_once_than_slots(fake: Engine) -> None:
    together: list[int] = []
    running = threading.Semaphore(0)

    def body(call: Any, listener: Any, cancelled: threading.Event) -> dict[str, Any]:
        running.release()
        together.append(running._value)
        time.sleep(0.02)
        running.acquire()
        return {}

    pool(fake).bodies["version-plain"] = body
    ids = [fake.runs.submit(LOCAL_ADMIN, "plain").id for _ in range(12)]
    assert {fake.runs.wait(i, 10).state for i in ids} == {"succeeded"}
    assert max(together) == 2
    assert sorted(pool(fake).calls) == sorted(ids)


def test_memory_is_reserved_and_an_idle_server_starts_anything(idle: Engine) -> None:
    for _ in range(3):
        idle.runs.submit(LOCAL_ADMIN, "plain")
    with idle.database.look() as connection:
        rows = queue.waiting(connection)
    need = rows[0].memory_mb
    assert len(queue.choose(rows, 3, need * 2, idle=False)) == 2
    assert queue.choose(rows, 3, need - 1, idle=False) == []
    assert len(queue.choose(rows, 3, need - 1, idle=True)) == 1
