"""People of one department at what belongs to another: by address, by number, by field, by query."""

from __future__ import annotations

import time

import pytest

from tests.security.world import World


@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/models/procurement-sum",
        "/api/v1/models/procurement-sum/fields",
        "/api/v1/models/procurement-sum/versions",
        "/api/v1/models/procurement-sum/versions/1",
        "/api/v1/datasets/procurement-list",
        "/api/v1/datasets/procurement-list/versions/1",
        "/api/v1/datasets/procurement-list/page",
        "/api/v1/datasets/procurement-list/classes",
        "/api/v1/datasets/procurement-list/download",
        "/files/datasets/procurement-list",
    ],
)
def test_another_departments_things_are_not_there(world: World, path: str) -> None:
    theirs, none = world.get(path, "mia"), world.get(path.replace("procurement-", "nothing-"), "mia")
    assert theirs.status == none.status == 404
    assert world.get(path, "paul").status == 200


@pytest.mark.asvs("4.2.1")
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/runs/{}",
        "/api/v1/runs/{}/log",
        "/api/v1/runs/{}/outputs",
        "/files/runs/{}",
        "/files/runs/{}/total",
    ],
)
def test_another_departments_run_is_not_there(world: World, path: str) -> None:
    run = world.ids["procurement-sum"]
    assert world.get(path.format(run), "mia").status == 404
    assert world.get(path.format(run), "paul").status == 200


@pytest.mark.asvs("4.2.1")
def test_another_departments_work_cannot_be_touched(world: World) -> None:
    run = world.ids["procurement-sum"]
    assert world.ask("POST", f"/api/v1/runs/{run}/cancel", "mia").status == 404
    assert world.ask("POST", f"/api/v1/runs/{run}/again", "mia").status == 404
    assert world.ask("POST", "/api/v1/runs", "mia", {"model": "procurement-sum"}).status == 404
    assert world.ask("POST", "/api/v1/models/procurement-sum/predict", "mia", {"values": {}}).status == 404
    classes = {"classes": {"name": "name"}}
    assert world.ask("PUT", "/api/v1/datasets/procurement-list/classes", "mia", classes).status in (404, 422)


@pytest.mark.asvs("4.1.3")
def test_a_viewer_changes_nothing(world: World) -> None:
    assert world.ask("POST", "/api/v1/runs", "max", {"model": "marketing-sum"}).status == 403
    assert world.ask("POST", "/api/v1/models/marketing-sum/predict", "max", {"values": {}}).status == 403
    assert world.ask("POST", "/api/v1/uploads", "max", {"name": "a.csv"}).status == 403


@pytest.mark.asvs("4.1.3")
@pytest.mark.parametrize("path", ["/api/v1/doctor", "/api/v1/metrics"])
def test_the_machine_is_shown_to_its_administrators_only(world: World, path: str) -> None:
    assert world.get(path, "mia").status == 403
    assert world.get(path, "root").status == 200


@pytest.mark.asvs("4.2.1")
def test_lists_hold_ones_own_department_only(world: World) -> None:
    for path in ("/api/v1/models", "/api/v1/datasets", "/api/v1/runs"):
        text = world.get(path, "mia").text
        assert "marketing" in text
        assert "procurement" not in text
        assert "procurement" not in world.get(f"{path}?search=procurement", "mia").text.replace("search", "")


@pytest.mark.asvs("4.2.1")
def test_somebody_elses_upload_cannot_be_read_continued_or_deleted(world: World) -> None:
    upload = world.ask("POST", "/api/v1/uploads", "paul", {"name": "secret.csv", "bytes": 6}).json()["id"]
    for method, path, body in (
        ("GET", f"/api/v1/uploads/{upload}", None),
        ("PUT", f"/api/v1/uploads/{upload}?offset=0", b"a,b\n1,"),
        ("POST", f"/api/v1/uploads/{upload}/finish", {}),
        ("DELETE", f"/api/v1/uploads/{upload}", None),
    ):
        assert world.ask(method, path, "mia", body).status == 404, method
    assert world.get(f"/api/v1/uploads/{upload}", "paul").json()["offset"] == 0


@pytest.mark.asvs("4.2.1")
def test_data_is_not_uploaded_into_another_department(world: World) -> None:
    for body in ({"dataset": "mine", "department": "Procurement"}, {"dataset": "procurement-list"}):
        upload = world.ask("POST", "/api/v1/uploads", "mia", {"name": "a.csv", "bytes": 8}).json()["id"]
        world.ask("PUT", f"/api/v1/uploads/{upload}?offset=0", "mia", b"a,b\n1,2\n")
        answer = world.ask("POST", f"/api/v1/uploads/{upload}/finish", "mia", body)
        assert answer.status in (403, 404, 409), answer.text
    assert world.get("/api/v1/datasets/procurement-list", "paul").json().get("version", 1) == 1


