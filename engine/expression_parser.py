"""The grammar of the expression language: text → tokens → tree. ``expressions.py`` evaluates the tree.

expression  = or ;                     or     = and {"or" and} ;      and  = not {"and" not} ;
not         = "not" not | comparison ; comparison = sum {operator sum} ;   (1 < x <= 5 may be chained)
operator    = "<" | "<=" | ">" | ">=" | "==" | "=" | "!=" | "<>" | ["not"] "in" | "is" ["not"] ;
sum         = product {("+"|"-") product} ;   product = sign {("*"|"/"|"%") sign} ;
sign        = ["-"|"+"] sign | power ;         power   = primary ["^" sign] ;
primary     = number | text | date | name | name "(" [arguments] ")" | "(" expression ")" | "[" … "]" ;
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from engine.errors import QuarterdeckError

MOST_CHARACTERS = 2000
MOST_DEPTH = 60
WORDS = frozenset({"and", "or", "not", "in", "is", "true", "false", "null", "none"})
COMPARISONS = {"<", "<=", ">", ">=", "==", "!=", "in", "not in"}


class ExpressionError(QuarterdeckError):
    """An expression that cannot be read or computed; ``position`` counts characters from 1."""

    code = "expression"
    status = 422

    def __init__(self, text: str, position: int, what: str, remedy: str = "") -> None:
        self.text, self.position, self.what, self.remedy = text, position, what, remedy
        shown = text if len(text) <= 120 else text[:117] + "…"
        super().__init__(f"In “{shown}”, at character {position}: {what}. {remedy}".rstrip())


@dataclass(frozen=True)
class Node:
    """One node: ``kind`` is constant, name, list, call, unary, binary, and, or, not or compare."""

    kind: str
    at: int
    value: Any = None
    parts: tuple[Node, ...] = field(default=())


@dataclass(frozen=True)
class Token:
    """A piece of text: ``kind`` is number, date, text, name, word, sign or end; ``at`` counts from 1."""

    kind: str
    text: str
    at: int


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<date>\d{4}-\d{2}-\d{2}(?![\w.])) |
    (?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?)(?P<stuck>[\w]*) |
    (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*') |
    (?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*) |
    (?P<sign><=|>=|==|!=|<>|\*\*|[-+*/%^()\[\],<>=≤≥≠])
    )""",
    re.VERBOSE,
)
_SAME = {"=": "==", "<>": "!=", "≤": "<=", "≥": ">=", "≠": "!=", "**": "^"}


def tokens(text: str) -> list[Token]:
    """The pieces of an expression. Raises ExpressionError at the first character that means nothing."""
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(
            text, MOST_CHARACTERS, f"it is longer than {MOST_CHARACTERS} characters", "Split it into several."
        )
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if not match:
            start = at + len(text[at:]) - len(text[at:].lstrip())
            raise ExpressionError(text, start + 1, _stray(text[start]), _stray_remedy(text[start]))
        kind = next(k for k in ("date", "number", "text", "name", "sign") if match[k] is not None)
        word, start = match[kind], match.start(kind) + 1
        if match["stuck"]:
            raise ExpressionError(
                text,
                start,
                f"“{word}{match['stuck']}” is neither a number nor a name",
                "Put a space or an operator between.",
            )
        if kind == "name" and word.lower() in WORDS:
            kind, word = "word", word.lower()
        found.append(Token(kind, _SAME.get(word, word) if kind == "sign" else word, start))
        at = match.end()
    return [*found, Token("end", "", len(text) + 1)]


def _stray(sign: str) -> str:
    return (
        "a text that is opened by a quote is never closed"
        if sign in "\"'"
        else f"“{sign}” has no meaning here"
    )


def _stray_remedy(sign: str) -> str:
    known = {
        "&": "Write and.",
        "|": "Write or.",
        "!": "Write not, or != for unequal.",
        ";": "Write one expression only.",
    }
    return known.get(sign, "Close it." if sign in "\"'" else "Remove it.")


