"""Parameter text files over HTTP: preview, import, and the set in its own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from auth.service import Auth
from tests.parameters.sets import MODEL, SET, add_model

ROOT = f"/api/v1/models/{MODEL}"
LAYOUTS = f"{ROOT}/sets/{SET}/layouts"
FILE = b"# ours\r\nweeks = 20   ; ahead\r\nfloor = 1,234\r\n"


@pytest.fixture
def api(client: TestClient, auth: Auth, tmp_path: Path) -> TestClient:
    add_model(auth, tmp_path / "pricing")
    return client


def send(api: TestClient, data: bytes = FILE, **query: Any) -> Any:
    params = {"file": "prices.txt", "reason": "From the laptop.", **query}
    return api.post(f"{ROOT}/sets/{SET}/imports", content=data, params=params)


def test_a_preview_asks_and_is_answered_in_the_address(api: TestClient) -> None:
    found = api.post(f"{ROOT}/parameter-files", content=FILE, params={"file": "prices.txt"}).json()
    assert (found["ready"], [one["about"] for one in found["questions"]]) == (False, ["decimal"])
    again = api.post(f"{ROOT}/parameter-files", content=FILE, params={"decimal": ",", "set": SET}).json()
    assert again["ready"]
    assert {one["field"]: one["new"] for one in again["effect"]["differences"]} == {
        "weeks": 20,
        "floor": 1.234,
    }
    assert again["effect"]["new_set"]


def test_a_file_goes_in_and_comes_back_byte_for_byte(api: TestClient) -> None:
    made = send(api, decimal=",")
    assert made.status_code == 201, made.json()
    assert made.json()["version"]["values"] == {"weeks": 20, "floor": 1.234}
    layout = made.json()["layout"]
    assert [one["name"] for one in api.get(LAYOUTS).json()["items"]] == ["prices.txt"]
    got = api.get(f"{LAYOUTS}/{layout['id']}/file")
    assert got.content == FILE
    assert "prices.txt" in got.headers["content-disposition"]
    send(api, b"weeks = 21\nfloor = 2\n", file="other.txt")
    assert api.get(f"{LAYOUTS}/prices.txt/file").content == FILE.replace(b"20", b"21").replace(b"1,234", b"2")
    assert api.get(f"{LAYOUTS}/prices.txt/file", params={"original": True}).content == FILE
    fixed = f"{ROOT}/sets/{SET}@1/layouts/prices.txt/file"
    assert api.get(fixed).content == FILE
    assert api.get(f"{ROOT}/sets/{SET}/text", params={"kind": "yaml"}).text.count("weeks: 21") == 1
    assert api.delete(f"{LAYOUTS}/{layout['id']}").status_code == 204
    assert api.get(f"{LAYOUTS}/{layout['id']}/file").status_code == 404


def test_a_stale_base_is_a_conflict_with_both_sides(api: TestClient) -> None:
    send(api, b"weeks = 20\n")
    send(api, b"weeks = 21\n", base=1)
    refused = send(api, b"weeks = 22\n", base=1)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "changed-meanwhile")


@pytest.mark.parametrize(
    ("data", "query", "words"),
    [
        (FILE, {}, "decimal sign"),
        (b"weeks = 20\nweeks = 21\n", {}, "line 2"),
        (b"weeks = 20\n", {"reason": ""}, "reason"),
        (b"weeks = 20\n", {"scale": "weeks"}, "has no"),
        (b"weeks = 20\n", {"days": "third"}, "day"),
        (b"#" * (6 << 20), {}, "5 MB"),
        (b"", {}, "empty"),
    ],
)
def test_what_cannot_be_imported_is_a_sentence_and_makes_no_set(
    api: TestClient, data: bytes, query: dict[str, Any], words: str
) -> None:
    refused = send(api, data, **query)
    assert refused.status_code == 422
    assert words in refused.json()["error"]["message"]
    assert api.get(f"{ROOT}/sets").json()["total"] == 0


def test_a_hundred_megabytes_are_refused_by_their_announced_size(api: TestClient) -> None:
    head = {"content-length": str(100 << 20)}
    refused = api.post(f"{ROOT}/sets/{SET}/imports", content=b"weeks = 1\n", headers=head)
    assert refused.status_code == 422
    assert "100.0 MB" in refused.json()["error"]["message"]
