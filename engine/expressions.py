"""The one expression language: rules, ``show_when``, alerts, gates, ``{metric}`` in text.

Names stand for fields or metrics; numbers are exact decimals, money keeps its currency, dates count in days.
Null spreads through arithmetic and order comparisons; ``==`` and ``!=`` know it, ``and``/``or`` follow three-valued
logic. Nothing but the functions listed in ``expression_functions.py`` can be called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from engine.expression_functions import CLOCK_FUNCTIONS, FUNCTIONS
from engine.expression_parser import ExpressionError, Node, parse
from engine.expression_values import (
    Money,
    Table,
    arithmetic,
    attribute,
    compare,
    kind,
    natural,
    nearest,
    now_utc,
)

__all__ = [
    "Expression",
    "ExpressionError",
    "Money",
    "Table",
    "compile_expression",
    "evaluate",
    "fill",
    "names",
]


@dataclass(frozen=True)
class Expression:
    """A parsed expression; evaluating it never changes anything."""

    text: str
    tree: Node

    @property
    def names(self) -> frozenset[str]:
        """The names used, as written: ``price``, ``weights.share``."""
        return frozenset(n.value for n in _walk(self.tree) if n.kind == "name")

    def unknown(self, known: Iterable[str]) -> ExpressionError | None:
        """The error of the first name that is not known, or None. ``weights.share`` is known when ``weights`` is."""
        known = set(known)
        for node in _walk(self.tree):
            if node.kind == "name" and _root(node.value, known) is None:
                return _no_name(self.text, node, known)
        return None

    def evaluate(
        self, values: Mapping[str, Any], *, today: date | None = None, now: datetime | None = None
    ) -> Any:
        """The value: Decimal, Money, str, bool, date, datetime, timedelta, list or None. Raises ExpressionError."""
        return _Evaluation(self.text, values, today, now).of(self.tree)

    def is_true(
        self, values: Mapping[str, Any], *, today: date | None = None, now: datetime | None = None
    ) -> bool | None:
        """True, False, or None where a null leaves it open. Raises ExpressionError when it is neither."""
        result = self.evaluate(values, today=today, now=now)
        if result is not None and not isinstance(result, bool):
            raise ExpressionError(
                self.text,
                1,
                f"the result must be true or false, but is {kind(result)}",
                "Compare it, for instance … > 0.",
            )
        return result


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for part in node.parts:
        yield from _walk(part)


def _no_name(text: str, node: Node, known: Iterable[str]) -> ExpressionError:
    listed = ", ".join(sorted(known)) or "no names at all"
    return ExpressionError(
        text,
        node.at,
        f"there is no “{node.value}”",
        nearest(node.value, sorted(known), f"Known are: {listed}."),
    )


def _no_function(text: str, node: Node) -> ExpressionError:
    known = sorted([*FUNCTIONS, *CLOCK_FUNCTIONS])
    remedy = nearest(str(node.value).lower(), known, f"Functions are: {', '.join(known)}.")
    return ExpressionError(text, node.at, f"there is no function “{node.value}”", remedy)


def _root(name: str, known: set[str]) -> str | None:
    """The longest part of a dotted name that is known: ``n.ahead`` itself, or the table in ``weights.share``."""
    parts = name.split(".")
    return next((r for k in range(len(parts), 0, -1) if (r := ".".join(parts[:k])) in known), None)


class _Evaluation:
    """One evaluation; ``today`` is asked for only when the expression does."""

    def __init__(
        self, text: str, values: Mapping[str, Any], today: date | None, now: datetime | None
    ) -> None:
        self.text, self.values = text, values
        self.clock: dict[str, Callable[[], Any]] = {
            "today": lambda: today or (now or now_utc()).date(),
            "now": lambda: now or now_utc(),
        }

    def of(self, node: Node) -> Any:
        match node.kind:
            case "constant":
                return node.value
            case "name":
                return self.name(node)
            case "list":
                return [self.of(p) for p in node.parts]
            case "call":
                return self.call(node)
            case "and" | "or":
                return self.logic(node)
            case "not":
                inner = self.truth(node.parts[0])
                return None if inner is None else not inner
            case "compare":
                return self.comparison(node)
            case "unary":
                return self.guard(node, lambda: arithmetic("*", self.of(node.parts[0]), Decimal(-1)))
            case _:
                a, b = self.of(node.parts[0]), self.of(node.parts[1])
                return self.guard(node, lambda: arithmetic(node.value, a, b))

    def guard(self, node: Node, compute: Callable[[], Any]) -> Any:
        try:
            return compute()
        except (ValueError, ArithmeticError, TypeError) as error:
            clause = str(error) if type(error) is ValueError else "this cannot be computed"
            raise ExpressionError(self.text, node.at, clause.rstrip(".")) from None

    def name(self, node: Node) -> Any:
        root = _root(node.value, set(self.values))
        if root is None:
            raise _no_name(self.text, node, self.values)
        value = natural(self.values[root])
        for part in node.value[len(root) + 1 :].split(".") if node.value != root else ():
            value = None if value is None else self.guard(node, partial(attribute, value, part))
        return value

    def call(self, node: Node) -> Any:
        lowered = str(node.value).lower()
        if lowered in self.clock and not node.parts:
            return self.clock[lowered]()
        function = FUNCTIONS.get(lowered)
        if function is None or lowered in self.clock:
            raise _no_function(self.text, node)
        if lowered == "if":  # the branch that is not taken may be impossible to compute
            return self.branch(node)
        arguments = [self.of(p) for p in node.parts]
        return self.guard(node, lambda: function.call(*arguments))

    def branch(self, node: Node) -> Any:
        chosen = 1 if self.truth(node.parts[0]) else 2
        return self.of(node.parts[chosen]) if chosen < len(node.parts) else None

    def truth(self, node: Node) -> bool | None:
        value = self.of(node)
        if value is not None and not isinstance(value, bool):
            raise ExpressionError(
                self.text,
                node.at,
                f"true or false is needed, not {kind(value)}",
                "Compare it, for instance … > 0.",
            )
        return value

    def logic(self, node: Node) -> bool | None:
        decisive = node.kind == "or"
        first = self.truth(node.parts[0])
        if first is decisive:
            return decisive
        second = self.truth(node.parts[1])
        if second is decisive:
            return decisive
        return None if first is None or second is None else not decisive

    def comparison(self, node: Node) -> bool | None:
        values = [self.of(p) for p in node.parts]
        result: bool | None = True
        for sign, a, b in zip(node.value, values, values[1:], strict=False):
            one = self.guard(node, partial(compare, sign, a, b))
            if one is False:
                return False
            result = None if one is None else result
        return result


@lru_cache(1024)
def compile_expression(text: str) -> Expression:
    """Parse an expression and check its function calls. Raises ExpressionError."""
    tree = parse(text)
    for node in _walk(tree):
        if node.kind == "call":
            _check_call(text, node)
    return Expression(text, tree)


def _check_call(text: str, node: Node) -> None:
    lowered = str(node.value).lower()
    if lowered not in FUNCTIONS and lowered not in CLOCK_FUNCTIONS:
        raise _no_function(text, node)
    least, most = (FUNCTIONS[lowered].least, FUNCTIONS[lowered].most) if lowered in FUNCTIONS else (0, 0)
    if not least <= len(node.parts) <= most:
        written = FUNCTIONS[lowered].written if lowered in FUNCTIONS else f"{lowered}()"
        raise ExpressionError(
            text, node.at, f"{lowered} is given {len(node.parts)} values", f"Write {written}."
        )


def names(text: str) -> frozenset[str]:
    """The names that an expression uses. Raises ExpressionError."""
    return compile_expression(text).names


def evaluate(
    text: str, values: Mapping[str, Any], *, today: date | None = None, now: datetime | None = None
) -> Any:
    """Parse and compute at once. Raises ExpressionError."""
    return compile_expression(text).evaluate(values, today=today, now=now)


_HOLE = re.compile(r"\{\{|\}\}|\{([^{}]*?)(?::(\d))?\}")


def fill(template: str, values: Mapping[str, Any], *, today: date | None = None) -> str:
    """Text with its holes filled: ``{mape}``, ``{mape:1}`` (one decimal), ``{new - old}``; ``{{`` is a brace.

    Raises ExpressionError for a hole that cannot be computed.
    """

    def one(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        value = evaluate(found[1], values, today=today)
        if value is None:
            return "–"
        if isinstance(value, Decimal):
            return f"{value:,.{found[2]}f}" if found[2] else f"{value.normalize():,f}"
        return f"{value.amount:,.2f} {value.currency}" if isinstance(value, Money) else str(value)

    return _HOLE.sub(one, template)
