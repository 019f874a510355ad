"""Script mode: an existing script, run unchanged in a fresh copy of its folder."""

from __future__ import annotations

from pathlib import Path

from engine.runtimes.interface import Presence, WorkerSpec
from engine.settings import Settings


class CommandRuntime:
    """Any command. There is no warm worker: the pool calls ``run`` for each call."""

    name = "command"

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def presence(self) -> Presence:
        """Always there; whether the command itself is, shows when it runs."""
        return Presence(True, bridge="process")

    def command(self, socket: Path, spec: WorkerSpec) -> tuple[list[str], dict[str, str], list[Path]]:
        """Script mode has no worker."""
        raise NotImplementedError
