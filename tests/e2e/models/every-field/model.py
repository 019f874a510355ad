"""Gives back what the form said, so that a test can see it."""

import time

import pandas as pd


def run(
    budget, horizon, growth, price, floor, region, channels, start, cutoff, quarter, lead, promotion, discount, code,
    notes, targets, weights, sales=None,
):
    print(f"planning {horizon} weeks from {start}")
    weeks = pd.date_range(start, periods=horizon, freq="W")
    rows = [
        {"week": week, "brand": brand, "units": 100 + 10 * n + 5 * i, "lower": 80 + 10 * n + 4 * i, "upper": 120 + 10 * n + 6 * i}
        for n, brand in enumerate(weights["product"])
        for i, week in enumerate(weeks)
    ]
    for step in range(3):
        print(f"::progress {(step + 1) / 4} step {step + 1} of 3")
        time.sleep(0.05)
    note = f"{region} | {', '.join(channels)} | {lead} | {promotion} | {quarter} | {sum(targets)} | {notes}"
    plan = pd.DataFrame(rows, columns=["week", "brand", "units", "lower", "upper"])
    return {"total": float(weights["weight"].sum()), "plan": plan, "note": note}
