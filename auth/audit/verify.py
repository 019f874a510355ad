"""Verifying: checkpoints, anchors and their signatures, and the walk over the chain, in one report."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from auth.audit import anchors as anchor_files
from auth.audit import checkpoints
from auth.audit.anchors import Anchor, AnchorFile
from auth.audit.apart import walk_apart
from auth.audit.chain import GENESIS
from auth.audit.checking import Progress, walk
from auth.audit.checkpoints import Checkpoint
from auth.audit.findings import Findings, Known, Walked
from auth.audit.reading import ends
from auth.keys import KeyMissing
from engine.errors import Unavailable

if TYPE_CHECKING:
    from auth.service import Auth

LONG = 20_000  # entries from which a server walks in a process of its own


@dataclass
class Report:
    """What verifying found. ``warnings`` are what could not be looked at; they don't mean that anything changed."""

    entries: int
    first: int
    last: int
    hash: str
    first_at: str
    last_at: str
    anchors: int
    pruned: int
    erased: int
    expired: int
    seconds: float
    findings: Findings
    warnings: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing was changed, as far as can be proved."""
        return not self.findings.total

    @property
    def sentence(self) -> str:
        """The report in a sentence."""
        if not self.ok:
            number = self.findings.total
            return (
                f"The audit log is not as it was written: {number} finding{'s' if number > 1 else ''} in "
                f"{self.entries} entries. Keep a copy of the database and of the anchors before anything else."
            )
        if not self.entries:
            return "The audit log is empty."
        held = (
            f" and agree with {self.anchors} anchor{'s' if self.anchors > 1 else ''}" if self.anchors else ""
        )
        return (
            f"The audit log is as it was written: entries {self.first} to {self.last} ({self.first_at[:10]} to "
            f"{self.last_at[:10]}) follow from each other{held}."
        )


def verify(auth: Auth, progress: Progress | None = None) -> Report:
    """Verify the whole log; entries that come meanwhile are left to the next time."""
    for _ in range(3):
        points = checkpoints.all_of(auth.engine.database)
        report = _once(auth, points, progress)
        if checkpoints.all_of(auth.engine.database) == points:  # else it was pruned under our hands
            break
    return report


def _once(auth: Auth, points: list[Checkpoint], progress: Progress | None) -> Report:
    began = time.perf_counter()
    findings, warnings = Findings(), list[str]()
    _checkpoints(auth, points, findings, warnings)
    start = points[-1] if points else None
    files = _files(auth, warnings)
    held = _held(auth, files, findings)
    known = Known(
        start.seq if start else 0,
        start.hash if start else GENESIS,
        {n: (a.seq, a.hash, a.digest, a.at) for n, a in held.items() if not start or a.seq >= start.seq},
    )
    _at_start(known, findings)
    walked = _walked(auth, known, progress)
    _lacking(files, held, walked, findings)
    if walked.entries and not held and not walked.lacking:
        warnings.append("There is no anchor yet: “quarterdeck audit anchor” writes one.")
    findings.total += walked.findings.total
    findings.listed += walked.findings.listed
    return Report(
        entries=walked.entries,
        first=known.start + 1,
        last=walked.last,
        hash=walked.hash,
        first_at=walked.first_at,
        last_at=walked.last_at,
        anchors=len(held),
        pruned=known.start,
        erased=walked.erased,
        expired=walked.expired,
        seconds=time.perf_counter() - began,
        findings=findings,
        warnings=warnings,
    )


def _walked(auth: Auth, known: Known, progress: Progress | None) -> Walked:
    database = auth.engine.database
    if auth.engine.is_server and ends(database).last - known.start >= LONG:
        return walk_apart(database.address, known, progress)
    return walk(database, known, progress)


def _signed(auth: Auth, data: bytes, signature: str) -> str:
    """Empty when the signature is ours; else what is wrong with it, to follow “Its signature”."""
    try:
        return "" if auth.keys.verify(data, signature) else "is not by this server's key: it was changed"
    except KeyMissing as error:
        return f"names the key {error.key_id[:40]}, which this server never had: it was forged, or keys were lost"


# ---- checkpoints


def _checkpoints(auth: Auth, points: list[Checkpoint], findings: Findings, warnings: list[str]) -> None:
    before = 0
    for point in points:
        name = f"the checkpoint of {point.at:%Y-%m-%d} (entries up to {point.seq})"
        wrong = _signed(auth, point.signed, point.signature)
        if wrong:
            findings.add(point.seq, f"The signature of {name} {wrong}.")
        if point.seq - point.entries != before:
            findings.add(point.seq, f"A checkpoint before {name} is missing: deleted.")
        before = point.seq
        _segment(auth.settings.data / "audit" / "segments" / point.file, point, findings, warnings)


def _segment(path: Path, point: Checkpoint, findings: Findings, warnings: list[str]) -> None:
    """An exported file may have been moved to an archive; one that is there must be the one that was written."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        warnings.append(
            f"The exported entries up to {point.seq} are not in {path}: verify them where you keep them."
        )
        return
    if digest != point.segment:
        findings.add(
            point.seq, f"The exported entries in {path} are not those that were pruned: the file was changed."
        )


