"""A file with personal data is only for who may see them unmasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from auth.service import Auth
from engine.access import LOCAL_ADMIN
from engine.errors import Conflict
from engine.parameters.imports.records import GivenFile
from tests.parameters.sets import HOME, person
from tests.parameters.test_masked_sets import MANIFEST

FILE = GivenFile("letters.txt", b"who = ada@example.com\ncopies = 2\n")


def test_a_file_with_personal_data_is_refused_to_who_sees_them_masked(auth: Auth, tmp_path: Path) -> None:
    folder, people = tmp_path / "letters", tmp_path / "people.csv"
    folder.mkdir()
    (folder / "model.toml").write_text(MANIFEST)
    (folder / "model.py").write_text("def write(who, copies):\n    return {'total': copies}\n")
    people.write_text("e_mail,units\nada@example.com,5\n")
    auth.accounts.add_department(LOCAL_ADMIN, HOME)
    auth.engine.catalog.register(LOCAL_ADMIN, folder)
    auth.engine.datasets.ingest(LOCAL_ADMIN, "people", people, department=HOME)
    auth.engine.datasets.classify(LOCAL_ADMIN, "people", {"e_mail": "personal"})
    steward, ada = person(auth, "stella", "steward", "editor"), person(auth, "ada", "editor")
    files = auth.engine.parameter_files
    files.store(steward, "letters", "usual", FILE, reason="First.")
    assert files.export(steward, "letters", "usual", FILE.name).data == FILE.data
    for give in (files.export, files.original):
        with pytest.raises(Conflict, match="personal data"):
            give(ada, "letters", "usual", FILE.name)
    assert b"ada@example.com" not in files.export_new(ada, "letters", "usual", "json").data
    seen = files.preview(ada, "letters", GivenFile("more.txt", b"copies = 3\n"), name="usual")
    assert seen.effect is not None
    assert "ada@example.com" not in repr(seen)
    done = files.store(ada, "letters", "usual", GivenFile("more.txt", b"copies = 3\n"), reason="More.")
    assert done.version is not None
    assert auth.engine.sets.in_force(steward, "letters", "usual").values == {
        "who": "ada@example.com",
        "copies": 3,
    }
