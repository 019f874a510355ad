"""A file that somebody is about to import: kept with what was said about it, until it is stored or given up.

Each person has one such file for a model. It is theirs alone, survives a reload and a lost session, and is let go of
after thirty days as every upload that nothing came of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete

from engine.access import PARAMS_READ, Actor, Resource, service
from engine.errors import NotFound
from engine.parameters.imports.records import Answers, GivenFile
from engine.parameters.textfiles.document import MOST_BYTES, unreadable
from engine.parameters.textfiles.encodings import too_large
from engine.runs import uploaded
from engine.store.tables_data import UPLOADED_FILE

if TYPE_CHECKING:
    from engine.engine import Engine

PAGE = "import"  # under which drafts keep it


def _of_model(self: Holding, actor: Actor, model: str, *_: Any, **__: Any) -> Resource:
    return self.engine.catalog.resource(model)


@dataclass(frozen=True)
class Waiting:
    """The file, what was said about it (None: nothing), and what else was chosen: set, place, reason."""

    file: GivenFile
    answers: Answers | None = None
    chosen: dict[str, Any] = field(default_factory=dict)


class Holding:
    """Part of ``engine.parameter_files``."""

    engine: Engine

    @service(PARAMS_READ, on=_of_model)
    def hold(self, actor: Actor, model: str, file: GivenFile) -> None:
        """Keep a file in place of the one before. Raises Invalid for one that is too large."""
        if len(file.data) > MOST_BYTES:
            raise unreadable(file.name, too_large(len(file.data)))
        self._release(actor, model)
        blob = self.engine.blobs.put_bytes(file.data)
        uploaded.note(self.engine, actor, blob)
        self.engine.drafts.keep(actor, model, {"blob": blob, "name": file.name}, PAGE)

    @service(PARAMS_READ, on=_of_model)
    def hold_upload(self, actor: Actor, model: str, value: Mapping[str, str], name: str = "") -> None:
        """Keep a file that this person uploaded (the value of a file field), under its own name. Raises NotFound."""
        if uploaded.problems(self.engine, actor, {"file": dict(value)}):
            raise NotFound("uploaded file", str(value.get("name", "")), "Upload it again.")
        size = self.engine.blobs.size(value["blob"])
        if size > MOST_BYTES:
            raise unreadable(name or value["name"], too_large(size))
        self._release(actor, model, but=value["blob"])
        self.engine.drafts.keep(actor, model, {"blob": value["blob"], "name": name or value["name"]}, PAGE)

    @service(PARAMS_READ, on=_of_model)
    def waiting(self, actor: Actor, model: str) -> Waiting | None:
        """The file that waits for this person; None when there is none (any more)."""
        kept = self.engine.drafts.kept(actor, model, PAGE)
        if not kept:
            return None
        try:
            with self.engine.blobs.open(kept["blob"]) as stream:
                data = stream.read()
        except NotFound:  # swept after its time
            return None
        said = kept.get("answers")
        answers = None if said is None else Answers(**said)
        return Waiting(GivenFile(kept["name"], data), answers, dict(kept.get("chosen") or {}))

    @service(PARAMS_READ, on=_of_model)
    def said(self, actor: Actor, model: str, answers: Answers | None, chosen: Mapping[str, Any]) -> None:
        """Keep what was said about the waiting file, and what else was chosen."""
        kept = self.engine.drafts.kept(actor, model, PAGE)
        if not kept:
            return
        told = None if answers is None else answers.as_json()
        self.engine.drafts.keep(actor, model, {**kept, "answers": told, "chosen": dict(chosen)}, PAGE)

    @service(PARAMS_READ, on=_of_model)
    def give_up(self, actor: Actor, model: str) -> None:
        """Forget the waiting file, which may hold what nobody should keep."""
        self._release(actor, model)
        self.engine.drafts.forget(actor, model, PAGE)

    def _release(self, actor: Actor, model: str, but: str = "") -> None:
        blob = self.engine.drafts.kept(actor, model, PAGE).get("blob")
        if not blob or blob == but:
            return
        with self.engine.database.light() as session:
            own = (UPLOADED_FILE.c.blob == blob) & (UPLOADED_FILE.c.account == actor.id)
            session.connection().execute(delete(UPLOADED_FILE).where(own))
