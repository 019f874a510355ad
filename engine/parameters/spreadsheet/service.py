"""Parameter sets in a spreadsheet: download, edit, upload, compare, submit. ``engine.sheets``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from engine.access import PARAMS_READ, PARAMS_WRITE, Actor, service
from engine.errors import Conflict, Invalid, Problem
from engine.parameters.merging import SIDES
from engine.parameters.set_changes import REVIEW_DAYS
from engine.parameters.set_part import of_set
from engine.parameters.set_records import SetVersion
from engine.parameters.spreadsheet.holding import Holding
from engine.store.base import utc_now

if TYPE_CHECKING:
    from engine.engine import Engine
    from engine.parameters.spreadsheet.records import SheetPreview

MOST_BESIDE = 5


class Sheets(Holding):
    """The spreadsheet round trip. Whatever comes back goes the same way as what is typed: version, review, audit."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @service(PARAMS_READ, on=of_set)
    def export(
        self,
        actor: Actor,
        model: str,
        name: str,
        target: Path,
        *,
        place: str = "",
        number: int | None = None,
        beside: Sequence[str] = (),
    ) -> str:
        """Write a version (the newest one at the place) as XLSX to ``target``; returns a name for the file.

        ``beside`` are up to five others to compare with: ``name@3``, ``name`` (in force today), ``name:DE``. Raises
        NotFound, Invalid.
        """
        from engine.data.exports import file_name
        from engine.parameters.spreadsheet.collecting import collect, newest
        from engine.parameters.spreadsheet.writing import write

        if len(beside) > MOST_BESIDE:
            sentence = f"At most {MOST_BESIDE} versions stand beside the values; {len(beside)} were given."
            raise Invalid("the comparison", [Problem("beside", sentence, rule=f"at most {MOST_BESIDE}")])
        if number is None:
            version = newest(self.engine, actor, model, name, place)
        else:
            version = self.engine.sets.version(actor, model, name, number)
            place = version.place
        content = collect(
            self.engine, actor, model, name, version, place, self.engine.sets.today(), utc_now(), beside
        )
        write(content, target)
        parts = [name.lstrip("~"), place.replace("/", "-"), f"v{version.number}" if version else ""]
        return file_name(model, *(part for part in parts if part), ending="xlsx")

    @service(PARAMS_WRITE, on=of_set)
    def preview(
        self, actor: Actor, model: str, name: str, path: Path, file: str, place: str = ""
    ) -> SheetPreview:
        """What an edited workbook would change; nothing is stored. ``file`` is what the person calls it.

        Raises Invalid for a file that is no such workbook. What is wrong in single cells is in ``problems``.
        """
        from engine.parameters.spreadsheet.previewing import compare_file

        return compare_file(self.engine, actor, model, name, path, file, place).preview

    @service(PARAMS_WRITE, on=of_set)
    def submit(
        self,
        actor: Actor,
        model: str,
        name: str,
        path: Path,
        file: str,
        *,
        reason: str = "",
        place: str = "",
        effective_from: date | None = None,
        review: bool = False,
        days: int = REVIEW_DAYS,
        choose: Mapping[str, str] | None = None,
        seen: int | None = None,
    ) -> SetVersion:
        """Store what an edited workbook changes as a new version, by the same rules as ``engine.sets.submit``.

        What others stored since the download stays. Where the file changed the same field otherwise, ``choose`` says
        whose value is to hold: ``{"margin": "yours"}`` the file's, ``"theirs"`` the stored one; without that raises
        ChangedMeanwhile. ``seen`` is the newest version that the person saw (0: none): Conflict where it is another one
        by now. Raises Invalid with every wrong cell, or when nothing differs.
        """
        from engine.parameters.spreadsheet import previewing

        compared = previewing.compare_file(self.engine, actor, model, name, path, file, place)
        found = compared.preview
        if seen is not None and seen != (found.base or 0):
            raise Conflict(
                f"Version {found.base} was stored meanwhile. Nothing of yours was lost or saved: look at the "
                "differences again."
            )
        previewing.refuse_problems(found)
        decided = dict(choose or {})
        open_ = [n for n in compared.merge.conflicts if decided.get(n) not in SIDES]
        if open_:  # says who changed what meanwhile, with both sides
            values, base = compared.merge.yours, found.from_version
        else:
            values, base = previewing.chosen(compared, decided), found.base
        return self.engine.sets.submit(
            actor,
            model,
            name,
            values,
            reason=reason,
            base=base,
            effective_from=effective_from,
            place=found.place,
            sources=previewing.sources(compared, values),
            review=review,
            days=days,
        )
