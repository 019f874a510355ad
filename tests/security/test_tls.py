"""TLS: a certificate is looked at before the start, old versions are not spoken, http is sent on to https."""

from __future__ import annotations

import http.client
import ipaddress
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.security import tls
from app.security.redirect import Redirect
from engine import doctor
from engine.doctor import network
from engine.errors import Unavailable
from engine.settings import Settings
from tests.security.world import free_port, start, until_up

DAY = timedelta(days=1)


def write_pair(
    folder: Path,
    name: str = "localhost",
    *,
    since: timedelta = -DAY,
    until: timedelta = 90 * DAY,
    passphrase: bytes = b"",
) -> tuple[Path, Path]:
    """A self-signed certificate for a name and 127.0.0.1, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key_file = folder / "server.crt", folder / "server.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    lock: Any = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
    )
    return certificate, key_file


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int, Path, Path]]:
    """A server with TLS: its port, the port that sends on, its certificate, its data folder."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = write_pair(folder)
    plain = free_port()
    process, port = start(
        folder / "data", certificate=str(certificate), certificate_key=str(key), redirect_port=str(plain)
    )
    try:
        until_up(process, port, "https")
        yield port, plain, certificate, folder / "data"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _ask(port: int, certificate: Path, path: str, **headers: str) -> tuple[int, dict[str, str], list[str]]:
    context = ssl.create_default_context(cafile=certificate)
    client = http.client.HTTPSConnection("localhost", port, context=context, timeout=30)
    client.request("GET", path, headers=headers)
    answer = client.getresponse()
    answer.read()
    found = {name.lower(): value for name, value in answer.getheaders()}
    return answer.status, found, answer.headers.get_all("set-cookie") or []


@pytest.mark.asvs("9.1.1", "14.4.5", "3.4.1", "3.4.4")
def test_under_tls_browsers_are_told_to_stay_there_and_cookies_are_secure(
    secure: tuple[int, int, Path, Path],
) -> None:
    port, _, certificate, _ = secure
    status, headers, cookies = _ask(port, certificate, "/auth/sign-in")
    assert status == 200
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert cookies
    assert all("; secure" in cookie.lower() for cookie in cookies)
    assert any(cookie.startswith("__Host-") for cookie in cookies)
    _, _, cookies = _ask(port, certificate, "/_stcore/health")
    assert all("; secure" in cookie.lower() for cookie in cookies)


@pytest.mark.asvs("9.1.3")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_versions_before_1_2_are_not_spoken(secure: tuple[int, int, Path, Path]) -> None:
    for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", secure[0])) as line, pytest.raises(OSError):
            context.wrap_socket(line)


@pytest.mark.asvs("9.1.2")
@pytest.mark.parametrize("ciphers", ["NULL", "aNULL", "EXPORT", "RC4", "3DES", "kRSA"])
def test_weak_ciphers_are_not_spoken(secure: tuple[int, int, Path, Path], ciphers: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
    except ssl.SSLError:
        return  # this machine's own OpenSSL does not even know it
    with socket.create_connection(("127.0.0.1", secure[0])) as line, pytest.raises(OSError):
        context.wrap_socket(line)


@pytest.mark.asvs("9.1.1")
def test_the_second_port_sends_on_to_https(secure: tuple[int, int, Path, Path]) -> None:
    port, plain, _, _ = secure
    client = http.client.HTTPConnection("localhost", plain, timeout=10)
    client.request("GET", "/models?x=1")
    answer = client.getresponse()
    assert (answer.status, answer.headers["location"]) == (308, f"https://localhost:{port}/models?x=1")


@pytest.mark.asvs("5.1.5")
@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        (b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n", b"Location: https://localhost:8501/a\r\n"),
        (
            b"GET //evil.example HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"Location: https://localhost:8501/evil.example\r\n",
        ),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b" 400 "),
        (b"GET / HTTP/1.1\r\n\r\n", b" 400 "),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n", b" 400 "),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", b" 400 "),
        (b"GET /\rLocation: x HTTP/1.1\r\nHost: localhost\r\n\r\n", b" 400 "),
        (b"\x16\x03\x01\x00\r\n\r\n", b" 400 "),
    ],
)
def test_it_sends_nobody_to_another_server(head: bytes, wanted: bytes) -> None:
    with socket.socket() as unused:
        assert wanted in Redirect(Settings(), unused).answer(head)


@pytest.mark.asvs("9.2.1")
def test_the_command_line_talks_to_its_own_server_and_to_no_other(
    secure: tuple[int, int, Path, Path], tmp_path: Path
) -> None:
    port, _, certificate, data = secure
    words = [sys.executable, "-P", "-m", "app.cli", "models", "list"]
    environment = os.environ | {"QUARTERDECK_DATA_FOLDER": str(data), "PYTHONPATH": os.getcwd()}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    other, _ = write_pair(tmp_path / "other")
    for trusted, works in ((certificate, True), (other, False)):
        client = http.client.HTTPSConnection(
            "127.0.0.1", port, context=tls.local_context(trusted), timeout=10
        )
        try:
            client.request("GET", "/_stcore/health")
            assert works
        except ssl.SSLError:
            assert not works


