"""Known weaknesses of packages are told; without the service it is told that nothing is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bootstrap import checks, weaknesses
from bootstrap.places import Places
from bootstrap.progress import Progress


def answer(*packages: dict[str, object]) -> str:
    return json.dumps({"dependencies": list(packages), "fixes": []})


def test_a_known_weakness_is_named_with_the_version_that_mends_it() -> None:
    found = weaknesses.Found()
    weak = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
    assert weaknesses.read(
        found,
        answer(
            {"name": "good", "version": "1.0", "vulns": []},
            {"name": "bad", "version": "1.0", "vulns": [weak]},
        ),
    )
    assert found.weak == ["bad 1.0: PYSEC-1, mended in 2.0"]
    assert "1 known weaknesses in 2 packages" in found.sentence


def test_an_accepted_weakness_has_a_reason() -> None:
    assert all(len(reason) > 20 for reason in weaknesses.ACCEPTED.values())


def test_packages_that_the_service_does_not_know_are_counted_not_passed() -> None:
    found = weaknesses.Found()
    skipped = {"name": "own", "skip_reason": "not found"}
    weaknesses.read(found, answer({"name": "a", "version": "1", "vulns": []}, skipped))
    assert found.sentence == "1 packages without a known weakness, 1 unknown to the service"
    nothing = weaknesses.Found()
    weaknesses.read(nothing, answer(skipped))
    assert nothing.sentence == "not checked: the service knows none of these packages"


@pytest.mark.parametrize("output", ["", "no JSON", "[]", "{}"])
def test_no_answer_is_no_all_clear(output: str) -> None:
    assert not weaknesses.read(weaknesses.Found(), output)


def test_without_the_service_it_is_said_and_nothing_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scripts = tmp_path / "tools" / "server" / "bin"
    scripts.mkdir(parents=True)
    program = scripts / "pip-audit"
    program.write_text("#!/bin/sh\necho 'Failed to resolve the service' >&2\nexit 1\n", "utf-8")
    program.chmod(0o755)
    without = Places.from_environment({"QUARTERDECK_TOOLS_FOLDER": str(tmp_path / "tools")})
    assert checks.known_weaknesses(Progress(tmp_path / "log"), without)
    told = capsys.readouterr()
    said = "not checked: the service for known weaknesses (api.osv.dev) was not reached: Failed to resolve"
    assert said in told.out + told.err


@pytest.mark.parametrize("sign", sorted(weaknesses.HINDRANCES))
def test_what_hinders_is_a_sentence_with_a_remedy_and_no_trace(tmp_path: Path, sign: str) -> None:
    scripts = tmp_path / "server" / "bin"
    scripts.mkdir(parents=True)
    trace = f"requests.exceptions.ConnectionError: HTTPSConnectionPool(host='x'): (Caused by {sign}('y'))"
    (scripts / "pip-audit").write_text(f'#!/bin/sh\necho "{trace}" >&2\nexit 1\n', "utf-8")
    (scripts / "pip-audit").chmod(0o755)
    places = Places.from_environment({"QUARTERDECK_TOOLS_FOLDER": str(tmp_path)})
    said = weaknesses.look(places).sentence
    assert weaknesses.HINDRANCES[sign] in said
    assert "HTTPSConnectionPool" not in said
