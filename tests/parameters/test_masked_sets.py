"""Values from a column with personal data stay masked in sets, too, and survive somebody who sees the mask."""

from __future__ import annotations

from pathlib import Path

from sqlmodel import select

from auth.service import Auth
from engine.access import LOCAL_ADMIN
from engine.data.classes import MASK
from engine.store.database import EventRow
from tests.parameters.sets import HOME, person

MANIFEST = """
manifest = 1
[model]
name = "letters"
title = "Letters"
department = "Procurement"
language = "python"
entry = "model.py:write"

[fields.who]
type = "choice"
choices_from = { dataset = "people", column = "e_mail" }

[fields.copies]
type = "integer"
default = 1

[outputs.total]
kind = "metric"
"""


def test_masked_values_are_neither_shown_nor_lost_nor_told(auth: Auth, tmp_path: Path) -> None:
    folder, file = tmp_path / "letters", tmp_path / "people.csv"
    folder.mkdir()
    (folder / "model.toml").write_text(MANIFEST)
    (folder / "model.py").write_text("def write(who, copies):\n    return {'total': copies}\n")
    file.write_text("e_mail,units\nada@example.com,5\nbob@example.com,3\n")
    auth.accounts.add_department(LOCAL_ADMIN, HOME)
    engine, sets = auth.engine, auth.engine.sets
    engine.catalog.register(LOCAL_ADMIN, folder)
    engine.datasets.ingest(LOCAL_ADMIN, "people", file, department=HOME)
    engine.datasets.classify(LOCAL_ADMIN, "people", {"e_mail": "personal"})
    steward = person(auth, "stella", "steward", "editor")
    ada = person(auth, "ada", "editor")
    sets.create(ada, "letters", "usual")
    sets.submit(steward, "letters", "usual", {"who": "ada@example.com"}, reason="First.")
    seen = sets.in_force(ada, "letters", "usual").values
    assert seen == {"who": MASK}
    assert sets.version(ada, "letters", "usual", 1).values == {"who": MASK}
    assert "who" not in sets.history(ada, "letters", "usual")
    (line,) = sets.differences(ada, "letters", "usual", 1).fields
    assert (line.field, line.before, line.after, line.unusual) == ("who", None, MASK, None)
    made = sets.submit(ada, "letters", "usual", {**seen, "copies": 2}, reason="More.", base=1)
    assert made.values == {"who": MASK, "copies": 2}
    assert sets.in_force(steward, "letters", "usual").values == {"who": "ada@example.com", "copies": 2}
    with engine.database.read() as session:
        rows = session.exec(select(EventRow).where(EventRow.name == "parameters-submitted")).all()
    assert len(rows) == 2
    assert not any("ada@example.com" in row.data for row in rows)
