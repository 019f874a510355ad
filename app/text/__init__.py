"""All page text, in one catalogue: English in ``en.toml`` and ``en.*.toml``; another language is other files.

``t("runs.title")`` gives the text; ``t("runs.count", count=3)`` fills in values. Text with a plural has
two keys, ``runs.count.one`` and ``runs.count.other``, chosen by ``count``. A key that has keys below it keeps
its own text under ``_``.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGE = "en"


class MissingText(KeyError):
    """A page asks for a key that the catalogue does not hold: a programming error, caught by a test."""


@cache
def catalogue(language: str = LANGUAGE) -> dict[str, str]:
    """The texts of a language by dotted key; a key stands in one file only. Raises FileNotFoundError without any."""
    first = Path(__file__).with_name(f"{language}.toml")
    texts: dict[str, str] = {}
    for path in (first, *sorted(first.parent.glob(f"{language}.*.toml"))):
        for key, text in _flatten(tomllib.loads(path.read_text(encoding="utf-8")), ""):
            if key in texts:
                raise ValueError(f"{path.name}: the text {key} stands in another file already")
            texts[key] = text
    return texts


def t(key: str, **values: Any) -> str:
    """The text of ``key`` with ``{values}`` filled in. Raises MissingText."""
    texts = catalogue()
    text = texts.get(key)
    if text is None and "count" in values:
        text = texts.get(f"{key}.one" if values["count"] == 1 else f"{key}.other")
    if text is None:
        raise MissingText(key)
    return text.format(**values) if values else text


def has(key: str) -> bool:
    """Is there a text of that key?"""
    return key in catalogue()


def _flatten(tree: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for key, value in tree.items():
        if isinstance(value, dict):
            pairs += _flatten(value, f"{prefix}{key}.")
        else:
            pairs.append((prefix.removesuffix(".") if key == "_" else f"{prefix}{key}", str(value)))
    return pairs
