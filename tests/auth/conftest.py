"""The company of the rights matrix, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.auth.world import World, build, closing


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    yield from closing(build(tmp_path_factory.mktemp("company")))
