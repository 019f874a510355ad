"""Logs carry no secrets and are readable by machines."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from app import logs


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure(tmp_path, console=False)
    yield tmp_path / "server.log"
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_secrets_are_hidden_by_key_and_inside_addresses(logged: Path) -> None:
    structlog.get_logger("t").info(
        "opened",
        password="hunter2",
        database="postgresql://me:hunter2@host/db",
        nested={"api_key": "hunter2", "kept": "yes"},
        listed=["s3://key:hunter2@bucket"],
    )
    text = logged.read_text("utf-8")
    assert "hunter2" not in text
    line = _lines(logged)[0]
    assert line["database"] == "postgresql://me:•••@host/db"
    assert line["nested"] == {"api_key": "•••", "kept": "yes"}


@pytest.mark.parametrize("way", ["reset", "invite"])
def test_a_one_time_link_is_shortened_where_a_failed_request_is_logged(logged: Path, way: str) -> None:
    token = "Zk3-_9" + "x" * 37
    structlog.get_logger("t").error("request failed", path=f"/auth/{way}/{token}")
    logging.getLogger("library").warning("GET %s failed", f"/auth/{way}/{token}?x=1")
    first, second = _lines(logged)
    assert first["path"] == f"/auth/{way}/Zk3-_9…"
    assert second["event"] == f"GET /auth/{way}/Zk3-_9…?x=1 failed"


def test_standard_logging_goes_the_same_way(logged: Path) -> None:
    with structlog.contextvars.bound_contextvars(request="abc"):
        logging.getLogger("library").warning("opened %s", "postgresql://me:hunter2@host/db")
    line = _lines(logged)[0]
    assert line["request"] == "abc"
    assert line["level"] == "warning"
    assert "hunter2" not in str(line)


def test_a_traceback_is_kept_in_the_technical_log(logged: Path) -> None:
    try:
        raise ValueError("deep inside")
    except ValueError:
        structlog.get_logger("t").exception("failed")
    assert "deep inside" in str(_lines(logged)[0]["exception"])