# ---- anchors


def _files(auth: Auth, warnings: list[str]) -> list[AnchorFile]:
    anchors = auth.audit.anchors
    files = [anchor_files.read(anchors.first)]
    if anchors.second is not None:
        try:
            second = anchor_files.read(anchors.second)
            if not second.there:
                warnings.append(
                    f"There are no anchors in the second folder yet, or it is away: {anchors.second}."
                )
            files.append(second)
        except Unavailable as error:
            warnings.append(error.sentence)
    return files


def _held(auth: Auth, files: list[AnchorFile], findings: Findings) -> dict[int, Anchor]:
    """All anchors by number, of all files; what is wrong with files and lines is found."""
    held: dict[int, Anchor] = {}
    good: set[str] = set()
    for file in files:
        for problem in file.problems:
            findings.add(None, problem)
        for before, anchor in pairwise(file.anchors):
            if anchor.number == before.number + 1 and anchor.before != before.digest:
                findings.add(
                    None, f"Anchor {anchor.number} in {file.path} does not follow anchor {before.number}."
                )
        for anchor in file.anchors:
            wrong = "" if anchor.digest in good else _signed(auth, anchor.signed, anchor.signature)
            if wrong:
                findings.add(None, f"The signature of anchor {anchor.number} in {file.path} {wrong}.")
                continue
            good.add(anchor.digest)
            if held.setdefault(anchor.number, anchor) != anchor:
                findings.add(
                    None, f"Anchor {anchor.number} in {file.path} differs from the one in {files[0].path}."
                )
    return held


def _at_start(known: Known, findings: Findings) -> None:
    for number, (seq, digest, _, _) in known.anchors.items():
        if known.start and seq == known.start and digest != known.hash:
            findings.add(seq, f"Anchor {number} holds another hash of entry {seq} than the checkpoint.")


def _lacking(files: list[AnchorFile], held: dict[int, Anchor], walked: Walked, findings: Findings) -> None:
    """Anchors that should be in the first file: numbers that follow each other, those that entries tell of."""
    first = {anchor.number for anchor in files[0].anchors}
    expected = set(range(1, max(held, default=0) + 1)) | set(walked.lacking)
    missing = sorted(expected - first)
    if not missing:
        return
    if not files[0].there:
        findings.add(
            None, f"The file of anchors {files[0].path} is missing: deleted. It held {_ranges(missing)}."
        )
    else:
        findings.add(None, f"Anchors are missing from {files[0].path}: {_ranges(missing)}.")


def _ranges(numbers: Iterable[int]) -> str:
    """Numbers in words: “anchors 1 to 3, 7”."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return "anchors " + ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in spans)
