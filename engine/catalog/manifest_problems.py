"""From what pydantic and the TOML reader say to sentences with file, line, key and remedy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from engine.catalog.manifest_model import Manifest
from engine.errors import Problem
from engine.parameters.field_types import FIELD_TYPES

Location = tuple[int | str, ...]
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


class Lines:
    """Where keys stand in a TOML text: enough to say “line 12”; 0 where it cannot be told."""

    def __init__(self, text: str) -> None:
        self.at: dict[Location, int] = {}
        counts: dict[Location, int] = {}
        here: Location = ()
        for number, line in enumerate(text.splitlines(), 1):
            if header := _HEADER.match(line):
                here = self._resolved(_split(header[2]), counts)
                if header[1] == "[[":
                    counts[here] = counts.get(here, -1) + 1
                    here = (*here, counts[here])
                self.at.setdefault(here, number)
            elif key := _KEY.match(line):
                self.at.setdefault(here + _split(key[1]), number)

    @staticmethod
    def _resolved(parts: Location, counts: Mapping[Location, int]) -> Location:
        """``[golden.values]`` below ``[[golden]]`` belongs to the last one."""
        found: Location = ()
        for n, part in enumerate(parts):
            found = (*found, part)
            if found in counts and n < len(parts) - 1:
                found = (*found, counts[found])
        return found

    def of(self, place: Location) -> int:
        """Line of a key, or of the nearest table around it."""
        for k in range(len(place), 0, -1):
            if place[:k] in self.at:
                return self.at[place[:k]]
        return 0


def _split(dotted: str) -> Location:
    return tuple(p.strip("\"'") for p in _PART.findall(dotted))


def path_text(place: Location) -> str:
    """A place as a person writes it: ``fields.horizon.minimum``, ``golden[2].expect``."""
    text = ""
    for part in place:
        text += f"[{part + 1}]" if isinstance(part, int) else ("." if text else "") + str(part)
    return text


class Reporter:
    """Collects problems of one manifest file."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.lines = file, Lines(text)
        self.problems: list[Problem] = []

    def add(self, place: Location, rule: str, remedy: str, value: Any = "") -> None:
        """One problem: “model.toml, line 12, fields.horizon.minimum: rule. Remedy.”"""
        line = self.lines.of(place)
        where = path_text(place)
        start = ", ".join(p for p in (self.file, f"line {line}" if line else "", where) if p)
        shown = str(value)
        problem = Problem(where or self.file, f"{start}: {rule}. {remedy}".rstrip(), shown[:80], rule)
        if problem not in self.problems:
            self.problems.append(problem)

    def add_validation(self, error: ValidationError, raw: Any) -> None:
        """Everything pydantic found."""
        for detail in error.errors(include_url=False):
            place = _without_tags(detail["loc"], raw)
            self._add_one(detail, place, raw)

    def _add_one(self, detail: Any, place: Location, raw: Any) -> None:
        kind, value, context = detail["type"], detail.get("input"), detail.get("ctx") or {}
        last = str(place[-1]) if place else ""
        if kind == "extra_forbidden":
            known = known_keys(place[:-1], raw)
            near = get_close_matches(last, known, 1, 0.6)
            hint = (
                f"Did you mean “{near[0]}”?"
                if near
                else f"Known here: {', '.join(known)}. Your own keys belong under [x]."
            )
            self.add(place, f"the key “{last}” is unknown", hint)
        elif kind == "missing":
            self.add(
                place, f"the key “{last}” is missing", "Add it; the model author guide says what it means."
            )
        elif kind in {"union_tag_not_found", "union_tag_invalid"}:
            given = value.get("type") if isinstance(value, Mapping) else value
            names = _tags(context) or list(FIELD_TYPES)
            near = get_close_matches(str(given or ""), names, 1, 0.5)
            remedy = f"Did you mean “{near[0]}”?" if near and given else f"Choose one of: {', '.join(names)}."
            rule = f"“{given}” is not a field type" if given else "the key “type” is missing"
            self.add((*place, "type"), rule, remedy, given or "")
        elif kind == "literal_error":
            expected = re.findall(r"'([^']*)'", str(context.get("expected", "")))
            near = get_close_matches(str(value), expected, 1, 0.5)
            remedy = (
                f"Did you mean “{near[0]}”?"
                if near
                else f"Choose {context.get('expected', '')}.".replace("'", "“", 0)
            )
            self.add(place, f"{_shown(value)} is not possible here", remedy, value)
        else:
            self.add(
                place,
                *_plain(kind, detail["msg"], value, context),
                value if isinstance(value, str | int | float) else "",
            )


