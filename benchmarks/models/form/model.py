"""What the page bench types into; as a run it keeps a core busy for so many seconds."""

import time


def work(seconds, **fields):
    """Be busy."""
    end = time.monotonic() + seconds
    number = 0
    while time.monotonic() < end:
        number += 1
    return {"done": number}
