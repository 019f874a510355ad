"""Exports of searches: CSV for spreadsheets, JSON lines for programs; streamed, oldest entry first."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Literal

from auth.audit.chain import at_text
from auth.audit.search import Entry

Form = Literal["csv", "jsonl"]
FORMS: dict[Form, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}
COLUMNS = (
    "entry", "at_utc", "who", "who_id", "kind", "via", "from", "action", "object_kind", "object", "department",
    "result", "old", "new", "reason", "details", "credential", "request", "hash",
)  # fmt: skip
_FORMULA = re.compile(r"^[=+\-@\t\r]")


def stream(pages: Iterable[list[Entry]], form: Form) -> Iterator[bytes]:
    """The file in pieces."""
    return _csv(pages) if form == "csv" else _jsonl(pages)


def _jsonl(pages: Iterable[list[Entry]]) -> Iterator[bytes]:
    for page in pages:
        lines = (json.dumps({**asdict(e), "at": at_text(e.at)}, ensure_ascii=False) + "\n" for e in page)
        yield "".join(lines).encode("utf-8", "replace")


def _csv(pages: Iterable[list[Entry]]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf"  # spreadsheets take the text for UTF-8 only with it
    yield _lines([COLUMNS])
    for page in pages:
        yield _lines([_row(entry) for entry in page])


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([_cell(value) for value in row] for row in rows)
    return buffer.getvalue().encode("utf-8", "replace")


def _row(entry: Entry) -> list[Any]:
    details = dict(entry.details)
    old, new = details.pop("old", None), details.pop("new", None)
    where = ", ".join(f"{name}: {value or 'erased'}" for name, value in entry.where.items())
    about = json.dumps(details, ensure_ascii=False) if details else ""
    first = [entry.seq, at_text(entry.at), entry.actor_name, entry.actor, entry.kind, entry.via, where]
    second = [entry.action, entry.object_kind, entry.object_id, entry.department, entry.result, old, new]
    return [*first, *second, entry.reason, about, entry.credential, entry.request, entry.hash]


def _cell(value: Any) -> Any:
    """Text that a spreadsheet would run as a formula gets an apostrophe in front, as in other exports."""
    if value is None or isinstance(value, int):
        return "" if value is None else value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if _FORMULA.match(text) else text
