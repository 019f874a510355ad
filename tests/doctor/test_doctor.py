"""The doctor looks, changes nothing, and says what to do."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine import doctor
from engine.doctor import languages, machine, storage
from engine.runtimes.interface import Presence
from engine.settings import Settings


class Told:
    """A runtime that only says whether it is there."""

    name = "told"

    def __init__(self, presence: Presence | Exception) -> None:
        self._presence = presence

    def presence(self) -> Presence:
        if isinstance(self._presence, Exception):
            raise self._presence
        return self._presence


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_folder=tmp_path / "data")


def test_the_report_has_the_promised_shape_and_is_json(settings: Settings) -> None:
    report = json.loads(json.dumps(doctor.report(settings)))
    assert {"python", "r", "julia"} <= set(report["runtimes"])
    for finding in report["runtimes"].values():
        assert {"present", "version", "bridge", "remedy", "ok"} <= set(finding)
        assert finding["present"] or finding["remedy"]
    for name in ("sandbox", "memory_storage", "free_space", "database", "clock", "chromium"):
        assert {"ok", "value", "remedy"} <= set(report[name])
    assert "Julia" in doctor.as_text(report)


def test_looking_creates_nothing(settings: Settings) -> None:
    doctor.report(settings)
    assert not settings.data.exists()


def test_each_language_says_version_bridge_or_remedy(settings: Settings) -> None:
    known = {
        "python": Told(Presence(True, "3.11.7", "python")),
        "r": Told(Presence(False, remedy="sudo apt-get install r-base-core")),
        "julia": Told(RuntimeError("no such file")),
    }
    found = {name: finding.as_json() for name, finding in languages.by_language(settings, known).items()}  # type: ignore[arg-type]
    assert found["python"]["present"]
    assert found["r"]["remedy"] == "sudo apt-get install r-base-core"
    assert "no such file" in found["julia"]["remedy"]


def test_a_strangers_language_is_listed(settings: Settings) -> None:
    known = {"octave": Told(Presence(True, "8.4", "own"))}
    assert languages.by_language(settings, known)["octave"].ok  # type: ignore[arg-type]


def test_a_database_that_is_not_there_yet(settings: Settings) -> None:
    found = storage.database(settings).as_json()
    assert (found["ok"], found["reachable"]) == (False, False)
    assert "./quarterdeck setup" in found["remedy"]


def test_a_damaged_database_is_named(settings: Settings) -> None:
    settings.data.mkdir()
    file = settings.data / "quarterdeck.db"
    file.write_bytes(b"no database at all " * 100)
    found = storage.database(settings)
    assert not found.ok
    assert "cannot be read" in found.value


@pytest.mark.parametrize(("schema", "ok"), [("0001", True), ("9999", False)])
def test_the_schema_is_compared_with_the_program(settings: Settings, schema: str, ok: bool) -> None:
    settings.data.mkdir()
    with closing(sqlite3.connect(settings.data / "quarterdeck.db")) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES (?)", [schema])
        connection.commit()
    assert storage.database(settings).ok is ok


def test_a_password_in_the_address_is_not_shown() -> None:
    settings = Settings(database_url="postgresql+psycopg://me:verysecret@127.0.0.1:1/none")
    found = storage.database(settings)
    assert not found.ok
    assert "verysecret" not in json.dumps(found.as_json())


def test_too_little_space_names_the_floor(settings: Settings) -> None:
    found = machine.free_space(settings.model_copy(update={"free_space_floor_mb": 1 << 40}))
    assert not found.ok
    assert "QUARTERDECK_DATA_FOLDER" in found.remedy


def test_an_unknown_time_zone_is_refused(settings: Settings) -> None:
    found = machine.clock(settings.model_copy(update={"business_timezone": "Mars/Olympus"}))
    assert not found.ok
    assert "Mars/Olympus" in found.value


def test_small_memory_storage_is_told_with_its_remedy(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "ENOUGH_MEMORY_STORAGE", 1 << 60)
    found = machine.memory_storage(settings)
    assert not found.ok
    assert "--shm-size" in found.remedy


def test_a_sandbox_switched_off_is_not_in_order(settings: Settings) -> None:
    found = machine.sandbox(settings.model_copy(update={"sandbox": "off"}))
    assert not found.ok
    assert "QUARTERDECK_SANDBOX" in found.remedy
