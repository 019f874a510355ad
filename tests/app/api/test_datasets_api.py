"""Datasets over HTTP: upload, page, download."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

CSV = "brand,units,week\nTropicana,5,2026-01-05\nDominick's,3,2026-01-12\nÅrets,9,2026-01-19\n"
SALES = "/api/v1/datasets/sales"


@pytest.fixture
def sales(client: TestClient) -> TestClient:
    response = client.post(f"{SALES}?filename=sales.csv&title=Weekly+sales&licence=CC0", content=CSV.encode())
    assert response.status_code == 201, response.text
    assert response.json()["rows"] == 3
    return client


def test_upload_then_list_and_get(sales: TestClient) -> None:
    listed = sales.get("/api/v1/datasets").json()
    assert [(d["name"], d["title"], d["version"]) for d in listed["items"]] == [("sales", "Weekly sales", 1)]
    found = sales.get(SALES).json()
    assert found["versions"][0]["lineage"]["licence"] == "CC0"
    assert [c["name"] for c in sales.get(f"{SALES}/versions/1").json()["schema"]] == [
        "brand",
        "units",
        "week",
    ]


def test_the_same_file_is_the_same_version(sales: TestClient) -> None:
    again = sales.post(f"{SALES}?filename=other.csv", content=CSV.encode()).json()
    assert again["number"] == 1


def test_a_page_is_sorted_and_filtered_over_the_whole(sales: TestClient) -> None:
    page = sales.get(f"{SALES}/page", params={"sort": "units", "descending": True, "limit": 2}).json()
    assert [row[0] for row in page["rows"]] == ["Årets", "Tropicana"]
    assert page["total"] == 3
    assert [c["name"] for c in page["columns"]] == ["brand", "units", "week"]
    filters = json.dumps([{"column": "units", "op": "<=", "value": "5"}])
    assert sales.get(f"{SALES}/page", params={"filters": filters}).json()["total"] == 2


@pytest.mark.parametrize("filters", ["nonsense", '{"a": 1}', '[{"column": "nope", "op": "=", "value": 1}]'])
def test_filters_that_make_no_sense_are_a_sentence(sales: TestClient, filters: str) -> None:
    response = sales.get(f"{SALES}/page", params={"filters": filters})
    assert response.status_code == 422
    assert response.json()["error"]["problems"]


@pytest.mark.parametrize("path", ["/files/datasets/sales", f"{SALES}/download"])
def test_download_in_each_format(sales: TestClient, path: str) -> None:
    response = sales.get(path, params={"format": "csv"})
    assert response.headers["content-disposition"] == 'attachment; filename="sales_v1.csv"'
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "Årets" in response.content.decode("utf-8-sig")
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(sales.get(path, params={"format": "xlsx"}).content))
    assert book.worksheets[0].max_row == 4
    assert sales.get(path).content[:4] == b"PAR1"
    refused = sales.get(path, params={"format": "doc"})
    assert refused.status_code == 422
    assert "csv, xlsx, parquet" in refused.json()["error"]["message"]


def test_downloads_can_be_resumed(sales: TestClient) -> None:
    whole = sales.get("/files/datasets/sales").content
    head = sales.head("/files/datasets/sales")
    assert head.headers["accept-ranges"] == "bytes"
    assert int(head.headers["content-length"]) == len(whole)
    part = sales.get("/files/datasets/sales", headers={"Range": "bytes=4-9"})
    assert part.status_code == 206
    assert part.content == whole[4:10]
    assert sales.get("/files/datasets/sales", headers={"Range": f"bytes={len(whole)}-"}).status_code == 416


def test_nothing_made_for_a_download_is_left(sales: TestClient, tmp_path: Path) -> None:
    sales.get("/files/datasets/sales", params={"format": "csv"})
    assert not list((tmp_path / "data").rglob("download-*"))


def test_in_parts_to_a_dataset(client: TestClient) -> None:
    upload = client.post("/api/v1/uploads", json={"name": "stock.csv"}).json()
    path = f"/api/v1/uploads/{upload['id']}"
    client.put(f"{path}?offset=0", content=CSV.encode()[:20])
    client.put(f"{path}?offset=20", content=CSV.encode()[20:])
    made = client.post(f"{path}/finish", json={"dataset": "stock", "title": "Stock"})
    assert made.json()["lineage"]["file"] == "stock.csv"
    assert made.json()["rows"] == 3


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("empty.csv", b""),
        ("damaged.parquet", b"PAR1nonsense"),
        ("picture.png", b"\x89PNG"),
        ("x.xlsx", b"PK.."),
    ],
)
def test_bad_files_are_a_sentence_and_nothing_is_kept(
    client: TestClient, filename: str, content: bytes
) -> None:
    response = client.post(f"/api/v1/datasets/bad?filename={filename}", content=content)
    assert response.status_code == 422, response.text
    assert filename in response.json()["error"]["message"]
    assert client.get("/api/v1/datasets").json()["total"] == 0
    assert client.get("/api/v1/datasets/bad").status_code == 404


@pytest.mark.parametrize("name", ["Bad Name", "a--b", "x" * 81])
def test_names_follow_the_rule(client: TestClient, name: str) -> None:
    response = client.post(f"/api/v1/datasets/{name}?filename=a.csv", content=CSV.encode())
    assert response.status_code == 422
    assert response.json()["error"]["problems"][0]["where"] == "name"
