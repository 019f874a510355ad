"""The catalogue holds every text that a page asks for, and no more."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from app import text
from app.components import shown
from engine.runs.states import STATES
from engine.settings import ROOT

CALL = re.compile(r"\bt\(\s*f?[\"']([^\"']+)[\"']")
SOURCES = [*(ROOT / "app").rglob("*.py"), *(ROOT / "pages").glob("*.py")]
# pages of sign-in ask for texts below "signin": by t() in templates, by text() in their sources
SIGN_IN = ROOT / "app" / "signin"
BELOW = re.compile(r"\b(?:t|text)\(\s*f?[\"']([^\"']+)[\"']")
SIGN_IN_SOURCES = [*SIGN_IN.glob("*.py"), *SIGN_IN.rglob("*.html")]


def asked() -> dict[str, Path]:
    found = {key: source for source in SOURCES for key in CALL.findall(source.read_text(encoding="utf-8"))}
    for source in SIGN_IN_SOURCES:
        for key in BELOW.findall(source.read_text(encoding="utf-8")):
            if matching(f"signin.{key}"):
                found[f"signin.{key.removesuffix('._')}"] = source
            elif not matching(key):
                found[key] = source
    return found


def matching(key: str) -> list[str]:
    """The catalogue's keys that a key of the source (perhaps with {…} in it) can mean."""
    open_ends = re.sub(r"^\{[^}]*\}", "…", key)  # a key that begins with another one
    open_ends = f"{open_ends}…" if open_ends.endswith(".") else open_ends  # one that a template goes on with
    parts = re.sub(r"\\\{.*?\\\}", "[^.]+", re.escape(open_ends)).replace("…", ".+")
    pattern = re.compile(parts + r"(\.one|\.other)?")
    return [known for known in text.catalogue() if pattern.fullmatch(known)]


def test_every_text_that_is_asked_for_is_there() -> None:
    missing = {key: source.name for key, source in asked().items() if not matching(key)}
    assert missing == {}


def test_no_text_is_left_over() -> None:
    used = {known for key in asked() for known in matching(key)}
    sources = "".join(source.read_text(encoding="utf-8") for source in SOURCES)
    used |= {key for key in text.catalogue() if f'"{key}"' in sources}
    assert set(text.catalogue()) - used == set()


def test_plurals_come_in_pairs() -> None:
    keys = text.catalogue()
    ones = {key.removesuffix(".one") for key in keys if key.endswith(".one")}
    others = {key.removesuffix(".other") for key in keys if key.endswith(".other")}
    assert ones == others


def test_both_forms_of_a_plural_fill_in_the_same_values() -> None:
    keys = text.catalogue()
    for key in keys:
        if key.endswith(".one"):
            names = [_names(keys[key]), _names(keys[key.removesuffix("one") + "other"])]
            assert names[0] <= names[1], key


def _names(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_state_of_a_run_has_a_name_and_a_colour() -> None:
    assert set(shown.STATES) == STATES
    assert all(text.has(f"state.{state}") for state in STATES)


def test_a_missing_text_is_an_error() -> None:
    with pytest.raises(text.MissingText):
        text.t("no.such.text")


@pytest.mark.parametrize("word", ["DAG", "artifact", "payload"])
def test_pages_speak_plainly(word: str) -> None:
    assert not [key for key, value in text.catalogue().items() if word.lower() in value.lower()]
