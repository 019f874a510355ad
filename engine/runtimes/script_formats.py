"""Parameter files of the common kinds: finds each value and replaces nothing else.

``EDITORS`` is format → function(text, key, value) → the text with that one value changed. Each raises
CallFailed with the key and what to do when the file does not have it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from typing import Any

from engine.runtimes.interface import Value
from engine.runtimes.script_text import NUMBERS, Span, number, plain, refused, replace_spans, same

_SPECIAL = {"Infinity": float("inf"), "-Infinity": float("-inf"), "NaN": float("nan")}


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
        raise _absent(key, text, [name for name, _ in _pairs(text)])
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
        raise _absent(key, text, [name for name, _ in found])
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
    span = _find(members, key, text)
    try:
        old = json.loads(span.of(text))
    except ValueError as error:
        raise refused(f"The JSON parameter file cannot be read at “{key}”: {error}.") from error
    wanted = _natural(value)
    if _equal(old, wanted):
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


def _find(members: dict[str, Span], key: str, text: str) -> Span:
    if key in members:
        return members[key]
    deep = [span for name, span in members.items() if name.rpartition(".")[2] == key]
    if len(deep) != 1:
        raise _absent(key, text, list(members))
    return deep[0]


def _natural(value: Value) -> Any:
    """The value as JSON and TOML know it."""
    if value.value is None:
        return None
    if value.type == "money":
        amount = value.value["amount"]
        return float(amount) if "." in amount else int(amount)
    if value.type in ("number", "percent"):
        content = value.value
        return _SPECIAL[content] if isinstance(content, str) else content
    if value.type == "list":
        return [_natural(Value(str(value.extra.get("item", "text")), item)) for item in value.value]
    return value.value


def _equal(old: Any, new: Any) -> bool:
    return (type(old) is type(new) and old == new) or (_is_number(old) and _is_number(new) and old == new)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# ---- TOML


def toml(text: str, key: str, value: Value) -> str:
    """One key, by name or by a dotted path with its table."""
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refused(f"The parameter file is no valid TOML: {error}.") from error
    spans = _toml_spans(text)
    span = _find(spans, key, text)
    path = next(name for name, place in spans.items() if place == span)
    if value.value is None:
        raise refused(f"TOML has no word for “not given”, which “{key}” should be. Give it a value.")
    wanted = _natural(value)
    old = _at(before, path)
    if _equal(old, wanted) or (value.type in ("date", "date-time") and str(old) == value.value):
        return text
    new = replace_spans(text, [(span, _toml_text(value, span.of(text)))])
    if {**_flat(tomllib.loads(new)), path: None} != {**_flat(before), path: None}:
        raise refused(
            f"The key “{key}” could not be changed without changing others; write it on a line of its own."
        )
    return new


def _toml_spans(text: str) -> dict[str, Span]:
    found: dict[str, Span] = {}
    for match in re.finditer(r"^[ \t]*([A-Za-z0-9_.\"'-]+)[ \t]*=[ \t]*", text, re.MULTILINE):
        tables = re.findall(r"^[ \t]*\[([^\[\]\r\n]+)\]", text[: match.start()], re.MULTILINE)
        prefix = f"{tables[-1].strip()}." if tables else ""
        end = _toml_end(text, match.end())
        if end:
            found[prefix + match[1].strip("\"'")] = Span(match.end(), end)
    return found


def _toml_end(text: str, start: int) -> int:
    """Where a value ends: the shortest piece that is a valid value up to a line's end or comment."""
    for match in re.finditer(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)", text[start:]):
        piece = text[start : start + match.start()].rstrip()
        try:
            tomllib.loads(f"x = {piece}")
        except tomllib.TOMLDecodeError:
            continue
        return start + len(piece)
    return 0


def _toml_text(value: Value, old: str) -> str:
    if value.type in ("date", "date-time") and not old.startswith(('"', "'")):
        return str(value.value)
    if (
        old.startswith("'")
        and isinstance(value.value, str)
        and "'" not in value.value
        and "\n" not in value.value
    ):
        return f"'{value.value}'"
    if value.type in NUMBERS and value.type != "money":
        return number(value.value, old)
    wanted = _natural(value)
    if isinstance(wanted, list):
        return "[" + ", ".join(json.dumps(item, ensure_ascii=False) for item in wanted) + "]"
    return json.dumps(wanted, ensure_ascii=False)


def _at(tree: Any, path: str) -> Any:
    return _flat(tree).get(path)


def _flat(tree: Any, prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in tree.items():
        if isinstance(item, dict):
            found |= _flat(item, f"{prefix}{name}.")
        else:
            found[prefix + name] = item
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
    raise _absent(key, text, [_cell(row[0].of(text)) for row in rows if row])


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


def _absent(key: str, text: str, names: list[str]) -> Exception:
    shown = ", ".join(dict.fromkeys(names)) or "none"
    return refused(
        f"The parameter file has no “{key}”; it has {shown[:300]}. "
        "Say in script.parameters.keys under which name the script reads it."
    )


def editor(form: str) -> Callable[[str, str, Value], str]:
    """The editor of a format. Raises CallFailed for an unknown one."""
    found = EDITORS.get(form.strip().casefold())
    if found is None:
        raise refused(f"The parameter format “{form}” is not known; known are {', '.join(EDITORS)}.")
    return found


def _yaml(text: str, key: str, value: Value) -> str:
    from engine.runtimes.script_yaml import yaml

    return yaml(text, key, value)


EDITORS: dict[str, Callable[[str, str, Value], str]] = {
    "key=value": key_value,
    "properties": key_value,
    "text": key_value,
    "ini": ini,
    "json": json_value,
    "yaml": _yaml,
    "yml": _yaml,
    "toml": toml,
    "csv": csv,
}
