"""Stamps decide what is installed; the person's own pip settings hold for uv as well."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bootstrap import environments, stamps
from bootstrap.places import Places
from bootstrap.progress import Progress, StepFailed


def _pretend(places: Places, environment: environments.Environment) -> None:
    python = places.python(environment.folder)
    python.parent.mkdir(parents=True, exist_ok=True)
    python.touch()
    contents = {lock: environments._inputs(places, lock) for lock in environment.locks}
    stamps.write(places.tools / environment.folder / environments.STAMP, contents)


def test_an_installed_environment_is_left_alone(
    places: Places, progress: Progress, said: io.StringIO
) -> None:
    _pretend(places, environments.MODELS)
    assert environments.ensure(progress, places, environments.MODELS)
    assert said.getvalue() == ""


def test_a_changed_lock_means_install_again(places: Places) -> None:
    _pretend(places, environments.SERVER)
    assert environments.current(places, environments.SERVER)
    (places.requirements / "server.txt").write_text("server==2\n")
    assert not environments.current(places, environments.SERVER)


def test_the_tests_packages_include_the_servers(places: Places) -> None:
    _pretend(places, environments.SERVER)
    assert not environments.current(places, environments.SERVER_AND_TESTS)
    _pretend(places, environments.SERVER_AND_TESTS)
    assert environments.current(places, environments.SERVER)


def test_a_lost_interpreter_means_install_again(places: Places) -> None:
    _pretend(places, environments.MODELS)
    places.python("models").unlink()
    assert not environments.current(places, environments.MODELS)


@pytest.mark.parametrize("contents", ["", "[]", "{", "null"])
def test_a_damaged_stamp_is_no_stamp(places: Places, contents: str) -> None:
    _pretend(places, environments.MODELS)
    (places.tools / "models" / environments.STAMP).write_text(contents)
    assert not environments.current(places, environments.MODELS)


def test_a_failed_installation_leaves_no_stamp_and_a_remedy(
    places: Places, progress: Progress, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StepFailed("uv", 2, "error: Failed to fetch\n  dns error: Name or service not known")

    _pretend(places, environments.MODELS)
    (places.requirements / "models.txt").write_text("models==2\n")
    monkeypatch.setattr(environments, "_create", lambda *_: None)
    monkeypatch.setattr(environments, "_install", fail)
    assert not environments.ensure(progress, places, environments.MODELS)
    assert not environments.current(places, environments.MODELS)
    (told,) = progress.remedies
    assert "Name or service not known" in told
    assert "Without them: no Python models" in told
    assert str(places.log) in told


def test_pips_settings_hold_for_uv() -> None:
    given = {"PIP_CERT": "/etc/ours.pem", "HTTPS_PROXY": "proxy:3128", "VIRTUAL_ENV": "/elsewhere"}
    made = environments.for_installers(given, {"index-url": "mirror/simple", "trusted-host": "mirror"})
    assert made["SSL_CERT_FILE"] == "/etc/ours.pem"
    assert made["HTTPS_PROXY"] == "proxy:3128"
    assert made["UV_DEFAULT_INDEX"] == "mirror/simple"
    assert made["UV_INSECURE_HOST"] == "mirror"
    assert made["RPY2_CFFI_MODE"] == "ABI"
    assert "VIRTUAL_ENV" not in made


def test_what_is_set_for_uv_wins() -> None:
    made = environments.for_installers(
        {"UV_DEFAULT_INDEX": "uvs", "SSL_CERT_FILE": "mine", "PIP_CERT": "pips"}, {"index-url": "pips"}
    )
    assert (made["UV_DEFAULT_INDEX"], made["SSL_CERT_FILE"]) == ("uvs", "mine")


LOCKS = Path(__file__).parents[2] / "requirements"


@pytest.mark.parametrize("lock", sorted(path.name for path in LOCKS.glob("*.txt")))
def test_locks_pin_hashes_and_name_no_index(lock: str) -> None:
    text = (LOCKS / lock).read_text()
    assert "://" not in text
    assert "--index-url" not in text
    for block in text.split("\n"):
        if block and not block.startswith((" ", "#")):
            assert "==" in block, block
            assert block.endswith("\\"), f"{block} has no hash"


def test_the_tests_lock_holds_the_servers_versions() -> None:
    def pinned(name: str) -> set[str]:
        return {
            line.split()[0]
            for line in (LOCKS / name).read_text().splitlines()
            if "==" in line and line[0] != " "
        }

    assert pinned("server.txt") <= pinned("dev.txt")
