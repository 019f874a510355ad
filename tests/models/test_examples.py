"""The example models: each passes its own golden cases, and runs on the data that set-up brings in."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.access import LOCAL_ADMIN
from engine.catalog.manifest import load_manifest
from engine.data.samples import SAMPLES
from engine.engine import Engine
from engine.runtimes.registry import runtimes
from engine.settings import ROOT

FOLDERS = sorted(p.parent for p in (ROOT / "models").glob("*/model.toml"))
GOLDEN_ROWS = 51


def _present(engine: Engine, folder: Path) -> None:
    language = load_manifest(folder).model.language
    presence = runtimes(engine.settings)[language].presence()
    if not presence.present:
        pytest.skip(presence.remedy)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda f: f.name)
def test_golden_cases_pass(engine: Engine, folder: Path) -> None:
    _present(engine, folder)
    report = engine.catalog.check(LOCAL_ADMIN, folder)
    assert [f"{s.name}: {s.sentence}" for s in report.steps if not s.ok] == []
    assert sum(s.name.startswith("golden") for s in report.steps) >= 2


def test_there_are_six_examples_two_in_each_language() -> None:
    manifests = [load_manifest(f) for f in FOLDERS]
    assert sorted(m.model.language for m in manifests) == ["julia", "julia", "python", "python", "r", "r"]
    assert sum(m.model.command is not None for m in manifests) == 3
    assert {m.model.department for m in manifests} == {"Marketing", "Procurement"}
    assert all(8 <= len(m.fields) <= 15 for m in manifests)


def test_every_field_says_what_it_is_and_its_default_passes_its_own_checks() -> None:
    from engine.parameters.fields import check_values

    for folder in FOLDERS:
        manifest = load_manifest(folder)
        for name, field in manifest.fields.items():
            assert field.title, (folder.name, name)
            assert field.group, (folder.name, name)
        check_values(manifest, {})


def test_default_datasets_are_among_the_samples() -> None:
    names = {s.name for s in SAMPLES}
    used = {i.dataset for f in FOLDERS for i in load_manifest(f).inputs.values()}
    assert used <= names


def test_only_tiny_made_up_samples_lie_in_the_repository() -> None:
    for path in (ROOT / "models").rglob("*.csv"):
        assert len(path.read_text().splitlines()) <= GOLDEN_ROWS, path


@pytest.mark.parametrize("folder", [f for f in FOLDERS if f.name.startswith("legacy")], ids=lambda f: f.name)
def test_legacy_scripts_have_nothing_of_ours_in_them(folder: Path) -> None:
    for path in folder.iterdir():
        if path.suffix in (".py", ".R", ".jl", ".txt", ".ini"):
            assert "quarterdeck" not in path.read_text().lower(), path
