"""Fixed columns: a name, then at its column a value, then perhaps a unit and a comment, with blanks between.

Cells are divided by two or more blanks. A new value takes no more room than there is, so that whatever stands
behind it stays in its column.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from engine.parameters.textfiles.document import Entry, Item, Misread, Span, Unwritable, shown

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_CELL = re.compile(r"\S+(?: \S+)*")
_COMMENT = ("#", ";", "*", "!", "//", "--")
_HEADINGS = frozenset({"name", "parameter", "field", "variable", "key", "setting"})


def entries(text: str, *, strict: bool = False) -> list[Entry]:
    """The rows. Raises Misread where ``strict`` and a line has a name only."""
    found: list[Entry] = []
    for n, match in enumerate(_LINES.finditer(text), 1):
        line = match[0].rstrip("\r\n")
        if not line.strip() or line.lstrip().startswith(_COMMENT) or not line.strip("-= \t"):
            continue
        cells = list(_CELL.finditer(line))
        if not found and cells[0][0].casefold() in _HEADINGS:
            continue
        if "\t" in line or len(cells) < 2:
            if strict:
                raise Misread(
                    n, shown(line), "has no value in a column of its own: the line may be cut off",
                    "Put two blanks or more between name and value.",
                )  # fmt: skip
            continue
        span = Span(match.start() + cells[1].start(), match.start() + cells[1].end())
        room = cells[2].start() - cells[0].end() - 4 if len(cells) > 2 else None
        unit = cells[2][0] if len(cells) > 2 else ""
        comment = cells[3][0] if len(cells) > 3 else ""
        item = Item("bare", cells[1][0], cells[1][0])
        found.append(Entry(cells[0][0], span, item, n, unit.lstrip("# "), comment, room))
    return _aligned(text, found)


def _aligned(text: str, found: list[Entry]) -> list[Entry]:
    """Which values stand at the right of their column: those whose end most others share, and not their start."""
    column = {e.path: e.span.start - _line_start(text, e.span.start) for e in found}
    starts = Counter(column.values())
    ends = Counter(column[e.path] + e.span.end - e.span.start for e in found)
    right = bool(found) and max(ends.values()) > max(starts.values())
    return [replace(e, right=right) for e in found]


def _line_start(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def placed(text: str, entry: Entry, new: str) -> tuple[Span, str]:
    """Where and what to write so that other columns stay. Raises Unwritable where there is no room."""
    if not _CELL.fullmatch(new) or any(c.isspace() and c != " " for c in new) or new.startswith(_COMMENT):
        raise Unwritable(
            f"The text {shown(new)} cannot stand in a column: it is empty, or has blanks together or at an end. "
            "Use a JSON, YAML or TOML file, or another text."
        )
    start, end = entry.span.start, entry.span.end
    if entry.room is not None and len(new) > entry.room:
        raise Unwritable(
            f"The column of “{entry.path}” has room for {entry.room} characters, and {shown(new)} has {len(new)}. "
            "Make the column wider in the file, then import it again."
        )
    if entry.right:
        blanks = start - len(text[:start].rstrip(" "))
        begin = start - max(0, blanks - 2)  # two blanks stay between name and value
        longest = end - begin
        if len(new) <= longest:
            return Span(begin, end), new.rjust(longest)
        start = begin
    behind = len(text[end:]) - len(text[end:].lstrip(" "))
    if entry.room is None:
        return Span(start, end), new
    width = end + behind - start
    filled = new.ljust(width)
    if filled[len(new) :].count(" ") < 2:  # uses blanks before the value
        wanted = len(new) + 2
        start -= wanted - width
        filled = new + "  "
    return Span(start, end + behind), filled
