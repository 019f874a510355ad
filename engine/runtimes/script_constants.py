"""Constants at the top of a source file in Python, R or Julia: finds the assigned value and replaces it."""

from __future__ import annotations

import ast
import json
import re

from engine.runtimes.interface import Value
from engine.runtimes.script_text import NUMBERS, Span, number, plain, refused, replace_spans

LANGUAGES = {".py": "python", ".r": "r", ".jl": "julia"}
_WORDS = {
    "python": ("True", "False", "None", 'float("inf")', '-float("inf")', 'float("nan")'),
    "r": ("TRUE", "FALSE", "NULL", "Inf", "-Inf", "NaN"),
    "julia": ("true", "false", "nothing", "Inf", "-Inf", "NaN"),
}
_ASSIGN = {
    "python": r"{name}[ \t]*(?::[^=\n]+)?=(?!=)[ \t]*",
    "r": r"{name}[ \t]*(?:<<?-|=(?!=))[ \t]*",
    "julia": r"(?:const[ \t]+|global[ \t]+)?{name}[ \t]*(?:::[\w{{}}, .]+)?[ \t]*=(?!=)[ \t]*",
}


def constant(text: str, name: str, value: Value, suffix: str) -> str:
    """The source with the value of the first top-level assignment of ``name`` replaced. Raises CallFailed."""
    language = LANGUAGES.get(suffix.casefold())
    if language is None:
        raise refused(
            f"Constants can be set in .py, .R and .jl files, not in “{suffix}” files; use a parameter file."
        )
    span = _python_span(text, name) if language == "python" else None
    span = span or _scanned_span(text, name, language)
    if span is None:
        raise refused(
            f"The source has no assignment to “{name}” at the beginning of a line. "
            "Say in script.constants.names how the constant is called."
        )
    old = span.of(text)
    new = literal(value, old, language)
    return text if new == old else replace_spans(text, [(span, new)])


def _python_span(text: str, name: str) -> Span | None:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    for node in tree.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        value = getattr(node, "value", None)
        if value is not None and any(isinstance(t, ast.Name) and t.id == name for t in targets):
            return Span(
                _position(text, value.lineno, value.col_offset),
                _position(text, value.end_lineno, value.end_col_offset),
            )
    return None


def _position(text: str, line: int, column: int) -> int:
    """Character position of ast's line and UTF-8 column."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)  # ast counts lines like this, not as splitlines does
    before = sum(len(part) for part in lines[: line - 1])
    return before + len(
        lines[line - 1].encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass")
    )


def _scanned_span(text: str, name: str, language: str) -> Span | None:
    pattern = _ASSIGN[language].format(name=re.escape(name))
    match = re.search(rf"^{pattern}", text, re.MULTILINE)
    if match is None:
        return None
    return Span(match.end(), _end(text, match.end()))


def _end(text: str, at: int) -> int:
    """Where an expression ends: at a line's end, comment or semicolon outside brackets and strings."""
    depth, end = 0, at
    while at < len(text):
        sign = text[at]
        if sign in "\"'`":
            fence = sign * 3 if text.startswith(sign * 3, at) else sign
            close = at + len(fence)
            while close < len(text) and not text.startswith(fence, close):
                close += 2 if text[close] == "\\" else 1
            at = close + len(fence)
            end = at
            continue
        if sign == "#":
            if depth == 0:
                break
            newline = text.find("\n", at)
            at = len(text) if newline < 0 else newline
            continue
        if sign in "\r\n;" and depth == 0:
            break
        depth += (sign in "([{") - (sign in ")]}")
        at += 1
        if not sign.isspace():
            end = at
    return min(end, len(text))


def literal(value: Value, old: str, language: str) -> str:
    """The value as a literal of the language, written like the old one."""
    words = _WORDS[language]
    if value.value is None:
        return words[2]
    if value.type == "boolean":
        if language == "r" and old in ("T", "F"):
            return "T" if value.value else "F"
        return words[0] if value.value else words[1]
    if value.type in NUMBERS:
        return _number(value, old, language, words)
    if value.type in ("list", "multi-choice"):
        kind = str(value.extra.get("item", "text"))
        items = ", ".join(literal(Value(kind, item), "", language) for item in value.value)
        return f"c({items})" if language == "r" else f"[{items}]"
    return _text(plain(value), old, value.type, language)


def _number(value: Value, old: str, language: str, words: tuple[str, ...]) -> str:
    content = value.value["amount"] if value.type == "money" else value.value
    if isinstance(content, str) and value.type != "money":
        return {"Infinity": words[3], "-Infinity": words[4], "NaN": words[5]}[content]
    plainly = old[:-1] if language == "r" and re.fullmatch(r"-?\d+L", old) else old
    new = str(content) if value.type == "money" else number(content, plainly)
    try:
        if float(plainly.replace("_", "")) == float(new):
            return old
    except ValueError:
        return new
    return f"{new}L" if plainly != old and re.fullmatch(r"-?\d+", new) else new


def _text(text: str, old: str, kind: str, language: str) -> str:
    day = re.fullmatch(r"([\w.:]+)\(\s*\d+\s*,\s*\d+\s*,\s*\d+\s*\)", old)
    if day and kind == "date":
        return f"{day[1]}({', '.join(str(int(part)) for part in text.split('-'))})"
    inner = re.fullmatch(r"([\w.:]+\(\s*)([\"'])(?:(?!\2).)*\2(.*\))", old, re.DOTALL)
    if inner and kind in ("date", "date-time", "period", "duration"):
        return f"{inner[1]}{inner[2]}{text}{inner[2]}{inner[3]}"
    return _quoted(text, old, language)


def _quoted(text: str, old: str, language: str) -> str:
    if _unquoted(old) == text:
        return old
    if (
        old.startswith("'")
        and language != "julia"
        and "'" not in text
        and "\\" not in text
        and text.isprintable()
    ):
        return f"'{text}'"
    new = json.dumps(text, ensure_ascii=False)
    return new.replace("$", "\\$") if language == "julia" else new


def _unquoted(old: str) -> str | None:
    if len(old) > 1 and old[0] in "\"'" and old[-1] == old[0] and "\\" not in old:
        return old[1:-1]
    return None
