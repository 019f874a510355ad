"""Small files that unpack into enormous ones, and files that want to be executed: a sentence, and nothing else."""

from __future__ import annotations

import base64
import io
import json
import pickle
import re
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.uploads import safe_name
from engine.access import LOCAL_ADMIN
from engine.data import bombs, jobs
from engine.data.jobs import JobPool
from engine.engine import Engine
from engine.errors import Invalid, QuarterdeckError, Unavailable
from engine.settings import ROOT
from tests.data.conftest import Reader

WORKBOOK = (
    '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats'
    '.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def workbook(path: Path, **parts: bytes) -> Path:
    """A real workbook with some of its parts replaced or added."""
    made = openpyxl.Workbook()
    made.active.append(["a", "b"])
    made.active.append([1, "x"])
    plain = io.BytesIO()
    made.save(plain)
    names = {name.replace("__", "/").replace("_", "."): content for name, content in parts.items()}
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            if member.filename not in names:
                new.writestr(member, old.read(member))
        for name, content in names.items():
            new.writestr(name, content)
    return path


def sheet(rows: bytes, dimension: bytes = b"A1:B2") -> bytes:
    return (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="' + dimension
        + b'"/><sheetData>' + rows + b"</sheetData></worksheet>"
    )  # fmt: skip


HEADER = b'<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'


def test_a_workbook_that_unpacks_to_very_much_is_refused(read: Reader, tmp_path: Path) -> None:
    bomb = workbook(tmp_path / "bomb.xlsx", xl__media__x_xml=b" " * (300 << 20))
    assert bomb.stat().st_size < 1 << 20
    with pytest.raises(
        Invalid, match=r"unpacks to 300 MB; at most 4,096 MB are read, and not more than 250 times"
    ):
        read(bomb)


def test_too_many_parts_are_refused(read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bombs, "MOST_PARTS", 3)
    with pytest.raises(Invalid, match=r"parts inside; at most 3 are read"):
        read(workbook(tmp_path / "many.xlsx"))


def test_entities_that_unfold_are_refused(read: Reader, tmp_path: Path) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + sheet(HEADER)
    with pytest.raises(Invalid, match=r"holds a document type in xl/worksheets/sheet1\.xml"):
        read(workbook(tmp_path / "laughs.xlsx", xl__worksheets__sheet1_xml=laughs))
    wide = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE l []>'.encode("utf-16") + b" "
    with pytest.raises(Invalid, match="holds a document type"):
        read(workbook(tmp_path / "wide.xlsx", xl__sharedStrings_xml=wide))


def test_an_external_entity_reads_no_file(read: Reader, tmp_path: Path) -> None:
    outside = b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + sheet(
        HEADER.replace(b">a<", b">&x;<")
    )
    with pytest.raises(Invalid) as told:
        read(workbook(tmp_path / "outside.xlsx", xl__worksheets__sheet1_xml=outside))
    assert "root:" not in told.value.sentence


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is(read: Reader, tmp_path: Path) -> None:
    rows = HEADER + b'<row r="2"><c r="A2"><v>5</v></c></row>'
    book = workbook(tmp_path / "lies.xlsx", xl__worksheets__sheet1_xml=sheet(rows, b"A1:XFD1048576"))
    assert read(book).column("a") == [5]


def test_a_sheet_of_endless_blank_rows_is_refused(read: Reader, tmp_path: Path) -> None:
    rows = HEADER + b'<row r="99999999999"><c r="A99999999999"><v>5</v></c></row>'
    with pytest.raises(Invalid, match="too many cells"):
        read(workbook(tmp_path / "far.xlsx", xl__worksheets__sheet1_xml=sheet(rows)))


def test_a_damaged_or_protected_archive_is_a_sentence(read: Reader, tmp_path: Path) -> None:
    whole = workbook(tmp_path / "whole.xlsx").read_bytes()
    for cut in range(100, len(whole), 700):
        (tmp_path / "cut.xlsx").write_bytes(whole[:cut])
        with pytest.raises(Invalid):
            read(tmp_path / "cut.xlsx")
        broken = bytearray(whole)
        broken[cut : cut + 16] = b"\xff" * 16
        (tmp_path / "broken.xlsx").write_bytes(bytes(broken))
        with suppress(QuarterdeckError):  # readable all the same, or a sentence; never anything else
            read(tmp_path / "broken.xlsx")


def test_names_of_parts_lead_nowhere(read: Reader, tmp_path: Path) -> None:
    book = workbook(tmp_path / "in" if (tmp_path / "in").exists() else tmp_path / "a.xlsx")
    with zipfile.ZipFile(book, "a") as archive:
        archive.writestr("../../../escaped.xml", "<x/>")
        archive.writestr("/tmp/escaped-absolute.xml", "<x/>")
    assert read(book).column("a") == [1]
    assert not (tmp_path.parent / "escaped.xml").exists()


def test_too_many_columns_are_refused_in_every_format(read: Reader, tmp_path: Path) -> None:
    names = [f"c{n}" for n in range(6000)]
    with pytest.raises(Invalid, match="6,000 columns; at most 5,000 are read"):
        read(",".join(names) + "\n" + ",".join("1" * 6000) + "\n")
    pq.write_table(pa.table({name: [1] for name in names}), tmp_path / "wide.parquet")
    with pytest.raises(Invalid, match="6,000 columns"):
        read(tmp_path / "wide.parquet")


def test_a_parquet_file_of_more_values_than_are_read_is_refused(
    read: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bombs, "MOST_CELLS", 1_000_000)
    pq.write_table(pa.table({"a": pa.repeat(7, 2_000_000)}), tmp_path / "rows.parquet")
    assert (tmp_path / "rows.parquet").stat().st_size < 100_000
    with pytest.raises(Invalid, match=r"unpacks to 2,000,000 rows of 1 columns"):
        read(tmp_path / "rows.parquet")


def test_a_file_that_takes_too_much_memory_ends_its_job_with_a_sentence(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One long text, stored once and repeated: 2 MB on disk, terabytes as a table."""
    monkeypatch.setattr(jobs, "_Worker", _Small)
    text = pa.DictionaryArray.from_arrays(
        pa.repeat(pa.scalar(0, pa.int32()), 122_880), pa.array(["x" * (2 << 20)])
    )
    pq.write_table(pa.table({"a": text}), tmp_path / "long.parquet")
    raw = pq.ParquetFile(tmp_path / "long.parquet").read(columns=["a"]).replace_schema_metadata(None)
    pq.write_table(
        raw, tmp_path / "long.parquet", store_schema=False
    )  # read as plain text, not as a dictionary
    assert (tmp_path / "long.parquet").stat().st_size < 4 << 20
    with pytest.raises((Unavailable, Invalid)) as told:
        engine.datasets.ingest(LOCAL_ADMIN, "long", tmp_path / "long.parquet")
    assert told.value.sentence.endswith(".")
    assert engine.datasets.list(LOCAL_ADMIN) == []


class _Small(jobs._Worker):
    """A job process with little memory, so that the test needs little."""

    def __init__(self) -> None:
        super().__init__()
        import resource

        resource.prlimit(self.process.pid, resource.RLIMIT_DATA, (2 << 30, 2 << 30))


def test_a_job_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(jobs, "LONGEST_SECONDS", 0.3)
    (tmp_path / "a.csv").write_text("a,b\n" + "1,2\n" * 3_000_000)
    pool = JobPool(1)
    arguments = {
        "source": str(tmp_path / "a.csv"),
        "name": "a.csv",
        "target": str(tmp_path / "t"),
        "folder": str(tmp_path),
    }
    with pytest.raises(Unavailable, match="was ended after 0 minutes"):
        pool.run("ingest", None, **arguments, options={})
    pool.close()


class Bomb:
    """Writes a file when somebody unpickles it."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (str(self.target), "w"))


def test_pandas_and_extension_metadata_of_parquet_are_never_unpickled(read: Reader, tmp_path: Path) -> None:
    """The file's metadata may hold pickles: of pandas indexes, and of Arrow extension types (CVE-2023-47248)."""
    canary = tmp_path / "executed"
    evil = pickle.dumps(Bomb(canary))
    told = json.dumps({"index_columns": [], "columns": [], "creator": base64.b64encode(evil).decode()})
    field = pa.field(
        "a",
        pa.string(),
        metadata={b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": evil},
    )
    schema = pa.schema(
        [field, pa.field("b", pa.int64())], metadata={b"pandas": told.encode(), b"PANDAS_ATTRS": evil}
    )
    pq.write_table(pa.table({"a": ["x", "y"], "b": [1, 2]}, schema=schema), tmp_path / "evil.parquet")
    made = read(tmp_path / "evil.parquet")
    assert made.column("b") == [1, 2]
    assert not canary.exists()
    assert made.table.schema.metadata is None or b"pandas" not in made.table.schema.metadata
    assert not made.table.schema.field("a").metadata


@pytest.mark.parametrize("kind", ["pickle", "npy", "npz", "joblib"])
def test_files_of_objects_are_no_tables_and_are_not_executed(read: Reader, tmp_path: Path, kind: str) -> None:
    canary, file = tmp_path / "executed", tmp_path / f"objects.{kind}"
    bomb = Bomb(canary)
    if kind in ("npy", "npz"):
        (np.save if kind == "npy" else np.savez)(
            file.open("wb"), np.array([bomb], dtype=object), allow_pickle=True
        )
    else:
        file.write_bytes(pickle.dumps({"table": bomb}))
    canary.unlink(missing_ok=True)
    with pytest.raises(Invalid):
        read(file)
    assert not canary.exists()


def test_nothing_of_the_server_unpickles() -> None:
    """Workers may (a model's own trained artefact, inside the sandbox); engine, app and auth never do."""
    wanted = re.compile(
        r"\bimport (pickle|cPickle|dill|cloudpickle|joblib|shelve|marshal)\b"
        r"|\bfrom (pickle|dill|joblib|shelve|marshal)\b"
        r"|read_pickle|to_pickle|allow_pickle\s*=\s*True|torch\.load|yaml\.(unsafe_)?load\(|jsonpickle|readRDS"
    )
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for part in ("engine", "app", "auth", "pages")
        for path in (ROOT / part).rglob("*.py")
        if "quarterdeck_worker" not in path.parts and (match := wanted.search(path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\sales.xlsx", "sales.xlsx"),
        ("a\0b.csv", "a_b.csv"),
        ("x\r\nSet-Cookie: a=b.csv", "x_Set-Cookie_ a_b.csv"),
        ("invoice\u202excod.csv", "invoice_xcod.csv"),
        ("..", "upload"),
        ("", "upload"),
        ("Umsätze 2026.csv", "Umsätze 2026.csv"),
        ("<script>alert(1)</script>.csv", "script_.csv"),
    ],
)
def test_names_of_uploads_are_made_safe(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_long_names_keep_their_ending() -> None:
    assert safe_name("x" * 300 + ".csv").endswith(".csv")
    assert len(safe_name("x" * 300 + ".csv")) == 120
