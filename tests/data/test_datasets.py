"""The dataset service: versions, rights, lineage, pages, exports, and nothing half-saved."""

from __future__ import annotations

import csv
import signal
from pathlib import Path
from types import SimpleNamespace

import openpyxl
import pytest

from engine.access import LOCAL_ADMIN, Actor
from engine.data.options import IngestOptions
from engine.engine import Engine
from engine.errors import Invalid, NotFound, Refused, Unavailable

pytestmark = pytest.mark.both_databases


@pytest.fixture
def sales(tmp_path: Path) -> Path:
    path = tmp_path / "sales.csv"
    path.write_text("week,store,units\n2026-01-05,007,1.5\n2026-01-12,008,NA\n2026-01-19,=1+1,3\n")
    return path


def blobs(engine: Engine) -> int:
    return len(list(engine.blobs.iterate()))


def test_versions_are_numbered_and_the_same_file_is_the_same_version(engine: Engine, sales: Path) -> None:
    first = engine.datasets.ingest(
        LOCAL_ADMIN, "sales", sales, title="Weekly sales", source="till", licence="ours"
    )
    assert (first.number, first.rows, first.reference) == (1, 3, "sales@1")
    assert engine.datasets.ingest(LOCAL_ADMIN, "sales", sales).number == 1
    sales.write_text(sales.read_text() + "2026-01-26,009,4\n")
    second = engine.datasets.ingest(LOCAL_ADMIN, "sales", sales)
    assert (second.number, second.rows) == (2, 4)
    page = engine.datasets.get(LOCAL_ADMIN, "sales")
    assert [v.number for v in page.versions] == [2, 1]
    assert page.title == "Weekly sales"
    assert engine.datasets.version(LOCAL_ADMIN, "sales", 1).content_hash == first.content_hash
    assert {
        "source": "till",
        "licence": "ours",
        "file": "sales.csv",
        "uploaded_by": "local-admin",
    }.items() <= dict(first.lineage).items()
    assert [(c.name, c.version, c.rows) for c in engine.datasets.list(LOCAL_ADMIN, "weekly")] == [
        ("sales", 2, 4)
    ]
    assert engine.datasets.list(LOCAL_ADMIN, "nothing") == []


def test_the_profile_is_kept(engine: Engine, sales: Path) -> None:
    version = engine.datasets.ingest(LOCAL_ADMIN, "sales", sales)
    units = version.schema[2]
    assert (units.type, units.nullable) == ("number", True)
    assert {"nulls": 1, "minimum": 1.5, "maximum": 3.0, "whole": False}.items() <= dict(units.profile).items()
    assert version.schema[0].profile["minimum"] == "2026-01-05"


