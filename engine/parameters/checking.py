"""All values of a form at once: defaults, hidden fields, each field's rules, then the rules across fields."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol

from engine.errors import Invalid, Problem
from engine.expressions import ExpressionError, compile_expression
from engine.parameters import field_types as f
from engine.parameters.canonical import resolve, validate
from engine.parameters.wire import natural


class HasCheck(Protocol):
    """A rule across fields."""

    @property
    def check(self) -> str:
        """The expression that must be true."""

    @property
    def message(self) -> str:
        """What a person reads when it is not."""


class HasFields(Protocol):
    """What of a manifest is needed here."""

    @property
    def fields(self) -> Mapping[str, f.FieldBase]:
        """The fields by name."""

    @property
    def rules(self) -> Sequence[HasCheck]:
        """The rules across fields."""


def check_values(
    manifest: HasFields, values: Mapping[str, Any], *, today: date | None = None, now: datetime | None = None,
    choices: Mapping[str, Collection[str]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The canonical values of all fields, relative dates resolved: what is stored with a run.

    A field that is not given gets its default; a hidden one (``show_when`` is not true) gets its default or
    None whatever was given. ``today`` is the business day, ``choices`` the values read for ``choices_from``.
    Checking the result again gives the same. Raises one Invalid with all problems.
    """
    now = now or datetime.now(UTC)
    today = today or now.date()
    problems = [_unknown(name, manifest.fields) for name in values if name not in manifest.fields]
    result: dict[str, Any] = {}
    known: dict[str, Any] = {}
    computed = bool(manifest.rules) or any(field.show_when for field in manifest.fields.values())
    for name in _in_order(manifest.fields) if computed else manifest.fields:
        field = manifest.fields[name]
        shown = _is_shown(field, known, today, now)
        given = values.get(name) if shown else None
        value = field.default if name not in values or not shown else given
        try:
            if value is None and not shown:
                result[name] = None
            else:
                # nobody can see or mend a hidden field: its default need not occur in the chosen table
                offered = (choices or {}).get(name) if shown else None
                checked = validate(name, field, value, today=today, now=now, choices=offered)
                result[name] = resolve(field, checked, today, now)
            if computed:  # without any expression nothing needs to be made ready for one
                known[name] = natural(field, result[name], today=today, now=now)
        except Invalid as error:
            problems += error.problems
    problems += _rule_problems(manifest, known, today, now)
    if problems:
        raise Invalid("the form", problems)
    return {name: result[name] for name in manifest.fields}


def _unknown(name: str, fields: Mapping[str, f.FieldBase]) -> Problem:
    from difflib import get_close_matches

    near = get_close_matches(name, list(fields), 1)
    remedy = f"Did you mean “{near[0]}”?" if near else f"Its fields are: {', '.join(fields) or 'none'}."
    return Problem(name, f"The model has no field “{name}”. {remedy}", rule="unknown field")


def _in_order(fields: Mapping[str, f.FieldBase]) -> list[str]:
    """Names so that each field comes after those that its ``show_when`` looks at. Cycles keep their order."""
    done: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in done or name in path or name not in fields:
            return
        for other in shown_by(fields[name], fields):
            visit(other, (*path, name))
        done.append(name)

    for name in fields:
        visit(name, ())
    return done


def shown_by(field: f.FieldBase, fields: Mapping[str, f.FieldBase]) -> list[str]:
    """The fields that decide whether this one shows."""
    if not field.show_when:
        return []
    used = compile_expression(field.show_when).names
    return [name for name in fields if any(u == name or u.startswith(name + ".") for u in used)]


def _is_shown(field: f.FieldBase, known: Mapping[str, Any], today: date, now: datetime) -> bool:
    if not field.show_when:
        return True
    try:
        return compile_expression(field.show_when).is_true(known, today=today, now=now) is True
    except ExpressionError:
        return True  # what decides is itself wrong or missing: the person must see both


def hidden_fields(
    manifest: HasFields, values: Mapping[str, Any], *, today: date | None = None, now: datetime | None = None
) -> set[str]:
    """The fields that do not show for these (possibly incomplete or wrong) values: for drawing the form."""
    now = now or datetime.now(UTC)
    today = today or now.date()
    hidden: set[str] = set()
    known: dict[str, Any] = {}
    for name in _in_order(manifest.fields):
        field = manifest.fields[name]
        if not _is_shown(field, known, today, now):
            hidden.add(name)
        value = field.default if name in hidden or name not in values else values[name]
        try:
            checked = None if value is None else validate(name, field, value, today=today, now=now)
            known[name] = natural(field, checked, today=today, now=now)
        except Invalid:
            known[name] = None
    return hidden


def _rule_problems(
    manifest: HasFields, known: Mapping[str, Any], today: date, now: datetime
) -> list[Problem]:
    """Rules that are false. A rule over a field with a problem of its own waits; null leaves a rule open."""
    found = []
    for rule in manifest.rules:
        expression = compile_expression(rule.check)
        if expression.unknown(known):
            continue
        where = next((n for n in manifest.fields if n in expression.names), "the form")
        try:
            if expression.is_true(known, today=today, now=now) is False:
                found.append(
                    Problem(where, rule.message or f"This must hold: {rule.check}.", rule=rule.check)
                )
        except ExpressionError as error:
            found.append(
                Problem(where, f"A rule of the model cannot be checked. {error.sentence}", rule=rule.check)
            )
    return found
