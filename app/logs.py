"""Logging: one line per event, with the request's id, never with a secret.

People read the console (plain text); machines read ``DATA/server-log/server.log`` (JSON lines, rotated).
"""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

SECRET_KEY = re.compile(
    r"password|passwd|secret|token|authorization|cookie|api[-_]?key|credential", re.IGNORECASE
)
SECRET_IN_ADDRESS = re.compile(r"(?P<before>\w+://[^:/\s@]+:)[^@\s]+(?=@)")
LINK_TOKEN = re.compile(r"(?P<before>/auth/(?:reset|invite)/[\w-]{6})[\w-]+")  # who has the rest may sign in
HIDDEN = "•••"
FILE_BYTES = 10 << 20
FILES_KEPT = 5


def hide_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace values whose key names a secret, passwords inside addresses and one-time links, also nested."""
    for key, value in event.items():
        event[key] = _hidden(key, value)
    return event


def _hidden(key: str, value: Any) -> Any:
    if SECRET_KEY.search(key) and value not in (None, "", True, False):
        return HIDDEN
    if isinstance(value, str):
        return LINK_TOKEN.sub(r"\g<before>…", SECRET_IN_ADDRESS.sub(rf"\g<before>{HIDDEN}", value))
    if isinstance(value, dict):
        return {k: _hidden(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", v) for v in value]
    return value


def configure(folder: Path | None = None, *, level: str = "INFO", console: bool = True) -> None:
    """Send structlog and the standard library's logging to the console and, given a folder, to a file."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handlers: list[logging.Handler] = []
    if console:
        stream = logging.StreamHandler(sys.stderr)
        renderer = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # the pretty one shows variables: secrets too
        )
        stream.setFormatter(_formatter(shared, renderer))
        handlers.append(stream)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        file = logging.handlers.RotatingFileHandler(
            folder / "server.log", maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=True
        )
        file.setFormatter(
            _formatter(shared, structlog.processors.JSONRenderer(ensure_ascii=False), traces=True)
        )
        handlers.append(file)
    root = logging.getLogger()
    root.handlers[:] = handlers
    root.setLevel(level)
    _adopt_streamlits()
    for noisy in (
        "uvicorn.access",
        "uvicorn.error",
        "httpx",
        "httpcore",
        "watchdog",
        "urllib3",
        "asyncio",
        "fsspec",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _adopt_streamlits() -> None:
    """Streamlit gives its own and uvicorn's loggers handlers of their own: every line would come in two ways."""
    for logger in [logging.getLogger(name) for name in list(logging.Logger.manager.loggerDict)]:
        handler = getattr(logger, "streamlit_console_handler", None)
        if handler is not None:
            logger.removeHandler(handler)
            logger.propagate = True


def _formatter(
    shared: list[structlog.types.Processor], renderer: structlog.types.Processor, *, traces: bool = False
) -> logging.Formatter:
    processors: list[structlog.types.Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if traces:
        processors.append(structlog.processors.format_exc_info)
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[*processors, renderer])
