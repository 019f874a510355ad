"""What a sweep removes and what it leaves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from engine.access import LOCAL_ADMIN, SYSTEM
from engine.engine import Engine
from engine.errors import NotFound
from engine.settings import Settings
from engine.store.base import utc_now
from engine.store.references import refer
from engine.store.tables_runs import RUN
from tests.runs.conftest import with_fakes


@pytest.fixture
def fake(settings: Settings) -> Iterator[Engine]:
    engine = with_fakes(settings)
    engine.pool.bodies["version-plain"] = lambda *_: {"file": b"outputs of a run", "x": 1.0}  # type: ignore[attr-defined]
    engine.start()
    yield engine
    engine.stop()


def gc(engine: Engine, **options: object) -> object:
    return engine.storage.gc(LOCAL_ADMIN, grace_hours=-1, **options)  # type: ignore[arg-type]


def run(engine: Engine) -> str:
    return engine.runs.wait(engine.runs.submit(LOCAL_ADMIN, "plain").id, 5).id


def expire(engine: Engine, run_id: str) -> None:
    with engine.database.change(SYSTEM) as change:
        past = utc_now() - timedelta(days=1)
        change.connection.execute(update(RUN).where(RUN.c.id == run_id).values(retain_until=past))


def test_only_what_nothing_refers_to_is_swept(fake: Engine) -> None:
    run_id = run(fake)
    orphan, kept = fake.blobs.put_bytes(b"orphan"), fake.blobs.put_bytes(b"kept")
    with fake.database.change(SYSTEM) as change:
        refer(change.session, "report", "r1", [kept])
    would = fake.storage.gc(LOCAL_ADMIN, dry_run=True, grace_hours=-1)
    assert (would.blobs, would.bytes) == (1, 6)
    assert fake.blobs.exists(orphan)
    done = fake.storage.gc(LOCAL_ADMIN, grace_hours=-1)
    assert (done.blobs, done.runs) == (1, 0)
    assert not fake.blobs.exists(orphan)
    assert fake.blobs.exists(kept)
    assert fake.runs.output_path(LOCAL_ADMIN, run_id, "file").read_bytes() == b"outputs of a run"


def test_fresh_contents_are_spared(fake: Engine) -> None:
    orphan = fake.blobs.put_bytes(b"orphan")
    assert fake.gc(LOCAL_ADMIN).blobs == 0
    assert fake.blobs.exists(orphan)


def test_outputs_past_their_time_go_unless_held(fake: Engine) -> None:
    run_id = run(fake)
    expire(fake, run_id)
    fake.runs.hold(LOCAL_ADMIN, run_id, reason="for the auditors")
    fake.runs.hold(LOCAL_ADMIN, run_id, holder="report:7")
    fake.runs.unhold(LOCAL_ADMIN, run_id)
    assert fake.storage.gc(LOCAL_ADMIN, grace_hours=-1).runs == 0, "the report still holds it"
    fake.runs.unhold(LOCAL_ADMIN, run_id, holder="report:7")
    assert fake.storage.gc(LOCAL_ADMIN, dry_run=True, grace_hours=-1).blobs == 2
    assert fake.storage.gc(LOCAL_ADMIN, grace_hours=-1).blobs == 2
    assert fake.runs.get(LOCAL_ADMIN, run_id).expired_at is not None
    assert {o.name: o.value for o in fake.runs.outputs(LOCAL_ADMIN, run_id)} == {"file": None, "x": 1.0}
    with pytest.raises(NotFound, match="Run again"):
        fake.runs.output_path(LOCAL_ADMIN, run_id, "file")


def test_shared_contents_stay_while_one_run_keeps_them(fake: Engine) -> None:
    first, second = run(fake), run(fake)
    expire(fake, first)
    assert fake.storage.gc(LOCAL_ADMIN, grace_hours=-1).runs == 1
    assert fake.runs.output_path(LOCAL_ADMIN, second, "file").read_bytes() == b"outputs of a run"
