"""YAML, line by line: plain keys with one-line values, lists in brackets or with one item a line.

No YAML library stands behind it: what this does not understand (anchors, tags, blocks of text, values over
several lines) is said, never guessed, and never constructed.
"""

from __future__ import annotations

import re
from dataclasses import replace

from engine.parameters.textfiles import json_
from engine.parameters.textfiles.document import Entry, Item, Misread, Span, Unwritable, shown
from engine.parameters.textfiles.spelling import NUMBERS, number, plain, quoted, same, unescaped
from engine.runtimes.interface import Value

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_KEY = re.compile(
    r"""^(?P<indent> *)(?P<key>[^\s#'"\-\[\]{}&*!|>%@`,?:][^:#\r\n]*?|"[^"\r\n]*"|'[^'\r\n]*'|-?[A-Za-z_][\w-]*)"""
    r"""[ \t]*:(?=[ \t\r\n]|\Z)[ \t]*(?P<rest>[^\r\n]*)"""
)
_ITEM = re.compile(r"^(?P<lead> *-(?:[ \t]+|(?=[\r\n]|\Z)))(?P<rest>[^\r\n]*)")
_WORDS = {"", "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", ".inf", "-.inf", ".nan"}
_PLAIN = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`=<~][^\r\n\t]*")
_NUMBER = re.compile(r"[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d+)?")
_SPECIAL = {".inf": "Infinity", "+.inf": "Infinity", "-.inf": "-Infinity", ".nan": "NaN"}
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")
_LINE_MARKS = ("---", "...", "%YAML")


def entries(text: str, *, strict: bool = False) -> list[Entry]:
    """All keys with a value of their own. Raises Misread where ``strict`` and a line is not understood."""
    found: list[tuple[int, Entry]] = []
    stack: list[tuple[int, str]] = []
    block = -1  # indentation of the key whose deeper lines are its text
    for n, match in enumerate(_LINES.finditer(text), 1):
        line, at = match[0], match.start()
        indent = len(line) - len(line.lstrip(" "))
        listed = line.lstrip(" ").startswith("- ") and indent == block
        if block >= 0 and (not line.strip() or indent > block or listed):
            continue
        block = -1
        if key := _KEY.match(line):
            while stack and stack[-1][0] >= indent:
                stack.pop()
            name = key["key"].strip().strip("\"'")
            start = at + key.start("rest")
            span = Span(start, start + _length(key["rest"]))
            comment = key["rest"][span.end - span.start :].strip(" \t#")
            item = _item(span.of(text))
            path = ".".join([*(up for _, up in stack), name])
            found.append((indent, Entry(path, span, item, n, comment=comment)))
            stack.append((indent, name))
            block = indent if item.kind == "computed" else -1
        elif found and (row := _ITEM.match(line)) and found[-1][1].span.start == found[-1][1].span.end:
            start = at + row.start("rest")
            span = Span(start, start + _length(row["rest"]))
            level, entry = found[-1]
            if _KEY.match(row["rest"]) or row["rest"].startswith("- "):
                block = level
                found[-1] = (level, replace(entry, item=Item("computed", "a list of groups")))
            else:
                found[-1] = (level, replace(entry, rows=(*entry.rows, (span, row["lead"]))))
        elif strict and line.strip() and not line.lstrip().startswith("#") and not _mark(line):
            raise _torn(n, line)
    if not found:
        return []
    kept = [e for (i, e), after in zip(found, [*found[1:], (-1, None)], strict=True) if _own(i, e, after)]
    return [replace(e, item=_rows(e, text)) if e.rows else e for e in kept]


def _mark(line: str) -> bool:
    return line.startswith(_LINE_MARKS)


def _own(indent: int, entry: Entry, after: tuple[int, Entry | None]) -> bool:
    """Has the key a value of its own, and no keys below it?"""
    return bool(entry.rows) or entry.item.kind != "missing" or entry.item.text != "" or after[0] <= indent


def _rows(entry: Entry, text: str) -> Item:
    return Item("list", [_item(span.of(text)) for span, _ in entry.rows])


def _torn(line: int, text: str) -> Misread:
    if "\t" in text[: len(text) - len(text.lstrip())]:
        return Misread(line, shown(text), "is indented with a tab", "YAML wants blanks: replace the tab.")
    return Misread(
        line, shown(text), "is no line that can be read here: it has no “key: value”, or it was cut off",
        "Write key: value with a blank behind the colon, or begin the line with # to make it a comment.",
    )  # fmt: skip


def _length(rest: str) -> int:
    if rest.startswith("#"):
        return 0
    quote = re.match(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'", rest)
    if quote and not rest.startswith(("[", "{")):
        return quote.end()
    comment = re.search(r"\s+#.*$", re.sub(r"\"(?:[^\"\\]|\\.)*\"", lambda m: "x" * len(m[0]), rest))
    return len((rest[: comment.start()] if comment else rest).rstrip())


def _item(raw: str) -> Item:
    """What a one-line value is."""
    if raw in ("", "~", "null", "Null", "NULL"):
        return Item("missing", None, raw)
    if raw[0] in "\"'":
        if len(raw) < 2 or raw[-1] != raw[0]:
            return Item("computed", "a text over several lines", raw)
        try:
            inner = raw[1:-1].replace("''", "'") if raw[0] == "'" else unescaped(raw[1:-1])
        except ValueError as error:
            return Item("computed", f"a text whose escapes are wrong ({error})", raw)
        return Item("text", inner, raw)
    if raw[0] in "[{":
        return _flow(raw)
    if raw[0] in "&*!|>%@`":
        what = "a block of text" if raw[0] in "|>" else "an anchor, alias or tag"
        return Item("computed", what, raw)
    word = raw.casefold()
    if word in _TRUE or word in _FALSE:
        return Item("boolean", word in _TRUE, raw)
    if word in _SPECIAL:
        return Item("number", _SPECIAL[word], raw)
    if _NUMBER.fullmatch(raw):
        return json_.number_item(raw.replace("_", "").lstrip("+"), raw)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", raw):
        return Item("date", raw, raw)
    return Item("text", raw, raw)