@pytest.mark.asvs("5.1.2")
@pytest.mark.parametrize(
    "extra",
    [
        {"state": "succeeded"},
        {"actor": "root"},
        {"owner": "root"},
        {"department": "Procurement"},
        {"id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"},
        {"on_behalf_of": "root"},
        {"__proto__": {"admin": True}},
    ],
)
def test_fields_that_nobody_asked_for_are_refused(world: World, extra: dict[str, object]) -> None:
    """Mass assignment."""
    answer = world.ask("POST", "/api/v1/runs", "mia", {"model": "marketing-sum", **extra})
    assert answer.status == 422
    answer = world.ask("POST", "/api/v1/uploads", "mia", {"name": "a.csv", **extra})
    assert answer.status == 422


QUOTES = [
    "' OR 1=1 --",
    "'; DROP TABLE run; --",
    '" OR ""="',
    "%",
    "_",
    "\\",
    "') UNION SELECT * FROM account --",
    "x' AND sleep(3) --",
]


@pytest.mark.asvs("5.3.4")
@pytest.mark.parametrize("text", QUOTES)
def test_sql_in_a_search_finds_nothing_more(world: World, text: str) -> None:
    from urllib.parse import quote

    started = time.perf_counter()
    for path in ("/api/v1/models", "/api/v1/runs", "/api/v1/datasets"):
        for name in ("search", "model", "state", "department", "after", "sort"):
            answer = world.get(f"{path}?{name}={quote(text)}", "mia")
            assert answer.status < 500, answer.text
            assert "procurement" not in answer.text.replace(text, "")
    assert time.perf_counter() - started < 20


@pytest.mark.asvs("5.3.4")
@pytest.mark.parametrize("text", QUOTES)
def test_sql_in_the_filters_of_a_table_is_text(world: World, text: str) -> None:
    import json
    from urllib.parse import quote

    base = "/api/v1/datasets/marketing-list/page"
    for query in (
        f"sort={quote(text)}",
        f"columns={quote(text)}",
        f"filter={quote(json.dumps({'name': text}))}",
    ):
        answer = world.get(f"{base}?{query}", "mia")
        assert answer.status in (200, 422), answer.text
        assert "account" not in answer.text.replace(text, "")


@pytest.mark.asvs("5.3.4")
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "ATTACH '{data}/quarterdeck.db' AS q",
        "COPY (SELECT 1) TO '{data}/x.csv'",
        "INSTALL httpfs",
        "PRAGMA database_list",
        "SELECT current_setting('allowed_paths')",
        "SELECT 1; DROP TABLE marketing_list",
        'SELECT * FROM "procurement-list"',
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_secrets()",
    ],
)
def test_sql_of_people_reaches_nothing_but_their_datasets(world: World, sql: str) -> None:
    body = {"sql": sql.format(data=world.data), "datasets": ["marketing-list"]}
    answer = world.ask("POST", "/api/v1/query", "mia", body)
    assert answer.status in (400, 403, 404, 422), answer.text
    assert "root:" not in answer.text
    assert not (world.data / "x.csv").exists()


@pytest.mark.asvs("4.2.1")
def test_sql_over_another_departments_dataset_is_refused(world: World) -> None:
    body = {"sql": "SELECT 1", "datasets": ["procurement-list"]}
    assert world.ask("POST", "/api/v1/query", "mia", body).status == 404


@pytest.mark.asvs("4.2.1")
def test_another_persons_media_and_upload_places_are_not_there(world: World) -> None:
    assert world.get("/media/" + "a" * 56 + ".png", "mia").status in (401, 404)
    answer = world.ask(
        "PUT", "/_stcore/upload_file/not-my-session/file", "mia", b"x", {"Origin": world.origin}
    )
    assert answer.status in (400, 403, 404)


@pytest.mark.asvs("4.2.1")
def test_the_event_stream_tells_nothing_of_another_department(world: World) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", world.port), timeout=3) as line:
        head = f"Host: 127.0.0.1:{world.port}\r\nCookie: {world.cookie('mia')}\r\n\r\n"
        line.sendall(f"GET /api/v1/events HTTP/1.1\r\n{head}".encode())
        time.sleep(0.5)
        for who, model in (("paul", "procurement-sum"), ("mia", "marketing-sum")):
            world.ask("POST", "/api/v1/runs", who, {"model": model, "reuse": False})
        got = b""
        try:
            while chunk := line.recv(65536):
                got += chunk
        except TimeoutError:
            pass
    assert b"marketing-sum" in got or b"event:" in got
    assert b"procurement" not in got
