"""A bad file gets a sentence with its line and what to do, and nothing is stored."""

from __future__ import annotations

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from engine.catalog.manifest_model import Manifest
from engine.errors import Invalid, QuarterdeckError
from engine.parameters.imports.answering import answers_of
from engine.parameters.imports.previewing import preview
from engine.parameters.imports.records import GivenFile
from engine.parameters.textfiles.files import FORMATS
from tests.parameters.conftest import House
from tests.parameters.imports.files import look, take, versions
from tests.parameters.sets import MODEL, SET

GOOD = b"weeks = 20\nfloor = 2\n"
BAD = {
    "mixed encodings": ("größe = 1\n".encode() + b"gr\xf6\xdfe = 2\n", "p.txt", "line 2", "save it as UTF-8"),
    "half a UTF-16 sign": (b"\xff\xfew\x00e\x00e", "p.txt", "line 1", "save it again as UTF-8"),
    "half a line": (b"weeks = 20\nflo", "p.txt", "line 2", "name = value"),
    "half an INI section": (b"[model\nweeks = 20\n", "p.ini", "line 1", "[name]"),
    "half a JSON": (b'{"weeks": 20,\n"floor": ', "p.json", "line 2", ""),
    "half a TOML": (b'weeks = 20\nname = "x\n', "p.toml", "line 2", ""),
    "half a YAML": (b"weeks: 20\nfloor: [1,\n", "p.yaml", "line 2", ""),
    "half a Python": (b"weeks = 20\nfloor = (1,\n", "p.py", "line", ""),
    "twice the same key": (b"weeks = 20\nfloor = 2\nweeks = 21\n", "p.txt", "line 3", "also on line 1"),
    "twice in JSON": (b'{"weeks": 20,\n "weeks": 21}', "p.json", "line 2", "occurs twice"),
    "a NUL byte": (b"weeks = 20\nfloor = \x002\n", "p.txt", "line 2", "NUL byte"),
    "nothing": (b"", "p.txt", "p.txt", "empty"),
    "only comments": (b"# weeks = 20\n", "p.txt", "p.txt", ""),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "p.png", "line", "text file"),
    "a workbook": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "p.xlsx", "line 1", "Spreadsheet"),
    "an old workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "p.xls", "line 1", "Save it as text"),
    "a PDF": (b"%PDF-1.4\n1 0 obj\n", "p.pdf", "line 1", "the text file itself"),
    "100 MB": (b"weeks = 20\n" * 10_000_000, "p.txt", "5 MB", "as a dataset"),
}  # fmt: skip


@pytest.mark.parametrize("what", list(BAD))
def test_a_bad_file_is_a_sentence_with_line_and_remedy_and_nothing_is_stored(house: House, what: str) -> None:
    data, name, where, remedy = BAD[what]
    before = list(house.auth.engine.blobs.iterate())
    with pytest.raises(Invalid) as told:
        take(house, data, file=name)
    assert where in told.value.sentence
    assert remedy in told.value.sentence
    assert versions(house) == 0
    assert house.auth.engine.parameter_files.layouts(house.ada, MODEL, SET) == []
    assert list(house.auth.engine.blobs.iterate()) == before


def test_a_wrongly_guessed_encoding_is_said_and_can_be_told_better(house: House) -> None:
    data = "# Preis für Łódź\nweeks = 20\n".encode("cp1250")
    assert any("guess" in note for note in look(house, data).notes)
    seen = look(house, data, said={"encoding": "cp1250"})
    assert seen.encoding == "cp1250"
    assert not any("guess" in note for note in seen.notes)
    with pytest.raises(Invalid, match="line 1"):
        look(house, data, said={"encoding": "utf-8"})
    take(house, data, said={"encoding": "cp1250"})
    assert house.auth.engine.parameter_files.export(house.ada, MODEL, SET, "prices.txt").data == data


def test_a_file_with_the_values_of_several_places_is_told(house: House) -> None:
    seen = look(house, "name;DE;FR;comment\nweeks;20;30;ahead\nfloor;2;3;\n", file="p.csv")
    assert any("(DE, FR): only DE is read" in note for note in seen.notes)
    assert seen.found == {"weeks": 20, "floor": 2.0}
    assert not any("DE" in note for note in look(house, "name;DE;unit\nweeks;20;weeks\n", file="p.csv").notes)


def test_a_wrong_kind_is_told_by_line(house: House) -> None:
    with pytest.raises(Invalid, match="line 1"):
        look(house, GOOD, said={"kind": "json"})
    assert look(house, GOOD, said={"kind": "ini"}).found == {"weeks": 20, "floor": 2.0}


@settings(max_examples=60, deadline=None)
@drawn(st.binary(max_size=200), st.sampled_from(["", *FORMATS]))
def test_any_bytes_are_previewed_or_refused_in_words(data: bytes, kind: str) -> None:
    manifest = MANIFEST
    sentence = "."
    try:
        preview(GivenFile("p.txt", data), manifest, answers_of({"kind": kind}), ("UTC",))
    except QuarterdeckError as error:
        sentence = error.sentence
    assert sentence.endswith(".")


def _manifest() -> Manifest:
    import tomllib

    from tests.parameters.sets import MANIFEST as SOURCE

    return Manifest.model_validate(tomllib.loads(SOURCE))


MANIFEST = _manifest()
