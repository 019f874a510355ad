"""Which row of a table was which before: equal ones wherever they stand now, then those beside them."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Sequence
from typing import Any


def matched(before: Sequence[list[Any]], after: Sequence[list[Any]]) -> list[int | None]:
    """For each row of ``after`` the row of ``before`` (from 1) that it was; None: it is new.

    A row that is equal to one of before is that one. Of the others, one that follows (or precedes) a row whose
    neighbour is still to be had is that neighbour, changed. Takes time with the number of rows.
    """
    old = [json.dumps(row, sort_keys=True) for row in before]
    new = [json.dumps(row, sort_keys=True) for row in after]
    left: dict[str, deque[int]] = defaultdict(deque)
    for n, text in enumerate(old, 1):
        left[text].append(n)
    found: list[int | None] = [left[text].popleft() if left[text] else None for text in new]
    free = set(range(1, len(old) + 1)) - {n for n in found if n is not None}
    for step, begin in ((1, 0), (-1, len(old) + 1)):
        near: int | None = begin
        for at in range(len(new))[::step]:
            wanted = None if near is None else near + step
            if found[at] is None and wanted in free:
                found[at] = wanted
                free.discard(wanted)
            near = found[at]
    return found