def _tags(context: Mapping[str, Any]) -> list[str]:
    return re.findall(r"'([^']*)'", str(context.get("expected_tags", "")))


def _shown(value: Any) -> str:
    return (
        f"“{value}”"
        if isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )


def _plain(kind: str, message: str, value: Any, context: Mapping[str, Any]) -> tuple[str, str]:
    """Rule and remedy for the kinds of error that remain."""
    wanted = {
        "string_type": "a text in quotes", "int_type": "a whole number", "int_parsing": "a whole number",
        "int_from_float": "a whole number", "float_type": "a number", "float_parsing": "a number",
        "bool_type": "true or false", "bool_parsing": "true or false", "list_type": "a list in square brackets",
        "dict_type": "a table", "model_type": "a table", "model_attributes_type": "a table",
        "tuple_type": "a list of two names",
    }.get(kind)  # fmt: skip
    if wanted:
        return f"{_shown(value)} is not {wanted}", f"Write {wanted}."
    if kind in {"greater_than_equal", "greater_than", "less_than_equal", "less_than"}:
        sign, bound = next((words, context[k]) for k, words in _BOUNDS.items() if k in context)
        return f"{_shown(value)} must be {sign} {bound}", f"Write a number {sign} {bound}."
    if kind == "string_pattern_mismatch":
        return f"{_shown(value)} has a wrong form", _FORMS.get(
            str(context.get("pattern")), f"It must match {context.get('pattern')}."
        )
    if kind == "value_error":
        return f"{_shown(value)} {message.removeprefix('Value error, ')}" if isinstance(
            value, str
        ) else message.removeprefix("Value error, "), "Correct it."
    if kind in {"too_short", "too_long"}:
        return message[:1].lower() + message[1:], "Correct it."
    return f"{_shown(value)}: {message[:1].lower() + message[1:]}", "Correct it."


_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_FORMS = {
    "^[a-z][a-z0-9]*(-[a-z0-9]+)*$": "Use small letters, digits and single hyphens, for instance demand-forecast.",
    "^[A-Z]{3}$": "Write the three capital letters of ISO 4217, for instance EUR.",
}


def _without_tags(place: Location, raw: Any) -> Location:
    """The place in the file: pydantic's own steps (union tags, branches) are not in it."""
    found: list[int | str] = []
    here = raw
    for n, part in enumerate(place):
        last = n == len(place) - 1
        if isinstance(here, Mapping):
            if part in here:
                here = here[part]
                found.append(part)
            elif last and not _is_step(part, here):
                found.append(part)
        elif (
            isinstance(here, Sequence)
            and not isinstance(here, str)
            and isinstance(part, int)
            and part < len(here)
        ):
            here = here[part]
            found.append(part)
    return tuple(found)


def _is_step(part: int | str, here: Mapping[str, Any]) -> bool:
    return part == here.get("type") or "[" in str(part) or part in {"bool", "float", "str", "int"}


def known_keys(place: Location, raw: Any) -> list[str]:
    """The keys that the table at a place may hold."""
    annotation: Any = Manifest
    here: Any = raw
    for part in place:
        here = _child(here, part)
        annotation = _inner(annotation, part)
    models = _models(annotation)
    kind = here.get("type") if isinstance(here, Mapping) else None
    chosen = [m for m in models if len(models) == 1 or m.model_fields["type"].default == kind]
    return [f.alias or n for n, f in chosen[0].model_fields.items()] if chosen else []


def _child(here: Any, part: int | str) -> Any:
    if isinstance(here, Mapping):
        return here.get(str(part))
    return here[part] if isinstance(here, list) and isinstance(part, int) and part < len(here) else None


def _inner(annotation: Any, part: int | str) -> Any:
    """The annotation one step further in: a model's field, a list's item, a dictionary's value."""
    for model in _models(annotation):
        field = next((f for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        if field:
            return field.annotation
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (list, dict):
        return arguments[-1]
    return next((_inner(a, part) for a in arguments if get_args(a)), None)


def _models(annotation: Any) -> list[type[BaseModel]]:
    """The model classes that a value may be: itself, or the members of a union."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (list, dict):
        return []
    return [m for a in get_args(annotation) for m in _models(a)]
