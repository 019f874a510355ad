"""What is said about a file, from JSON, a command line or an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from engine.errors import Invalid, Problem
from engine.parameters.imports.records import Answers
from engine.parameters.textfiles.encodings import TITLES
from engine.parameters.textfiles.files import FORMATS
from engine.parameters.textfiles.values import SCALES

# answer → what it may be; those to whole files
WHOLE: dict[str, tuple[str, ...]] = {
    "kind": tuple(FORMATS), "encoding": tuple(TITLES), "decimal": (",", "."), "days": ("day", "month"),
}  # fmt: skip
_CALLED = {
    "kind": "kind",
    "encoding": "encoding",
    "decimal": "decimal sign",
    "days": "order of day and month",
}


def answers_of(given: Mapping[str, Any]) -> Answers:
    """Answers from JSON or a command line. Raises Invalid for what cannot be one."""
    problems = [
        Problem(key, _unknown(key, str(given[key])), str(given[key])[:80], "one of those known")
        for key, rule in WHOLE.items()
        if given.get(key) and given[key] not in rule
    ]
    for name, scale in dict(given.get("scales") or {}).items():
        if scale not in SCALES:
            sentence = f"The scale “{scale}” of {name} is not known: write points (12.5) or fraction (0.125)."
            problems.append(Problem("scales", sentence, str(scale)[:80], "points or fraction"))
    unknown = set(given) - set(Answers.__dataclass_fields__)
    problems += [
        Problem(key, f"“{key}” is no answer. Known are {', '.join(Answers.__dataclass_fields__)}.")
        for key in sorted(unknown)
    ]
    if problems:
        raise Invalid("the answers", problems)
    return Answers(**{key: value for key, value in given.items() if value})


def _unknown(key: str, answer: str) -> str:
    return f"The {_CALLED[key]} “{answer[:40]}” is not known. Known are: {'  '.join(WHOLE[key])}"


def answers_from(
    whole: Mapping[str, str], scales: Mapping[str, str], currencies: Mapping[str, str], names: Mapping[str, str],
    leave_out: Iterable[str] = (),
) -> Answers | None:  # fmt: skip
    """Answers; None where nothing was said, so that what was said about the file before may hold. Raises Invalid."""
    paths: dict[str, str | None] = {**names, **dict.fromkeys(leave_out)}
    given = {**whole, "scales": dict(scales), "currencies": dict(currencies), "paths": paths}
    return answers_of(given) if any(given.values()) else None


def pairs_of(texts: Iterable[str] | None, called: str) -> dict[str, str]:
    """``field=something`` as pairs; ``called`` is the option's name as it is written. Raises Invalid."""
    parts = [text.partition("=") for text in texts or []]
    wrong = next((field for field, sign, _ in parts if not sign), None)
    if wrong is not None:
        raise Invalid("the answers", [Problem(called, f"“{wrong[:80]}” has no “=”. Write {called} field=…")])
    return {field.strip(): rest.strip() for field, _, rest in parts}
