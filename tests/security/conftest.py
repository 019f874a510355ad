"""One real server for all attacks. Each test here names the requirement of OWASP ASVS 4.0.3 that it tries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.world import World, running

HERE = Path(__file__).parent
NUMBER = re.compile(r"\d{1,2}\.\d{1,2}\.\d{1,2}")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every attack says which requirement it belongs to; all are slow ones, because of the server."""
    for item in items:
        if HERE in item.path.parents:
            mark = item.get_closest_marker("asvs")
            if mark is None or not all(NUMBER.fullmatch(number) for number in mark.args):
                raise pytest.UsageError(
                    f"{item.nodeid}: name the ASVS requirement, @pytest.mark.asvs('5.3.3')"
                )
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The server, its people, and one finished run of each model."""
    with running(tmp_path_factory.mktemp("security") / "data") as made:
        yield made
