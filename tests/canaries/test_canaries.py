"""Secrets are planted in a real server and looked for everywhere that people, logs, backups and models can see."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from engine.runtimes.keeper import descendants
from engine.settings import ROOT
from tests.canaries.planted import LANGUAGES, Planted, plant, sign_in

pytestmark = pytest.mark.slow
MODELS = [*(f"canary-{language}" for language in LANGUAGES), "canary-script"]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    """The server after a day's use: sign-ins, runs that go well and badly, real-time calls, requests, mail."""
    for made in plant(tmp_path_factory.mktemp("canaries")):
        used(made)
        yield made


environments: dict[str, bytes] = {}  # of every process of the server while models ran
seen: dict[str, set[int]] = {}  # model → workers that were looked at while it ran


def used(planted: Planted) -> None:
    """Use it, and look at the processes meanwhile."""
    password = planted.canaries["the password of a person"]
    planted.canaries["a session"] = sign_in(planted, password)
    assert planted.canaries["a session"]
    sign_in(planted, planted.canaries["a wrong password"])
    for model in MODELS:
        run(planted, model, how="well", seconds=1.5)
        run(planted, model, how="raise", seconds=0)
    for language in LANGUAGES:
        for how in ("well", "raise"):
            body = {"values": {"password": {"secret": "canary"}, "how": how, "seconds": 0}}
            planted.ask("POST", f"/api/v1/models/canary-{language}/predict", json=body)
    wrong_requests(planted)
    planted.ask("POST", "/api/v1/mail/test", json={"address": "bob@example.com"})
    planted.mail.box.wait(1)
    read_everything(planted)


def run(planted: Planted, model: str, *, how: str, seconds: float) -> None:
    """A run to its end; every process of the server is looked at while it goes on."""
    body = {"model": model, "values": {"password": {"secret": "canary"}, "how": how, "seconds": seconds}}
    answer = planted.ask("POST", "/api/v1/runs", json=body)
    assert answer.status_code in (200, 201, 202), answer.text
    run_id = answer.json()["id"]
    end = time.monotonic() + 120
    state = ""
    while state not in ("succeeded", "failed") and time.monotonic() < end:
        if seconds:
            look_at_processes(planted, model)
        time.sleep(0.1)
        state = planted.client.get(f"/api/v1/runs/{run_id}").json()["state"]
    assert state == ("succeeded" if how == "well" else "failed"), planted.ask(
        "GET", f"/api/v1/runs/{run_id}"
    ).text
    for part in ("", "/log", "/outputs", "/provenance"):
        planted.ask("GET", f"/api/v1/runs/{run_id}{part}")


def look_at_processes(planted: Planted, model: str) -> None:
    """Environment and command line of the server and of all that it started."""
    for pid in (planted.process.pid, *descendants(planted.process.pid)):
        try:
            content = Path(f"/proc/{pid}/environ").read_bytes()
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        environments[f"{pid} {line[:200]!r}"] = content + b"\n" + line
        if b"TMPDIR=" in content and pid != planted.process.pid:  # a worker's own temporary folder
            seen.setdefault(model, set()).add(pid)


def wrong_requests(planted: Planted) -> None:
    """Requests that are refused must not repeat what was sent as a secret."""
    value = planted.canaries["a value that was refused"]
    for body in (
        {"value": value, "unknown": value},
        {"value": [value]},
        {"value": value, "department": 3},
        {"value": value, "description": value * 100},
        value,
    ):
        answer = planted.ask("PUT", "/api/v1/secrets/new", json=body)
        assert answer.status_code == 422, answer.text
    long = planted.ask("PUT", "/api/v1/secrets/new", json={"value": value * 4000})
    assert long.status_code in (413, 422)
    planted.ask("PUT", "/api/v1/secrets/quarterdeck.x", json={"value": value})
    planted.ask("PUT", "/api/v1/secrets/new", content=f'{{"value": "{value}'.encode())
    with_token = planted.client.get("/api/v1/me", headers={"Authorization": f"Bearer qd_x_{value}"})
    planted.answers.append(("GET /api/v1/me with a wrong token", with_token.content))


