"""Folders that belong to a living process: it holds the lock in them.

What nobody holds was left behind by one that was killed.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Callable
from pathlib import Path

LOCK = "lock"
TRIES = 10


def own(make: Callable[[], Path]) -> tuple[Path, int]:
    """Make a folder and hold it until the descriptor that comes with it is closed.

    ``make`` is called again when another process took the new folder for an abandoned one before it was held.
    Raises OSError when somebody else holds what ``make`` gives.
    """
    for _ in range(TRIES):
        folder = make()
        lock = _hold(folder)
        if lock is not None:
            return folder, lock
    said = "another process uses this folder: stop it, or choose another scratch_folder"
    raise BlockingIOError(errno.EWOULDBLOCK, said, str(folder))


def remove_abandoned(folder: Path, prefix: str, remove: Callable[[Path], None]) -> None:
    """Remove a folder that nobody holds; one that is just being made, or another user's, is left alone.

    It is first renamed (to ``prefix`` and twelve hexadecimal digits): one of the same name can be made meanwhile.
    """
    try:
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        aside = folder.rename(folder.with_name(prefix + secrets.token_hex(6)))
    except OSError:
        return
    else:
        remove(aside)
    finally:
        os.close(lock)


def _hold(folder: Path) -> int | None:
    try:
        lock = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), os.stat(folder / LOCK)):
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(lock)
    return None
