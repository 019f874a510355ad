"""YAML parameter files, edited line by line: only plain keys and one-line or block-list values.

There is no YAML library in the server; what this does not understand it refuses instead of guessing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from engine.runtimes.interface import Value
from engine.runtimes.script_text import NUMBERS, Span, number, plain, refused, replace_spans, same

_KEY = re.compile(
    r"""^(?P<indent> *)(?P<key>[^\s#'"\-\[\]{}&*!|>%@`,?:][^:#\r\n]*?|"[^"\r\n]*"|'[^'\r\n]*'|-?[A-Za-z_][\w-]*)"""
    r"""[ \t]*:(?=[ \t\r\n]|\Z)[ \t]*(?P<rest>[^\r\n]*)"""
)
_ITEM = re.compile(r"^(?P<lead> *-[ \t]+)(?P<rest>[^\r\n]*)")
_WORDS = {"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", "-.inf", ".nan"}
_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=<~][^\r\n\t]*")


@dataclass
class _Entry:
    path: str
    indent: int
    span: Span
    following: list[tuple[Span, str]]  # items of a block list


def yaml(text: str, key: str, value: Value) -> str:
    """One key, by name or by a path such as ``model.horizon``."""
    entries = _entries(text)
    found = [e for e in entries if e.path == key] or [e for e in entries if e.path.rpartition(".")[2] == key]
    if len(found) != 1:
        names = ", ".join(e.path for e in entries)[:300] or "none"
        many = "has several" if found else "has no"
        raise refused(
            f"The parameter file {many} “{key}”; it has {names}. "
            "Say in script.parameters.keys under which name or path the script reads it."
        )
    entry = found[0]
    old = entry.span.of(text)
    if entry.following:
        return _block(text, entry, value)
    if old[:1] in "&*!|>" and old:
        raise refused(
            f"The value of “{key}” is written as {old[:20]!r}, which cannot be changed safely; write it on one line."
        )
    new = _scalar(value, old)
    if not old and new:
        start = entry.span.start
        return replace_spans(text, [(entry.span, new if text[start - 1 : start].isspace() else f" {new}")])
    return text if new == old else replace_spans(text, [(entry.span, new)])


def _entries(text: str) -> list[_Entry]:
    entries: list[_Entry] = []
    stack: list[tuple[int, str]] = []
    at = 0
    block = -1  # indentation of a block scalar's key: deeper lines are its text
    for line in text.splitlines(keepends=True):
        match = _KEY.match(line)
        indent = len(line) - len(line.lstrip(" "))
        if block >= 0 and (not line.strip() or indent > block):
            at += len(line)
            continue
        block = -1
        if match:
            while stack and stack[-1][0] >= indent:
                stack.pop()
            name = match["key"].strip().strip("\"'")
            path = ".".join([*(n for _, n in stack), name])
            start = at + match.start("rest")
            length = _length(match["rest"])
            entries.append(_Entry(path, indent, Span(start, start + length), []))
            stack.append((indent, name))
            if match["rest"][:1] in ("|", ">"):
                block = indent
        elif entries and (item := _ITEM.match(line)) and entries[-1].span.start == entries[-1].span.end:
            start = at + item.start("rest")
            entries[-1].following.append((Span(start, start + _length(item["rest"])), item["lead"]))
        at += len(line)
    return entries


def _length(rest: str) -> int:
    if rest.startswith("#"):
        return 0
    quoted = re.match(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'", rest)
    if quoted:
        return quoted.end()
    comment = re.search(r"\s+#.*$", rest)
    return len((rest[: comment.start()] if comment else rest).rstrip())


def _block(text: str, entry: _Entry, value: Value) -> str:
    """A list with one item a line: items are replaced, added after or taken away with their lines."""
    if value.type not in ("list", "multi-choice") or value.value is None:
        raise refused(f"“{entry.path}” is a list in the parameter file, but the field is {value.type}.")
    kind = str(value.extra.get("item", "text"))
    items = [Value(kind, element) for element in value.value]
    changes = [
        (span, _scalar(item, span.of(text))) for (span, _), item in zip(entry.following, items, strict=False)
    ]
    for span, _ in entry.following[len(items) :]:
        begin = text.rfind("\n", 0, span.start) + 1
        end = text.find("\n", span.end) + 1 or len(text)
        changes.append((Span(begin, end), ""))
    if len(items) > len(entry.following):
        last, lead = entry.following[-1]
        end = text.find("\n", last.end)
        end = len(text) if end < 0 else end
        newline = "\r\n" if text[end - 1 : end] == "\r" else "\n"
        at = end - 1 if newline == "\r\n" else end
        added = "".join(f"{newline}{lead}{_scalar(item, '')}" for item in items[len(entry.following) :])
        changes.append((Span(at, at), added))
    if not items:
        changes.append((entry.span, " []" if not text[entry.span.start - 1].isspace() else "[]"))
    return replace_spans(text, changes)


def _scalar(value: Value, old: str) -> str:
    """A value on one line, in the old one's quotes."""
    quote = old[0] if len(old) > 1 and old[0] in "\"'" and old[-1] == old[0] else ""
    inner = old[1:-1] if quote else old
    if value.value is None:
        return old if old in ("", "~", "null", "Null", "NULL") else "null"
    if value.type in ("list", "multi-choice"):
        kind = str(value.extra.get("item", "text"))
        return "[" + ", ".join(_scalar(Value(kind, item), "") for item in value.value) + "]"
    if value.type in NUMBERS or value.type == "boolean":
        if same(value, inner):
            return old
        if value.type in ("number", "percent") and isinstance(value.value, str):
            return {"inf": ".inf", "-inf": "-.inf", "nan": ".nan"}[number(value.value)]
        return f"{quote}{plain(value, inner)}{quote}"
    new = plain(value, inner)
    if quote == "'" and new == inner.replace("''", "'"):
        return old
    if quote == '"' and "\\" not in inner and new == inner:
        return old
    if not quote and new == inner and old:
        return old
    if quote == "'" and "\n" not in new and new.isprintable():
        return "'" + new.replace("'", "''") + "'"
    if quote == '"' or _needs_quotes(new, value.type):
        return json.dumps(new, ensure_ascii=False)
    return new


def _needs_quotes(text: str, kind: str) -> bool:
    if kind in ("date", "date-time"):
        return False
    if text.casefold() in _WORDS or text != text.strip() or not text.isprintable():
        return True
    if ": " in text or " #" in text or text.endswith(":") or not _PLAIN.fullmatch(text):
        return True
    return bool(re.fullmatch(r"[-+.]?[\d.][\d_.:eExXobOaAbBcCdDfF+-]*", text))
