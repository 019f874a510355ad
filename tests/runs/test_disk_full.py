"""A disk that is really full (a tiny file system of its own): nothing is half-visible, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.access import LOCAL_ADMIN
from engine.engine import Engine
from engine.errors import Unavailable
from engine.settings import Settings
from tests.runs.conftest import with_fakes
from tests.waiting import until


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """16 MB of memory-backed file system, mounted where the data folder lies."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def full(tiny_disk: Path, tmp_path: Path) -> Iterator[Engine]:
    settings = Settings(
        data_folder=tiny_disk / "data", scratch_folder=tmp_path / "scratch", free_space_floor_mb=0
    )
    engine = with_fakes(settings)
    engine.start()
    yield engine
    engine.stop()


def fill(disk: Path, leave: int) -> Path:
    stat = os.statvfs(disk)
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        file.write(b"x" * max(0, stat.f_bavail * stat.f_frsize - leave))
    return ballast


def submit_until_refused(engine: Engine) -> None:
    for _ in range(2000):  # the log of the database may still have room inside
        engine.runs.submit(LOCAL_ADMIN, "other", label="x" * 4000)


def test_outputs_that_do_not_fit_fail_the_run_in_plain_words(full: Engine, tiny_disk: Path) -> None:
    full.pool.bodies["version-plain"] = lambda *_: {"small": b"x", "large": b"x" * (20 << 20)}  # type: ignore[attr-defined]
    done = full.runs.wait(full.runs.submit(LOCAL_ADMIN, "plain").id, 10)
    assert done.state == "failed"
    assert done.error is not None
    assert done.error.reason == "disk-full"
    assert "disk of the data folder is full" in done.error.sentence
    assert full.runs.outputs(LOCAL_ADMIN, done.id) == []
    assert os.listdir(tiny_disk / "data" / "blobs" / "incoming") == []
    full.pool.bodies["version-plain"] = lambda *_: {"small": b"x"}  # type: ignore[attr-defined]
    again = full.runs.wait(full.runs.again(LOCAL_ADMIN, done.id).id, 10)
    assert again.state == "succeeded"


def test_a_finished_run_waits_for_room_in_the_database(full: Engine, tiny_disk: Path) -> None:
    filled, go = threading.Event(), threading.Event()

    def body(*_: object) -> dict[str, object]:
        filled.set()
        go.wait(10)
        return {}

    full.pool.bodies["version-plain"] = body  # type: ignore[attr-defined]
    run = full.runs.submit(LOCAL_ADMIN, "plain")
    assert filled.wait(5)
    ballast = fill(tiny_disk, 0)
    with pytest.raises(Unavailable, match="full"):
        submit_until_refused(full)
    go.set()
    assert full.runs.wait(run.id, 1).state in ("running", "starting", "failed", "succeeded")
    ballast.unlink()
    done = full.runs.wait(run.id, 10)
    assert done.state == "succeeded" or (done.error is not None and done.error.reason == "disk-full")
    until(lambda: full.runs.list(LOCAL_ADMIN, state="queued")[1] == 0, 20)
