"""Tables cross both ways with every type, missing value, script and size, and come back equal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.runtimes.quarterdeck_worker.columns import Column, Table, read, write

from .conftest import Language, contents

INF = float("inf")
MOMENT = 1_795_338_000_000_000  # 2026-11-22T09:00Z in microseconds


Columns = dict[str, tuple[str, list[Any]]]


def echoed(language: Language, columns: Columns, **more: Any) -> Columns:
    result = language.call("echo", tables={"t": language.table(columns, **more)})
    assert [output.kind for output in result.outputs] == ["table"]
    return contents(result.outputs[0].path)


def test_every_type_comes_back_equal(language: Language) -> None:
    columns: Columns = {
        "float": ("float64", [1.5, -INF, INF, 5e-324]),
        "whole": ("int32", [1, -(2**31) + 1, 2**31 - 1, 0]),
        "flag": ("bool", [True, False, True, True]),
        "day": ("date", [0, -1, 20779, 100000]),
        "moment": ("datetime", [MOMENT, 0, -500_000, MOMENT + 123_000]),
        "text": ("text", ["a", "b", "a", ""]),
        "kind": ("category", ["low", "high", "low", "mid"]),
    }
    back = echoed(language, columns)
    for name, (kind, values) in columns.items():
        assert back[name][1] == values, name
        if kind != "category" or language.name != "julia":  # Julia's standard library has no categories
            assert back[name][0] == kind, name


def test_missing_values_in_every_type(language: Language) -> None:
    columns: Columns = {
        "float": ("float64", [1.5, None, 2.5]),
        "whole": ("int32", [None, 2, 3]),
        "wide": ("int64", [1, None, 3]),
        "flag": ("bool", [True, None, False]),
        "day": ("date", [None, 20779, None]),
        "moment": ("datetime", [MOMENT, None, 0]),
        "text": ("text", ["a", None, "ж"]),
        "kind": ("category", [None, "high", "low"]),
        "all": ("float64", [None, None, None]),
    }
    back = echoed(language, columns)
    for name, (_, values) in columns.items():
        assert back[name][1] == values, name


def test_missing_values_made_by_the_model(language: Language) -> None:
    back = contents(language.call("missing").outputs[0].path)
    assert back["f"][1] == [1.5, None, INF]
    assert back["i"][1] == [1, None, 3]
    assert back["b"][1] == [True, None, False]
    assert back["s"][1] == ["a", None, "ж"]
    assert back["c"][1] == ["lo", None, "hi"]
    assert back["d"] == ("date", [20779, None, -1])
    assert back["t"] == ("datetime", [1_795_341_600_000_000, None, -1_000_000])


def test_nan_and_missing_are_two_things(language: Language) -> None:
    back = echoed(language, {"x": ("float64", [float("nan"), None, 1.0])})
    if language.name == "python":  # pandas' plain float column holds one kind of nothing
        assert back["x"][1] == [None, None, 1.0]
    else:
        assert back["x"][1] == ["NaN", None, 1.0]


@pytest.mark.parametrize("zone", ["", "UTC", "Europe/Paris", "Asia/Kathmandu"])
def test_date_times_stay_the_same_instant(language: Language, zone: str) -> None:
    path = language.table({"t": ("datetime", [MOMENT, 0, None])}, zone=zone)
    result = language.call("echo", tables={"t": path})
    back = read(result.outputs[0].path or Path())
    assert contents(result.outputs[0].path)["t"] == ("datetime", [MOMENT, 0, None])
    # Julia has no zones: an instant stays one, in UTC; clock times stay without a zone
    assert back.columns[0].zone == (("UTC" if zone else "") if language.name == "julia" else zone)


def test_large_integers(language: Language) -> None:
    values = [2**31, -(2**31), 2**53, -(2**53) + 1]
    back = echoed(language, {"n": ("int64", values)})
    assert back["n"][1] == values
    assert echoed(language, {"n": ("int64", [1, 2])})["n"][1] == [1, 2]


def test_integers_beyond_2_to_53(language: Language) -> None:
    values = [2**53 + 1, -(2**63), 2**63 - 1]
    result = language.call("echo", tables={"t": language.table({"id": ("int64", values)})})
    if language.name == "r":
        assert any("id" in warning and "2^53" in warning for warning in result.warnings)
    else:
        assert contents(result.outputs[0].path)["id"] == ("int64", values)


def test_the_smallest_int32_is_not_r_s_missing(language: Language) -> None:
    back = echoed(language, {"n": ("int32", [-(2**31), 5, None])})
    assert back["n"][1] == [-(2**31), 5, None]


def test_column_names_and_texts_in_every_script(language: Language) -> None:
    names = ["marque de café", "Ωμέγα", "число", "価格 ¥", "السعر", "👩‍🌾"]
    names += ["a b", "1st", "if", "x.y", "tab\there", 'q"']
    columns = {name: ("text", [name, None, name + name]) for name in names}
    back = echoed(language, dict(columns))
    assert list(back) == names
    assert all(back[name][1] == columns[name][1] for name in names)


@pytest.mark.parametrize("rows", [0, 1])
def test_few_rows(language: Language, rows: int) -> None:
    columns: Columns = {
        "f": ("float64", [1.5] * rows),
        "i": ("int64", [7] * rows),
        "s": ("text", ["x"] * rows),
        "b": ("bool", [True] * rows),
        "d": ("date", [1] * rows),
        "t": ("datetime", [1000] * rows),
        "c": ("category", ["x"] * rows),
    }
    back = echoed(language, columns)
    assert list(back) == list(columns)
    assert all(back[name][1] == columns[name][1] for name in columns)
    shape = {o.name: o.value for o in language.call("shape", tables={"t": language.table(columns)}).outputs}
    assert shape == {"rows": rows, "columns": 7}


def test_five_hundred_columns(language: Language) -> None:
    columns: Columns = {}
    for n in range(500):
        columns[f"столбец {n}"] = ("float64", [n / 2, None]) if n % 2 else ("text", [f"v{n}", None])
    back = echoed(language, dict(columns))
    assert back == columns
    made = contents(language.call("wide").outputs[0].path)
    assert {name: values for name, (_, values) in made.items()} == {
        f"столбец {n}": [float(n)] for n in range(500)
    }


def test_a_million_rows(language: Language) -> None:
    rows = 1_000_000
    random = np.random.default_rng(1)
    texts = [f"магазин {n}" for n in range(1000)]
    offsets, levels = _levels(texts)
    table = Table(
        rows,
        [
            *(Column(f"f{n}", "float64", random.random(rows)) for n in range(4)),
            *(Column(f"i{n}", "int64", random.integers(0, 1 << 30, rows)) for n in range(2)),
            Column(
                "s",
                "text",
                codes=random.integers(-1, 1000, rows).astype("i4"),
                offsets=offsets,
                levels=levels,
            ),
            Column("t", "datetime", random.integers(0, 1 << 40, rows) * 1000, zone="UTC"),
        ],
    )
    path = language.folder / "million"
    write(path, table)
    back = read(language.call("echo", tables={"t": path}).outputs[0].path or Path())
    for sent, came in zip(table.columns, back.columns, strict=True):
        if sent.codes is None:
            assert np.array_equal(sent.data, came.data), sent.name
        else:
            assert np.array_equal(_texts(sent), _texts(came))


def test_many_different_texts(language: Language) -> None:
    values = [f"customer {n} – {n * 7919 % 100003}" for n in range(60_000)]
    values[17] = None  # type: ignore[call-overload]
    assert echoed(language, {"id": ("text", values)})["id"] == ("text", values)


def test_changing_an_argument_does_not_reach_the_caller(language: Language) -> None:
    path = language.table({"x": ("float64", [1.0, 2.0])})
    assert language.call("scribble", tables={"t": path}).outputs[0].value == 11.0
    assert contents(path)["x"][1] == [1.0, 2.0]


def _levels(texts: list[str]) -> tuple[Any, Any]:
    from engine.runtimes.quarterdeck_worker.columns import encode_levels

    return encode_levels(texts)


def _texts(column: Column) -> Any:
    return np.array([*column.texts(), ""], dtype=object)[column.codes]
