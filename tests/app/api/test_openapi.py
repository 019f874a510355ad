"""The API's description is a snapshot: it changes on purpose, and the change is seen in the review.

``python -m tests.app.api.test_openapi`` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.api.application import create_api

SNAPSHOT = Path(__file__).with_name("openapi.json")


def described() -> dict[str, Any]:
    """The description, without what only the library's version decides."""
    made = create_api().openapi()
    return {"paths": made["paths"], "schemas": made["components"]["schemas"]}


def test_the_description_is_the_one_agreed_on() -> None:
    assert described() == json.loads(SNAPSHOT.read_text("utf-8")), "python -m tests.app.api.test_openapi"


def test_each_operation_is_documented_and_named_once() -> None:
    operations = [o for path in described()["paths"].values() for o in path.values()]
    names = [o["operationId"] for o in operations]
    assert len(names) == len(set(names))
    for operation in operations:
        assert operation["summary"]
        assert operation["tags"]
        assert operation["responses"]["4XX"]["content"]["application/json"]["schema"]["$ref"].endswith(
            "/Failure"
        )


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(described(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
