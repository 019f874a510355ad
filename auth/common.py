"""Which passwords are guessed first: common words and their disguises, keyboard rows, sequences, repetitions.

A list of leaked passwords would hold hardly any of twelve characters; what people do to reach that length is
known: a common word with a year, a word twice, rows of the keyboard. So a password is taken apart instead, and
is refused when little is left after such parts are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROWS = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm",
    "wxcvbn", "abcdefghijklmnopqrstuvwxyz", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "qazwsxedcrfvtgbyhnujm", "!@#$%^&*()",
)  # fmt: skip
DISGUISES = str.maketrans("@4301!$578", "aaeoiisstb")
LEAST_LEFT = 5  # characters that must remain when everything guessable is taken out
SHORTEST_WORD = 4


@cache
def words() -> tuple[str, ...]:
    """The common words, longest first."""
    lines = Path(__file__).with_name("common_words.txt").read_text("utf-8").split("\n")
    found = {word for line in lines if not line.startswith("#") for word in line.split()}
    return tuple(sorted(found, key=lambda word: (-len(word), word)))


def why_common(password: str, about: Iterable[str] = ()) -> str:
    """Why it is easily guessed, to follow “The password …”; empty when it is not."""
    text = password.casefold()
    if len(set(text)) < 5:
        return "repeats a few characters"
    if _is_repeated(text):
        return "repeats one short piece"
    own = _parts(about)
    if any(part in text for part in own) and len(_letters(_without(text, own))) < LEAST_LEFT:
        return "is made of your own name or address"
    left = min((_left(spelt, own) for spelt in {text, text.translate(DISGUISES)}), key=len)
    if len(left) < LEAST_LEFT:
        return "is made of common words, years or rows of the keyboard"
    return ""


def _left(text: str, own: list[str]) -> str:
    """What remains of it; a common word counts only once per place, however often it comes."""
    rest = _without(text, own)
    rest = _without_runs(rest)
    # two or more different words make a passphrase: only the first, longest one is taken for guessable
    for word in words():
        if word in rest:
            rest = rest.replace(word, " ")
            break
    return _letters(rest)


def _letters(text: str) -> str:
    return re.sub(r"[\W\d_]+", "", text)


def _without(text: str, parts: list[str]) -> str:
    for part in parts:
        text = text.replace(part, "")
    return text


def _parts(about: Iterable[str]) -> list[str]:
    found = {part for text in about for part in re.split(r"[\W_]+", text.casefold())}
    return sorted((part for part in found if len(part) >= SHORTEST_WORD), key=len, reverse=True)


def _is_repeated(text: str) -> bool:
    """One piece of at most six characters over and over, perhaps cut off at the end."""
    return any((text[:size] * len(text))[: len(text)] == text for size in range(1, 7))


@cache
def _sequences() -> frozenset[str]:
    """All runs of four neighbours on a keyboard row or in the alphabet, in both directions."""
    found = set()
    for row in ROWS:
        for line in (row, row[::-1]):
            found |= {line[at : at + 4] for at in range(len(line) - 3)}
    return frozenset(found)


def _without_runs(text: str) -> str:
    """Without runs of four or more neighbours (“qwert”, “4567”) and without characters repeated in a row."""
    marked = [False] * len(text)
    for at in range(len(text) - 3):
        piece = text[at : at + 4]
        if piece in _sequences() or len(set(piece)) == 1:
            marked[at : at + 4] = [True] * 4
    return "".join(" " if out else sign for sign, out in zip(text, marked, strict=True))
