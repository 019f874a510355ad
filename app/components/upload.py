"""Upload a file from a page: it streams in parts to the upload route, whatever its size."""

from __future__ import annotations

from typing import Any

from app.components.shown import size
from app.components.view import component
from app.state import engine
from app.text import t

PART = 8 << 20
TABLES = ".csv,.tsv,.txt,.parquet,.xlsx"


def upload(
    *,
    key: str,
    kind: str = "dataset",
    dataset: str = "",
    title: str = "",
    accept: str = TABLES,
    limit_mb: int | None = None,
) -> dict[str, Any] | None:
    """A place to choose or drop a file. Returns once, in the rerun after it arrived, what the route made of it.

    ``kind`` dataset: the file becomes the next version of ``dataset`` (empty: named after the file), and the
    answer is that version. ``kind`` file: the answer is the value of a file field (``blob`` and ``name``).
    """
    limit = (limit_mb or engine().settings.upload_limit_mb) << 20
    words = {name: t(f"upload.{name}") for name in ("choose", "failed", "reading")}
    words |= {
        "hint": t("upload.hint" if kind == "dataset" else "upload.hint.file", limit=size(limit)),
        "empty": t("upload.empty", name="{name}"),
        "large": t("upload.large", name="{name}", limit=size(limit)),
        "done": t("upload.done", name="{name}"),
    }
    data = {
        "address": "/api/v1/uploads",
        "kind": kind,
        "dataset": dataset,
        "title": title,
        "accept": accept,
        "limit": limit,
        "part": PART,
        "words": words,
    }
    result = component("upload", "upload.js")(key=key, data=data, on_done_change=_nothing)
    done: dict[str, Any] | None = result.done
    return done


def _nothing() -> None:
    return None
