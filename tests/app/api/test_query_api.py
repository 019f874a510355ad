"""SQL and classes of columns over HTTP."""

from __future__ import annotations

import io

import openpyxl
import pytest
from starlette.testclient import TestClient

CSV = "store,units,e_mail\n7,5,ada@example.com\n7,3,bob@example.com\n8,9,eve@example.com\n"
ASKED = {
    "sql": "SELECT store, sum(units) AS units FROM sales GROUP BY store ORDER BY store",
    "datasets": ["sales"],
}


@pytest.fixture
def sales(client: TestClient) -> TestClient:
    response = client.post("/api/v1/datasets/sales?filename=sales.csv", content=CSV.encode())
    assert response.status_code == 201, response.text
    return client


def test_a_query_is_answered_with_columns_and_rows(sales: TestClient) -> None:
    body = sales.post("/api/v1/query", json=ASKED).json()
    assert [c["name"] for c in body["columns"]] == ["store", "units"]
    assert (body["rows"], body["total"], body["cut"]) == ([[7, 8], [8, 9]], 2, False)


def test_or_as_a_file(sales: TestClient) -> None:
    answer = sales.post("/api/v1/query", json={**ASKED, "format": "csv"})
    assert answer.text.splitlines() == ["store,units", "7,8", "8,9"]
    assert answer.headers["content-disposition"] == 'attachment; filename="query.csv"'
    book = sales.post("/api/v1/query", json={**ASKED, "format": "xlsx"})
    assert openpyxl.load_workbook(io.BytesIO(book.content)).active["B2"].value == 8


@pytest.mark.parametrize(
    "change",
    [
        {"sql": "SELECT * FROM read_csv('/etc/passwd')"},
        {"sql": "DROP VIEW sales"},
        {"datasets": []},
        {"sql": "SELEC"},
    ],
)
def test_what_is_no_query_is_a_sentence(sales: TestClient, change: dict[str, object]) -> None:
    answer = sales.post("/api/v1/query", json={**ASKED, **change})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].endswith(".")
    assert sales.post("/api/v1/query", json={**ASKED, "datasets": ["nope"]}).status_code == 404


def test_columns_are_suggested_and_classed(sales: TestClient) -> None:
    listed = sales.get("/api/v1/datasets/sales/classes").json()["items"]
    assert [(c["column"], c["kind"], c["suggested"]) for c in listed][2] == ("e_mail", "", "personal")
    asked = {"classes": {"e_mail": "personal"}, "reason": "addresses"}
    made = sales.put("/api/v1/datasets/sales/classes", json=asked).json()["items"]
    assert made[2]["kind"] == "personal"
    page = sales.get("/api/v1/datasets/sales/page").json()
    assert (page["columns"][2]["name"], page["rows"][0][2]) == (
        "e_mail",
        "ada@example.com",
    )  # an administrator
    wrong = sales.put("/api/v1/datasets/sales/classes", json={"classes": {"nope": "personal"}})
    assert wrong.status_code == 422
