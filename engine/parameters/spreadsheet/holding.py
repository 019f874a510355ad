"""An uploaded workbook that waits to be looked at and stored: each person's own, one for each set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.access import PARAMS_WRITE, Actor, service
from engine.errors import NotFound
from engine.parameters.set_part import of_set
from engine.runs import uploaded

if TYPE_CHECKING:
    from engine.engine import Engine


@dataclass(frozen=True)
class Held:
    """A workbook that waits; ``file`` is what the person calls it."""

    file: str
    blob: str
    path: Path


class Holding:
    """Part of ``engine.sheets``: a reload or a lost session does not lose what was uploaded."""

    engine: Engine

    @service(PARAMS_WRITE, on=of_set)
    def hold(self, actor: Actor, model: str, name: str, value: Mapping[str, str], file: str = "") -> None:
        """Keep a file that this person uploaded (the value of a file field), under its own name. Raises NotFound."""
        given = {"blob": str(value.get("blob", "")), "name": str(value.get("name", ""))}
        if uploaded.problems(self.engine, actor, {"file": given}):
            raise NotFound("uploaded file", given["name"], "Upload it again.")
        self.engine.drafts.keep(actor, model, {**given, "file": file or given["name"]}, _page(name))

    @service(PARAMS_WRITE, on=of_set)
    def waiting(self, actor: Actor, model: str, name: str) -> Held | None:
        """The workbook that waits for this person; None when there is none (any more)."""
        kept = self.engine.drafts.kept(actor, model, _page(name))
        if not kept or not self.engine.blobs.exists(kept["blob"]):
            return None
        return Held(kept["file"], kept["blob"], self.engine.blobs.local_path(kept["blob"]))

    @service(PARAMS_WRITE, on=of_set)
    def give_up(self, actor: Actor, model: str, name: str) -> None:
        """Forget it."""
        self.engine.drafts.forget(actor, model, _page(name))


def _page(name: str) -> str:
    return f"sheet:{name}"
