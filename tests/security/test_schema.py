"""Thousands of requests made of the API's own description (schemathesis) against a real server.

Nothing may fail inside, answer in another shape than described, or answer a stranger. The time is bounded.
The same values are tried each time, so that a change is judged and not luck; other ones with
``QUARTERDECK_TESTS_SEED=NUMBER``.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from sysconfig import get_path

import pytest

from engine.settings import ROOT
from tests.security.world import World, running

SECONDS = 45
SEED = os.environ.get("QUARTERDECK_TESTS_SEED", "20261122")
HOOKS = "tests.security.schema_hooks"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)


@pytest.fixture(scope="module")
def own_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that may be changed at will."""
    with running(tmp_path_factory.mktemp("schema") / "data") as made:
        yield made


@pytest.mark.asvs("13.1.3", "13.2.2", "5.1.3", "7.4.1")
def test_the_api_keeps_to_its_description_whatever_is_sent(own_world: World, tmp_path: Path) -> None:
    program = Path(get_path("scripts")) / "schemathesis"
    if not program.exists():
        pytest.skip("schemathesis is not installed: ./quarterdeck test installs it")
    schema = tmp_path / "openapi.json"
    schema.write_bytes(own_world.get("/api/v1/openapi.json", "token").body)
    words = [str(program), "run", str(schema), "--url", own_world.origin]
    words += ["-H", f"Authorization: Bearer {own_world.token}", "--checks", ",".join(CHECKS)]
    words += ["--exclude-path", "/api/v1/events"]  # a stream that never ends
    words += [
        "--phases",
        "coverage,fuzzing",
        "--max-time",
        str(SECONDS),
        "--max-failures",
        "5",
        "--no-shrink",
        "--seed",
        SEED,
    ]
    words += ["--request-timeout", "20", "--suppress-health-check", "all", "--warnings", "off"]
    environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "150", "SCHEMATHESIS_HOOKS": HOOKS}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS * 3
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert own_world.get("/api/v1/health/live").status == 200
