"""Parameter files of the common kinds: finds each value and replaces nothing else.

``EDITORS`` is format → function(text, key, value) → the text with that one value changed. Each raises
CallFailed with the key and what to do when the file does not have it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from engine.runtimes.interface import Value
from engine.runtimes.script_shared import absent, equal, find, natural
from engine.runtimes.script_text import Span, plain, refused, replace_spans, same
from engine.runtimes.script_toml import toml
from engine.runtimes.script_yaml import yaml

# ---- key=value and INI


_LINE = re.compile(
    r"""^(?P<lead>[ \t]*)(?P<key>[^\s=:#;<>"'][^=:\r\n]*?|"[^"\r\n]*")"""
    r"""(?P<sep>[ \t]*(?:<-|:=|=|:)[ \t]*|[ \t]+)(?P<rest>[^\r\n]*)""",
    re.MULTILINE,
)
_COMMENT_START = ("#", ";", "//", "%", "--", "!", "'", "[")
_SECTION = re.compile(r"^[ \t]*\[([^\]\r\n]+)\]", re.MULTILINE)


def key_value(text: str, key: str, value: Value) -> str:
    """``key = value`` lines (also ``key: value``, ``key <- value``, ``key value``) with comments."""
    spans = [span for name, span in _pairs(text) if name == key]
    if not spans:
        folded = [(n, s) for n, s in _pairs(text) if n.casefold().strip('"') == key.casefold()]
        spans = [span for _, span in folded] if len({n for n, _ in folded}) == 1 else []
    if not spans:
        raise absent(key, text, [name for name, _ in _pairs(text)])
    return replace_spans(text, [(span, _like(value, span.of(text))) for span in spans])


def ini(text: str, key: str, value: Value) -> str:
    """INI with sections: ``key`` is ``section.key``, or a key that only one section has."""
    found = [(f"{_section(text, span.start)}.{name}", span) for name, span in _pairs(text)]
    spans = [span for name, span in found if name == key]
    if not spans:
        spans = [span for name, span in found if name.rpartition(".")[2] == key]
        if len(spans) > 1:
            names = ", ".join(name for name, _ in found if name.rpartition(".")[2] == key)
            raise refused(
                f"The key “{key}” is in several sections ({names}); name one of them in script.parameters.keys."
            )
    if not spans:
        raise absent(key, text, [name for name, _ in found])
    return replace_spans(text, [(span, _like(value, span.of(text))) for span in spans])


def _section(text: str, position: int) -> str:
    names = [match[1] for match in _SECTION.finditer(text, 0, position)]
    return names[-1].strip() if names else ""


def _pairs(text: str) -> list[tuple[str, Span]]:
    found = []
    for match in _LINE.finditer(text):
        if match["key"].startswith(_COMMENT_START):
            continue
        start = match.start("rest")
        found.append((match["key"].strip(), Span(start, start + _value_length(match["rest"]))))
    return found


def _value_length(rest: str) -> int:
    """Length of the value in the rest of its line: without trailing blanks and comment."""
    quoted = re.match(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'", rest)
    if quoted and re.fullmatch(r"\s*(?:(?:[#;%]|//).*)?,?\s*", rest[quoted.end() :]):
        return quoted.end()
    comment = re.search(r"\s+(?:#|;|//|%)(?=\s|$).*$|\s+#.*$", rest)
    kept = rest[: comment.start()] if comment and comment.start() > 0 else rest
    return len(kept.rstrip())


def _like(value: Value, old: str) -> str:
    """The value in the old one's quotes."""
    quote = old[0] if len(old) > 1 and old[0] in "\"'" and old[-1] == old[0] else ""
    inner = old[1:-1] if quote else old
    if same(value, inner):
        return old
    new = plain(value, inner)
    if "\n" in new or "\r" in new:
        raise refused(
            f"A text of several lines ({new[:30]!r}…) does not fit into one line of the parameter file."
        )
    return f"{quote}{new}{quote}"


# ---- JSON


def json_value(text: str, key: str, value: Value) -> str:
    """One member of an object, by name or by a path such as ``model.horizon``."""
    members = _members(text)
    span = find(members, key, text)
    try:
        old = json.loads(span.of(text))
    except ValueError as error:
        raise refused(f"The JSON parameter file cannot be read at “{key}”: {error}.") from error
    wanted = natural(value)
    if equal(old, wanted):
        return text
    new = json.dumps(wanted, ensure_ascii=text.isascii())
    if isinstance(wanted, float) and wanted.is_integer() and not isinstance(old, float):
        new = str(int(wanted))
    return replace_spans(text, [(span, new)])


def _members(text: str) -> dict[str, Span]:
    """Paths of all object members → where their values are."""
    found: dict[str, Span] = {}
    decoder = json.JSONDecoder()
    blank = re.compile(r"[ \t\r\n]*")

    def skip(at: int) -> int:
        match = blank.match(text, at)
        return match.end() if match else at

    def walk(at: int, prefix: str) -> int:
        at = skip(at)
        if text[at : at + 1] != "{":
            return int(decoder.raw_decode(text, at)[1])
        at = skip(at + 1)
        while text[at : at + 1] == '"':
            name, at = decoder.raw_decode(text, at)
            at = skip(skip(at) + 1)
            end = walk(at, f"{prefix}{name}.")
            found[prefix + name] = Span(at, end)
            at = skip(end)
            if text[at : at + 1] == ",":
                at = skip(at + 1)
        return at + 1

    try:
        walk(0, "")
    except (ValueError, IndexError) as error:
        raise refused(f"The parameter file is no valid JSON: {error}.") from error
    return found


# ---- CSV with names and values


def csv(text: str, key: str, value: Value) -> str:
    """``name,value`` rows, or one row of values under a header. Comma, semicolon or tab."""
    first = text.split("\n", 1)[0]
    separator = max(";\t,|", key=first.count)
    rows = _csv_rows(text, separator)
    named = [row for row in rows if len(row) > 1 and _cell(row[0].of(text)) == key]
    if named:  # a heading “name,value” is not the field called name
        return replace_spans(text, [(named[-1][1], _csv_like(value, named[-1][1].of(text), separator))])
    names = [_cell(span.of(text)) for span in rows[0]] if rows else []
    if key in names and len(rows) == 2:
        span = rows[1][names.index(key)]
        return replace_spans(text, [(span, _csv_like(value, span.of(text), separator))])
    raise absent(key, text, [_cell(row[0].of(text)) for row in rows if row])


def _csv_rows(text: str, separator: str) -> list[list[Span]]:
    cell = re.compile(rf'"(?:[^"]|"")*"|[^{re.escape(separator)}\r\n]*')
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
            continue
        at = at + 2 if text[at : at + 2] == "\r\n" else at + 1
        rows.append(row)
        row = []
    return [row for row in rows if any(span.end > span.start for span in row)]


def _cell(text: str) -> str:
    text = text.strip()
    return (
        text[1:-1].replace('""', '"')
        if text.startswith('"') and text.endswith('"') and len(text) > 1
        else text
    )


def _csv_like(value: Value, old: str, separator: str) -> str:
    inner = _cell(old)
    if same(value, inner):
        return old
    new = plain(value, inner)
    if old.strip().startswith('"') or any(sign in new for sign in (separator, '"', "\n", "\r")):
        return '"' + new.replace('"', '""') + '"'
    return new


def editor(form: str) -> Callable[[str, str, Value], str]:
    """The editor of a format. Raises CallFailed for an unknown one."""
    found = EDITORS.get(form.strip().casefold())
    if found is None:
        raise refused(f"The parameter format “{form}” is not known; known are {', '.join(EDITORS)}.")
    return found


EDITORS: dict[str, Callable[[str, str, Value], str]] = {
    "key=value": key_value,
    "properties": key_value,
    "text": key_value,
    "ini": ini,
    "json": json_value,
    "yaml": yaml,
    "yml": yaml,
    "toml": toml,
    "csv": csv,
}
