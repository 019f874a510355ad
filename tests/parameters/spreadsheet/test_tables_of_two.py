"""A table edited in a spreadsheet while somebody else stored another version of it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from engine.access import LOCAL_ADMIN
from engine.parameters.merging import ChangedMeanwhile
from engine.parameters.table_merging import Collision
from tests.parameters.conftest import House

MODEL, SET = "weighing", "autumn"
MANIFEST = """
manifest = 1
[model]
name = "weighing"
title = "Weighing"
department = "Procurement"
language = "python"
entry = "model.py:weigh"
summary = "Weighs."
deterministic = true

[fields.weights]
type = "table"
title = "Weights"
columns = { product = "text", weight = "number" }

[outputs.total]
kind = "metric"
"""


def weights(**rows: float) -> dict[str, Any]:
    columns = [{"name": "product", "type": "text"}, {"name": "weight", "type": "number"}]
    return {"columns": columns, "rows": [[name, weight] for name, weight in rows.items()]}


@pytest.fixture
def file(house: House, tmp_path: Path) -> Path:
    """The workbook of version 1 with another weight of tea and of coffee; Ben stored a version 2 meanwhile."""
    folder, path = tmp_path / MODEL, tmp_path / "autumn.xlsx"
    folder.mkdir()
    (folder / "model.toml").write_text(MANIFEST, "utf-8")
    (folder / "model.py").write_text("def weigh(weights):\n    return {'total': 1.0}\n", "utf-8")
    house.auth.engine.catalog.register(LOCAL_ADMIN, folder, promote=True)
    house.sets.create(house.ada, MODEL, SET, "Autumn")
    stored(house, 0, tea=0.5, coffee=1.5, cocoa=2.0)
    house.auth.engine.sheets.export(house.ada, MODEL, SET, path)
    book = openpyxl.load_workbook(path)
    sheet = book["Weights"]
    for row in sheet.iter_rows():
        for cell, beside in pairwise(row):
            beside.value = {"tea": 0.75, "coffee": 1.75}.get(cell.value, beside.value)
    book.save(path)
    stored(house, 1, tea=0.5, coffee=1.6, cocoa=2.5)
    return path


def stored(house: House, base: int, **rows: float) -> None:
    values = {"weights": weights(**rows)}
    house.sets.submit(house.ben, MODEL, SET, values, reason="Weighed again.", base=base or None)


def test_only_the_cells_that_both_changed_are_asked_for(house: House, file: Path) -> None:
    sheets = house.auth.engine.sheets
    (conflict,) = sheets.preview(house.ada, MODEL, SET, file, file.name).conflicts
    assert conflict.cells == (Collision(["coffee"], "weight", 1.5, 1.6, 1.75),)
    with pytest.raises(ChangedMeanwhile):
        sheets.submit(house.ada, MODEL, SET, file, file.name, reason="From the sheet.")


@pytest.mark.parametrize(("side", "coffee"), [("yours", 1.75), ("theirs", 1.6)])
def test_whatever_is_chosen_the_other_cells_of_both_are_kept(
    house: House, file: Path, side: str, coffee: float
) -> None:
    made = house.auth.engine.sheets.submit(
        house.ada, MODEL, SET, file, file.name, reason="From the sheet.", choose={"weights": side}
    )
    assert made.values == {"weights": weights(tea=0.75, coffee=coffee, cocoa=2.5)}
