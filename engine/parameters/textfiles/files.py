"""The public face of the text files: read, detect, write, fill."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import Invalid, Problem
from engine.parameters.field_types import FieldBase
from engine.parameters.textfiles.csv_ import several_columns
from engine.parameters.textfiles.detecting import Guess, guesses, likeliest, likely
from engine.parameters.textfiles.document import (
    MOST_BYTES,
    MOST_ENTRIES,
    Document,
    Entry,
    Misread,
    Span,
    Unwritable,
    newline_of,
    replace_spans,
    unreadable,
)
from engine.parameters.textfiles.encodings import decode, encode, too_large
from engine.parameters.textfiles.formats import FORMATS
from engine.parameters.textfiles.matching import Preview, match, reading_of
from engine.parameters.textfiles.values import value_of
from engine.parameters.textfiles.writing import file_value, same_value
from engine.runtimes.interface import Value

__all__ = [
    "FORMATS", "MOST_BYTES", "Document", "Entry", "Guess", "Preview", "detect", "fill", "match", "open_file", "read",
    "write",
]  # fmt: skip
_COMMA_DECIMAL = re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{3})+,\d+|(?:0|\d{4,}),\d+|\d+,(?:\d{1,2}|\d{4,}))")


def open_file(path: Path, kind: str = "", *, limit: int = MOST_BYTES) -> Document:
    """Read a file from disk; one that is too large is refused by its size. Raises Invalid."""
    try:
        size = path.stat().st_size
        if size > limit:
            raise unreadable(path.name, too_large(size, limit))
        data = path.read_bytes()
    except OSError as error:
        sentence = f"The file “{path}” cannot be read ({error.strerror}). Check its name and rights."
        raise Invalid("the file", [Problem(str(path), sentence)]) from None
    return read(data, path.name, kind)


def detect(data: bytes, name: str = "", encoding: str = "") -> list[Guess]:
    """Which kinds the file may be of, the likeliest first, each with how sure that is and why. Raises Invalid."""
    try:
        text = decode(data, encoding)[0]
    except Misread as error:
        raise unreadable(name or "The file", error) from None
    return guesses(text, name)


def read(data: bytes, name: str = "", kind: str = "", encoding: str = "") -> Document:
    """The document of a file's bytes; without a kind the likeliest. Raises Invalid with line, rule and remedy."""
    shown = name or "The file"
    try:
        text, encoding, mark, guess = decode(data, encoding)
        notes = [guess] if guess else []
        if not kind:
            found = likely(text, name)
            if found is None:
                raise _refusal(text)
            kind = found.kind
            if not found.certain:
                notes.append(found.sentence)
        if kind not in FORMATS:
            raise Misread(0, f"The kind “{kind}”", "is not known", f"Known are {', '.join(FORMATS)}.")
        entries = FORMATS[kind].entries(text, strict=True)
        _once(entries)
    except Misread as error:
        raise unreadable(shown, error) from None
    except RecursionError:
        nested = Misread(0, "The file", "is nested too deeply", "Write it flatter.")
        raise unreadable(shown, nested) from None
    if kind == "csv" and (columns := several_columns(text)):
        notes.append(
            f"The file has several columns of values ({', '.join(columns)}): only {columns[0]} is read. Keep one "
            "column, and import the file of each place by itself."
        )
    proven = "," if not FORMATS[kind].typed and _has_comma(entries) else "."
    return Document(name, kind, text, tuple(entries), encoding, mark, newline_of(text), proven, tuple(notes))


def _refusal(text: str) -> Misread:
    """With the line that breaks the rules of the kind that the file looks like."""
    kind = likeliest(text)
    try:
        FORMATS[kind].entries(text, strict=True) if kind else None
    except Misread as error:
        return error
    what = "is of no known kind of parameter file" if text.strip() else "is empty"
    return Misread(0, "The file", what, f"Say its kind: {', '.join(FORMATS)}.")


def _has_comma(entries: list[Entry]) -> bool:
    return any(
        _COMMA_DECIMAL.fullmatch(e.item.text.strip("\"' %€"))
        for e in entries
        if e.item.kind in ("bare", "text")
    )


def _once(entries: list[Entry]) -> None:
    if len(entries) > MOST_ENTRIES:
        raise Misread(
            entries[MOST_ENTRIES].line, f"The file of {len(entries):,} values",
            f"has more than the {MOST_ENTRIES:,} that a parameter file may have", "Upload data as a dataset.",
        )  # fmt: skip
    lines: dict[str, int] = {}
    for entry in entries:
        if entry.path in lines:
            raise Misread(
                entry.line, f"“{entry.path}”", f"occurs twice (also on line {lines[entry.path]})",
                "Take one of the two out, or make it a comment.",
            )  # fmt: skip
        lines[entry.path] = entry.line


