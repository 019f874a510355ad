"""Gives back what it was given, in a table for each kind: numbers, texts, days, moments, flags."""

import datetime

import pandas as pd

KINDS = {
    "numbers": "float64",
    "texts": "str",
    "days": object,
    "moments": "datetime64[us, UTC]",
    "flags": "bool",
}


def kind(value):
    if isinstance(value, bool):
        return "flags", value
    if isinstance(value, int):
        return "texts", str(value)  # of any size
    if isinstance(value, datetime.datetime):
        return "moments", value.astimezone(datetime.timezone.utc)
    if isinstance(value, datetime.date):
        return "days", value
    if isinstance(value, datetime.timedelta):
        return "numbers", value.total_seconds()
    return ("numbers", value) if isinstance(value, float) else ("texts", value)


def echo(rows=None, **given):
    found = {name: [] for name in KINDS}
    for name, value in given.items():
        for at, one in enumerate(value if isinstance(value, list) else [value]):
            if one is not None:
                where, held = kind(one)
                found[where].append((name, at, held))
    made = {
        where: pd.DataFrame(
            {
                "name": pd.Series([n for n, _, _ in held], dtype="str"),
                "at": pd.Series([at for _, at, _ in held], dtype="int64"),
                "value": pd.Series([v for _, _, v in held], dtype=KINDS[where]),
            }
        )
        for where, held in found.items()
        if held
    }
    return made | ({} if rows is None else {"rows": rows})