def _flow(raw: str) -> Item:
    """A list in brackets on one line; JSON is YAML as well."""
    try:
        whole = json_.entries('{"x": ' + raw + "}")
        if len(whole) == 1 and whole[0].path == "x":
            return replace(whole[0].item, text=raw)
    except Misread:
        pass  # not JSON: YAML's own way of writing lists
    if raw[0] == "{" or raw[-1] != "]":
        return Item("computed", "a group of values, or a list over several lines", raw)
    part = r"\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'|[^,\[\]{}\"']*)\s*"
    inner = raw[1:-1].strip()
    if not re.fullmatch(rf"{part}(?:,{part})*", inner):
        return Item("computed", "a list within a list", raw)
    found = [match[1].strip() for match in re.finditer(rf"{part}(?:,|\Z)", inner)]
    while found and not found[-1]:
        found.pop()
    return Item("list", [_item(one) for one in found], raw)


def spelled(value: Value, entry: Entry, text: str) -> list[tuple[Span, str]]:
    """What to replace, and by what. Raises Unwritable."""
    if entry.rows:
        return _block(text, entry, value)
    old = entry.span.of(text)
    if entry.item.kind == "computed":
        raise Unwritable(
            f"The value of “{entry.path}” is written as {old[:20]!r}, which cannot be changed safely; "
            "write it on one line."
        )
    new = scalar(value, old)
    start = entry.span.start
    glued = not old and new and not text[start - 1 : start].isspace()
    behind = text[entry.span.end : entry.span.end + 1]
    return [(entry.span, f"{' ' if glued else ''}{new}{' ' if not old and behind == '#' else ''}")]


def _block(text: str, entry: Entry, value: Value) -> list[tuple[Span, str]]:
    """A list with one item a line: items are replaced, added after or taken away with their lines."""
    if value.type not in ("list", "multi-choice") or value.value is None:
        raise Unwritable(f"“{entry.path}” is a list in the parameter file, but the field is {value.type}.")
    kind = str(value.extra.get("item", "text"))
    items = [Value(kind, element) for element in value.value]
    changes = [(span, scalar(one, span.of(text))) for (span, _), one in zip(entry.rows, items, strict=False)]
    for span, _ in entry.rows[len(items) :]:
        begin = text.rfind("\n", 0, span.start) + 1
        end = text.find("\n", span.end) + 1 or len(text)
        changes.append((Span(begin, end), ""))
    if len(items) > len(entry.rows):
        last, lead = entry.rows[-1]
        end = text.find("\n", last.end)
        end = len(text) if end < 0 else end
        newline = "\r\n" if text[end - 1 : end] == "\r" else "\n"
        at = end - 1 if newline == "\r\n" else end
        added = "".join(f"{newline}{lead}{scalar(one, '')}" for one in items[len(entry.rows) :])
        changes.append((Span(at, at), added))
    if not items:
        changes.append((entry.span, " []" if not text[entry.span.start - 1].isspace() else "[]"))
    return changes


def scalar(value: Value, old: str) -> str:
    """A value on one line, in the old one's quotes."""
    quote = old[0] if len(old) > 1 and old[0] in "\"'" and old[-1] == old[0] else ""
    inner = old[1:-1] if quote else old
    if value.value is None:
        return old if old in ("", "~", "null", "Null", "NULL") else "null"
    if value.type in ("list", "multi-choice"):
        kind = str(value.extra.get("item", "text"))
        return "[" + ", ".join(scalar(Value(kind, one), "") for one in value.value) + "]"
    if value.type == "table":
        return json_.dumped(value)
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
    if not quote and new == inner and old and _item(old).kind not in ("integer", "number", "boolean"):
        return old
    if quote == "'" and "\n" not in new and new.isprintable():
        return "'" + new.replace("'", "''") + "'"
    if quote == '"' or _needs_quotes(new, value.type):
        return quoted(new, long_escapes=True)
    return new


def _needs_quotes(text: str, kind: str) -> bool:
    if kind in ("date", "date-time") and re.fullmatch(r"\d[\d.:TZ /+-]*", text):
        return False
    if text.casefold() in _WORDS or text != text.strip() or not text.isprintable():
        return True
    if ": " in text or " #" in text or text.endswith(":") or not _PLAIN.fullmatch(text):
        return True
    if any(sign in text for sign in ",[]{}'\""):
        return True  # within a list in brackets these end the item, or begin a text
    return bool(re.fullmatch(r"[-+.]?[\d.][\d_.:eExXobOaAbBcCdDfF+-]*", text))
