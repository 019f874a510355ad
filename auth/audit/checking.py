"""Walking the chain: every entry against its hash, every personal value against the entry, all ends against each other.

Nothing here needs a key: it may run in another process. What was found is said by entry; the walk goes on behind a
finding with what is stored there, so that one changed entry is one finding.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from auth.audit import reading
from auth.audit.chain import array, salted, set_sum, sum_text
from auth.audit.findings import Findings, Known, Walked, entries, missing, named
from auth.audit.reading import ACTION, AT, DETAILS, HASH, PERSONAL, SEQ, Row, Side

if TYPE_CHECKING:
    from engine.store.database import Database

_SPECIAL = frozenset({"audit-damaged", "audit-anchored", "audit-pruned", "personal-values-erased"})
Progress = Callable[[int, int], None]


def walk(database: Database, known: Known, progress: Progress | None = None) -> Walked:
    """Check all entries that there are now; ``progress`` is told (entries done, entries in all)."""
    ends = reading.ends(database)
    until = max(ends.recorded or 0, ends.last)
    found = _Walk(known, _expired(database))
    for page in reading.pages(database, known.start, until):
        found.page(page)
        if progress:
            progress(found.done.last - known.start, until - known.start)
    found.finish(ends)
    _strays(database, known.start, found.done.findings)
    return found.done


class _Walk:
    """The state of a walk."""

    def __init__(self, known: Known, expired: int) -> None:
        self.done = Walked(last=known.start, hash=known.hash)
        self._known = known
        self._expired = expired
        self._before: str | None = known.hash
        self._at_anchor: dict[int, list[int]] = {}
        for number, (seq, *_) in known.anchors.items():
            self._at_anchor.setdefault(seq, []).append(number)
        self._gone: dict[str, list[int]] = {}  # erasure → number and sum of values that are erased
        self._told: dict[str, list[int]] = {}  # erasure → number and sum that entries tell of
        self._by: dict[str, int] = {}  # erasure → the entry that tells of it

    def say(self, entry: int | None, sentence: str) -> None:
        """Note a finding."""
        self.done.findings.add(entry, sentence)

    def page(self, page: reading.Page) -> None:
        """Check the entries of a page."""
        for seq in page.unreadable:
            self.say(seq, f"Entry {seq} cannot be read: it was changed after it was written.")
        bad = set(page.unreadable)
        done, before, expect = self.done, self._before, self.done.last + 1
        sha256, anchored, side = hashlib.sha256, self._at_anchor, page.side
        for row in page.rows:
            seq, stored = row[SEQ], row[HASH]
            if seq != expect:
                before = self._gap(expect, seq, bad)
            if before is not None:
                try:
                    ours = sha256(f"{before}\n{array(row[:HASH])}".encode()).hexdigest()
                except (TypeError, ValueError):
                    ours = ""
                if ours != stored:
                    self._changed(row)
            if (row[PERSONAL] != "{}" or seq in side) and not _as_usual(row, side.get(seq)):
                self._personal(row, side.get(seq, []))
            if row[ACTION] in _SPECIAL:
                self._special(row)
            if seq in anchored:
                self._anchors(row)
            before = stored if isinstance(stored, str) else ""
            expect = seq + 1
        if bad and max(bad) >= expect:
            before, expect = None, max(bad) + 1
        self._before = before
        if page.rows:
            done.first_at = done.first_at or str(page.rows[0][AT])
            done.last_at = str(page.rows[-1][AT])
            done.hash = before or ""
        done.entries += len(page.rows)
        done.last = expect - 1

    def finish(self, ends: reading.Ends) -> None:
        """Hold the ends against each other: the last entry, the record of it, anchors, erasures."""
        present, recorded, last = self.done.last, ends.recorded, ends.last
        if recorded is None and last:
            self.say(
                last, f"The record of the newest entry is missing, while entries up to {last} are there."
            )
        elif recorded is not None and recorded > last:
            self.say(
                recorded, missing(max(last, self._known.start) + 1, recorded) + " at the end of the log."
            )
        elif recorded is not None and recorded < last:
            self.say(
                recorded + 1,
                f"{entries(recorded + 1, last)} {'was' if last == recorded + 1 else 'were'} not written by "
                f"Quarterdeck: the record of the newest entry names {recorded}.",
            )
        elif recorded is not None and recorded == present and ends.hash != self.done.hash:
            self.say(last, f"The record of the newest entry holds another hash than entry {last} itself.")
        beyond = [(n, a) for n, a in self._known.anchors.items() if a[0] > max(present, recorded or 0)]
        for number, (seq, _, _, when) in beyond:
            self.say(
                seq,
                f"{missing(max(present, recorded or 0) + 1, seq)} at the end of the log: anchor {number} of "
                f"{when[:19]} UTC names entry {seq} (or an older copy of the database was put back).",
            )
        for erasure in sorted(self._gone.keys() | self._told.keys()):
            self._erasure(erasure)

    # ---- parts

    def _gap(self, expect: int, seq: int, unreadable: set[int]) -> str | None:
        absent = [n for n in range(expect, min(seq, expect + 2 * reading.PAGE)) if n not in unreadable]
        if absent:
            self.say(
                absent[0],
                missing(absent[0], absent[-1] if seq - expect < 2 * reading.PAGE else seq - 1) + ".",
            )
        return None

    def _changed(self, row: Row) -> None:
        before = f"entry {row[SEQ] - 1}" if row[SEQ] > 1 else "the beginning"
        self.say(
            row[SEQ],
            f"{named(row)} does not follow from {before}: it was changed, moved or put there after it was written.",
        )

    def _personal(self, row: Row, side: list[Side]) -> None:
        seq, name = row[SEQ], f"entry {row[SEQ]}"
        try:
            expected = dict(json.loads(row[PERSONAL]))
        except (TypeError, ValueError):
            self.say(seq, f"{named(row)}: its list of personal values was changed.")
            return
        for _, field_, account, salt, value in side:
            wanted = expected.pop(field_, None)
            if wanted is None:
                self.say(seq, f"A personal value “{field_}” was added beside {name}.")
            elif salt == "":
                self.done.erased += 1
                item = self._gone.setdefault(str(value), [0, 0])
                item[0] += 1
                item[1] = set_sum([(seq, field_, account)], item[1])
            elif not (isinstance(value, str) and salted(str(salt), str(account), value) == wanted):
                self.say(seq, f"The personal value “{field_}” beside {name} was changed.")
        for field_ in expected:
            if seq <= self._expired:
                self.done.expired += 1
            else:
                self.say(
                    seq, f"The personal value “{field_}” beside {name} is missing, and no entry tells of it."
                )

    def _special(self, row: Row) -> None:
        try:
            told = json.loads(row[DETAILS])
            if row[ACTION] == "audit-damaged":
                self.say(row[SEQ], f"Entry {row[SEQ]} of {row[AT][:19]} UTC tells of damage: {row[12]}")
            elif row[ACTION] == "audit-anchored":
                self._noted(row, int(told["number"]), str(told["line"]))
            elif row[ACTION] == "personal-values-erased":
                self._by[str(told["erasure"])] = row[SEQ]
                self._tell(str(told["erasure"]), int(told["values"]), int(told["sum"], 16))
            else:
                for erasure, (number, total) in told["erased"].items():
                    self._tell(erasure, -int(number), -int(total, 16))
        except (KeyError, TypeError, ValueError):
            self.say(row[SEQ], f"{named(row)}: what it tells cannot be read.")

    def _tell(self, erasure: str, number: int, total: int) -> None:
        told = self._told.setdefault(erasure, [0, 0])
        told[0] += number
        told[1] += total

    def _noted(self, row: Row, number: int, line: str) -> None:
        anchor = self._known.anchors.get(number)
        if anchor is None:
            self.done.lacking.append(number)
        elif anchor[2] != line:
            self.say(
                row[SEQ],
                f"Anchor {number} in the file of anchors is not the one that entry {row[SEQ]} tells of.",
            )

    def _anchors(self, row: Row) -> None:
        for number in self._at_anchor[row[SEQ]]:
            _, stored, _, when = self._known.anchors[number]
            if stored != row[HASH]:
                self.say(
                    row[SEQ],
                    f"Entry {row[SEQ]} or entries before it were written anew: anchor {number} of {when[:19]} UTC "
                    "holds another hash of it.",
                )

    def _erasure(self, erasure: str) -> None:
        gone, told = self._gone.get(erasure, [0, 0]), self._told.get(erasure, [0, 0])
        if gone[0] == told[0] and sum_text(gone[1]) == sum_text(told[1]):
            return
        entry = self._by.get(erasure)
        if entry is None and not gone[0]:
            return  # what told of it was pruned, with all that it erased
        if entry is None:
            self.say(
                None,
                f"{gone[0]} personal values are marked as erased, and no entry tells of it ({erasure[:40]}).",
            )
        else:
            self.say(
                entry,
                f"Entry {entry} tells that {told[0]} personal values were erased; "
                f"those marked so ({gone[0]}) are others.",
            )


def _as_usual(row: Row, side: list[Side] | None) -> bool:
    """Is it what most entries are: one personal value, there, and unchanged? Found without reading JSON."""
    if side is None or len(side) != 1:
        return False
    _, field_, account, salt, value = side[0]
    if not (salt and isinstance(value, str) and isinstance(account, str) and field_.isidentifier()):
        return False  # a name with a quote in it could pass for two
    return bool(row[PERSONAL] == f'{{"{field_}":"{salted(salt, account, value)}"}}')


def _expired(database: Database) -> int:
    """Up to which entry personal values were removed because of their age."""
    query = "SELECT details FROM audit WHERE action = 'personal-values-expired' ORDER BY at DESC, seq DESC LIMIT 1"
    with database.look() as connection:
        rows = reading.fetch(connection, query)
    try:
        return int(json.loads(rows[0][0])["through"]) if rows else 0
    except (KeyError, TypeError, ValueError):
        return 0  # a changed entry: the walk says so


def _strays(database: Database, start: int, findings: Findings) -> None:
    """Personal values beside no entry at all, and entries before the beginning."""
    query = (
        f"SELECT count(*), min(seq) FROM audit_personal WHERE seq <= {start:d} "
        "OR seq > (SELECT coalesce(max(seq), 0) FROM audit)"
    )
    with database.look() as connection:
        ((number, first),) = reading.fetch(connection, query)
        ((before, least),) = reading.fetch(
            connection, f"SELECT count(*), min(seq) FROM audit WHERE seq <= {start:d}"
        )
    if number:
        findings.add(
            int(first), f"{number} personal values stand beside entries that are not there (entry {first})."
        )
    if before:
        findings.add(int(least), f"{before} entries stand before the checkpoint at {start}: put there later.")
