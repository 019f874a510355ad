"""``key = value`` lines (also ``:``, ``<-``, ``:=``, tab or blanks between) with comments, and INI with sections.

Values have no types here. One in quotes is the text between them, without any escapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.parameters.textfiles.document import Entry, Item, Misread, Span, Unwritable, shown

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
_LINE = re.compile(
    r"""^(?P<lead>[ \t]*)(?P<key>[^\s=:#;<>"'][^=:\r\n]*?|"[^"\r\n]*")"""
    r"""(?P<sep>[ \t]*(?:<-|:=|=|:)[ \t]*|[ \t]+)(?P<rest>[^\r\n]*)"""
)
_COMMENT_START = ("#", ";", "//", "%", "--", "!", "'", "[")
_SECTION = re.compile(r"[ \t]*\[([^\]\r\n]+)\][ \t]*(?:[#;].*)?")
_KEY_SPACES = re.compile(r"\S+[ ]+\S")


def entries(text: str, *, sections: bool = False, strict: bool = False) -> list[Entry]:
    """The pairs in the order of the file. With ``sections`` a path starts with the section's name.

    Raises Misread where ``strict`` and a line is neither a pair nor a comment.
    """
    found: list[Entry] = []
    section = ""
    signed = strict and any(_sign(line) for _, _, line in _lines(text))
    for n, at, line in _lines(text):
        if heading := _SECTION.fullmatch(line):
            section = heading[1].strip()
            continue
        if not line.strip() or line.lstrip().startswith(_COMMENT_START[:-1]):
            continue
        match = _LINE.match(line)
        if strict and (match is None or _half(match, signed)):
            raise _torn(n, line, sections)
        if match is None or match["key"].startswith(_COMMENT_START):
            continue
        start = at + match.start("rest")
        length = value_length(match["rest"])
        span = Span(start, start + length)
        key = match["key"].strip().strip('"')
        path = f"{section}.{key}" if sections and section else key
        comment = match["rest"][length:].strip().lstrip("#;/% ,").strip()
        raw = span.of(text)
        unit = "%" if match["rest"][length:].strip() == "%" else ""  # a sign alone is no comment
        found.append(Entry(path, span, Item(*_kind(raw), raw), n, unit, comment))
    return found


def _lines(text: str) -> Iterator[tuple[int, int, str]]:
    for n, match in enumerate(_LINES.finditer(text), 1):
        if match.end() > match.start():
            yield n, match.start(), match[0].rstrip("\r\n")


def _sign(line: str) -> bool:
    match = _LINE.match(line)
    return bool(
        match and not line.lstrip().startswith(_COMMENT_START) and match["sep"].strip() in ("=", ":=", "<-")
    )


def _half(match: re.Match[str], signed: bool) -> bool:
    """Blanks do not separate where other lines of the file have a sign; a tab always does."""
    return signed and not match["sep"].strip() and "\t" not in match["sep"]


def _torn(line: int, text: str, sections: bool) -> Misread:
    if text.lstrip().startswith("["):
        return Misread(
            line, shown(text), "begins a section but does not end it", "Write it as [name] on its own line."
        )
    kind = "an INI file" if sections else "a key=value file"
    return Misread(
        line, shown(text), f"is no line of {kind}: it has no “=”, or it was cut off",
        "Write name = value, or begin the line with # to make it a comment.",
    )  # fmt: skip


def value_length(rest: str) -> int:
    """Length of the value in the rest of its line: without trailing blanks and comment."""
    quoted = re.match(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|\"[^\"]*\"", rest)
    if quoted and re.fullmatch(r"\s*(?:(?:[#;%]|//).*)?,?\s*", rest[quoted.end() :]):
        return quoted.end()
    comment = re.search(r"\s+(?:#|;|//|%)(?=\s|$).*$|\s+#.*$", rest)
    kept = rest[: comment.start()] if comment and comment.start() > 0 else rest
    return len(kept.rstrip())


def _kind(raw: str) -> tuple[str, str]:
    inner = content(raw)
    return ("bare", inner) if inner == raw else ("text", inner)


def content(raw: str) -> str:
    """The text that a spelling stands for: without its quotes."""
    inside = len(raw) > 1 and raw[0] in "\"'" and raw[-1] == raw[0]
    return raw[1:-1] if inside else raw


def wrapped(new: str, old: str) -> str:
    """The text in the old spelling's quotes; in quotes as well where it would not read back without them.

    Raises Unwritable for a text that one line cannot hold.
    """
    if "\n" in new or "\r" in new:
        raise Unwritable(
            f"A text of several lines ({new[:30]!r}…) does not fit into one line of the file. "
            "Use a JSON, YAML or TOML file, or a text of one line."
        )
    used = old[0] if content(old) != old else ""
    for quote in dict.fromkeys((used, "", '"', "'")):
        raw = f"{quote}{new}{quote}"
        if value_length(raw) == len(raw) and content(raw) == new and raw == raw.strip():
            return raw
    raise Unwritable(
        f"The text {shown(new)} cannot be told from a comment or from quotes in such a file. "
        "Use a JSON, YAML or TOML file, or another text."
    )
