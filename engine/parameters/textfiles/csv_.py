"""CSV with a name and a value in each row (unit and comment behind), or one row of values under a header.

Comma, semicolon, tab or ``|`` between the cells; cells have no types.
"""

from __future__ import annotations

import re

from engine.parameters.textfiles.document import Entry, Item, Lines, Misread, Span, shown

_NAMES = frozenset(
    {
        "name", "key", "parameter", "param", "field", "variable", "setting", "option", "item", "id",
        "bezeichnung", "feld", "schluessel", "schlüssel",
    }
)  # fmt: skip
_VALUES = frozenset({"value", "val", "values", "setting", "wert", "valeur", "valor", "current", "content"})
_UNITS = frozenset({"unit", "units", "uom", "einheit", "unité"})
_COMMENTS = frozenset(
    {"comment", "comments", "note", "notes", "remark", "description", "kommentar", "bemerkung"}
)
_NAME = re.compile(r"[^\W\d][\w .\-]*")


def separator_of(text: str) -> str:
    """The sign between cells: the one that divides most lines, and the first of them, alike."""
    lines = [line for line in re.split(r"\r\n|\r|\n", text) if line.strip() and not line.startswith("#")][:50]
    bare = [re.sub(r'"(?:[^"]|"")*"', "", line) for line in lines] or [""]
    alike = {mark: sum(mark in line for line in bare) for mark in ";\t,|"}
    return max(alike, key=lambda mark: (alike[mark], bare[0].count(mark)))


def entries(text: str, *, strict: bool = False) -> list[Entry]:
    """The values. Raises Misread where ``strict`` and a row is cut off."""
    separator = separator_of(text)
    lines = Lines(text)
    rows = _rows(text, separator)
    cells = [[content(span.of(text)) for span in row] for row in rows]
    if strict:
        _whole(text, lines, rows, cells)
    if not rows:
        return []
    at = _columns(cells[0])
    if at is None and _wide(cells):
        return [
            _entry(text, lines, name, span) for name, span in zip(cells[0], rows[1], strict=False) if name
        ]
    start, (name, value, unit, comment) = (1, at) if at else (0, (0, 1, 2, 3))
    found = []
    for row, texts in zip(rows[start:], cells[start:], strict=True):
        if len(row) > max(name, value) and texts[name]:
            beside = [texts[n] if 0 <= n < len(texts) else "" for n in (unit, comment)]
            found.append(_entry(text, lines, texts[name], row[value], *beside))
    return found


def several_columns(text: str) -> list[str]:
    """The headings of columns of values beside the one that is read; empty where there is only one.

    ``name;DE;FR`` holds the values of two places: only the first would be taken.
    """
    rows = [[content(span.of(text)) for span in row] for row in _rows(text, separator_of(text))]
    if len(rows) < 2 or _columns(rows[0]) is not None or _wide(rows) or rows[0][0].casefold() not in _NAMES:
        return []
    beside = [cell for cell in rows[0][1:] if cell and cell.casefold() not in _UNITS | _COMMENTS]
    return beside if len(beside) > 1 else []


def _entry(text: str, lines: Lines, name: str, span: Span, unit: str = "", comment: str = "") -> Entry:
    raw = span.of(text)
    return Entry(
        name, span, Item("bare", content(raw), raw), lines.of(span.start), unit=unit, comment=comment
    )


def _columns(header: list[str]) -> tuple[int, int, int, int] | None:
    """Where name, value, unit and comment stand, by their headings; None without such headings."""
    words = [cell.casefold() for cell in header]

    def at(known: frozenset[str], other: int = -1) -> int:
        return next((n for n, word in enumerate(words) if word in known and n != other), -1)

    name = at(_NAMES)
    value = at(_VALUES, name)
    return (name, value, at(_UNITS), at(_COMMENTS)) if name >= 0 and value >= 0 else None


def _wide(cells: list[list[str]]) -> bool:
    """One row of values under a row of names."""
    if len(cells) != 2 or len(cells[0]) != len(cells[1]):
        return False
    names, values = cells
    certain = any(not _NAME.fullmatch(value) for value in values) or len(names) > 4
    return certain and len(set(names)) == len(names) and all(_NAME.fullmatch(name) for name in names)


def _rows(text: str, separator: str) -> list[list[Span]]:
    cell = re.compile(rf'"(?:[^"]|"")*"[^{re.escape(separator)}\r\n"]*|[^{re.escape(separator)}\r\n]*')
    rows: list[list[Span]] = []
    row: list[Span] = []
    at = 0
    while at < len(text):
        match = cell.match(text, at)
        assert match is not None
        row.append(Span(match.start(), match.end()))
        at = match.end()
        if text[at : at + 1] == separator:
            at += 1
            if at == len(text):
                row.append(Span(at, at))
            continue
        at = at + 2 if text[at : at + 2] == "\r\n" else at + 1
        rows.append(row)
        row = []
    rows += [row] if row else []
    return [row for row in rows if any(s.end > s.start for s in row) and not row[0].of(text).startswith("#")]


def _whole(text: str, lines: Lines, rows: list[list[Span]], cells: list[list[str]]) -> None:
    for row, texts in zip(rows, cells, strict=True):
        line = lines.of(row[0].start)
        for span in row:
            if span.of(text).startswith('"') and (span.of(text).count('"') % 2):
                raise Misread(
                    lines.of(span.start), shown(span.of(text)), "begins with a quote that never ends",
                    'Put the other " behind the value.',
                )  # fmt: skip
        if len(row) < 2 and texts[0]:
            raise Misread(
                line, shown(texts[0]), "is a name without a value: the line may be cut off",
                "Write name, separator, value.",
            )  # fmt: skip


def content(raw: str) -> str:
    """The text of a cell: without blanks around it and without its quotes."""
    text = raw.strip()
    inside = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return text[1:-1].replace('""', '"') if inside else text


def wrapped(new: str, old: str, separator: str) -> str:
    """The text as a cell: in quotes where the old one was, or where it would not read back without them."""
    free = content(new) == new and not any(sign in new for sign in (separator, '"', "\n", "\r"))
    blanks = old[: len(old) - len(old.lstrip())]
    if old.strip().startswith('"') or not free:
        return blanks + '"' + new.replace('"', '""') + '"'
    return blanks + new
