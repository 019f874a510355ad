"""Money: an exact decimal amount and its currency. Amounts are never floats on our side."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.parameters.bounds import at_most_decimals, between
from engine.parameters.field_types import MoneyField
from engine.parameters.numbers import EXACT, Unreadable, decimal_of, format_decimal, parse_decimal

NO_DECIMALS = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "UYI",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
SYMBOLS: dict[str, tuple[str, ...]] = {
    "€": ("EUR",), "£": ("GBP",), "$": ("USD", "CAD", "AUD", "NZD", "MXN", "SGD", "HKD"), "¥": ("JPY", "CNY"),
    "zł": ("PLN",), "kr": ("SEK", "NOK", "DKK", "ISK"), "Kč": ("CZK",), "₹": ("INR",), "Fr.": ("CHF",), "₺": ("TRY",),
}  # fmt: skip


def decimals_of(field: MoneyField, currency: str) -> int:
    """Digits after the decimal sign of an amount."""
    if field.decimals is not None:
        return field.decimals
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def _currencies(field: MoneyField) -> list[str]:
    return field.currencies or ([field.currency] if field.currency else [])


def canonical_money(field: MoneyField, value: Any) -> dict[str, str]:
    """``{"amount": "12.34", "currency": "EUR"}``. Raises Unreadable."""
    amount, currency = _parts(field, value)
    allowed = _currencies(field)
    if not re.fullmatch("[A-Z]{3}", currency):
        raise Unreadable("has no currency", "Write it behind the amount, for instance 12.50 EUR.")
    if allowed and currency not in allowed:
        raise Unreadable(f"must be in {' or '.join(allowed)}", f"Enter the amount in {allowed[0]}.")
    if not amount.is_finite():
        raise Unreadable("is not an amount", "Enter a number.")
    places = decimals_of(field, currency)
    low, high = (Decimal(b) if b is not None else None for b in (field.minimum, field.maximum))
    between(amount, low, high, format_decimal, currency, shown=f"{format_decimal(amount)} {currency}")
    at_most_decimals(amount, places, format_decimal)
    exact = amount.quantize(Decimal(1).scaleb(-places), context=EXACT)
    return {"amount": format(exact if exact else abs(exact), "f"), "currency": currency}


def _parts(field: MoneyField, value: Any) -> tuple[Decimal, str]:
    usual = field.currency or (field.currencies[0] if len(field.currencies) == 1 else "")
    if isinstance(value, Mapping):
        amount, currency = value.get("amount"), str(value.get("currency") or usual)
        if set(value) - {"amount", "currency"}:
            raise Unreadable("is not an amount of money", 'Give {"amount": "12.34", "currency": "EUR"}.')
    elif isinstance(value, str):
        return parse_money(field, value, "")
    else:
        amount, currency = value, usual
    if isinstance(amount, str):
        return parse_decimal(amount, "", 2) if re.fullmatch(
            r"[+-]?\d+(\.\d+)?", amount, re.ASCII
        ) is None else Decimal(amount), currency
    if isinstance(amount, bool) or not isinstance(amount, int | float | Decimal):
        raise Unreadable("is not an amount of money", 'Give {"amount": "12.34", "currency": "EUR"}.')
    return amount if isinstance(amount, Decimal) else decimal_of(amount), currency


def parse_money(field: MoneyField, text: str, locale: str) -> tuple[Decimal, str]:
    """Amount and currency that a person wrote: ``1,234.50 EUR``, ``€ 12``. Raises Unreadable."""
    usual = field.currency or (field.currencies[0] if len(field.currencies) == 1 else "")
    currency, bare = usual, text.strip()
    if code := re.search(r"(?<![A-Za-z])[A-Za-z]{3}(?![A-Za-z])", bare):
        currency, bare = code[0].upper(), (bare[: code.start()] + bare[code.end() :]).strip()
    else:
        symbol = next((s for s in SYMBOLS if s in bare), None)
        if symbol:
            bare = bare.replace(symbol, "", 1).strip()
            currency = _meant(symbol, usual, _currencies(field))
    if not currency:
        raise Unreadable("has no currency", "Write it behind the amount, for instance 12.50 EUR.")
    return parse_decimal(bare, locale, decimals_of(field, currency)), currency


def _meant(symbol: str, usual: str, allowed: list[str]) -> str:
    candidates = [c for c in SYMBOLS[symbol] if not allowed or c in allowed]
    if usual in candidates:
        return usual
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise Unreadable(f"must be in {' or '.join(allowed)}", f"Enter the amount in {allowed[0]}.")
    raise Unreadable(
        f"could be in {' or '.join(candidates)}", f"Write the code, for instance {candidates[0]}."
    )


def format_money(field: MoneyField, value: Mapping[str, str], locale: str) -> str:
    """How the form writes it: ``1,234.50 EUR``."""
    places = decimals_of(field, value["currency"])
    return f"{format_decimal(Decimal(value['amount']), locale, most_decimals=places)} {value['currency']}"