def read_everything(planted: Planted) -> None:
    """Every address of the API that needs no name, and those of the secrets; the audit log's export as well."""
    described = planted.ask("GET", "/api/v1/openapi.json").json()
    for path, methods in described["paths"].items():
        if "get" in methods and "{" not in path and not path.endswith("/events"):
            planted.ask("GET", path)
    for path in ("/api/v1/secrets/canary", "/api/v1/secrets/nothing", "/no/such/page"):
        planted.ask("GET", path)
    for kind in ("csv", "jsonl"):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "QUARTERDECK_DATA_FOLDER": str(planted.data)}
        environment["QUARTERDECK_MASTER_KEY"] = planted.canaries["the master key"]
        target = planted.data.parent / f"audit.{kind}"
        words = ["audit", "export", str(target), "--format", kind]
        done = subprocess.run(
            [sys.executable, "-P", "-m", "app.cli", *words], env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        content = target.read_bytes()
        planted.answers.append((f"quarterdeck {' '.join(words)}", done.stdout + done.stderr + content))
    for words in (
        ["secrets", "list", "--json"],
        ["secrets", "keys"],
        ["notify", "outbox", "--json"],
        ["doctor"],
    ):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "app.cli", *words], env=environment, capture_output=True, check=False
        )
        planted.answers.append((f"quarterdeck {' '.join(words)}", done.stdout + done.stderr))


def spellings(value: str) -> set[bytes]:
    """A value as it could stand somewhere."""
    encoded = base64.b64encode(value.encode()).decode().rstrip("=")
    found = {value, json.dumps(value)[1:-1], quote(value), quote(value, safe=""), encoded[: len(encoded) - 2]}
    return {one.encode() for one in found if len(one) >= 8}


def leaks(planted: Planted, content: bytes) -> list[str]:
    """The planted secrets that are in it."""
    return [
        what
        for what, value in planted.canaries.items()
        if any(spelling in content for spelling in spellings(value))
    ]


def test_nothing_is_in_the_data_folder(planted: Planted) -> None:
    """Database with its journal, logs, contents, exports, run folders: all that a backup copies."""
    found: dict[str, Any] = {}
    files = [file for file in planted.data.rglob("*") if file.is_file()]
    assert any(file.name.endswith("-wal") for file in files), "the journal is there while the server runs"
    for file in files:
        if leaked := leaks(planted, file.read_bytes()):
            found[str(file.relative_to(planted.data))] = leaked
    assert not found


def test_nothing_is_in_what_the_server_prints(planted: Planted) -> None:
    assert not leaks(planted, planted.output.read_bytes())


def test_nothing_is_in_any_answer_or_export(planted: Planted) -> None:
    assert len(planted.answers) > 60
    found = {where: leaked for where, content in planted.answers if (leaked := leaks(planted, content))}
    assert not found


def test_nothing_is_in_the_environment_or_command_line_of_any_process(planted: Planted) -> None:
    """Also the server's own: the key that it was started with is overwritten."""
    for model in MODELS:
        assert seen.get(model), f"no worker of {model} was seen"
    found = {who: leaked for who, content in environments.items() if (leaked := leaks(planted, content))}
    assert not found


def test_nothing_is_in_the_mails(planted: Planted) -> None:
    for message in planted.mail.box.messages:
        assert not leaks(planted, message.as_bytes())


def test_the_models_were_really_given_it(planted: Planted) -> None:
    """Else the search would prove nothing."""
    length = len(planted.canaries["a stored secret"])
    for model in MODELS:
        [done] = [
            one
            for one in planted.client.get("/api/v1/runs", params={"model": model}).json()["items"]
            if one["state"] == "succeeded" and one["kind"] == "queued"
        ]
        outputs = planted.client.get(f"/api/v1/runs/{done['id']}/outputs").json()
        assert any(output["value"] == length for output in outputs["items"]), outputs


def test_the_search_would_find_them(planted: Planted) -> None:
    for what, value in planted.canaries.items():
        assert leaks(planted, b"xx" + value.encode() + b"yy") == [what]
