"""Requests that are too large, too slow, malformed, or meant for somebody else."""

from __future__ import annotations

import contextlib
import json
import socket
import time

import pytest

from tests.security.world import World, address

MB = 1 << 20


@pytest.mark.asvs("12.3.1")
@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../../etc/passwd",
        "/static/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/static/..%2f..%2f..%2fetc%2fpasswd",
        "/static/..%5c..%5cetc%5cpasswd",
        "/static/%252e%252e%252fetc%252fpasswd",
        "/static/....//....//etc/passwd",
        "/static/%c0%ae%c0%ae/etc/passwd",
        "/files/datasets/..%2f..%2fquarterdeck.db",
        "/files/runs/../../quarterdeck.db",
        "/media/../../quarterdeck.db",
        "/_stcore/bidi-components/quarterdeck.view/../../../en.toml",
        "/_stcore/bidi-components/quarterdeck.view/..%2f..%2fen.toml",
        "/auth/assets/../../application.py",
        "/auth/assets/%2e%2e%2fapplication.py",
        "/component/x/../../../../etc/passwd",
        "/etc/passwd%00.png",
        "/static//etc/passwd",
    ],
)
def test_no_address_leads_out_of_its_folder(world: World, path: str) -> None:
    answer = world.get(path, "root")
    assert b"root:" not in answer.body
    assert b"SQLite" not in answer.body
    assert b"import " not in answer.body[:200]
    assert answer.status in (303, 400, 404) or answer.body.lstrip().startswith(b"<!")


@pytest.mark.asvs("12.3.1")
@pytest.mark.parametrize(
    "name", ["../../quarterdeck.db", "..\\x", "/etc/passwd", "a/../../b", ".", "..", "%00"]
)
def test_a_name_of_an_object_is_no_path(world: World, name: str) -> None:
    for kind in ("models", "datasets", "runs", "uploads"):
        answer = world.get(f"/api/v1{address(kind, name)}", "root")
        assert answer.status in (400, 404, 405, 422), (kind, answer.text)
    run = world.ids["hostile"]
    assert world.get(address("files", "runs", run, name), "root").status in (400, 404)


@pytest.mark.asvs("13.2.2")
def test_a_body_larger_than_allowed_is_refused_before_it_is_read(world: World) -> None:
    started = time.perf_counter()
    head = (
        f"POST /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1:{world.port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {world.token}\r\nContent-Length: {1 << 40}\r\n\r\n"
    )
    assert b" 413 " in world.raw(head.encode(), 5).split(b"\r\n")[0]
    assert time.perf_counter() - started < 8


@pytest.mark.asvs("13.2.2")
def test_a_body_of_unknown_length_is_cut_off_at_the_limit(world: World) -> None:
    with socket.create_connection(("127.0.0.1", world.port), timeout=20) as line:
        line.sendall(
            f"POST /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1:{world.port}\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {world.token}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
        )
        chunk = b"%x\r\n" % MB + b" " * MB + b"\r\n"
        sent = 0
        try:
            for _ in range(64):
                line.sendall(chunk)
                sent += MB
        except OSError:
            pass
        answer = b""
        with contextlib.suppress(OSError):
            answer = line.recv(65536)
    assert sent < 64 * MB or b" 413 " in answer.split(b"\r\n")[0]


@pytest.mark.asvs("13.2.2")
def test_the_sign_in_form_takes_no_large_body(world: World) -> None:
    body = "name=" + "a" * (200 << 10)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": world.origin}
    assert world.ask("POST", "/auth/sign-in", body=body, headers=headers).status == 413


@pytest.mark.asvs("13.2.2")
def test_pages_take_no_body(world: World) -> None:
    answer = world.ask("POST", "/", "mia", b"x" * (100 << 10), {"Content-Type": "text/plain"})
    assert answer.status == 413


@pytest.mark.asvs("13.2.2")
def test_deep_json_is_refused_and_harms_nothing(world: World) -> None:
    for text in ("[" * 200_000 + "]" * 200_000, '{"values":' * 50_000 + "1" + "}" * 50_000):
        for path in ("/api/v1/runs", "/api/v1/models/marketing-sum/predict"):
            answer = world.ask("POST", path, "mia", text, {"Content-Type": "application/json"})
            assert answer.status in (400, 422), (path, answer.status)


@pytest.mark.asvs("5.1.4")
@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "1" * 5000])
def test_odd_numbers_are_calculated_with_or_refused_but_never_a_failure(world: World, number: str) -> None:
    body = f'{{"values": {{"a": {number}}}}}'
    answer = world.ask(
        "POST", "/api/v1/models/marketing-sum/predict", "mia", body, {"Content-Type": "application/json"}
    )
    assert answer.status in (200, 422), answer.text[:300]
    json.loads(answer.text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.mark.asvs("14.5.4")
@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 4 4\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "X: a\r\n b: c\r\nContent-Length : 4\r\n",
    ],
)
def test_a_request_that_two_servers_would_read_differently_is_refused(world: World, head: str) -> None:
    """Request smuggling: what follows must not be taken for a request of its own."""
    smuggled = f"GET /api/v1/health/live HTTP/1.1\r\nHost: 127.0.0.1:{world.port}\r\n\r\n"
    answer = world.raw(
        f"POST /api/v1/health/live HTTP/1.1\r\nHost: 127.0.0.1:{world.port}\r\n{head}\r\n0\r\n\r\n{smuggled}".encode(),
        3,
    )
    assert b'{"status"' not in answer
    assert answer.split()[1][:1] == b"4"


