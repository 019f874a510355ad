"""Assignments at the top of a source file in Python, R or Julia. Literals are read; nothing is executed."""

from __future__ import annotations

import ast
import re

from engine.parameters.textfiles import literals
from engine.parameters.textfiles.document import Entry, Lines, Misread, Span, line_of, shown
from engine.runtimes.interface import Value

_ASSIGN = {
    "python": r"{name}[ \t]*(?::[^=\n]+)?=(?!=)[ \t]*",
    "r": r"{name}[ \t]*(?:<<?-|=(?!=))[ \t]*",
    "julia": r"(?:const[ \t]+|global[ \t]+)?{name}[ \t]*(?:::[\w{{}}, .]+)?[ \t]*=(?!=)[ \t]*",
}
_NAME = {"r": r"(?P<name>`[^`\r\n]+`|[^\W\d_][\w.]*|\.[\w.]+)", "julia": r"(?P<name>[^\W\d][\w!]*)"}
MOST_DEPTH = 1000


def entries(text: str, language: str, *, strict: bool = False) -> list[Entry]:
    """All assignments at the beginning of a line. Raises Misread where ``strict`` and the source is cut off."""
    if language == "python":
        return _python(text, strict=strict)
    found = []
    pattern = re.compile(_ASSIGN[language].format(name=_NAME[language]))
    covered = 0
    lines = Lines(text)
    for start in _line_starts(text):
        match = pattern.match(text, start)
        if start < covered or match is None:
            if strict and start >= covered:
                _whole(text, start)
            continue
        end, closed = expression_end(text, match.end())
        raw = text[match.end() : end]
        if strict and (not closed or not raw):
            rule = "is cut off: a bracket or quote is never closed" if raw else "has no value: it was cut off"
            name = match["name"]
            raise Misread(line_of(text, start), f"The value of “{name}”", rule, "Complete it.")
        covered = end
        span = Span(match.end(), end)
        comment = re.match(r"[ \t;]*#[# ]*([^\r\n]*)", text[end:])
        item = literals.read(raw, language)
        found.append(
            Entry(
                match["name"].strip("`"),
                span,
                item,
                lines.of(start),
                comment=comment[1] if comment else "",
            )
        )
    return found


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text) if match.end() < len(text))]


def _whole(text: str, start: int) -> None:
    """The last line of a file that was cut off in the middle of a name."""
    if text.find("\n", start) >= 0:
        return
    rest = text[start:]
    if rest and re.fullmatch(r"[^\W\d][\w.]*[ \t]*", rest):
        raise Misread(
            line_of(text, start), shown(rest), "is a name without a value: the line may be cut off",
            "Write name = value.",
        )  # fmt: skip


def _python(text: str, *, strict: bool) -> list[Entry]:
    try:
        tree = ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if not strict:
            return []
        line = getattr(error, "lineno", None) or 0
        wrong = re.split(r"\r\n|\r|\n", text)[line - 1 : line] if line else []
        raise Misread(
            line, f"The Python source {shown(wrong[0]) if wrong else ''}".rstrip(),
            f"cannot be read ({getattr(error, 'msg', None) or error})", "Mend that line, or complete the file.",
        ) from None  # fmt: skip
    positions = _Positions(text)
    found = []
    for node in tree.body:
        value = getattr(node, "value", None)
        for name in _targets(node):
            assert isinstance(value, ast.expr)
            span = Span(
                positions.at(value.lineno, value.col_offset),
                positions.at(value.end_lineno or 0, value.end_col_offset or 0),
            )
            comment = re.match(r"[ \t]*#[# ]*([^\r\n]*)", text[span.end : span.end + 300])
            item = literals.python_item(value, span.of(text))
            found.append(Entry(name, span, item, value.lineno, comment=comment[1] if comment else ""))
        if strict and isinstance(node, ast.Expr) and isinstance(value, ast.Name) and node is tree.body[-1]:
            raise Misread(
                node.lineno, shown(value.id), "is a name without a value: the line may be cut off",
                "Write name = value.",
            )  # fmt: skip
    return found


def _targets(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)][:1]
    if isinstance(node, ast.AnnAssign) and node.value is not None and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


class _Positions:
    """From ast's lines and UTF-8 columns to positions in the text."""

    def __init__(self, text: str) -> None:
        # ast counts lines like this, not as splitlines does; a form feed does not end one
        self.lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def at(self, line: int, column: int) -> int:
        """Where that line and column is."""
        encoded = self.lines[line - 1].encode("utf-8", "surrogatepass")[:column]
        return self.starts[line - 1] + len(encoded.decode("utf-8", "surrogatepass"))


def expression_end(text: str, at: int) -> tuple[int, bool]:
    """Where an expression ends (at a line's end, comment or semicolon outside brackets and strings), and whether
    all of its brackets and quotes are closed.
    """  # fmt: skip
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
            if at > len(text):
                return len(text), False
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
    return min(end, len(text)), depth <= 0


def spelled(value: Value, entry: Entry, text: str, language: str) -> list[tuple[Span, str]]:
    """What to replace, and by what. Raises Unwritable."""
    return [(entry.span, literals.literal(value, entry.span.of(text), language))]
