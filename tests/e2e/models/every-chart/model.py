"""Tables for every kind of chart; no randomness."""

import datetime

import pandas as pd

BRANDS = ("tea", "milk", "juice")


def charts(weeks: int) -> dict[str, pd.DataFrame]:
    """The tables of the manifest."""
    first = datetime.date(2026, 1, 5)
    rows = [
        {
            "week": first + datetime.timedelta(weeks=week),
            "brand": brand,
            "sold": 1000.0 * (at + 1) + 250.0 * ((week * (at + 2)) % 7),
            "price": 2.0 + 0.25 * ((week + at) % 5),
            "margin": 10.0 + 40.0 * ((week + 2 * at) % 4),
            "region": ("north", "south")[week % 2],
        }
        for week in range(weeks)
        for at, brand in enumerate(BRANDS)
    ]
    table = pd.DataFrame(rows)
    stores = [
        {
            "store": f"S{store:03}",
            "week": row["week"],
            "brand": row["brand"],
            "sold_cartons": row["sold"] / store,
        }
        for store in range(1, 16)
        for row in rows
    ]
    return {
        "bubbles": table[["price", "sold", "margin", "brand"]],
        "stacked": table[["week", "brand", "sold"]],
        "stores": pd.DataFrame(stores),
        "few": table[["brand", "sold", "region"]],
        "counts": table[["price", "brand"]],
    }
