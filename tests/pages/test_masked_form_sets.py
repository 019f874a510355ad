"""A run takes a value from a set that the person who runs it sees only masked."""

from __future__ import annotations

from pathlib import Path

from app import state
from app.components import form_sets
from app.components.form_state import FormModel
from auth.service import Auth
from engine.access import LOCAL_ADMIN
from engine.data.classes import MASK
from tests.parameters.sets import HOME, person
from tests.parameters.test_masked_sets import MANIFEST


def test_a_masked_value_of_a_set_runs_and_is_not_set_otherwise(auth: Auth, tmp_path: Path) -> None:
    folder, file = tmp_path / "letters", tmp_path / "people.csv"
    folder.mkdir()
    (folder / "model.toml").write_text(MANIFEST)
    (folder / "model.py").write_text("def write(who, copies):\n    return {'total': copies}\n")
    file.write_text("e_mail,units\nada@example.com,5\nbob@example.com,3\n")
    auth.accounts.add_department(LOCAL_ADMIN, HOME)
    engine, sets = auth.engine, auth.engine.sets
    engine.catalog.register(LOCAL_ADMIN, folder, promote=True)
    engine.datasets.ingest(LOCAL_ADMIN, "people", file, department=HOME)
    engine.datasets.classify(LOCAL_ADMIN, "people", {"e_mail": "personal"})
    steward, dan = person(auth, "stella", "steward", "editor"), person(auth, "dan", "analyst")
    sets.create(steward, "letters", "usual")
    sets.submit(steward, "letters", "usual", {"who": "ada@example.com"}, reason="First.")
    state.attach(auth)
    try:
        with state.acting(dan):
            loaded = engine.catalog.version(dan, "letters")
            form = FormModel(loaded.id, "letters", loaded.number, loaded.manifest)
            taken = form_sets.take(form, "usual")
            assert (taken.raws, taken.unfit) == ({"who": MASK}, ())
            shown, problems = form.values({**form.defaults, **taken.raws, "copies": "3"})
            assert problems == []
            handed = form_sets.submitted(form, taken, shown)
            assert handed["values"] == {"copies": 3}
            run = engine.runs.submit(dan, "letters", **handed)
            assert run.values == {"who": MASK, "copies": 3}
            assert run.parameter_set is not None
            assert run.parameter_set["overrides"] == ["copies"]
    finally:
        state.detach(auth)
    assert engine.runs.get(steward, run.id).values["who"] == "ada@example.com"
