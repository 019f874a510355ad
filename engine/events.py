"""Every event: a frozen class with a stable name and documented fields.

An event row is written in the same transaction as the change it tells of; listeners (pages by SSE,
metrics, notices) are called after the commit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.event_base import EVENTS as EVENTS
from engine.event_base import Event as Event


@dataclass(frozen=True, kw_only=True)
class ModelRegistered(Event):
    """A folder became a new version of a model."""

    name = "model-registered"
    object_kind = "model"
    about = "model"
    model: str
    version: int


@dataclass(frozen=True, kw_only=True)
class AliasMoved(Event):
    """An alias (live, challenger) now names another version; ``old`` is None the first time."""

    name = "alias-moved"
    object_kind = "model"
    about = "model"
    model: str
    alias: str
    old: int | None
    new: int
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ModelChecked(Event):
    """The golden cases of a version were run; ``ok`` says whether all passed."""

    name = "model-checked"
    object_kind = "model"
    about = "model"
    model: str
    version: int
    ok: bool


@dataclass(frozen=True, kw_only=True)
class DatasetVersionAdded(Event):
    """A dataset has a new version."""

    name = "dataset-version-added"
    object_kind = "dataset"
    about = "dataset"
    dataset: str
    version: int
    rows: int


@dataclass(frozen=True, kw_only=True)
class DatasetDescribed(Event):
    """Title, source or licence of a dataset's version were corrected, the data being the same."""

    name = "dataset-described"
    object_kind = "dataset"
    about = "dataset"
    dataset: str
    version: int
    old: dict[str, str]
    new: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class ColumnsClassed(Event):
    """Somebody said which columns of a dataset hold personal data; ``old`` and ``new`` are column → class."""

    name = "dataset-columns-classed"
    object_kind = "dataset"
    about = "dataset"
    dataset: str
    old: dict[str, str]
    new: dict[str, str]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ParameterSetChanged(Event):
    """A parameter set was made, or its title, owner, guard or places were changed; ``set`` is model/name."""

    name = "parameter-set-changed"
    object_kind = "params"
    about = "set"
    set: str
    old: dict[str, Any]
    new: dict[str, Any]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ParametersSubmitted(Event):
    """A parameter set has a new version; ``old`` and ``new`` are the fields that differ from what was in force."""

    name = "parameters-submitted"
    object_kind = "params"
    about = "set"
    set: str
    version: int
    place: str
    state: str
    effective_from: str
    old: dict[str, Any]
    new: dict[str, Any]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ParametersReviewed(Event):
    """A step in the review of a version: approved, rejected, withdrawn, question, answer or expired."""

    name = "parameters-reviewed"
    object_kind = "params"
    about = "set"
    set: str
    version: int
    step: str
    old: str
    new: str
    effective_from: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class ParametersTried(Event):
    """Somebody had a version tried out by shadow runs: ``without`` the version, and the ``run`` with it."""

    name = "parameters-tried"
    object_kind = "params"
    about = "set"
    set: str
    version: int
    without: str
    run: str


@dataclass(frozen=True, kw_only=True)
class PresetChanged(Event):
    """A person made or changed a preset of their own; ``set`` is model/~name. Nobody else is told of it."""

    name = "preset-changed"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    set: str
    version: int
    old: dict[str, Any]
    new: dict[str, Any]
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RunStateChanged(Event):
    """A run moved from one state to the next."""

    name = "run-state-changed"
    object_kind = "run"
    about = "run"
    run: str
    model: str
    old: str
    new: str
    attempt: int = 1

    def audited_for(self, kind: str) -> bool:
        """What people do to runs; the steps that the machine then takes are in the run's own record."""
        return kind != "system"


@dataclass(frozen=True, kw_only=True)
class RealtimeCalled(Event):
    """A model answered a real-time call (or failed to). Kept in the audit log only: nobody is told of each one."""

    name = "realtime-called"
    object_kind = "run"
    about = "run"
    run: str
    model: str
    version: int
    new: str


@dataclass(frozen=True, kw_only=True)
class RunHeld(Event):
    """A run's outputs are kept beyond their time; ``holder`` (person:ID, report:ID …) wants it."""

    name = "run-held"
    object_kind = "run"
    about = "run"
    run: str
    holder: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RunReleased(Event):
    """A hold on a run's outputs was taken away."""

    name = "run-released"
    object_kind = "run"
    about = "run"
    run: str
    holder: str


@dataclass(frozen=True, kw_only=True)
class ModelsNotConfined(Event):
    """Several people share the server although no sandbox works: ``allow_unsandboxed`` permits it."""

    name = "models-not-confined"
    object_kind = "system"
    about = "sandbox"
    sandbox: str = "sandbox"
    accounts: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class OutputsLetGo(Event):
    """A run's outputs were forgotten because their time was over and nobody held them; its record stays."""

    name = "run-outputs-let-go"
    object_kind = "run"
    about = "run"
    run: str
    model: str


@dataclass(frozen=True, kw_only=True)
class ContentsSwept(Event):
    """Contents that nothing refers to were deleted."""

    name = "contents-swept"
    object_kind = "system"
    about = "storage"
    storage: str = "blobs"
    blobs: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class PreferencesChanged(Event):
    """A person chose which notices come by mail."""

    name = "preferences-changed"
    object_kind = "account"
    about = "account"
    needs = "account.read"
    account: str
    old: dict[str, bool]
    new: dict[str, bool]


@dataclass(frozen=True, kw_only=True)
class RunProgressed(Event):
    """How far a run is, at most four times a second. Passed to listeners only, never stored.

    ``fraction`` is None when only printed text came; ``log_bytes`` is the length of the log so far.
    """

    name = "run-progressed"
    object_kind = "run"
    run: str
    model: str
    fraction: float | None
    text: str = ""
    log_bytes: int = 0

    @property
    def object_id(self) -> str:
        """The run."""
        return self.run
