"""Stored → file → stored, for every field type in every kind of file; what a kind cannot hold is said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Invalid
from engine.parameters.field_types import FIELD_TYPES, FieldBase
from engine.parameters.textfiles.encodings import decode
from engine.parameters.textfiles.files import FORMATS, Document, fill, match, read
from engine.parameters.textfiles.matching import Options
from tests.parameters.making import ALL
from tests.parameters.textfiles.layouts import LAYOUTS, OLD

QUICK = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
HOLDS_ALL = {"json", "yaml", "toml", "python"}  # all but what the sentences below say


def scale_of(field: FieldBase) -> str:
    inner: Any = getattr(field, "item", field)
    return str(getattr(inner, "scale", ""))


def exact(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def test_every_type_and_kind_is_tried() -> None:
    assert {field.type for field, _ in ALL.values()} == set(FIELD_TYPES)
    assert set(LAYOUTS) == set(OLD) == set(FORMATS)


@pytest.mark.parametrize("kind", list(LAYOUTS))
@pytest.mark.parametrize("type_", [name for name, (f, _) in ALL.items() if f.type not in ("file", "secret")])
def test_a_stored_value_comes_back_the_same(kind: str, type_: str) -> None:
    field, values = ALL[type_]
    fields = {"x": field}

    @QUICK
    @given(st.data())
    def holds(data: st.DataObject) -> None:
        value = data.draw(values)
        old = data.draw(st.sampled_from(OLD[kind]))
        source = LAYOUTS[kind].format(old).encode()
        document = read(source, kind=kind)
        options = Options(scales={"x": scale_of(field)})
        try:
            written = fill(document, match(document, fields, options), fields, {"x": value})
        except Invalid as error:
            told = str(error)
        else:
            told = ""
        if told:
            assert may_refuse(kind, field, value, told), (value, told)
            return
        again = read(written, kind=kind)
        preview = match(again, fields, options)
        assert preview.lines[0].state == "matched", (written, preview.lines[0])
        assert exact(preview.values["x"]) == exact(value), written
        untouched(source, preview.lines[0].line, written)
        assert fill(again, preview, fields, {"x": value}) == written

    holds()


def untouched(source: bytes, line: int, written: bytes) -> None:
    """All but the line of x is as it was."""
    before, after = decode(source)[0].split("\n"), decode(written)[0]
    at = line - 1
    assert after.startswith("\n".join(before[:at]) + "\n")
    assert after.endswith("\n".join(["", *before[at + 1 :]]))


def may_refuse(kind: str, field: FieldBase, value: Any, sentence: str) -> bool:
    """Is this a value that such a file cannot hold, and does the sentence say what to do?"""
    if not any(word in sentence for word in ("Use a", "Use another", "Give it", "Write ")):
        return False
    if field.type == "table":
        return kind not in HOLDS_ALL or "64 bits" in sentence
    if kind in ("key=value", "ini", "fixed"):
        if value == []:
            return kind == "fixed"  # a column cannot be empty
        return any(isinstance(one, str) for one in (value if isinstance(value, list) else [value]))
    flat = json.dumps(value)
    if kind == "json":
        return "Infinity" in flat or "NaN" in flat
    if kind == "toml":
        return "64 bits" in sentence
    if kind == "r":
        return "exactly" in sentence
    return False


@pytest.mark.parametrize("kind", list(LAYOUTS))
@pytest.mark.parametrize("type_", ["file", "secret"])
def test_files_and_secrets_are_never_written_and_never_shown(kind: str, type_: str) -> None:
    field = ALL[type_][0]
    source = LAYOUTS[kind].format('"hunter2"').encode()
    document = read(source, kind=kind)
    preview = match(document, {"x": field})
    assert preview.lines[0].state == "refused"
    assert "hunter2" not in repr(preview)
    value = {"secret": "erp"} if type_ == "secret" else {"blob": "0" * 64, "name": "a.csv"}
    with pytest.raises(Invalid, match=r"never|cannot hold"):
        fill(document, preview, {"x": field}, {"x": value})


@pytest.mark.parametrize("kind", list(LAYOUTS))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-mark", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_unchanged_file_comes_back_byte_for_byte(kind: str, encoding: str, newline: str) -> None:
    text = LAYOUTS[kind].format(OLD[kind][1]).replace("Parameters", "Größen").replace("\n", newline)
    wide = encoding == "utf-16-be-mark"
    source = b"\xfe\xff" + text.encode("utf-16-be") if wide else text.encode(encoding)
    field, _ = ALL["text"]
    document = read(source, kind=kind)
    preview = match(document, {"x": field})
    assert document.newline == newline
    assert fill(document, preview, {"x": field}, preview.values) == source
    changed = fill(document, preview, {"x": field}, {"x": "neu"})
    assert "neu" in decode(changed)[0]
    assert decode(changed)[0].count("\r\n") == text.count("\r\n")


def read_or_told(data: bytes, kind: str) -> Document | None:
    try:
        return read(data, "p.txt", kind)
    except Invalid as error:
        sentence = error.problems[0].sentence
    assert sentence.endswith(".")
    return None


@QUICK
@given(st.binary(max_size=300), st.sampled_from(["", *LAYOUTS]))
def test_any_bytes_are_read_or_refused_with_a_sentence(data: bytes, kind: str) -> None:
    document = read_or_told(data, kind)
    if document is None:
        return
    field, _ = ALL["number"]
    match(document, {entry.path: field for entry in document.entries[:3]})


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(list(LAYOUTS)))
def test_a_damaged_file_is_read_or_refused_with_a_sentence(data: st.DataObject, kind: str) -> None:
    text = LAYOUTS[kind].format(data.draw(st.sampled_from(OLD[kind])))
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 5))
    put = data.draw(st.text("\"'[]{}()=:,;#\n\t \\x0", max_size=4))
    damaged = (text[:at] + put + text[at + cut :]).encode()
    document = read_or_told(damaged, kind)
    if document is None:
        return
    field, _ = ALL["text"]
    fields = {entry.path: field for entry in document.entries}
    preview = match(document, fields)
    assert fill(document, preview, fields, preview.values) == damaged
