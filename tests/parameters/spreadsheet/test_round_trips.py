"""Stored → XLSX → stored, for every field type: by the cells alone, and after another program saved the file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from engine.parameters.canonical import validate
from engine.parameters.equality import same
from tests.parameters.making import ALL
from tests.parameters.spreadsheet.sheets import content, read, through, write

KINDS = [name for name in ALL if name != "file"]
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
QUICK = settings(max_examples=15, deadline=None, suppress_health_check=QUIET)


@pytest.mark.parametrize("kind", KINDS)
@QUICK
@given(data=st.data())
def test_what_the_cells_say_is_what_was_stored(kind: str, data: Any, tmp_path: Path) -> None:
    one, values = ALL[kind]
    value = validate("x", one, data.draw(values))
    if kind == "table":  # a row without any cell says nothing by itself
        assume(not any(all(cell is None for cell in row) for row in value["rows"]))
    found = through(tmp_path / "a.xlsx", {"x": one}, {"x": value})
    assert not found.problems
    assert same(found.set["x"], value)


@QUICK
@given(data=st.data())
def test_a_file_saved_by_another_program_changes_nothing(data: Any, tmp_path: Path) -> None:
    fields = {f"f{n}": ALL[kind][0] for n, kind in enumerate(KINDS)}
    values = {f"f{n}": validate("x", ALL[kind][0], data.draw(ALL[kind][1])) for n, kind in enumerate(KINDS)}
    made = content(fields, values)
    write(made, tmp_path / "a.xlsx")
    saved_by_openpyxl(tmp_path / "a.xlsx")
    found = read(tmp_path / "a.xlsx", made)
    assert not found.problems
    assert not found.set
    assert not found.dropped


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed here")
@settings(max_examples=4, deadline=None, suppress_health_check=QUIET)
@given(data=st.data())
def test_a_file_saved_by_libreoffice_changes_nothing(data: Any, tmp_path: Path) -> None:
    fields, values = {}, {}
    for n, kind in enumerate(KINDS * 4):
        fields[f"f{n}"] = ALL[kind][0]
        values[f"f{n}"] = validate("x", ALL[kind][0], data.draw(ALL[kind][1]))
    made = content(fields, values)
    write(made, tmp_path / "a.xlsx")
    found = read(saved_by_libreoffice(tmp_path / "a.xlsx"), made)
    assert (found.problems, found.set, found.dropped) == ([], {}, [])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice (soffice) is not installed here")
def test_line_ends_that_libreoffice_rewrites_are_no_change(tmp_path: Path) -> None:
    ends = ("\n", "\r", "\r\n", "\n\r", "\n\n\r", "\r\n\r", "\n\r\n")
    values = {f"f{n}": f"one{end}two{end}" for n, end in enumerate(ends)}
    made = content(dict.fromkeys(values, ALL["text"][0]), values)
    write(made, tmp_path / "a.xlsx")
    found = read(saved_by_libreoffice(tmp_path / "a.xlsx"), made)
    assert (found.problems, found.set) == ([], {})


def saved_by_libreoffice(path: Path) -> Path:
    """Opened and saved by the real one."""
    folder = path.parent
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    convert = ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "saved")]
    command = ["soffice", "--headless", profile, *convert, str(path)]
    # the first start only makes its profile
    subprocess.run(command, check=False, capture_output=True, timeout=180)
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return folder / "saved" / path.name


def saved_by_openpyxl(path: Path) -> None:
    """Opened and saved: numbers lose their 17th digit, texts the spelling of characters that XML cannot hold."""
    import openpyxl

    openpyxl.load_workbook(path).save(path)
