"""Free space: below a floor new work is refused with a sentence, so that running work can still be saved."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from engine.errors import Unavailable
from engine.settings import Settings

MB = 1 << 20


def free_bytes(folder: Path) -> int:
    """Free bytes for this process on the disk of a folder."""
    stat = os.statvfs(folder)
    return stat.f_bavail * stat.f_frsize


def require_space(settings: Settings) -> None:
    """Raise Unavailable when the data folder's disk is below the floor."""
    free = free_bytes(settings.data)
    if free < settings.free_space_floor_mb * MB:
        raise Unavailable(
            f"Only {free // MB:,} MB are free on the disk of {settings.data}; new work starts again above "
            f"{settings.free_space_floor_mb:,} MB (free_space_floor_mb). Free space, for instance by "
            "“quarterdeck gc”. What is running or stored is not affected."
        )


def is_full(failure: BaseException) -> bool:
    """Was it the disk (or a quota) that was full?"""
    if isinstance(failure, OSError) and failure.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    cause = failure.__cause__
    return cause is not None and is_full(cause)
