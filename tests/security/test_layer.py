"""The layer around the server, by itself: names, proxies, origins, limits, over an application that tells all."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.security import Security, address_of, is_secure
from app.security.hosts import split_host
from app.security.limits import Body
from app.security.proxies import Proxies
from engine.errors import Invalid
from engine.network import networks, origin_of
from engine.settings import Settings
from tests.asynchronous import finished


async def telling(scope: Any, receive: Any, send: Any) -> None:
    """Answers with what it was told."""
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body", b"")
        more = message.get("more_body", False)
    told = {
        "client": scope["client"][0],
        "scheme": scope["scheme"],
        "secure": is_secure(scope),
        "headers": {n.decode(): v.decode() for n, v in scope["headers"]},
        "bytes": len(body),
        "address": address_of(scope, Settings()),
    }
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


async def failing(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("a secret inside")


def ask(
    headers: dict[str, str],
    app: Any = telling,
    *,
    client: str = "192.0.2.7",
    path: str = "/api/v1/x",
    method: str = "GET",
    body: list[bytes] | None = None,
    **settings: Any,
) -> tuple[int, dict[str, str], bytes]:
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "scheme": "http",
        "client": (client, 1234),
        "server": ("198.51.100.1", 8501),
        "headers": [(n.lower().encode(), v.encode()) for n, v in ({"Host": "localhost"} | headers).items()],
    }
    parts = [*(body or [b""])]
    sent: list[Any] = []

    async def receive() -> Any:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    finished(Security(app, Settings(**settings))(scope, receive, send))
    head = {n.decode().lower(): v.decode() for n, v in sent[0]["headers"]}
    return sent[0]["status"], head, b"".join(m.get("body", b"") for m in sent[1:])


FORWARDED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "models.example.com",
}


@pytest.mark.asvs("14.5.3")
def test_a_trusted_proxy_is_believed() -> None:
    status, head, body = ask(
        FORWARDED,
        client="10.0.0.5",
        trusted_proxies="10.0.0.0/24",
        public_address="https://models.example.com",
    )
    told = json.loads(body)
    assert status == 200
    assert (told["client"], told["scheme"], told["secure"]) == ("203.0.113.9", "https", True)
    assert told["headers"]["host"] == "models.example.com"
    assert head["strict-transport-security"] == f"max-age={365 * 86400}"


@pytest.mark.asvs("14.5.3")
def test_an_untrusted_sender_is_not_believed_and_its_words_go_no_further() -> None:
    _status, head, body = ask(FORWARDED, trusted_proxies="10.0.0.0/24")
    told = json.loads(body)
    assert (told["client"], told["scheme"], told["secure"]) == ("192.0.2.7", "http", False)
    assert set(told["headers"]) == {"host"}
    assert "strict-transport-security" not in head


@pytest.mark.asvs("14.5.3")
@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        ("10.0.0.7", "10.0.0.7"),
        ("203.0.113.9:5555", "203.0.113.9"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("<script>", "10.0.0.5"),
        ("1.1.1.1, unknown", "10.0.0.5"),
        ("", "10.0.0.5"),
    ],
)
def test_of_a_chain_of_proxies_the_nearest_stranger_counts(chain: str, client: str) -> None:
    """What stands before it, the stranger may have written."""
    _, _, body = ask({"X-Forwarded-For": chain}, client="10.0.0.5", trusted_proxies="10.0.0.0/24")
    assert json.loads(body)["client"] == client


@pytest.mark.asvs("14.5.3")
@given(chain=st.text(max_size=60))
def test_whatever_a_chain_says_the_client_is_an_address(chain: str) -> None:
    import ipaddress

    scope = {
        "type": "http",
        "client": ("10.0.0.5", 1),
        "scheme": "http",
        "headers": [(b"x-forwarded-for", chain.encode("utf-8"))],
    }
    ipaddress.ip_address(Proxies(networks("10.0.0.0/8")).seen(scope)["client"][0])


@pytest.mark.asvs("14.5.3")
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("models.example.com", 200),
        ("MODELS.example.com.", 200),
        ("localhost:8501", 200),
        ("[::1]:8501", 200),
        ("198.51.100.1", 200),
        ("a.internal.example", 200),
        ("internal.example", 421),
        ("evil.example", 421),
        ("models.example.com.evil.example", 421),
        ("203.0.113.50", 421),
        ("bad host", 400),
        ("models.example.com:99999", 400),
    ],
)
def test_with_a_public_address_only_named_hosts_are_answered(host: str, status: int) -> None:
    settings: Any = {"public_address": "https://models.example.com", "allowed_hosts": "*.internal.example"}
    assert ask({"Host": host}, **settings)[0] == status


@pytest.mark.asvs("14.5.3")
@pytest.mark.parametrize(("host", "status"), [("203.0.113.50:8501", 200), ("evil.example", 421)])
def test_without_one_addresses_are_answered_and_foreign_names_are_not(host: str, status: int) -> None:
    """A name can be made to point here by anybody; an address cannot."""
    assert ask({"Host": host})[0] == status


@pytest.mark.asvs("14.5.3")
@given(st.text(max_size=40))
def test_any_host_header_is_read_or_refused(text: str) -> None:
    found = split_host(text)
    assert found is None or set(found[0]) <= set("abcdefghijklmnopqrstuvwxyz0123456789.-_:")


@pytest.mark.asvs("13.2.3")
def test_behind_a_proxy_the_public_address_is_our_origin() -> None:
    settings: Any = {"public_address": "https://models.example.com", "trusted_proxies": "10.0.0.5"}
    for origin, status in (
        ("https://models.example.com", 200),
        ("http://models.example.com", 403),
        ("https://models.example.com.evil", 403),
        ("https://evil.example", 403),
    ):
        headers = {**FORWARDED, "Origin": origin}
        assert ask(headers, client="10.0.0.5", method="POST", **settings)[0] == status


@pytest.mark.asvs("13.2.2")
def test_a_body_is_counted_as_it_comes() -> None:
    parts = [b"x" * (1 << 20)] * 3
    assert ask({}, method="POST", body=[*parts], request_limit_mb=2)[0] == 413
    assert ask({}, method="POST", body=[*parts], request_limit_mb=4)[0] == 200


@pytest.mark.asvs("11.1.4")
def test_a_body_that_comes_too_slowly_is_given_up() -> None:
    async def drip() -> Any:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def work() -> int:
        body = Body(drip, 1 << 20, grace=0.2)
        while (await body.receive())["type"] == "http.request":
            pass
        return body.breach

    assert finished(asyncio.wait_for(work(), 5)) == 408


@pytest.mark.asvs("7.4.1")
def test_a_failure_inside_is_a_sentence_with_a_reference() -> None:
    for path in ("/api/v1/x", "/page"):
        status, head, body = ask({}, failing, path=path)
        assert status == 500
        assert b"secret" not in body
        assert b"reference" in body
        assert head["x-content-type-options"] == "nosniff"


@pytest.mark.asvs("14.1.4")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("public_address", "models.example.com"),
        ("public_address", "https://models.example.com/path"),
        ("public_address", "https://a:b@models.example.com"),
        ("trusted_proxies", "proxy.example.com"),
        ("trusted_proxies", "10.0.0.0/99"),
        ("port", 99_999),
    ],
)
def test_a_wrong_setting_of_the_way_is_a_sentence(name: str, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        Settings(**{name: value})
    assert f"QUARTERDECK_{name.upper()}" in refused.value.sentence


@pytest.mark.asvs("14.1.4")
def test_an_address_is_kept_as_browsers_write_it() -> None:
    assert origin_of("HTTPS://Models.Example.com:443/") == "https://models.example.com"
    assert origin_of("http://[::1]:8501") == "http://[::1]:8501"
