"""Ten people change one parameter set at the same time: nothing is lost, every conflict is told."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from engine.parameters.merging import ChangedMeanwhile
from tests.parameters.conftest import House
from tests.parameters.sets import MODEL, SET, person, submit

WRITERS = 10


def write(house: House, seconds: float) -> tuple[list[tuple[int, int | None]], Counter[str]]:
    """Each writer adds one to what it read, again and again: what was stored (number, base), and what was told."""
    stored: list[tuple[int, int | None]] = []
    told: Counter[str] = Counter()
    until = time.monotonic() + seconds
    people = [person(house.auth, f"writer{n}", "editor") for n in range(WRITERS)]
    submit(house.auth, house.ada, {"weeks": 1})

    def work(mine: int) -> None:
        actor = people[mine]
        while time.monotonic() < until:
            found = house.sets.in_force(actor, MODEL, SET)
            base = found.versions[""]
            try:
                made = submit(house.auth, actor, {"weeks": found.values["weeks"] + 1}, base=base)
            except ChangedMeanwhile as conflict:
                newer = conflict.merge.theirs["weeks"] > conflict.merge.base["weeks"]
                told["conflict" if newer else "conflict with nothing newer"] += 1
            except BaseException as failure:
                told[f"{type(failure).__name__}: {failure}"] += 1
                raise
            else:
                stored.append((made.number, made.base))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return stored, told


def no_update_is_lost(house: House, seconds: float) -> None:
    stored, told = write(house, seconds)
    final = house.sets.in_force(house.ada, MODEL, SET)
    assert set(told) <= {"conflict"}
    assert told["conflict"] > 0, "the writers never met: the test shows nothing"
    assert len(stored) > WRITERS
    assert sorted(number for number, _ in stored) == list(range(2, len(stored) + 2))
    assert all(base == number - 1 for number, base in stored)
    assert final.values["weeks"] == 1 + len(stored)


@pytest.mark.both_databases
def test_ten_writers_for_a_few_seconds(house: House) -> None:
    no_update_is_lost(house, 4)


@pytest.mark.slow
def test_ten_writers_for_half_a_minute(house: House) -> None:
    no_update_is_lost(house, 30)
