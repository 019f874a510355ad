"""Exported segments: consecutive entries in a compressed file that verifies by itself.

The first line says which format this is and after which entry and hash it begins; each further line is an entry:
the JSON array that is hashed, with the hash at its end. Personal values are not in it: what is in an archive
cannot be erased.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auth.audit.chain import link
from auth.audit.reading import HASH, SEQ, Row
from engine.errors import Invalid, Problem, Unavailable

FORMAT = "quarterdeck audit segment 1"


@dataclass
class Segment:
    """What a file holds: entries ``first`` to ``last``; ``before`` and ``hash`` are the chain's at its two ends."""

    path: Path
    sha256: str
    first: int
    last: int
    before: str
    hash: str
    wrong: list[int]

    @property
    def entries(self) -> int:
        """How many entries it holds."""
        return self.last - self.first + 1


def file_name(first: int, last: int) -> str:
    """What a segment's file is called."""
    return f"audit-{first:012d}-{last:012d}.jsonl.gz"


def write(path: Path, after: int, before: str, rows: Iterable[Row]) -> Segment:
    """Write entries, synced; ``wrong`` of the result are those that do not follow. Raises Unavailable (disk)."""
    part = path.with_name(path.name + ".part")
    made = Segment(path, "", after + 1, after, before, before, [])
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with part.open("wb") as raw:
            # no name and no time inside: the same entries give the same file
            with gzip.GzipFile("", "wb", 6, raw, mtime=0) as file:
                file.write(_line({"format": FORMAT, "after": after, "hash": before}))
                for row in rows:
                    _follow(made, list(row))
                    file.write(_line(row))
            raw.flush()
            os.fsync(raw.fileno())
        made.sha256 = digest(part)
        part.replace(path)
        _sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise Unavailable(
            f"The entries could not be exported to {path}: {error.strerror}. Nothing was pruned."
        ) from None
    return made


def check(path: Path) -> Segment:
    """Read a segment and follow its chain. Raises Invalid for a file that is none, or is damaged."""
    try:
        lines = _read(path)
        head = next(lines)
        if head["format"] != FORMAT:
            raise ValueError(head["format"])
        found = Segment(
            path, digest(path), int(head["after"]) + 1, int(head["after"]), head["hash"], head["hash"], []
        )
        for row in lines:
            _follow(found, row)
    except (OSError, EOFError, ValueError, KeyError, TypeError, StopIteration, IndexError) as error:
        sentence = (
            f"{path} is no segment of an audit log, or it is damaged ({type(error).__name__}: {error})."
        )
        raise Invalid("the file", [Problem("FILE", sentence, str(path), "audit-segment")]) from None
    return found


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _follow(segment: Segment, row: list[Any]) -> None:
    if row[SEQ] != segment.last + 1 or link(segment.hash, row[:HASH]) != row[HASH]:
        segment.wrong.append(row[SEQ])
    segment.last, segment.hash = row[SEQ], row[HASH]


def _line(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _read(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