def _settings(certificate: Path | None, key: Path | None = None, **more: Any) -> Settings:
    return Settings(certificate=certificate, certificate_key=key, **more)


@pytest.mark.asvs("14.1.4")
def test_a_wrong_certificate_is_a_sentence_before_the_start(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path / "a")
    _, other_key = write_pair(tmp_path / "b")
    expired, expired_key = write_pair(tmp_path / "c", since=-9 * DAY, until=-DAY)
    future, future_key = write_pair(tmp_path / "d", since=DAY)
    locked, locked_key = write_pair(tmp_path / "e", passphrase=b"x")
    nonsense = tmp_path / "nonsense.pem"
    nonsense.write_text("hello", "utf-8")
    for given, words in (
        (_settings(tmp_path / "none.crt", key), "No such file"),
        (_settings(certificate, tmp_path / "none.key"), "cannot be read: No such file"),
        (_settings(certificate, other_key), "does not belong to the certificate"),
        (_settings(nonsense, key), "no certificate in PEM form"),
        (_settings(certificate, nonsense), "cannot be used as a PEM key"),
        (_settings(expired, expired_key), "has expired on"),
        (_settings(future, future_key), "is valid from"),
        (_settings(locked, locked_key), "has a passphrase"),
        (_settings(None, key), "without QUARTERDECK_CERTIFICATE"),
    ):
        with pytest.raises(Unavailable) as refused:
            tls.context_of(given)
        assert words in refused.value.sentence
    context = tls.context_of(_settings(certificate, key))
    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2


@pytest.mark.asvs("14.1.4")
def test_the_server_says_it_and_ends(tmp_path: Path) -> None:
    expired, key = write_pair(tmp_path, since=-9 * DAY, until=-DAY)
    words = [sys.executable, "-P", "-m", "app.cli", "serve", "--port", str(free_port())]
    given = {"CERTIFICATE": expired, "CERTIFICATE_KEY": key, "DATA_FOLDER": tmp_path / "data"}
    environment = os.environ | {f"QUARTERDECK_{name}": str(value) for name, value in given.items()}
    environment["PYTHONPATH"] = os.getcwd()
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == Unavailable.exit_code
    assert "has expired on" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.asvs("9.1.1")
def test_a_renewed_certificate_is_taken_up_and_a_broken_one_is_not(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path / "now")
    settings = _settings(certificate, key)
    context = tls.context_of(settings)
    assert context is not None
    renewal = tls.Renewal(settings, context)
    assert not renewal.look()
    newer, newer_key = write_pair(tmp_path / "new")
    for source, target in ((newer, certificate), (newer_key, key)):
        time.sleep(0.01)
        shutil.copy(source, target)
    assert renewal.look()
    key.write_text("broken", "utf-8")
    assert not renewal.look()


@pytest.mark.asvs("14.1.4")
@pytest.mark.parametrize(
    ("settings", "ok", "words"),
    [
        ({}, True, "only this machine"),
        ({"host": "0.0.0.0"}, False, "can be read on the way"),
        ({"host": "0.0.0.0", "trusted_proxies": "10.0.0.5"}, False, "not by the proxy only"),
        ({"trusted_proxies": "0.0.0.0/0"}, False, "pretend another address"),
        ({"public_address": "http://models.example.com"}, False, "without https"),
        (
            {"public_address": "https://models.example.com"},
            False,
            "neither a certificate nor a trusted proxy",
        ),
        ({"public_address": "https://models.example.com", "trusted_proxies": "127.0.0.1"}, True, ""),
    ],
)
def test_the_doctor_says_what_of_the_way_is_open(settings: dict[str, Any], ok: bool, words: str) -> None:
    found = network.access(Settings(**settings))
    assert found.ok is ok
    assert words in found.value
    assert bool(found.remedy) is not ok


@pytest.mark.asvs("14.1.4")
def test_the_doctor_counts_a_certificates_days(tmp_path: Path) -> None:
    soon, key = write_pair(tmp_path / "soon", "models.example.com", until=5 * DAY)
    found = network.certificate(_settings(soon, key))
    assert found is not None
    assert not found.ok
    assert "4 days" in found.value
    good, key = write_pair(tmp_path / "good", "models.example.com")
    for public, ok in (("https://models.example.com", True), ("https://other.example.com", False)):
        found = network.certificate(_settings(good, key, public_address=public))
        assert found is not None
        assert found.ok is ok
    assert "certificate" in doctor.report(_settings(good, key, data_folder=tmp_path / "data"))