def test_a_bad_file_or_name_keeps_nothing(engine: Engine, tmp_path: Path, sales: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1\n")
    with pytest.raises(Invalid, match="Line 2 has 1 values instead of 2"):
        engine.datasets.ingest(LOCAL_ADMIN, "sales", bad)
    with pytest.raises(Invalid, match="cannot be a dataset's name"):
        engine.datasets.ingest(LOCAL_ADMIN, "Sales Ä", sales)
    with pytest.raises(Invalid, match="is not there"):
        engine.datasets.ingest(LOCAL_ADMIN, "sales", tmp_path / "none.csv")
    assert engine.datasets.list(LOCAL_ADMIN) == []
    assert blobs(engine) == 0
    assert not [p for p in (tmp_path / "data" / "jobs").iterdir() if p.name != "duckdb"]


def test_a_too_large_file_is_refused_before_it_is_read(engine: Engine, sales: Path) -> None:
    engine.settings.upload_limit_mb = 0
    sales.write_text("a,b\n" + "1,2\n" * 400_000)
    with pytest.raises(Invalid, match="at most 0 MB"):
        engine.datasets.ingest(LOCAL_ADMIN, "sales", sales)


def test_a_job_that_dies_is_an_error_and_the_next_one_works(engine: Engine, sales: Path) -> None:
    jobs = engine.datasets.jobs
    engine.datasets.ingest(LOCAL_ADMIN, "one", sales)
    (worker,) = jobs._idle
    worker.process.send_signal(signal.SIGKILL)
    worker.process.wait()
    assert engine.datasets.ingest(LOCAL_ADMIN, "two", sales).number == 1
    with pytest.raises(Unavailable, match="ended unexpectedly"):
        jobs.run("ingest", lambda *_: jobs_killed(engine), **_endless(engine, sales))


def jobs_killed(engine: Engine) -> None:
    raise Unavailable("ended unexpectedly")


def _endless(engine: Engine, sales: Path) -> dict[str, object]:
    folder = engine.settings.data / "jobs"
    return {
        "source": str(sales), "name": "x", "target": str(folder / "t.parquet"), "folder": str(folder),
        "options": IngestOptions().as_json(),
    }  # fmt: skip


def test_strangers_see_nothing(engine: Engine, sales: Path) -> None:
    engine.datasets.ingest(LOCAL_ADMIN, "sales", sales)
    stranger = Actor(id="eve")
    with pytest.raises(NotFound):
        engine.datasets.get(stranger, "sales")
    with pytest.raises(Refused):
        engine.datasets.ingest(stranger, "mine", sales)
    with pytest.raises(NotFound, match="no dataset “nope”"):
        engine.datasets.get(LOCAL_ADMIN, "nope")
    with pytest.raises(NotFound, match="newest is 1"):
        engine.datasets.version(LOCAL_ADMIN, "sales", 9)


def test_fits_says_per_column_what_is_wrong(engine: Engine, sales: Path) -> None:
    version = engine.datasets.ingest(LOCAL_ADMIN, "sales", sales)
    good = SimpleNamespace(columns={"week": "date", "store": "text", "units": "number"})
    assert engine.datasets.fits(version, good) == []
    assert (
        engine.datasets.fits(version, SimpleNamespace(columns={"week": "date-time", "store": "category"}))
        == []
    )
    bad = engine.datasets.fits(
        version,
        SimpleNamespace(columns={"Week ": "date", "store": "number", "units": "integer", "zone": "text"}),
    )
    sentences = [p.sentence for p in bad]
    assert "Did you mean “week”?" in sentences[0]
    assert "holds text (for instance “007”), but the model needs numbers" in sentences[1]
    assert "Some of its values have decimals" in sentences[2]
    assert "Column “zone” (text) is missing in sales@1, which has week, store, units." in sentences[3]


def test_exports(engine: Engine, sales: Path, tmp_path: Path) -> None:
    engine.datasets.ingest(LOCAL_ADMIN, "sales", sales)
    out = engine.datasets.export(LOCAL_ADMIN, "sales", None, tmp_path / "out.csv", "csv")
    rows = list(csv.reader(out.open(encoding="utf-8")))
    assert rows == [
        ["week", "store", "units"],
        ["2026-01-05", "007", "1.5"],
        ["2026-01-12", "008", ""],
        ["2026-01-19", "'=1+1", "3.0"],
    ]
    book = openpyxl.load_workbook(
        engine.datasets.export(LOCAL_ADMIN, "sales", None, tmp_path / "out.xlsx", "xlsx")
    )
    assert book.sheetnames == ["Table", "About"]
    cells = list(book["Table"].values)
    assert cells[1][0].isoformat() == "2026-01-05T00:00:00"
    assert (cells[1][1], cells[1][2], cells[3][1]) == ("007", 1.5, "=1+1")
    assert book["Table"].cell(4, 2).data_type == "s"
    assert book["Table"].freeze_panes == "A2"
    assert book["About"]["B1"].value == "sales@1"
    with pytest.raises(Invalid, match="not as “pdf”"):
        engine.datasets.export(LOCAL_ADMIN, "sales", None, tmp_path / "x", "pdf")


def test_choices_from_a_column(engine: Engine, sales: Path) -> None:
    engine.datasets.ingest(LOCAL_ADMIN, "sales", sales)
    assert engine.datasets.values(LOCAL_ADMIN, "sales", "store") == ["007", "008", "=1+1"]
