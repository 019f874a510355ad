"""Taking secret values out of text that a model printed, before it is kept.

What is hidden is the exact value, also as JSON, Python and addresses spell it, and each longer line of a value of
several lines. A model that spells a secret in a way of its own (reversed, letter by letter) is not caught: the
rule protects against accidents; who registers models is trusted with what their runs are given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

from engine.runtimes.interface import CallFailed, Listener, Log, Output, Progress, Result

HIDDEN = "•••"
SHORTEST = 4  # characters; shorter values cannot be stored as secrets
SHORTEST_LINE = 12  # of a value of several lines: shorter ones ("-----", "}") are no secrets


class Hider:
    """Replaces secret values in texts. Made for one call; values may be added while it goes on."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._spellings: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        for value in values:
            self.add(value)

    def add(self, value: str) -> None:
        """Hide this value from now on."""
        self._spellings |= _spellings(value)
        longest_first = sorted(self._spellings, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        """The text without the values."""
        return self._pattern.sub(HIDDEN, text) if self._pattern is not None else text

    def anything(self, value: Any) -> Any:
        """The same for a nest of plain values."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.anything(key): self.anything(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.anything(part) for part in value)
        return value

    def held_back(self, text: str) -> int:
        """How many last characters may be the beginning of a value that goes on in the next piece."""
        most = max(map(len, self._spellings), default=1) - 1
        for length in range(min(most, len(text)), 0, -1):
            tail = text[-length:]
            if any(spelling.startswith(tail) for spelling in self._spellings):
                return length
        return 0

    def result(self, result: Result) -> Result:
        """A result whose texts, warnings and environment hold no value; tables and files are the model's own."""
        return replace(
            result,
            outputs=[self._output(output) for output in result.outputs],
            warnings=[self.text(warning) for warning in result.warnings],
            environment=self.anything(dict(result.environment)),
        )

    def failure(self, failure: CallFailed) -> CallFailed:
        """A failure whose sentence, type and trace hold no value."""
        return CallFailed(
            failure.reason,
            self.text(failure.sentence),
            type=self.text(failure.type),
            trace=self.text(failure.trace),
            transient=failure.is_transient,
        )

    def _output(self, output: Output) -> Output:
        if isinstance(output.value, str):
            return replace(output, value=self.text(output.value))
        return output


class HidingListener:
    """Passes the news of a call on without the values, also those that a model printed in several pieces."""

    def __init__(self, hider: Hider, listener: Listener | None) -> None:
        self._hider, self._listener = hider, listener
        self._pending: dict[str, str] = {}

    def __call__(self, news: Progress | Log) -> None:
        """News of the call."""
        if self._listener is None:
            return
        if isinstance(news, Progress):
            self._listener(replace(news, text=self._hider.text(news.text)))
            return
        text = self._hider.text(self._pending.pop(news.stream, "") + news.text)
        if (back := self._hider.held_back(text)) > 0:
            self._pending[news.stream] = text[-back:]
            text = text[:-back]
        if text:
            self._listener(Log(news.stream, text))

    def finish(self) -> None:
        """The call is over: pass on what was held back."""
        pending, self._pending = self._pending, {}
        for stream, text in pending.items():
            if self._listener is not None and text:
                self._listener(Log("err" if stream == "err" else "out", text))


def hiding(hider: Hider, listener: Listener | None, work: Callable[[Listener], Result]) -> Result:
    """Make a call whose news, result and failure hold no value. Raises what it raises, without the values."""
    passing = HidingListener(hider, listener)
    try:
        return hider.result(work(passing))
    except CallFailed as failure:
        raise hider.failure(failure) from None
    finally:
        passing.finish()


def _spellings(value: str) -> set[str]:
    lines = [line.strip() for line in value.splitlines()] if "\n" in value else []
    found = {value, value.strip(), *(line for line in lines if len(line) >= SHORTEST_LINE)}
    for one in list(found):
        found |= {json.dumps(one)[1:-1], json.dumps(one, ensure_ascii=False)[1:-1], repr(one)[1:-1]}
        found |= {quote(one, safe=""), quote(one), quote_plus(one)}
    return {one for one in found if len(one) >= SHORTEST}
