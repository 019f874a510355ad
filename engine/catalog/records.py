"""What the catalog hands out: plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.catalog.manifest_model import Manifest


@dataclass(frozen=True)
class ModelCard:
    """A model in a list. ``version`` is the number of its live version, ``latest`` of its newest one."""

    name: str
    title: str
    department: str | None
    language: str
    summary: str
    version: int | None
    latest: int
    tags: tuple[str, ...] = ()
    registered_at: datetime | None = None

    @property
    def live(self) -> int | None:
        """Number of the live version."""
        return self.version


@dataclass(frozen=True)
class ModelVersion:
    """An immutable version of a model."""

    id: str
    model: str
    number: int
    language: str
    environment_id: str
    source_hash: str
    source_bytes: int
    created_at: datetime
    created_by: str
    created: bool = False  # by this very call of register: False when the same folder was there before


@dataclass(frozen=True)
class AliasMove:
    """One move of an alias. ``at`` is when it was made, ``valid_from`` since when it counts."""

    alias: str
    version: int
    old: int | None
    at: datetime
    valid_from: datetime
    actor: str
    reason: str


@dataclass(frozen=True)
class ModelPage:
    """Everything about a model: card, versions (newest first), aliases now and their history, README text."""

    card: ModelCard
    versions: list[ModelVersion]
    aliases: dict[str, int]
    history: list[AliasMove]
    readme: str = ""


@dataclass(frozen=True)
class LoadedVersion:
    """A version ready to run: its manifest, and its source unpacked read-only in ``folder``.

    ``interpreter`` is the Python of the version's own environment; None means the runtime's default.
    """

    id: str
    model: str
    number: int
    manifest: Manifest
    folder: Path
    environment_id: str
    language: str
    entry: str | None
    source_hash: str
    created_at: datetime
    created_by: str
    interpreter: Path | None = None

    @property
    def department(self) -> str | None:
        """Department of the model, as this version says."""
        return self.manifest.model.department


@dataclass(frozen=True)
class CheckStep:
    """One step of a check: ``sentence`` says what was found, ``seconds`` how long it took."""

    name: str
    ok: bool
    sentence: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class CheckReport:
    """What ``quarterdeck check`` found."""

    folder: str
    model: str = ""
    steps: list[CheckStep] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Did every step pass?"""
        return all(step.ok for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """For ``--json`` and for anybody's CI."""
        steps = [
            {"name": s.name, "ok": s.ok, "sentence": s.sentence, "seconds": round(s.seconds, 3)}
            for s in self.steps
        ]
        return {"ok": self.ok, "model": self.model, "folder": self.folder, "steps": steps}


@dataclass(frozen=True)
class VersionCheck:
    """A check of a registered version that was kept: when, by whom, and what each step found."""

    at: datetime
    checked_by: str
    ok: bool
    steps: list[CheckStep] = field(default_factory=list)
