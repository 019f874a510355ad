"""The company of the parameter sets, with exchange rates as a dataset."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.access import LOCAL_ADMIN
from tests.parameters.conftest import House, house
from tests.parameters.sets import HOME, MODEL, SET

__all__ = ["house"]

RATES = "day,currency,rate\n2026-10-05,USD,1.07\n2026-10-06,USD,1.08\n2026-10-06,GBP,0.85\n"
SQL = "SELECT rate, day AS observed_on FROM rates WHERE currency = 'USD' ORDER BY day DESC LIMIT 1"
USD = {"kind": "sql", "sql": SQL, "datasets": ["rates"]}


@pytest.fixture
def rates(house: House, tmp_path: Path) -> Callable[[str], Any]:
    """Store rates as the next version of the dataset “rates”, the first one at once."""

    def work(text: str, department: str | None = HOME) -> Any:
        file = tmp_path / "rates.csv"
        file.write_text(text, "utf-8")
        return house.auth.engine.datasets.ingest(LOCAL_ADMIN, "rates", file, department=department)

    work(RATES)
    return work


@pytest.fixture
def feeds(house: House, rates: Any) -> Any:
    """The service, with a first version of the set in force."""
    house.sets.submit(house.ada, MODEL, SET, {"floor": 1.05, "list_price": 10.0}, reason="First.")
    return house.auth.engine.feeds
