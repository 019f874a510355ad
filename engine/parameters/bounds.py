"""Bounds of values: the rule in words, and the nearest value that keeps it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

from engine.parameters.numbers import Unreadable

T = TypeVar("T")


class Broken(Unreadable):
    """A readable value that breaks a rule; ``shown`` is the value as a person reads it."""

    def __init__(self, shown: str, rule: str, remedy: str) -> None:
        super().__init__(rule, remedy)
        self.shown = shown


def between(
    value: T, low: T | None, high: T | None, show: Callable[[T], str], unit: str = "", shown: str = "", times: bool = False
) -> None:  # fmt: skip
    """Raise Broken unless low ≤ value ≤ high: “must be between 0 and 60 %. Enter at most 60.”

    ``times`` is for moments: “must not be before 2026-01-01. Enter 2026-01-01 or later.”
    """
    below = low is not None and not value >= low  # type: ignore[operator]
    above = high is not None and not value <= high  # type: ignore[operator]
    if not below and not above:
        return
    if times:
        rule = f"must not be before {show(low)}" if below and low is not None else f"must not be after {show(high)}"  # type: ignore[arg-type]
        remedy = f"Enter {show(low)} or later." if below and low is not None else f"Enter {show(high)} or earlier."  # type: ignore[arg-type]
        raise Broken(shown or show(value), rule, remedy)
    behind = f" {unit}" if unit else ""
    if low is not None and high is not None:
        rule = f"must be between {show(low)} and {show(high)}{behind}"
    elif low is not None:
        rule = f"must be at least {show(low)}{behind}"
    else:
        assert high is not None
        rule = f"must be at most {show(high)}{behind}"
    remedy = f"Enter at least {show(low)}." if below and low is not None else f"Enter at most {show(high)}."  # type: ignore[arg-type]
    raise Broken(shown or show(value), rule, remedy)


def in_steps(value: Decimal, step: Decimal | None, origin: Decimal | None, show: Callable[[Decimal], str], unit: str = "") -> None:
    """Raise Broken unless value = origin + k · step."""
    if step is None or not value.is_finite():
        return
    start = origin if origin is not None and origin.is_finite() else Decimal(0)
    steps = (value - start) / step
    if steps == steps.to_integral_value():
        return
    low = start + step * int(steps.to_integral_value("ROUND_FLOOR"))
    start_words = f" from {show(start)}" if start else ""
    rule = f"must go in steps of {show(step)}{f' {unit}' if unit else ''}{start_words}"
    raise Broken(show(value), rule, f"Enter {show(low)} or {show(low + step)}.")


def at_most_decimals(value: Decimal, most: int | None, show: Callable[[Decimal], str]) -> None:
    """Raise Broken for more digits after the decimal sign than allowed."""
    if most is None or not value.is_finite():
        return
    trimmed = value.normalize()
    exponent = trimmed.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > most:
        rule = "must be a whole number" if most == 0 else f"may have at most {most} digit{'s' if most > 1 else ''} after the decimal sign"
        raise Broken(show(value), rule, f"Enter {show(round(value, most))}.")


def counted(n: int, least: int | None, most: int | None, what: str, shown: str) -> None:
    """Raise Broken unless there are enough and not too many of something (“values”, “characters”)."""
    if (least is None or n >= least) and (most is None or n <= most):
        return
    if least is not None and most is not None and least != most:
        rule = f"must have between {least} and {most} {what}"
    else:
        rule = f"must have at {'least' if least is not None and n < least else 'most'} {least if least is not None and n < least else most} {what}"
        rule = f"must have exactly {least} {what}" if least == most and least is not None else rule
    gap = (least - n) if least is not None and n < least else n - (most or 0)
    fewer = "more" if least is not None and n < least else "fewer"
    raise Broken(shown, f"{rule}; it has {n}", f"Enter {gap} {fewer}.")