@pytest.mark.asvs("14.5.4")
@pytest.mark.parametrize(
    "line",
    ["GET /\x00 HTTP/1.1", "GET / HTTP/9.9", "GET  / HTTP/1.1", "\x16\x03\x01\x02", "GET / HTTP/1.1\nX: y"],
)
def test_what_is_no_http_is_turned_away(world: World, line: str) -> None:
    answer = world.raw(f"{line}\r\n\r\n".encode("latin-1"), 3)
    assert answer == b"" or answer.split()[1][:1] in (b"4", b"5")
    assert b"Traceback" not in answer


@pytest.mark.asvs("14.5.4")
def test_a_head_larger_than_allowed_is_refused(world: World) -> None:
    host = f"Host: 127.0.0.1:{world.port}\r\n"
    many = "".join(f"X-{n}: {n}\r\n" for n in range(500))
    for head in (f"{host}X: {'a' * 70_000}\r\n", host + many, f"{host}Cookie: {'a=b; ' * 20_000}\r\n"):
        assert world.raw(f"GET / HTTP/1.1\r\n{head}\r\n".encode(), 5).split()[1] == b"431"
    answer = world.raw(f"GET /{'a' * 70_000} HTTP/1.1\r\n{host}\r\n".encode(), 5)
    assert answer.split()[1] == b"431"
    said, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in said
    assert "too large: at most 32 KB" in json.loads(body)["error"]["message"]


@pytest.mark.asvs("11.1.4")
def test_hundreds_of_silent_connections_do_not_stop_the_others(world: World) -> None:
    lines = [socket.create_connection(("127.0.0.1", world.port)) for _ in range(300)]
    try:
        for line in lines:
            line.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        started = time.perf_counter()
        assert world.get("/_stcore/health").status == 200
        assert time.perf_counter() - started < 3
    finally:
        for line in lines:
            line.close()


@pytest.mark.asvs("14.5.3")
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost:8501@evil.example",
        "a b",
        "",
        "evil.example:80:80",
        "[::1",
    ],
)
def test_a_name_that_is_not_ours_is_not_answered(world: World, host: str) -> None:
    """Host header poisoning and DNS rebinding."""
    answer = world.raw(f"GET /auth/sign-in HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert answer.split()[1] in (b"400", b"421")
    assert b"<form" not in answer


@pytest.mark.asvs("14.5.3")
def test_exactly_one_host_is_named(world: World) -> None:
    ours = f"Host: 127.0.0.1:{world.port}\r\n"
    for hosts in ("", ours + "Host: evil.example\r\n", ours + ours):
        answer = world.raw(f"GET /auth/sign-in HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
        assert answer.split()[1] == b"400"


@pytest.mark.asvs("14.5.3")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Forwarded-Host", "evil.example"),
        ("Forwarded", "host=evil.example;proto=https"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-For", "10.9.9.9"),
        ("X-Real-IP", "10.9.9.9"),
    ],
)
def test_nobody_but_a_trusted_proxy_says_where_a_request_comes_from(
    world: World, name: str, value: str
) -> None:
    answer = world.ask("GET", "/auth/sign-in", headers={name: value})
    assert answer.status == 200
    assert "evil" not in answer.text + str(answer.headers)
    assert "strict-transport-security" not in answer.headers
    assert not any(c.startswith("__Host-") for c in answer.cookies)
    log = "".join(p.read_text("utf-8") for p in (world.data / "server-log").glob("*"))
    assert "10.9.9.9" not in log


@pytest.mark.asvs("5.3.1")
@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=y", "a\nX: y", "a\x00b", "\x1b[31m", "é", "a" * 5000])
def test_an_id_of_a_request_is_only_repeated_when_it_is_harmless(world: World, value: str) -> None:
    raw = (
        f"GET /api/v1/health/live HTTP/1.1\r\nHost: 127.0.0.1:{world.port}\r\nConnection: close\r\n".encode()
    )
    answer = world.raw(raw + b"X-Request-ID: " + value.encode() + b"\r\n\r\n")
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert b"set-cookie" not in head
    assert b"\x1b" not in head
    assert b"a" * 65 not in head


@pytest.mark.asvs("12.1.1")
def test_an_upload_larger_than_announced_or_allowed_is_refused(world: World) -> None:
    assert world.ask("POST", "/api/v1/uploads", "mia", {"name": "a.csv", "bytes": 1 << 50}).status == 413
    assert world.ask("POST", "/api/v1/uploads", "mia", {"name": "a.csv", "bytes": -1}).status == 422
    begun = world.ask("POST", "/api/v1/uploads", "mia", {"name": "a.csv", "bytes": 10}).json()["id"]
    answer = world.ask("PUT", f"/api/v1/uploads/{begun}?offset=0", "mia", b"x" * 100)
    assert answer.status in (409, 413, 422)


@pytest.mark.asvs("12.3.1")
@pytest.mark.parametrize(
    "name",
    [
        "../../evil.csv",
        "..\\..\\evil.csv",
        "/etc/cron.d/x",
        "C:\\x.csv",
        "a\x00.csv",
        ".htaccess",
        "con",
        "a\r\nb",
    ],
)
def test_the_name_of_an_upload_is_no_path(world: World, name: str) -> None:
    answer = world.ask("POST", "/api/v1/uploads", "mia", {"name": name})
    assert answer.status in (201, 422)
    if answer.status == 201:
        kept = answer.json()["name"]
        assert not set(kept) & set("/\\\0\r\n")
        assert not kept.startswith(".")
    assert not list(world.data.parent.glob("evil*"))
