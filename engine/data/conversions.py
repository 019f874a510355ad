"""Lossless conversions between column types: what a dataset holds → what a model's input declares.

``ALLOWED`` is asked twice: by ``fits`` (from schema and profile, before a run) and here, when the column
is really converted. Anything that could lose a digit is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.data.coltypes import PLURAL, type_of_arrow
from engine.errors import Invalid, Problem

# (what the column is, what the input declares) → condition on the profile, "" for always
ALLOWED: Mapping[tuple[str, str], str] = {
    ("integer", "number"): "exact",  # up to 2^53
    ("number", "integer"): "whole",
    ("integer", "text"): "",
    ("integer", "category"): "",
    ("text", "category"): "",
    ("category", "text"): "",
    ("date", "date-time"): "",
}

LARGEST_EXACT = 2**53


def convertible(actual: str, wanted: str, profile: Mapping[str, Any], rows: int) -> bool:
    """May a column of type ``actual`` with this profile be given where ``wanted`` is declared?"""
    if actual == wanted or (rows and profile.get("nulls") == rows) or rows == 0:
        return True
    condition = ALLOWED.get((actual, wanted))
    if condition == "whole":
        return bool(profile.get("whole"))
    if condition == "exact":
        ends = (profile.get("minimum"), profile.get("maximum"))
        return all(end is None or abs(int(end)) <= LARGEST_EXACT for end in ends)
    return condition is not None


def fit_table(table: Any, types: Mapping[str, str]) -> Any:
    """The Arrow table with each named column converted to its declared type.

    Raises Invalid with one problem per column that cannot be converted without loss.
    """
    import pyarrow as pa

    problems: list[Problem] = []
    for n, name in enumerate(table.column_names):
        column = table.column(n)
        wanted, actual = types.get(name), type_of_arrow(column.type)
        if wanted is None or wanted == actual:
            continue
        try:
            table = table.set_column(n, name, _convert(column, str(actual), wanted))
        except (pa.ArrowException, KeyError) as error:
            problems.append(_refusal(name, str(actual), wanted, error))
    if problems:
        raise Invalid("the input table", problems)
    return table


def _convert(column: Any, actual: str, wanted: str) -> Any:
    import pyarrow as pa

    from engine.data.coltypes import arrow_of_type

    if column.null_count == len(column):
        return pa.chunked_array([pa.nulls(len(column), arrow_of_type(wanted))])
    if (actual, wanted) not in ALLOWED:
        raise KeyError(wanted)
    if wanted == "category":
        return column.cast(pa.string()).dictionary_encode()
    return column.cast(arrow_of_type(wanted), safe=True)


def _refusal(name: str, actual: str, wanted: str, error: Exception) -> Problem:
    detail = "" if isinstance(error, KeyError) else f" ({error})"
    return Problem(
        name,
        f"Column “{name}” holds {PLURAL.get(actual, actual)}, but the model needs {PLURAL.get(wanted, wanted)}"
        f"{detail}. Correct the column in the file and upload it again, or choose another dataset.",
        rule=f"{name} = {wanted}",
    )
