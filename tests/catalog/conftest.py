"""A small model folder to change and register."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

MANIFEST = """\
manifest = 1

[model]
name = "price-check"
title = "Price check"
department = "Procurement"
language = "python"
entry = "price.py:check"
summary = "Compares prices."
tags = ["prices"]

[fields.horizon]
type = "integer"
title = "Weeks ahead"
default = 13
minimum = 1
maximum = 52
unit = "weeks"

[fields.price_floor]
type = "money"
currency = "EUR"
default = "1.50"

[fields.list_price]
type = "money"
currency = "EUR"
default = 2.5
show_when = "horizon > 3"

[[rules]]
check = "price_floor <= list_price"
message = "The price floor must not be above the list price."

[inputs.sales]
columns = { week = "date", units = "number" }

[outputs.total]
kind = "metric"

[outputs.weekly]
kind = "table"
columns = { week = "date", units = "number" }
chart = { kind = "line", x = "week", y = "units" }

[[golden]]
name = "two weeks"
values = { horizon = 4 }
inputs = { sales = "golden/sales.csv" }
expect = { total = 14.0 }
expect_table = { weekly = "golden/weekly.csv" }

[x]
anything = "goes"
"""
SOURCE = """\
def check(sales, horizon, price_floor, list_price):
    weekly = sales.assign(units=sales["units"] * horizon)
    return {"total": float(weekly["units"].sum()), "weekly": weekly}
"""


@pytest.fixture
def manifest_text() -> str:
    return MANIFEST


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with manifest, source, README and golden files."""
    folder = tmp_path / "price-check"
    (folder / "golden").mkdir(parents=True)
    (folder / "model.toml").write_text(MANIFEST)
    (folder / "price.py").write_text(SOURCE)
    (folder / "README.md").write_text("# Price check\n\nCompares prices.\n")
    (folder / "golden" / "sales.csv").write_text("week,units\n2026-01-05,1.5\n2026-01-12,2\n")
    (folder / "golden" / "weekly.csv").write_text("week,units\n2026-01-05,6\n2026-01-12,8\n")
    return folder


@pytest.fixture
def edit(model: Path) -> Callable[..., Path]:
    """Replace text in a file of the folder: ``edit("model.toml", "old", "new")``."""

    def work(file: str, old: str, new: str) -> Path:
        text = (model / file).read_text()
        assert old in text
        (model / file).write_text(text.replace(old, new))
        return model

    return work
