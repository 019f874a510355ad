"""Which type each text column gets: a type is taken only when every value can be read as it without loss.

A sample proposes readings, one scan over all rows decides, and every decision that a person could miss
becomes a notice: with column, value and line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.data.coltypes import PLURAL
from engine.data.csv_load import Raw
from engine.data.options import IngestOptions, shorten
from engine.data.patterns import BY_TYPE, READINGS, Reading
from engine.errors import Invalid, Problem

SAMPLE = 1000
MOSTLY = 0.5


@dataclass
class Tally:
    """How one reading did on one column: values it cannot read, the first such row, values that settle it."""

    reading: Reading
    bad: int = 0
    first: int | None = None
    certain: int = 0


@dataclass
class Decision:
    """The type of one column and the SQL that gives it from ``cN``."""

    name: str
    type: str = "text"
    reading: Reading | None = None
    present: int = 0
    marked: int = 0
    tallies: list[Tally] = field(default_factory=list)

    def tally(self, key: str) -> Tally | None:
        """The tally of a reading that was tried and fits every value."""
        return next((t for t in self.tallies if t.reading.key == key and t.bad == 0), None)


class Typing:
    """Decides the types of one file's columns; ``notices`` of the raw file are added to."""

    def __init__(self, connection: Any, raw: Raw, options: IngestOptions) -> None:
        self.connection, self.raw, self.options = connection, raw, options
        self.markers = ", ".join("'" + m.replace("'", "''") + "'" for m in ("", *options.missing))
        self.source = f"read_parquet('{_quoted(str(raw.path))}', file_row_number=true)"

    def decide(self) -> list[Decision]:
        """One decision per column. Raises Invalid when a type that was asked for does not fit."""
        decisions = [Decision(n) for n in self.raw.names]
        proposed = [self._proposals(n, d.name) for n, d in enumerate(decisions)]
        for d, readings in zip(decisions, proposed, strict=True):
            d.tallies = [Tally(r) for r in _together(readings)]
        self._count(decisions, range(len(decisions)))
        again = []
        for n, (d, readings) in enumerate(zip(decisions, proposed, strict=True)):
            tried = {t.reading.key for t in d.tallies}
            if d.tallies and all(t.bad for t in d.tallies) and len(tried) < len(readings):
                d.tallies = [Tally(r) for r in readings]
                again.append(n)
        if again:
            self._count(decisions, again)
        self._refuse_misfits(decisions)
        decimal = self._decimal(decisions)
        for n, decision in enumerate(decisions):
            self._settle(n, decision, decimal)
        return decisions

    def select(self, decisions: Sequence[Decision]) -> str:
        """The SELECT that gives the typed table."""
        parts = []
        for n, d in enumerate(decisions):
            if d.reading is None:
                expression = f"c{n}"
            else:
                cast = d.reading.cast.replace("{v}", f"trim(c{n})")
                expression = f"CASE WHEN {self._present(n)} THEN {cast} END"
            parts.append(f'{expression} AS "{d.name.replace(chr(34), chr(34) * 2)}"')
        return f"SELECT {', '.join(parts)} FROM read_parquet('{_quoted(str(self.raw.path))}')"

    def _present(self, n: int) -> str:
        return f"(c{n} IS NOT NULL AND trim(c{n}) NOT IN ({self.markers}))"

    def _proposals(self, n: int, name: str) -> list[Reading]:
        wanted = self.options.types.get(name) or self.raw.kinds.get(n, "")
        if wanted in ("text", "category"):
            return []
        readings = BY_TYPE.get(wanted, READINGS)
        if wanted:
            return list(readings)
        rows = self.connection.execute(
            f"SELECT trim(c{n}) FROM {self.source} WHERE {self._present(n)} LIMIT {SAMPLE}"
        ).fetchall()
        values = [r[0] for r in rows]
        shares = {r.key: sum(map(bool, map(r.matcher.fullmatch, values))) for r in readings}
        likely = [r for r in readings if shares[r.key] > len(values) * MOSTLY]
        return sorted(likely, key=lambda r: -shares[r.key])  # stable: the simpler reading stays first

    def _count(self, decisions: Sequence[Decision], wanted: Iterable[int]) -> None:
        """One scan: for each column its values and, per reading, how many do not fit and the first of them."""
        inner, outer = ["file_row_number AS row"], []
        for n in wanted:
            inner += [f"{self._present(n)} AS p{n}", f"c{n} IS NOT NULL AS h{n}"]
            outer += [f"count(*) FILTER (p{n})", f"count(*) FILTER (h{n} AND NOT p{n})"]
            for k, tally in enumerate(decisions[n].tallies):
                inner.append(f"{tally.reading.condition.replace('{v}', f'trim(c{n})')} AS g{n}_{k}")
                bad = f"FILTER (p{n} AND NOT g{n}_{k})"
                outer += [f"count(*) {bad}", f"min(row) {bad}"]
        query = f"SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)} FROM {self.source})"
        values = iter(self.connection.execute(query).fetchone())
        for n in wanted:
            decisions[n].present, decisions[n].marked = next(values), next(values)
            for tally in decisions[n].tallies:
                tally.bad, tally.first = next(values), next(values)

    def _decimal(self, decisions: Sequence[Decision]) -> str:
        """The decimal mark of the file, where a column leaves it open; looked for only then."""
        numbers = [
            (n, t)
            for n, d in enumerate(decisions)
            for t in d.tallies
            if t.bad == 0 and t.reading.type == "number" and d.present
        ]
        if not any(t.reading.key != "point" for _, t in numbers) and self.options.decimal != ",":
            return self.options.decimal
        parts = [_certain(t.reading, f"trim(c{n})", self._present(n)) for n, t in numbers]
        if parts:
            found = self.connection.execute(f"SELECT {', '.join(parts)} FROM {self.source}").fetchone()
            for (_, tally), count in zip(numbers, found, strict=True):
                tally.certain = count
        return self.options.decimal or _decimal_mark(decisions)

    def _refuse_misfits(self, decisions: Sequence[Decision]) -> None:
        problems = []
        unknown = [c for c in self.options.types if c not in self.raw.names]
        problems += [
            Problem(c, f"There is no column “{c}” to give a type. Columns: {', '.join(self.raw.names)}.")
            for c in unknown
        ]
        for n, d in enumerate(decisions):
            wanted = self.options.types.get(d.name)
            if wanted and d.tallies and all(t.bad for t in d.tallies):
                best = min(d.tallies, key=lambda t: t.bad)
                value = self._value(n, best.first)
                problems.append(
                    Problem(
                        d.name,
                        f"Column “{d.name}” cannot be read as {PLURAL[wanted]}: {self.raw.place(best.first or 0)} "
                        f"holds “{shorten(value)}” ({best.bad:,} such values). Correct the file or read it as text.",
                        shorten(value),
                        wanted,
                    )
                )
        if problems:
            raise Invalid("the column types", problems)

    def _settle(self, n: int, d: Decision, decimal: str) -> None:
        if d.present == 0:
            if not d.marked:
                self.raw.notices.append(f"Column “{d.name}” has no values; it is text.")
            return
        if not d.tallies:
            if n not in self.raw.kinds and d.name not in self.options.types:
                self._explain_digits(n, d)
            return
        fitting = [t for t in d.tallies if t.bad == 0]
        chosen, doubt = _choose(d, fitting, decimal)
        if doubt:
            self.raw.notices.append(doubt)
        elif chosen is None and d.name not in self.options.types:
            self._explain_mixture(n, d)
        if chosen is not None:
            d.reading, d.type = chosen.reading, chosen.reading.type
            self._tell(n, d)

    def _tell(self, n: int, d: Decision) -> None:
        """Notices on a choice that changes how values look."""
        reading = d.reading
        if d.marked and reading:
            found = self.connection.execute(
                f"SELECT DISTINCT trim(c{n}) FROM {self.source} "
                f"WHERE c{n} IS NOT NULL AND trim(c{n}) <> '' AND NOT {self._present(n)} LIMIT 5"
            ).fetchall()
            if found:
                shown = ", ".join(f"“{f[0]}”" for f in found)
                self.raw.notices.append(f"In column “{d.name}”, {shown} is read as missing.")
        if reading and reading.key in ("comma", "comma-grouped"):
            self.raw.notices.append(f"Column “{d.name}” has decimal commas; they are read as such.")
        if reading and reading.key.startswith(("day-first", "month-first", "dotted")):
            order = "month/day/year" if reading.key.startswith("month") else "day, month, year"
            self.raw.notices.append(f"Dates in column “{d.name}” are read as {order}.")

    def _explain_mixture(self, n: int, d: Decision) -> None:
        best = min(d.tallies, key=lambda t: t.bad)
        if best.bad > d.present * MOSTLY:
            return
        value = shorten(self._value(n, best.first))
        self.raw.notices.append(
            f"Column “{d.name}” is mixed: {d.present - best.bad:,} of {d.present:,} values are "
            f"{PLURAL[best.reading.type]}, but {self.raw.place(best.first or 0)} holds “{value}”. It stays text; "
            "correct that value and upload the file again if it should be numbers or dates."
        )

    def _explain_digits(self, n: int, d: Decision) -> None:
        row = self.connection.execute(
            f"SELECT count(*), min(trim(c{n})) FROM {self.source} "
            f"WHERE {self._present(n)} AND regexp_full_match(trim(c{n}), '[-+]?[0-9]+')"
        ).fetchone()
        if row[0] > d.present * MOSTLY:
            self.raw.notices.append(
                f"Column “{d.name}” stays text so that no digit is lost: “{shorten(row[1])}” has leading zeros, "
                "a sign or more digits than a number keeps."
            )

    def _value(self, n: int, row: int | None) -> str:
        found = self.connection.execute(
            f"SELECT c{n} FROM {self.source} WHERE file_row_number = $row", {"row": row}
        ).fetchone()
        return str(found[0]) if found else ""


