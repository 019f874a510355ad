"""The reader thread: descriptors come and go while it works."""

from __future__ import annotations

import os
import threading

from engine.runtimes.reader import Reader


def test_a_descriptor_number_used_again_is_not_forgotten() -> None:
    """A handler closes its pipe; the number is given to a new pipe before the handler has returned."""
    reader = Reader()
    first, first_end = os.pipe()
    heard = threading.Event()
    ends: list[int] = []

    def hear() -> bool:
        heard.set()
        return False

    def close_and_reuse() -> bool:
        reader.remove(first)
        os.close(first)
        again, end = os.pipe()
        assert again == first
        ends.append(end)
        reader.add(again, hear)
        return False

    reader.add(first, close_and_reuse)
    os.write(first_end, b"x")
    for _ in range(100):
        if ends:
            break
        heard.wait(0.01)
    os.write(ends[0], b"y")
    assert heard.wait(2)
    reader.close()
    for fd in (first, first_end, ends[0]):
        os.close(fd)


def test_a_handler_that_is_done_is_removed() -> None:
    reader = Reader()
    out, end = os.pipe()
    calls: list[int] = []
    told = threading.Event()

    def once() -> bool:
        calls.append(1)
        told.set()
        return False

    reader.add(out, once)
    os.write(end, b"x")
    assert told.wait(2)
    assert not threading.Event().wait(0.1)
    assert calls == [1]
    reader.close()
    os.close(out)
    os.close(end)
