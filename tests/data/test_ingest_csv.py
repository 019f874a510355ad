"""CSV: types without loss, what was found is said, and bad files get a sentence with line and remedy."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.errors import Invalid
from tests.data.conftest import Reader


def test_each_type_is_found(read: Reader) -> None:
    got = read(
        "i,f,t,d,m,z,b\n"
        "1,1.5,x,2026-01-31,2026-01-31 10:00:00,2026-01-31T10:00:00+01:00,true\n"
        "-2,.5,y,2026-02-01,2026-01-31T10:00:01.25,2026-01-31T10:00:00Z,FALSE\n"
    )
    assert got.types == {
        "i": "integer", "f": "number", "t": "text", "d": "date", "m": "date-time", "z": "date-time", "b": "boolean",
    }  # fmt: skip
    assert got.column("d") == [date(2026, 1, 31), date(2026, 2, 1)]
    assert got.column("m")[1] == datetime(2026, 1, 31, 10, 0, 1, 250000)
    assert got.column("z") == [datetime(2026, 1, 31, 9, tzinfo=UTC), datetime(2026, 1, 31, 10, tzinfo=UTC)]
    assert got.said.columns[5].zone == "UTC"
    assert got.column("b") == [True, False]


@pytest.mark.parametrize(
    "values",
    [
        ["12345678901234567890", "22345678901234567891"],
        ["007", "815"],
        ["+491701234567", "+491701234568"],
        ["1", "12345678901234567890"],
        ["1.5", "12345678901234567890"],
        ["1e5", "x"],
        ["2026-02-30", "2026-02-28"],
        ["1_000", "2_000"],
        ["0x10", "0x11"],
        ["9223372036854775808", "1"],
    ],
)
def test_what_a_number_or_date_would_lose_stays_text(read: Reader, values: list[str]) -> None:
    got = read("id,other\n" + "".join(f"{v},a\n" for v in values))
    assert got.types["id"] == "text"
    assert got.column("id") == values


def test_leading_zeros_are_said(read: Reader) -> None:
    assert "“007” has leading zeros" in read("id,x\n007,1\n008,2\n").notices


def test_a_mixed_column_stays_text_and_names_the_line(read: Reader) -> None:
    rows = "".join(f"{n}.5,a\n" for n in range(40))
    got = read("price,x\n" + rows + "cheap,b\n")
    assert got.types["price"] == "text"
    assert "Column “price” is mixed: 40 of 41 values are numbers, but line 42 holds “cheap”" in got.notices


def test_missing_markers_count_only_where_the_rest_is_not_text(read: Reader) -> None:
    got = read("price,country\n1.5,NA\nNA,DE\n,\n")
    assert got.column("price") == [1.5, None, None]
    assert got.column("country") == ["NA", "DE", None]
    assert "“NA” is read as missing" in got.notices


def test_empty_text_and_missing_differ(read: Reader) -> None:
    assert read('t,x\n"",1\n,2\n').column("t") == ["", None]


def test_not_a_number_and_infinity_are_numbers(read: Reader) -> None:
    got = read("x,y\n1.5,a\nNaN,b\nInf,c\n-inf,d\n")
    assert [repr(v) for v in got.column("x")] == ["1.5", "nan", "inf", "-inf"]
    assert got.said.columns[0].profile["maximum"] == 1.5


@pytest.mark.parametrize(
    ("cells", "kind", "first"),
    [
        (["1,5", "2,25"], "number", 1.5),
        (["1.234,5", "7"], "number", 1234.5),
        (["1.234.567", "1.000"], "number", 1234567.0),
        (["1,234.5", "7"], "number", 1234.5),
        (["1,234", "2,345"], "text", "1,234"),
        (["1.234", "2.5"], "number", 1.234),
    ],
)
def test_decimal_marks(read: Reader, cells: list[str], kind: str, first: object) -> None:
    got = read("x;y\n" + "".join(f"{c};a\n" for c in cells))
    assert got.types["x"] == kind
    assert got.column("x")[0] == first


def test_one_clear_column_settles_the_decimal_mark_of_the_others(read: Reader) -> None:
    got = read("clear;unclear;dots\n1,5;1,234;1.234\n2,5;2,345;2.345\n")
    assert got.column("unclear") == [1.234, 2.345]
    assert got.types["dots"] == "text"
    assert "thousands separator" in got.notices
    assert "Columns are separated by a semicolon" in got.notices


def test_dates_are_read_only_when_their_order_is_certain(read: Reader) -> None:
    got = read(
        "a,b,c,d\n13/01/2026,01/13/2026,01/02/2026,31.12.2026\n01/02/2026,1/2/2026,02/03/2026,1.1.2026\n"
    )
    assert got.types == {"a": "date", "b": "date", "c": "text", "d": "date"}
    assert got.column("a")[1] == date(2026, 2, 1)
    assert got.column("b")[1] == date(2026, 1, 2)
    assert "could be day/month or month/day" in got.notices


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encodings(read: Reader, encoding: str) -> None:
    got = read("ort,x\nZürich,1\nCafé,2\n".encode(encoding))
    assert got.table.column_names == ["ort", "x"]
    assert got.column("ort") == ["Zürich", "Café"]
    assert encoding.startswith("utf-8") or got.notices


def test_a_named_encoding(read: Reader) -> None:
    content = "город,x\nМосква,1\n".encode("cp1251")
    assert read(content, encoding="cp1251").column("город") == ["Москва"]


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends(read: Reader, ends: str) -> None:
    assert read(ends.join(["a,b", "1,2", "3,4"])).column("b") == [2, 4]


def test_mixed_line_ends_and_lines_inside_values(read: Reader) -> None:
    got = read('a,b\r\n1,"two\nlines"\n3,4\r\n')
    assert got.column("b") == ["two\nlines", "4"]


def test_a_type_can_be_asked_for(read: Reader) -> None:
    got = read("id,day\n1,2026-01-01\n", types={"id": "text", "day": "date-time"})
    assert got.types == {"id": "text", "day": "date-time"}
    with pytest.raises(Invalid, match="cannot be read as dates: line 3 holds “soon”"):
        read("d,x\n2026-01-01,1\nsoon,2\n", types={"d": "date"})
    with pytest.raises(Invalid, match="no column “y”"):
        read("d,x\n1,1\n", types={"y": "date"})


BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty .0 bytes."),
    "blank": (b"\n \n\n", "is empty"),
    "header only": (b"a,b\n", "has column names .a, b. but no rows"),
    "too few": (b"a,b,c\n1,2,3\n4,5\n", "Line 3 has 2 values instead of 3: “4,5”.*in quotes"),
    "too many": (b"a,b\n1,2\n3,4,5\n", "Line 3 has 3 values instead of 2"),
    "open quote": (b'a,b\n1,"2\n3,4\n', "Line 2 has a quotation mark"),
    "duplicates": (b"a,b,a\n1,2,3\n", "2 columns called “a” .columns 1, 3."),
    "case twins": (b"Store,store\n1,2\n", "differ only in upper and lower case"),
    "no names": (b"1,2\n3,4\n", "looks like data"),
    "nul": (b"a,b\n1,\x002\n", "Line 2 of “sales.csv” holds a NUL byte"),
    "two encodings": (
        "a\né\nb\n".encode() + b"\xe9\n",
        "Line 4 of “sales.csv” is not valid UTF-8 .byte 0xE9.",
    ),
    "no encoding": (b"a,b\n1,2\n3,\x81\n", "Line 3 of “sales.csv” holds the byte 0x81"),
    "pdf": (b"%PDF-1.7 ...", "is a PDF"),
    "gzip": (b"\x1f\x8b\x08\x00rest", "is compressed"),
    "xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel file"),
    "zip": (b"PK\x03\x04 and then nothing", "damaged"),
    "parquet": (b"PAR1 and then nothing", "damaged"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_bad_file_gets_a_sentence_and_leaves_nothing(read: Reader, tmp_path: Path, case: str) -> None:
    content, sentence = BAD[case]
    with pytest.raises(Invalid, match=f"(?s){sentence}"):
        read(content)
    assert not (tmp_path / "out.parquet").exists()


def test_all_problems_are_listed_up_to_five(read: Reader) -> None:
    with pytest.raises(Invalid) as caught:
        read("a,b\n" + "1\n" * 20)
    assert [p.where for p in caught.value.problems] == ["line 2", "line 3", "line 4", "line 5", "line 6"]


def test_names_are_mended_and_said(read: Reader) -> None:
    got = read(",  price \n1,2\n3,4\n")
    assert got.table.column_names == ["column_1", "price"]
    assert "Column 1 has no name" in got.notices


def test_values_that_look_like_sql_stay_values(read: Reader) -> None:
    nasty = "x'); DROP TABLE t; --"
    got = read(f'"a""b\'c; drop",y\n"{nasty}",1\n', delimiter=",")
    assert got.table.column_names == ["a\"b'c; drop", "y"]
    assert got.column("a\"b'c; drop") == [nasty]