class Parser:
    """Recursive descent over the tokens; ``parse`` gives the tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.n = 0
        self.depth = 0

    def parse(self) -> Node:
        """The whole text as one expression. Raises ExpressionError."""
        if self.here.kind == "end":
            raise ExpressionError(self.text, 1, "there is no expression", "Write for instance price > 0.")
        tree = self.expression()
        if self.here.kind != "end":
            raise self.error(
                f"“{self.here.text}” was not expected",
                "Is an operator such as and, + or == missing before it?",
            )
        return tree

    @property
    def here(self) -> Token:
        """The token to be read next."""
        return self.tokens[self.n]

    def error(self, what: str, remedy: str = "") -> ExpressionError:
        """An error at the next token."""
        return ExpressionError(self.text, self.here.at, what, remedy)

    def take(self, *texts: str) -> Token | None:
        """The next token, when it is one of these signs or words."""
        token = self.here
        if token.kind in {"sign", "word"} and token.text in texts:
            self.n += 1
            return token
        return None

    def need(self, sign: str, opened: Token) -> None:
        """The sign that must come now."""
        if not self.take(sign):
            raise self.error(f"“{sign}” is missing", f"It closes “{opened.text}” at character {opened.at}.")

    def expression(self) -> Node:
        """Lowest precedence: or."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise self.error("it is nested too deeply", "Split it into several rules.")
        tree = self.conjunction()
        while token := self.take("or"):
            tree = Node("or", token.at, None, (tree, self.conjunction()))
        self.depth -= 1
        return tree

    def conjunction(self) -> Node:
        """And."""
        tree = self.negation()
        while token := self.take("and"):
            tree = Node("and", token.at, None, (tree, self.negation()))
        return tree

    def negation(self) -> Node:
        """Not."""
        count, first = 0, self.here
        while self.take("not"):
            count += 1
        tree = self.comparison()
        return (
            Node("not", first.at, None, (tree,))
            if count % 2
            else Node("not", first.at, None, (Node("not", first.at, None, (tree,)),))
            if count
            else tree
        )

    def comparison(self) -> Node:
        """Comparisons, chained as in mathematics."""
        operands, operators = [self.sum()], []
        first = self.here
        while (operator := self.operator()) is not None:
            operators.append(operator)
            operands.append(self.sum())
        return Node("compare", first.at, tuple(operators), tuple(operands)) if operators else operands[0]

    def operator(self) -> str | None:
        """A comparison operator, or None."""
        if token := self.take("<", "<=", ">", ">=", "==", "!=", "in"):
            return token.text
        if self.take("is"):
            return "!=" if self.take("not") else "=="
        if self.here.text == "not" and self.tokens[self.n + 1].text == "in":
            self.n += 2
            return "not in"
        return None

    def sum(self) -> Node:
        """Plus and minus."""
        tree = self.product()
        while token := self.take("+", "-"):
            tree = Node("binary", token.at, token.text, (tree, self.product()))
        return tree

    def product(self) -> Node:
        """Times, divided by, remainder."""
        tree = self.sign()
        while token := self.take("*", "/", "%"):
            tree = Node("binary", token.at, token.text, (tree, self.sign()))
        return tree

    def sign(self) -> Node:
        """A sign before a value."""
        if token := self.take("-", "+"):
            self.depth += 1
            if self.depth > MOST_DEPTH:
                raise self.error("it is nested too deeply", "Split it into several rules.")
            tree = self.sign()
            self.depth -= 1
            return Node("unary", token.at, "-", (tree,)) if token.text == "-" else tree
        return self.power()

    def power(self) -> Node:
        """To the power of."""
        tree = self.primary()
        if token := self.take("^"):
            return Node("binary", token.at, "^", (tree, self.sign()))
        return tree

    def primary(self) -> Node:
        """A value."""
        token = self.here
        self.n += 1
        match token.kind:
            case "number":
                return Node("constant", token.at, Decimal(token.text))
            case "date":
                return self.date(token)
            case "text":
                return Node("constant", token.at, re.sub(r"\\(.)", r"\1", token.text[1:-1]))
            case "word" if token.text in {"true", "false", "null", "none"}:
                return Node("constant", token.at, {"true": True, "false": False}.get(token.text))
            case "name":
                opened = self.take("(")
                return (
                    Node("call", token.at, token.text, self.items(")", opened))
                    if opened
                    else Node("name", token.at, token.text)
                )
            case "sign" if token.text == "(":
                tree = self.expression()
                self.need(")", token)
                return tree
            case "sign" if token.text == "[":
                return Node("list", token.at, None, self.items("]", token))
        self.n -= 1
        what = (
            "it ends where a value is expected"
            if token.kind == "end"
            else f"a value is expected, not “{token.text}”"
        )
        raise self.error(what, "Write a number, a text in quotes, a name or a function.")

    def date(self, token: Token) -> Node:
        """A date such as 2026-11-22."""
        try:
            return Node("constant", token.at, date.fromisoformat(token.text))
        except ValueError:
            raise ExpressionError(self.text, token.at, f"{token.text} is not a day of the calendar") from None

    def items(self, close: str, opened: Token) -> tuple[Node, ...]:
        """Expressions between commas, up to the closing sign."""
        found: list[Node] = []
        if self.take(close):
            return ()
        while True:
            found.append(self.expression())
            if not self.take(","):
                self.need(close, opened)
                return tuple(found)


def parse(text: str) -> Node:
    """The tree of an expression. Raises ExpressionError."""
    return Parser(text).parse()
