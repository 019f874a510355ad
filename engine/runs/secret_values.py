"""Secrets on their way into a call: looked up when it is made, for the person it is made for.

A run keeps names only. The value is asked for when the worker is about to be called, so that rights and
values of that moment count, and each use is in the audit log.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.access import Actor
from engine.errors import NotFound, Problem, QuarterdeckError, Unavailable
from engine.parameters import field_types as f
from engine.runs.hiding import Hider

if TYPE_CHECKING:
    from engine.catalog.manifest import Manifest
    from engine.catalog.service import LoadedVersion
    from engine.engine import Engine

Named = dict[str, str]  # argument of the model → name of the stored secret


def named(manifest: Manifest, values: Mapping[str, Any]) -> Named:
    """The secrets that a call is given: those chosen in the form, and those of ``[secrets]``."""
    found = {name: spec.secret or name for name, spec in manifest.secrets.items()}
    for name, value in values.items():
        # isinstance asks the metaclass, which costs a microsecond a field of each real-time call
        if type(manifest.fields.get(name)) is f.SecretField and value is not None:
            found[name] = value["secret"]
    return found


def problems(engine: Engine, actor: Actor, manifest: Manifest, values: Mapping[str, Any]) -> list[Problem]:
    """Why this person cannot give these secrets to that model; empty when all is well."""
    asked = named(manifest, values)
    if not asked:
        return []
    if engine.secrets is None:
        return [Problem(name, NOT_HERE.format(secret=secret), secret) for name, secret in asked.items()]
    department = _department(engine, manifest)
    found = []
    for name, secret in asked.items():
        try:
            engine.secrets.usable(actor, secret, department)
        except QuarterdeckError as failure:
            field = manifest.fields.get(name)
            title = field.label(name) if field is not None else manifest.secrets[name].title or name
            sentence = f"“{title}” ({name}) needs a stored secret: {failure.sentence}"
            found.append(Problem(name, sentence, secret, "a secret that you may use"))
    return found


def _department(engine: Engine, manifest: Manifest) -> str | None:
    """Whose the model is today: a manifest keeps the name that a department had. A folder that is being checked
    is nobody's yet, so there its manifest's word counts."""
    try:
        return engine.catalog.resource(manifest.model.name).department
    except NotFound:
        return manifest.model.department or None


NOT_HERE = "The secret “{secret}” is not stored here. Store it, then run again."


def stamps(engine: Engine, manifest: Manifest, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Argument → name and time of change of its secret: what equal requests have equal, instead of the value."""
    if engine.secrets is None:
        return {}
    return {
        name: [secret, engine.secrets.stamp(secret)]
        for name, secret in sorted(named(manifest, values).items())
    }


class CallSecrets:
    """The secrets of one call. ``hider`` knows every value that was handed out."""

    def __init__(self, engine: Engine, actor: Actor, asked: Named, **use: str | None) -> None:
        self._engine, self._actor, self._use = engine, actor, use
        self.asked = asked
        self.hider = Hider()

    def __call__(self, secret: str) -> str:
        """The value. Raises Unavailable, NotFound, Refused."""
        if self._engine.secrets is None:
            raise Unavailable(NOT_HERE.format(secret=secret))
        value = self._engine.secrets.reveal(self._actor, secret, **self._use)
        self.hider.add(value)
        return value

    @property
    def mark(self) -> str:
        """Different for different secrets: workers that have seen some are not shared with calls of others."""
        secrets = self._engine.secrets
        seen = [(name, secrets.stamp(name) if secrets else "") for name in sorted(set(self.asked.values()))]
        return hashlib.blake2b(repr(seen).encode(), digest_size=8).hexdigest()


def for_call(
    engine: Engine, actor: Actor, version: LoadedVersion, values: Mapping[str, Any], *, purpose: str, run: str
) -> CallSecrets | None:
    """The secrets of a call by this person; None where the model takes none."""
    asked = named(version.manifest, values)
    if not asked:
        return None
    department = _department(engine, version.manifest)
    return CallSecrets(
        engine, actor, asked, department=department, purpose=purpose, model=version.model, run=run
    )


def for_run(
    engine: Engine, account: str, version: LoadedVersion, values: Mapping[str, Any], run: str
) -> CallSecrets | None:
    """The same for a queued run, long after its person asked: with the rights that they have now.

    Raises Refused when the account is disabled by now.
    """
    if not named(version.manifest, values) or engine.secrets is None:
        return None
    actor = engine.secrets.acting(account, run)
    return for_call(engine, actor, version, values, purpose="run", run=run)
