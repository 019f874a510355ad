"""Delimiter and column names of a CSV file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from engine.data.bombs import check_columns
from engine.data.options import bad_file, shorten
from engine.errors import Invalid, Problem

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
SAMPLE = 1 << 18


def sample_text(path: Path) -> str:
    """The beginning of a UTF-8 file, cut at a line end where it is longer than the sample."""
    with path.open("rb") as file:
        raw = file.read(SAMPLE)
    text = raw.decode("utf-8", errors="ignore").removeprefix("\ufeff")
    return text[: text.rfind("\n") + 1] or text if len(raw) == SAMPLE else text


def find_delimiter(text: str) -> str:
    """The character that splits the lines most evenly; a comma where there is one column only."""
    best, score = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        rows = parse(text, delimiter)
        width = len(rows[0]) if rows else 0
        if width > 1:
            even = sum(len(r) == width for r in rows) / len(rows)
            score, best = max((score, best), ((even, width), delimiter))
    return best


def parse(text: str, delimiter: str) -> list[list[str]]:
    """The rows of a text, blank lines left out."""
    old = csv.field_size_limit(SAMPLE * 4)
    try:
        return [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except csv.Error:
        return []
    finally:
        csv.field_size_limit(old)


def check_names(raw: Sequence[str], name: str, notices: list[str]) -> list[str]:
    """The column names in force. Raises Invalid for duplicates and for a first line that holds data."""
    check_columns(len(raw), name)
    names = []
    for n, text in enumerate(raw, 1):
        clean = " ".join(text.split())
        if not clean:
            clean = f"column_{n}"
            notices.append(f"Column {n} has no name in the first line; it is called “{clean}”.")
        elif clean != text:
            notices.append(f"Blanks around the column name “{clean}” were removed.")
        names.append(clean)
    _refuse_duplicates(names, name)
    if names and all(_is_number(n) for n in raw):
        raise bad_file(
            name,
            f"The first line of “{name}” looks like data ({shorten(', '.join(raw))}), not like column names. "
            "Add a first line with a name for each column.",
            where="line 1",
            rule="first line = column names",
        )
    return names


def _refuse_duplicates(names: list[str], name: str) -> None:
    places: dict[str, list[int]] = {}
    for n, column in enumerate(names, 1):
        places.setdefault(column, []).append(n)
    problems = [
        Problem(
            column,
            f"“{name}” has {len(at)} columns called “{column}” (columns {', '.join(map(str, at))}). "
            "Give each column its own name.",
            rule="unique column names",
        )
        for column, at in places.items()
        if len(at) > 1
    ]
    if problems:
        raise Invalid(f"the file “{name}”", problems)
    lowered = Counter(c.casefold() for c in names)
    twins = sorted(c for c in names if lowered[c.casefold()] > 1)
    if twins:
        raise bad_file(
            name,
            f"“{name}” has columns whose names differ only in upper and lower case: {', '.join(twins)}. "
            "Rename one of them.",
            where=twins[0],
            rule="unique column names",
        )


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
