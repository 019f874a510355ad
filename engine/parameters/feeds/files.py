"""CSV and JSON files of the one folder that feeds may read, and nothing outside of it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO

from engine.errors import Invalid, Problem, Unavailable
from engine.feed_settings import FeedSettings


def check(path: str, settings: FeedSettings) -> Path:
    """The path in the folder's own terms. Raises Invalid for one that leaves it, or where no folder is allowed."""
    if settings.feed_folder is None:
        raise _refused(
            "Feeds may not read files here: no folder is allowed. An administrator sets QUARTERDECK_FEED_FOLDER; or "
            "upload the file as a dataset."
        )
    parts = PurePosixPath(path).parts
    if not path.isprintable() or not parts or path.startswith("/") or "\\" in path or ".." in parts:
        raise _refused(f"“{path[:80]}” is no path below the feeds' folder. Write it like rates/fx.csv.")
    return Path(*parts)


def stamp(path: str, settings: FeedSettings) -> str:
    """Changes whenever the file does; empty where it cannot be looked at."""
    try:
        with _worded(path), _opened(path, settings) as file:
            said = os.fstat(file.fileno())
    except (Invalid, Unavailable):
        return ""
    return f"{said.st_mtime_ns}:{said.st_size}"


def read(path: str, settings: FeedSettings) -> tuple[bytes, datetime]:
    """The file's bytes, and when it was last written. Raises Invalid and Unavailable with a sentence."""
    limit = settings.feed_limit_mb << 20
    with _worded(path), _opened(path, settings) as file:
        body, said = file.read(limit + 1), os.fstat(file.fileno())
    if len(body) > limit:
        raise _refused(
            f"The file “{path}” has more than {settings.feed_limit_mb} MB (setting QUARTERDECK_FEED_LIMIT_MB). Upload "
            "it as a dataset."
        )
    return body, datetime.fromtimestamp(said.st_mtime, UTC)


def _opened(path: str, settings: FeedSettings) -> IO[bytes]:
    """The open file. No step of the path may be a link: what it leads to could be changed while we look."""
    relative = check(path, settings)
    folder = os.open(settings.feed_folder or "", os.O_RDONLY | os.O_DIRECTORY)
    try:
        for step in relative.parts[:-1]:
            inner = os.open(step, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        # a pipe or device would block: nothing is waited for, and only a regular file is read
        found = os.open(relative.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise _refused(f"“{path}” is no file.")
    return os.fdopen(found, "rb")


@contextmanager
def _worded(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise Unavailable(
            f"There is no file “{path}” in the feeds' folder. Put it there, or correct the path."
        ) from None
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise _refused(
                f"“{path}” leads through a link, which feeds do not follow. Put the file itself there."
            ) from None
        raise Unavailable(f"The file “{path}” could not be read: {error.strerror}.") from None


def _refused(sentence: str) -> Invalid:
    return Invalid("the feed", [Problem("path", sentence)])
