"""What feeds read from addresses, and what they do not: against a real server of this machine."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import Invalid, Unavailable
from engine.feed_settings import FeedSettings
from engine.parameters.feeds import web
from tests.notify.mail_server import certificate
from tests.parameters.feeds.servers import Site, site

HERE = "127.0.0.0/8,::1/128"


@pytest.fixture
def plain() -> Iterator[Site]:
    with site() as made:
        yield made


def settings(*sites: Site, **more: Any) -> FeedSettings:
    hosts = ",".join(one.origin for one in sites)
    return FeedSettings(**{"feed_hosts": hosts, "feed_private_networks": HERE, "feed_seconds": 5.0, **more})


def read(one: Site, path: str, **more: Any) -> bytes:
    return web.fetch(one.address + path, settings(one, **more), {})


def test_an_allowed_server_is_read(plain: Site) -> None:
    plain.says("/rates", '{"USD": 1.08}')
    assert read(plain, "/rates?day=1") == b'{"USD": 1.08}'
    path, headers = plain.asked[0]
    assert path == "/rates?day=1"
    assert headers["host"] == f"localhost:{plain.port}"
    assert headers["accept-encoding"] == "identity"


def test_https_is_checked_against_the_name_and_who_signed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, key = certificate(tmp_path)
    with site((made, key)) as secure:
        secure.says("/", "1.08")
        with pytest.raises(Invalid, match="is not trusted"):
            read(secure, "/")
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        assert read(secure, "/") == b"1.08"
    with site((made, key), "127.0.0.2") as other:  # the certificate does not name this one
        listed = FeedSettings(feed_hosts=f"127.0.0.2:{other.port}", feed_private_networks=HERE)
        with pytest.raises(Invalid, match="is not trusted"):
            web.fetch(f"https://127.0.0.2:{other.port}/", listed, {})


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.com/x",  # allowed by https only
        "https://api.example.com.evil.org/",
        "https://api.example.com:8443/",
        "https://evil.org/?api.example.com",
        "https://api.example.com@evil.org/",
        "https://evil.org#@api.example.com/",
        "https://evil.org\\@api.example.com/",
        "https://api.example.com%2eevil.org/",
        "https://example.com/",
        "https://sub.api.example.com/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "file:///etc/passwd",
        "ftp://api.example.com/",
        "https://api.example.com/\r\nHost: evil.org",
        "https:///etc/passwd",
        "https://api.example.com:99999/",
        "//api.example.com/",
        "",
    ],
)
def test_an_address_outside_of_the_list_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(Invalid):
        web.allowed(address, FeedSettings(feed_hosts="api.example.com"))


@pytest.mark.parametrize(
    "address", ["https://API.example.com/x", "https://api.example.com./x", "https://api.example.com:443"]
)
def test_the_same_server_spelt_otherwise_is_the_same(address: str) -> None:
    place = web.allowed(address, FeedSettings(feed_hosts="api.example.com"))
    assert place.origin == ("https", "api.example.com", 443)


def test_a_star_holds_for_what_is_below_a_name_only() -> None:
    below = FeedSettings(feed_hosts="*.example.com")
    assert web.allowed("https://a.b.example.com/", below).name == "a.b.example.com"
    for name in ("example.com", "badexample.com", ".example.com"):
        with pytest.raises(Invalid):
            web.allowed(f"https://{name}/", below)


@pytest.mark.parametrize(
    "text", ["*", "*.com", "https://", "a b", "https://x/path", "http://u@x", "x:99999", "ftp://x", "a.*.com"]
)
def test_a_wrong_list_of_servers_is_told_at_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="is no name of a server"):
        FeedSettings(feed_hosts=text)


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        *[(one, False) for one in (
            "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
            "255.255.255.255", "224.0.0.1", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1",
            "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
            "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:0:0:0:0:0:1",
        )],
    ],
)  # fmt: skip
def test_addresses_inside_are_not_read_unless_their_network_is_allowed(address: str, known: bool) -> None:
    assert web.public(address, FeedSettings()) is known


def test_a_private_network_can_be_allowed() -> None:
    inside = FeedSettings(feed_private_networks="10.1.0.0/16")
    assert web.public("10.1.2.3", inside)
    assert web.public("::ffff:10.1.2.3", inside)
    assert not web.public("10.2.2.3", inside)


def test_a_name_that_leads_inside_is_refused_and_nothing_is_sent(plain: Site) -> None:
    with pytest.raises(Invalid, match="private, local or reserved"):
        read(plain, "/", feed_private_networks="")
    assert plain.asked == []


def test_a_name_with_one_address_inside_is_refused_whatever_the_others_are(
    plain: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    several = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, plain.port))
        for one in ("93.184.216.34", "127.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: several)
    with pytest.raises(Invalid, match="private, local or reserved"):
        read(plain, "/", feed_private_networks="")


def test_the_name_is_looked_up_once_and_that_very_address_is_used(
    plain: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain.says("/", "1")
    real, looked = socket.getaddrinfo, []

    def counted(host: Any, *more: Any, **named: Any) -> Any:
        looked.append(host)
        return real(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", counted)
    read(plain, "/")
    assert looked.count("localhost") == 1  # then only addresses, which nobody can answer otherwise


def test_redirects_within_the_list_are_followed_and_leave_secrets_behind(plain: Site) -> None:
    with site() as second:
        plain.says("/old", "", 302, Location="/new")
        plain.says("/new", "", 307, Location=f"{second.address}/final")
        second.says("/final", "1.08")
        body = web.fetch(f"{plain.address}/old", settings(plain, second), {"Authorization": "Bearer hush"})
        assert body == b"1.08"
        assert [headers.get("authorization") for _, headers in plain.asked] == ["Bearer hush", "Bearer hush"]
        assert "authorization" not in second.asked[0][1]


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://localhost:1/x",
        "file:///etc/passwd",
        "//evil.org/",
        "https://evil.org/",
    ],
)
def test_redirects_out_of_the_list_are_refused(plain: Site, to: str) -> None:
    plain.says("/", "", 302, Location=to)
    with pytest.raises(Invalid, match="sends on to another address"):
        read(plain, "/")


def test_redirects_in_a_circle_end(plain: Site) -> None:
    plain.says("/", "", 302, Location="/")
    with pytest.raises(Invalid, match="more than 3 times"):
        read(plain, "/")
    assert len(plain.asked) == 4


def test_a_huge_answer_is_not_read_to_its_end(plain: Site) -> None:
    plain.floods("/")
    plain.says("/said", b"x" * (2 << 20))
    for path in ("/", "/said"):
        with pytest.raises(Invalid, match="more than 1 MB"):
            read(plain, path, feed_limit_mb=1)


def test_a_slow_answer_ends_when_its_time_is_over(plain: Site) -> None:
    plain.drops("/", 0.1)
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"took longer than 0\.6 seconds"):
        read(plain, "/", feed_seconds=0.6)
    assert time.monotonic() - started < 3


def test_headers_that_come_drop_by_drop_end_too(plain: Site) -> None:
    def answer(request: Any) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for at in range(100):
            request.wfile.write(f"X-{at}: 1\r\n".encode())
            request.wfile.flush()
            time.sleep(0.1)

    plain.answers["/"] = answer
    started = time.monotonic()
    with pytest.raises(Unavailable, match="took longer"):
        read(plain, "/", feed_seconds=0.6)
    assert time.monotonic() - started < 3


def test_a_server_that_says_nothing_ends_too(plain: Site) -> None:
    plain.answers["/"] = lambda request: time.sleep(5)
    with pytest.raises(Unavailable, match="took longer"):
        read(plain, "/", feed_seconds=0.5)


def test_half_an_answer_is_none(plain: Site) -> None:
    plain.breaks_off("/", b"rate\n1.08\n", 500)
    with pytest.raises(Unavailable, match="in the middle"):
        read(plain, "/")


def test_an_answer_without_a_length_is_refused(plain: Site) -> None:
    plain.answers["/"] = lambda request: request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n1.08")
    with pytest.raises(Invalid, match="how long"):
        read(plain, "/")


def test_a_compressed_answer_is_refused(plain: Site) -> None:
    import gzip

    plain.says("/", gzip.compress(b"1" * (1 << 24)), Content_Encoding="gzip")
    with pytest.raises(Invalid, match="compressed"):
        read(plain, "/")


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (401, Invalid, "Check the stored secret"),
        (404, Invalid, "Check the address"),
        (429, Unavailable, "Try again later"),
        (500, Unavailable, "Try again later"),
        (204, Invalid, "status 204"),
    ],
)
def test_a_status_other_than_ok_is_a_sentence(plain: Site, status: int, error: Any, sentence: str) -> None:
    plain.says("/", "", status)
    with pytest.raises(error, match=sentence):
        read(plain, "/")


def test_garbage_is_a_sentence(plain: Site) -> None:
    plain.answers["/"] = lambda request: request.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 10)
    with pytest.raises(Unavailable, match="could not be read"):
        read(plain, "/")


def test_nobody_listening_and_unknown_names_are_sentences() -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    gone = FeedSettings(
        feed_hosts=f"http://localhost:{port},no-such-name.invalid", feed_private_networks=HERE
    )
    with pytest.raises(Unavailable, match="could not be reached"):
        web.fetch(f"http://localhost:{port}/", gone, {})
    with pytest.raises(Unavailable, match="could not be looked up"):
        web.fetch("https://no-such-name.invalid/", gone, {})
