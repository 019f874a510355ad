"""The examples on the data of set-up, with their forms' own defaults: what a first visitor sees."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.access import LOCAL_ADMIN
from engine.catalog.manifest import load_manifest
from engine.data import samples
from engine.engine import Engine
from engine.runtimes.registry import runtimes
from engine.settings import ROOT, Settings

pytestmark = pytest.mark.slow
EXPECTED = {
    "customer-segmentation": {"customers_in_all": 23570, "within_share": 22.349, "silhouette": 0.41646},
    "product-recommendation": {"hit_rate": 57.594, "popular_rate": 48.464, "people_served": 2218},
    "demand-forecast": {"mape": 22.138, "mase": 0.29995, "total_units": 237890.7},
    "legacy-reorder-points": {"pairs": 913, "total_safety_stock": 105217, "capital_tied_up": 520348.45},
    "legacy-markdown-plan": {"profit_in_all": 532.66, "left_over": 0},
    "legacy-price-elasticity": {"brands": 11, "median_elasticity": -2.9152},
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, list[str]]]:
    said: list[str] = []
    engine = Engine(Settings(data_folder=tmp_path_factory.mktemp("data"), free_space_floor_mb=1))
    samples.prepare(engine, LOCAL_ADMIN, said.append)
    engine.start()
    yield engine, said
    engine.stop()


def test_preparing_again_changes_nothing(prepared: tuple[Engine, list[str]]) -> None:
    engine, _ = prepared
    before = {card.name: card.version for card in engine.datasets.list(LOCAL_ADMIN)}
    samples.prepare(engine, LOCAL_ADMIN)
    assert {card.name: card.version for card in engine.datasets.list(LOCAL_ADMIN)} == before


def test_samples_have_rows_source_and_licence(prepared: tuple[Engine, list[str]]) -> None:
    engine, said = prepared
    rows = {"orange-juice-sales": 106_139, "cdnow-transactions": 69_659, "margarine-purchases": 4_470}
    there = {c.name: c for c in engine.datasets.list(LOCAL_ADMIN)}
    missing = {s.name for s in samples.SAMPLES} - there.keys()
    if missing:
        pytest.skip(f"without {', '.join(sorted(missing))}: {said[-1]}")
    for sample in samples.SAMPLES:
        version = engine.datasets.version(LOCAL_ADMIN, sample.name)
        assert version.rows == rows.get(sample.name, version.rows)
        assert version.lineage["source"] == sample.source
        assert version.lineage["licence"] == sample.licence
        assert version.notices == ()


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_defaults_on_real_data(prepared: tuple[Engine, list[str]], name: str) -> None:
    engine, _ = prepared
    folder: Path = ROOT / "models" / name
    manifest = load_manifest(folder)
    presence = runtimes(engine.settings)[manifest.model.language].presence()
    there = {c.name for c in engine.datasets.list(LOCAL_ADMIN)}
    needed = {i.dataset for i in manifest.inputs.values()}
    if not presence.present or not needed <= there:
        pytest.skip(presence.remedy or f"without the data {needed - there}")
    engine.catalog.register(LOCAL_ADMIN, folder, promote=True)
    record = engine.runs.submit(LOCAL_ADMIN, name, values={}, inputs={})
    record = engine.runs.wait(record.id, 120)
    assert record.state == "succeeded", record.error
    outputs = {o.name: o for o in engine.runs.outputs(LOCAL_ADMIN, record.id)}
    assert set(manifest.outputs) <= outputs.keys()
    metrics: dict[str, Any] = {n: outputs[n].value for n in EXPECTED[name]}
    for metric, expected in EXPECTED[name].items():
        assert math.isclose(metrics[metric], expected, rel_tol=1e-3), metrics
