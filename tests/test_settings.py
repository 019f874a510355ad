"""A wrong setting is a sentence with the variable, the value and the rule."""

from __future__ import annotations

import pytest

from engine.errors import Invalid
from engine.settings import Settings


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("QUARTERDECK_PORT", "abc", "valid integer"),
        ("QUARTERDECK_POOL_MEMORY_PERCENT", "95", "less than or equal to 90"),
        ("QUARTERDECK_JULIA_BRIDGE", "magic", "'juliacall'"),
    ],
)
def test_a_wrong_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Invalid) as refused:
        Settings()
    assert f"{variable} is “{value}”" in refused.value.sentence
    assert words in refused.value.sentence


def test_all_wrong_variables_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTERDECK_PORT", "abc")
    monkeypatch.setenv("QUARTERDECK_CONCURRENT_RUNS", "0")
    with pytest.raises(Invalid) as refused:
        Settings()
    assert {p.where for p in refused.value.problems} == {"QUARTERDECK_PORT", "QUARTERDECK_CONCURRENT_RUNS"}


def test_values_given_in_code_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUARTERDECK_PORT", "9000")
    assert (Settings().port, Settings(port=9100).port) == (9000, 9100)
