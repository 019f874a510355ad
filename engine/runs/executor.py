"""Where calls happen: the interface that ``local`` implements and a cluster executor will."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.runs.records import InputUse
from engine.runtimes.interface import Listener, Result

if TYPE_CHECKING:
    from engine.catalog.service import LoadedVersion
    from engine.runs.secret_values import CallSecrets


@dataclass(frozen=True)
class Job:
    """One attempt at a run, or one real-time call, with everything resolved."""

    id: str
    version: LoadedVersion
    values: dict[str, Any]
    inputs: list[InputUse] = field(default_factory=list)
    seed: int | None = None
    timeout: float | None = None
    secrets: CallSecrets | None = None


@dataclass(frozen=True)
class Prepared:
    """A job made ready: the call (runtime objects) and the folder that its outputs will lie in."""

    job: Job
    spec: Any
    call: Any
    scratch: Path


class Executor(Protocol):
    """Prepares and makes calls; used from several threads."""

    name: str

    @property
    def private(self) -> Path:
        """A folder that only the server writes to, for making contents before they are stored."""

    def start(self) -> None:
        """Get ready: clean scratch, start what calls need."""

    def is_ready(self, version_id: str) -> bool:
        """Is a worker of this version loaded, so that a run of it starts at once?"""

    def prepare(self, job: Job, stack: ExitStack) -> Prepared:
        """Put inputs where the model finds them; what must be undone after the run goes on the stack.

        Raises CallFailed, or Unavailable when there is no room.
        """

    def call(self, prepared: Prepared, listener: Listener | None = None) -> Result:
        """Make the call and wait. Raises CallFailed."""

    def cancel(self, job_id: str) -> bool:
        """End a call with all it started; False when it is not running (yet, or any more)."""

    def close(self) -> None:
        """End all calls and give everything back."""