def _together(readings: list[Reading]) -> list[Reading]:
    """The likeliest reading with those that it must be weighed against."""
    if not readings:
        return []
    first = readings[0]
    rivals = {"comma": "point-grouped", "day-first": "month-first", "day-first-time": "month-first-time"}
    rivals |= {b: a for a, b in rivals.items()}
    return [first, *(r for r in readings[1:] if r.key == rivals.get(first.key))]


def _choose(d: Decision, fitting: list[Tally], decimal: str) -> tuple[Tally | None, str]:
    """The reading to take, or a sentence why none is taken although one would fit."""
    by_key = {t.reading.key: t for t in fitting}
    first = next(iter(fitting), None)
    if first is None or first.reading.type in ("integer", "boolean"):
        return first, ""
    for suffix in ("", "-time"):
        if f"day-first{suffix}" in by_key and f"month-first{suffix}" in by_key:
            return None, (
                f"The dates in column “{d.name}” could be day/month or month/day (no day is above 12). "
                "The column stays text; write dates as 2026-12-31 and upload the file again."
            )
    if first.reading.type != "number":
        return first, ""
    point, comma, grouped = (by_key.get(k) for k in ("point", "comma", "point-grouped"))
    unsure = (
        f"The numbers in column “{d.name}” could have a decimal comma or a thousands separator. The column "
        "stays text; say which decimal mark the file uses, or write 1234 or 1234.0."
    )
    if point:
        return (None, unsure) if decimal == "," and not point.certain and comma is None else (point, "")
    if comma and grouped and not comma.certain:
        return {",": (comma, ""), ".": (grouped, "")}.get(decimal, (None, unsure))
    return comma or grouped or first, ""


def _decimal_mark(decisions: Sequence[Decision]) -> str:
    """The decimal mark that some column of the file settles beyond doubt; empty where none or both do."""
    comma = any(_settles(d, "comma") for d in decisions)
    point = any(_settles(d, "point") for d in decisions)
    return "" if comma == point else ("," if comma else ".")


def _settles(d: Decision, mark: str) -> bool:
    other = "point" if mark == "comma" else "comma"
    found = (d.tally(mark), d.tally(f"{mark}-grouped"))
    fits_other = d.tally(other) is not None
    return not fits_other and any(t is not None and t.certain > 0 for t in found)


def _certain(reading: Reading, v: str, here: str) -> str:
    """SQL that counts values with a decimal mark that can be read in one way only."""
    if not reading.ambiguous or reading.type != "number":
        return "0"
    mark = "," if "comma" in reading.key else "."
    return (
        f"count(*) FILTER ({here} AND contains({v}, '{mark}') "
        f"AND NOT regexp_full_match({v}, '{reading.ambiguous}'))"
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