def write(document: Document, values: Mapping[str, Value | str]) -> bytes:
    """The file with these values (path → text, or a typed value) in the places of the old ones.

    Everything else stays byte for byte; without values the result is what was read. Raises Invalid.
    """
    form = FORMATS[document.kind]
    changes: list[tuple[Span, str]] = []
    problems: list[Problem] = []
    for path, value in values.items():
        entry = document.entry(path)
        if entry is None:
            problems.append(Problem(path, f"{document.name or 'The file'} has no “{path}”. Check its name."))
            continue
        given = Value("text", value) if isinstance(value, str) else value
        if not form.typed and given.type != "text":
            problems.append(
                Problem(path, f"“{path}” must be given as text in {form.title}. Format it first.")
            )
            continue
        try:
            changes += form.spelled(given, entry, document.text)
        except Unwritable as error:
            problems.append(_problem(document, entry, str(error)))
    if problems:
        raise Invalid("the file", problems)
    try:
        return encode(replace_spans(document.text, changes), document.encoding, document.mark)
    except Unwritable as error:
        raise Invalid("the file", [Problem(document.name or "The file", str(error))]) from None


def _problem(document: Document, entry: Entry, sentence: str) -> Problem:
    where = f"{document.name or 'The file'}, line {entry.line}"
    return Problem(where, f"{where}: {sentence}")


def fill(
    document: Document, preview: Preview, fields: Mapping[str, FieldBase], values: Mapping[str, Any]
) -> bytes:
    """The file with the canonical values of these fields, in its own style; the reverse of ``match``.

    A value that the file already says keeps its spelling. The result is read again before it is returned: it
    must say exactly these values, and all others as before. Raises Invalid with one Problem for each value that
    the file cannot hold.
    """
    form = FORMATS[document.kind]
    wanted: dict[str, Value] = {}
    written: dict[str, tuple[str, Any]] = {}
    problems: list[Problem] = []
    for name, value in values.items():
        path = preview.paths.get(name)
        entry = document.entry(path) if path is not None else None
        if entry is None or path is None:
            sentence = f"{fields[name].label(name)} has no place in the file. Add a line for it first."
            problems.append(Problem(name, sentence))
            continue
        if entry.item.kind == "computed":
            what = f"“{entry.path}” is {entry.item.content}. Write a plain value there first, on one line."
            problems.append(_problem(document, entry, what))
            continue
        reading = reading_of(document, preview.options, name, fields[name], entry)
        try:
            if _says(name, fields[name], entry, reading, value):
                continue
            wanted[path] = file_value(
                name, fields[name], value, entry, reading, typed=form.typed, tables=form.tables
            )
            written[path] = (name, value)
        except Unwritable as error:
            problems.append(_problem(document, entry, str(error)))
    if problems:
        raise Invalid("the file", problems)
    data = write(document, wanted)
    _confirm(document, preview, fields, written, data)
    return data


def _said(document: Document) -> str:
    """The encoding that a person had to say: empty where whoever reads the file next guesses it."""
    try:
        guessed = decode(encode(document.text, document.encoding, document.mark))[1]
    except Misread:
        guessed = ""
    return "" if guessed == document.encoding else document.encoding


def _says(name: str, field: FieldBase, entry: Entry, reading: Any, value: Any) -> bool:
    try:
        return same_value(value_of(name, field, entry.item, reading), value)
    except Invalid:
        return False


def _confirm(
    document: Document, preview: Preview, fields: Mapping[str, FieldBase], written: dict[str, tuple[str, Any]],
    data: bytes,
) -> None:  # fmt: skip
    """Raise Invalid unless the new file says the new values, and the old ones everywhere else."""
    try:
        text = decode(data, _said(document))[0]
        after = {e.path: e for e in FORMATS[document.kind].entries(text)}
    except Misread:
        after = {}
    for entry in document.entries:
        new = after.get(entry.path)
        if entry.path in written:
            name, value = written[entry.path]
            reading = reading_of(document, preview.options, name, fields[name], entry)
            if new is not None and _says(name, fields[name], new, reading, value):
                continue
        elif new is not None and new.item == entry.item:
            continue
        raise Invalid("the file", [_problem(
            document, entry, f"“{entry.path}” cannot be changed so that the file reads back the same. "
            "Write it on a line of its own, or as a plain value.",
        )])  # fmt: skip
