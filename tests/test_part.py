"""Parts of a service are made once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property

from engine.part import part


class Whole:
    """A service with a part that takes a while to be made."""

    made = 0

    @part
    def slow(self) -> object:
        """What is made."""
        time.sleep(0.05)
        self.made += 1
        return object()


def test_threads_that_ask_at_the_same_moment_get_the_same_part() -> None:
    whole = Whole()
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: whole.slow, range(8)))
    assert found == [found[0]] * 8
    assert whole.made == 1


def test_each_whole_has_its_own_and_makes_it_anew_when_it_was_taken_out() -> None:
    one, other = Whole(), Whole()
    assert one.slow is not other.slow
    first = one.__dict__.pop("slow")
    assert one.slow is not first


def test_the_class_gives_what_describes_the_part() -> None:
    assert isinstance(Whole.slow, cached_property)
    assert Whole.slow.__doc__ == "What is made."
