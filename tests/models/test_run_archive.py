"""All of a run in one ZIP, from a real run of an example."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from engine.access import LOCAL_ADMIN
from engine.data.exports import run_zip
from engine.engine import Engine
from engine.settings import ROOT

FOLDER = ROOT / "models" / "product-recommendation"


def test_the_archive_holds_everything(started: Engine, tmp_path: Path) -> None:
    started.catalog.register(LOCAL_ADMIN, FOLDER, promote=True)
    started.datasets.ingest(LOCAL_ADMIN, "tastes", FOLDER / "golden" / "usage.csv")
    values = {"min_support": 2, "top_n": 2, "shrinkage": 0.0}
    record = started.runs.submit(
        LOCAL_ADMIN, "product-recommendation", values=values, inputs={"usage": "tastes"}
    )
    record = started.runs.wait(record.id, 60)
    assert record.state == "succeeded", record.error
    with zipfile.ZipFile(run_zip(started, LOCAL_ADMIN, record.id, tmp_path / "run.zip")) as archive:
        names = set(archive.namelist())
        assert {
            "tables/recommendations.csv",
            "tables/recommendations.parquet",
            "run.json",
            "log.txt",
        } <= names
        assert any(n.startswith("figures/popularity.") for n in names)
        assert json.loads(archive.read("metrics.json"))["hit_rate"] == 68.75
        assert b"20 people, 5 products" in archive.read("log.txt")
        about = json.loads(archive.read("run.json"))
        assert about["values"]["min_support"] == 2
        assert about["inputs"][0]["dataset"] == "tastes"
        assert archive.read("tables/recommendations.csv").startswith(b"person,rank,product,score,uses")
