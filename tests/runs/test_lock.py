"""The data lock and the doorbell."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from engine.errors import Unavailable
from engine.runs.lock import DataLock, Doorbell, ring
from engine.settings import ROOT


def test_the_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from engine.runs.lock import DataLock\n"
        "lock = DataLock(Path(sys.argv[1])); lock.acquire(); print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert DataLock(tmp_path).held()
        with pytest.raises(Unavailable, match=f"process {holder.pid}"):
            DataLock(tmp_path).acquire()
        holder.kill()
    mine = DataLock(tmp_path)
    mine.acquire()
    assert mine.mine
    mine.release()
    assert not DataLock(tmp_path).held()


def test_asking_who_holds_it_never_keeps_a_server_from_starting(tmp_path: Path) -> None:
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            DataLock(tmp_path).held()

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(20):
            lock = DataLock(tmp_path)
            lock.acquire()
            lock.release()
    finally:
        stop.set()
        asking.join()


def test_the_bell_is_heard_however_long_the_path(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    assert not ring(folder), "nobody is there"
    heard = threading.Event()
    bell = Doorbell(folder, heard.set)
    bell.hang()
    assert ring(folder)
    assert heard.wait(2)
    bell.take_down()
    assert not ring(folder)
