"""Numbers as people write them: ``1,234.56``, ``1.234,56``, ``1 234,56``, ``1'234.56``, ``1.5e-3``.

The rule for separators, in this order:

1. Both signs occur: the last one is the decimal sign, the other one groups thousands.
2. One sign occurs more than once: it groups thousands (every group after the first has three digits).
3. One sign occurs once and cannot group thousands (not exactly three digits after it, or none, ``0`` or more
   than three before it): it is the decimal sign.
4. What is left looks like ``1,234``. The decimal sign of the reader's own language is the decimal sign, as
   the form itself writes numbers so. The grouping sign of the language groups thousands where a reading
   with three decimals is not possible (whole numbers, amounts of money); elsewhere the text is refused with
   both readings. Without a language (``locale=""``), or where the reading that the language makes certain
   has more decimals than allowed, both readings are asked for as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation

EXACT = Context(prec=1100)
COMMA_LANGUAGES = frozenset(
    {
        "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "da", "fi", "nb", "no", "cs", "sk", "hu", "ro", "bg", "hr",
        "sl", "el", "tr", "ru", "uk", "id", "ca",
    }
)  # fmt: skip
_SPACES = re.compile("[\u0020\u00a0\u2009\u202f'’](?=\\d)")
_GROUPED = re.compile(r"[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*", re.ASCII)
PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
MOST_DIGITS = 1000


class Unreadable(ValueError):
    """Text that is not a value of the type: ``rule`` continues “Field “text” …”, ``remedy`` is a sentence."""

    def __init__(self, rule: str, remedy: str) -> None:
        super().__init__(f"{rule}. {remedy}")
        self.rule, self.remedy = rule, remedy


@dataclass(frozen=True)
class Signs:
    """Decimal and grouping sign of a language."""

    decimal: str
    group: str


def signs(locale: str) -> Signs | None:
    """The signs of a language (``en``, ``de-AT``); None when no language is known (``""``)."""
    if not locale:
        return None
    language, _, region = locale.replace("_", "-").partition("-")
    if region.upper() in {"CH", "LI"}:
        return Signs(".", "’")
    if language.lower() in COMMA_LANGUAGES and region.upper() != "MX":
        return Signs(
            ",",
            "."
            if language.lower() not in {"fr", "pl", "cs", "sv", "fi", "nb", "no", "ru", "uk"}
            else "\u202f",
        )
    return Signs(".", ",")


def parse_decimal(text: str, locale: str = "en", most_decimals: int | None = None) -> Decimal:
    """The exact number a person wrote. Raises Unreadable.

    ``most_decimals`` is what the field allows (0 for whole numbers): it rules readings out.
    """
    bare = _SPACES.sub("", text.strip()).replace("−", "-").replace("–", "-").replace("’", "'")
    special = {"infinity": "Infinity", "inf": "Infinity", "∞": "Infinity", "nan": "NaN"}.get(
        bare.lstrip("+-").lower()
    )
    if special:
        return Decimal(("-" if bare.startswith("-") else "") + special)
    if len(bare) > MOST_DIGITS + 10:
        raise Unreadable("has too many digits", f"Enter at most {MOST_DIGITS} digits.")
    sign, digits = (bare[:1], bare[1:]) if bare[:1] in "+-" else ("", bare)
    plain = _decimal_point(digits, text.strip(), locale, most_decimals)
    if not PLAIN.fullmatch(plain):
        raise Unreadable("is not a number", "Enter digits, for instance 12 or 12.5.")
    try:
        number = EXACT.create_decimal(sign.replace("+", "") + plain)
    except InvalidOperation:
        raise Unreadable("is not a number that can be held", "Enter a smaller one.") from None
    if number.is_infinite():
        raise Unreadable("is too large", "Enter a smaller number.")
    return number


def _decimal_point(digits: str, typed: str, locale: str, most_decimals: int | None) -> str:
    """The digits with a point as the only sign, following the rule above."""
    mantissa, e, exponent = digits.replace("E", "e").partition("e")
    used = {c for c in mantissa if c in ".,"}
    if len(used) == 2:
        decimal = max(used, key=mantissa.rfind)
        whole, _, fraction = mantissa.rpartition(decimal)
        if decimal in whole or not _GROUPED.fullmatch(whole):
            raise Unreadable(
                "is not a number",
                "Group thousands by three digits, for instance 1,234.56, or leave the signs out.",
            )
        mantissa = re.sub("[.,]", "", whole) + "." + fraction
    elif used:
        (mark,) = used
        if mantissa.count(mark) > 1:
            if not _GROUPED.fullmatch(mantissa):
                raise Unreadable(
                    "is not a number", "Group thousands by three digits, for instance 1,234,567."
                )
            mantissa = mantissa.replace(mark, "")
        elif _GROUPED.fullmatch(mantissa) and not e:
            mantissa = _settle(mantissa, mark, typed, locale, most_decimals)
        else:
            mantissa = mantissa.replace(",", ".")
    return mantissa + e + exponent


def _settle(mantissa: str, mark: str, typed: str, locale: str, most_decimals: int | None) -> str:
    """Rule 4: a text like ``1,234``."""
    known = signs(locale)
    room = most_decimals is None or most_decimals >= 3
    if known and mark == known.decimal and room:
        return mantissa.replace(mark, ".")
    if known and mark != known.decimal and not room:
        return mantissa.replace(mark, "")
    whole, _, fraction = mantissa.partition(mark)
    sign = "-" if typed.startswith(("-", "−", "–")) else ""
    point = known.decimal if known else "."
    thousands, fractional = (
        f"{sign}{whole}{fraction}",
        f"{sign}{whole}{point}{fraction}{'' if known else '0'}",
    )
    raise Unreadable(
        f"could mean {thousands} or {fractional}", f"Enter {thousands}{f' or {fractional}' if room else ''}."
    )


def format_decimal(
    number: Decimal, locale: str = "en", *, group: bool = True, most_decimals: int | None = None
) -> str:
    """How the form writes a number, always in a way that ``parse_decimal`` reads back exactly.

    Thousands are grouped from five digits on, unless the result would be ambiguous.
    """
    if not number.is_finite():
        return "NaN" if number.is_nan() else ("-" if number < 0 else "") + "Infinity"
    if number.adjusted() > 20 + MOST_DIGITS or number.adjusted() < -12:
        return str(number).replace("E", "e").replace(".", (signs(locale) or Signs(".", ",")).decimal)
    known = signs(locale) or Signs(".", ",")
    plain = format(number, "f")
    sign, plain = ("-", plain[1:]) if plain.startswith("-") else ("", plain)
    whole, point, fraction = plain.partition(".")
    if not locale and point and _GROUPED.fullmatch(plain):
        fraction += "0"  # without a language, 103.125 could be read as a hundred thousand
    ungrouped = sign + whole + (known.decimal + fraction if point else "")
    if not group or len(whole) < 5:
        return ungrouped
    grouped = sign + f"{int(whole):,}".replace(",", known.group) + (known.decimal + fraction if point else "")
    try:
        certain = parse_decimal(grouped, locale, most_decimals) == number
    except Unreadable:
        certain = False
    return grouped if certain else ungrouped


def as_float(number: Decimal) -> float:
    """The float of an exact number. Raises Unreadable where a whole number would lose digits."""
    value = float(number)
    if value in (float("inf"), float("-inf")) and number.is_finite():
        raise Unreadable("is too large for a number", "Enter a smaller one.")
    whole = number.is_finite() and number == number.to_integral_value()
    if whole and number not in (Decimal(value), Decimal(repr(value))):  # exact, or the float's own spelling
        held = format(Decimal(repr(value)), "f") if number.adjusted() < 25 else repr(value)
        raise Unreadable("has more digits than a number can hold exactly (about 16)", f"Enter {held}.")
    return value


def decimal_of(value: float | int) -> Decimal:
    """The shortest decimal that reads back as this number, to the bit: −0.0 keeps its sign."""
    if not value and isinstance(value, float) and str(value) == "-0.0":
        return Decimal("-0")
    if isinstance(value, float) and not (abs(value) < 1e16 and value.is_integer()):
        return Decimal(repr(value))
    return Decimal(int(value))


def trimmed(number: Decimal) -> Decimal:
    """Without the zeros that shifting the decimal sign leaves behind: 50.0 → 50, but not 1E+2."""
    if not number.is_finite() or number != number.to_integral_value() or number.adjusted() > 40:
        return EXACT.normalize(number) if number.is_finite() and number else number
    return number.quantize(Decimal(1), context=EXACT) if number else number
