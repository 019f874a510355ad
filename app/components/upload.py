"""Upload a file from a page: it streams in parts to the upload route, whatever its size."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.components.shown import size
from app.components.view import component
from app.state import actor, engine
from app.text import t
from engine.data import homes

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
    department = _department(key, dataset) if kind == "dataset" else ""
    data = {
        "address": "/api/v1/uploads",
        "department": department,
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


def _department(key: str, dataset: str) -> str:
    """Whose a new dataset is to be: asked where there is more than one answer."""
    if dataset and any(card.name == dataset for card in engine().datasets.list(actor(), dataset)):
        return ""  # a next version stays where the dataset is
    offered = homes.places(engine(), actor())
    if len(offered) < 2:
        return ""  # the server knows the only place there is
    chosen = st.selectbox(
        t("upload.department"),
        offered,
        index=0 if offered[0] == "" else None,
        key=f"{key}-department",
        format_func=lambda name: name or t("upload.department.company"),
        placeholder=t("upload.department.choose"),
        width=320,
    )
    return chosen or ""


def _nothing() -> None:
    return None
