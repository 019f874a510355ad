"""From a stored set through JSON over HTTP into another version: every value is the same, to the bit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from auth.service import Auth
from engine.access import LOCAL_ADMIN
from tests.conftest import TINY
from tests.parameters.every_field import FIELDS, manifest, spelled

SETS = "/api/v1/models/echo-python/sets"
EXAMPLE = st.fixed_dictionaries(
    {name: values if name == "nth" else st.none() | values for name, (_, values) in FIELDS.items()}
)


def test_what_is_read_can_be_sent_back_and_is_the_same(
    client: TestClient, auth: Auth, tmp_path: Path
) -> None:
    shutil.copytree(TINY / "echo", tmp_path / "echo")
    (tmp_path / "echo" / "model.toml").write_text(manifest("python"), "utf-8")
    auth.engine.catalog.register(LOCAL_ADMIN, tmp_path / "echo", promote=True)
    for name in ("one", "two"):
        assert client.post(SETS, json={"name": name, "title": name}).status_code == 201

    def send(name: str, values: dict[str, Any]) -> dict[str, Any]:
        base = client.get(f"{SETS}/{name}").json()["latest"] or None
        body = {"values": values, "reason": "an example", "base": base}
        made = client.post(f"{SETS}/{name}/versions", json=body)
        assert made.status_code == 201, made.text
        found: dict[str, Any] = client.get(f"{SETS}/{name}/in-force").json()["values"]
        return found

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(EXAMPLE)
    def holds(values: dict[str, Any]) -> None:
        first = send("one", json.loads(json.dumps(values)))
        assert spelled(first) == spelled(values)
        assert spelled(send("two", first)) == spelled(values)
        stored = auth.engine.sets.in_force(LOCAL_ADMIN, "echo-python", "two").values
        assert spelled(stored) == spelled(values)

    holds()
