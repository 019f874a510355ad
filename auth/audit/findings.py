"""What a walk of the chain is held against, what came of it, and how a finding is worded."""

from __future__ import annotations

from dataclasses import dataclass, field

from auth.audit.chain import GENESIS
from auth.audit.reading import ACTION, AT, KIND, OBJECT, SEQ, Row

MOST = 100  # findings that are kept in words


@dataclass(frozen=True)
class Finding:
    """Something that is not as it was written; ``entry`` is the entry concerned, None for the log as a whole."""

    entry: int | None
    sentence: str


@dataclass
class Findings:
    """What was found: the first ``MOST`` in words, all of them counted."""

    listed: list[Finding] = field(default_factory=list)
    total: int = 0

    def add(self, entry: int | None, sentence: str) -> None:
        """One more."""
        self.total += 1
        if len(self.listed) < MOST:
            self.listed.append(Finding(entry, sentence))


@dataclass(frozen=True)
class Known:
    """What the walk is held against: where it starts (a checkpoint, or the beginning) and what anchors say.

    ``anchors`` is number → (entry, hash, SHA-256 of the anchor's line, when).
    """

    start: int = 0
    hash: str = GENESIS
    anchors: dict[int, tuple[int, str, str, str]] = field(default_factory=dict)


@dataclass
class Walked:
    """What came of a walk. ``lacking`` are anchors that entries tell of and that ``Known`` did not have."""

    entries: int = 0
    last: int = 0
    hash: str = GENESIS
    first_at: str = ""
    last_at: str = ""
    erased: int = 0
    expired: int = 0
    lacking: list[int] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)


def named(row: Row) -> str:
    """An entry, so that a person finds it."""
    what = f"{row[ACTION]} of {row[KIND]} {row[OBJECT]}"[:120]
    return f"Entry {row[SEQ]} ({str(row[AT])[:19]} UTC, {what})"


def entries(first: int, last: int) -> str:
    """One entry, or several in a row."""
    return f"Entry {first}" if first == last else f"Entries {first} to {last}"


def missing(first: int, last: int) -> str:
    """That they are not there."""
    return f"{entries(first, last)} {'is' if first == last else 'are'} missing: deleted"
