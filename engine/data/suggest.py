"""Which columns of a new file look as if they held personal data: by name and by what the values look like.

Only a hint: a person confirms it. Nothing of a value is kept in the reason that is given.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.data.coltypes import ColumnInfo
from engine.data.filters import quoted

SAMPLE = 2_000
MOSTLY = 0.6  # of the present values
LEAST = 3  # values of a kind, at least: two look-alikes are chance

_IBAN = r"[A-Z]{2}\d{2}( ?[A-Z0-9]{4}){2,7}( ?[A-Z0-9]{1,4})?"
_PHONE = r"(\+|00)\d{1,3}[ \-/.(]?[\d \-/.()]{6,17}|0\d{2,5}[ \-/]\d{3,}[\d \-]*"
_PHONE_US = r"\(\d{3}\) ?\d{3}[ \-.]\d{4}|\d{3}-\d{3}-\d{4}"
_IP = r"(\d{1,3}\.){3}\d{1,3}|([0-9a-fA-F]{0,4}:){4,7}[0-9a-fA-F]{1,4}"

# what a value is: the reason, and the pattern of a whole value
_CONTENTS = (
    ("e-mail addresses", re.compile(r"[\w.+\-']+@[\w\-]+(\.[\w\-]+)+")),
    ("bank accounts (IBAN)", re.compile(_IBAN)),
    ("telephone numbers", re.compile(f"{_PHONE}|{_PHONE_US}")),
    ("addresses of computers (IP)", re.compile(_IP)),
)
_CARD = re.compile(r"\d{4}([ \-]?\d{4}){2}[ \-]?\d{1,7}")

# words in a column's name, by what they suggest: the first that fits is said
_SENSITIVE = {
    "health": "health diagnosis disease illness disability medication gesundheit krankheit",
    "faith, origin or opinion": "religion faith ethnicity ethnic race union politics party konfession",
    "sexual orientation": "orientation sexuality",
}
_PERSONAL = {
    "e-mail addresses": "email mail emailaddress",
    "telephone numbers": "phone telephone tel mobile cell fax telefon handy",
    "days of birth": "birth birthday birthdate dob born geburtstag geburtsdatum",
    "names of people": "firstname lastname surname forename givenname familyname fullname maidenname vorname "
    "nachname contactname customername employeename",
    "postal addresses": "address street postcode zipcode zip plz strasse anschrift addressline",
    "national identifiers": "ssn passport nationalid taxid socialsecurity ausweis personalausweis",
    "bank accounts or cards": "iban bic creditcard cardnumber accountnumber kontonummer",
    "addresses of computers (IP)": "ipaddress ip",
    "gender": "gender sex geschlecht",
    "pay": "salary wage payroll gehalt",
}
_PAIRS = ("first name", "last name", "given name", "family name", "full name", "customer name", "contact name",
          "employee name", "e mail", "zip code", "post code", "ip address", "credit card", "card number",
          "account number", "tax id", "national id", "social security", "maiden name", "address line")  # fmt: skip


def suggestions(connection: Any, path: Path, columns: Sequence[ColumnInfo]) -> dict[str, dict[str, str]]:
    """Column → ``{"kind", "why"}`` for those that look personal. One look at a sample of the values."""
    found = {}
    for column in columns:
        hint = by_name(column.name) or _by_values(connection, path, column)
        if hint is not None:
            found[column.name] = {"kind": hint[0], "why": hint[1]}
    return found


def by_name(name: str) -> tuple[str, str] | None:
    """What a column's name says: class and reason."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    words = [w for w in re.split(r"[\W_\d]+", spaced.casefold()) if w]
    said = {*words, *(pair.replace(" ", "") for pair in _PAIRS if pair in " ".join(words)), "".join(words)}
    for kind, meanings in (("sensitive", _SENSITIVE), ("personal", _PERSONAL)):
        for why, listed in meanings.items():
            if said & set(listed.split()):
                return kind, f"its name suggests {why}"
    return None


def by_content(values: Sequence[str]) -> tuple[str, str] | None:
    """What most of the values look like: class and reason."""
    present = [v.strip() for v in values if v and v.strip()]
    if len(present) < LEAST:
        return None
    for why, pattern in _CONTENTS:
        if sum(1 for v in present if pattern.fullmatch(v)) >= MOSTLY * len(present):
            return "personal", f"most values look like {why}"
    if sum(1 for v in present if _CARD.fullmatch(v) and _luhn(v)) >= MOSTLY * len(present):
        return "personal", "most values look like numbers of bank cards"
    return None


def _by_values(connection: Any, path: Path, column: ColumnInfo) -> tuple[str, str] | None:
    if column.type not in ("text", "category"):
        return None
    name = quoted(column.name)
    sql = f"SELECT CAST({name} AS VARCHAR) FROM read_parquet($p) WHERE {name} IS NOT NULL LIMIT {SAMPLE}"
    return by_content([row[0][:200] for row in connection.execute(sql, {"p": str(path)}).fetchall()])


def _luhn(text: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1, annex B)."""
    digits = [int(c) for c in text if c.isdigit()]
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
