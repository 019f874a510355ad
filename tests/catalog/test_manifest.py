"""Manifests: everything that is wrong is told at once, with file, line, key and remedy."""
# ruff: noqa: E501 (whole sentences are compared)

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.catalog.manifest import load_manifest, read_manifest
from engine.errors import Invalid

Edit = Callable[..., Path]


def sentences(text: str, folder: Path | None = None) -> list[str]:
    with pytest.raises(Invalid) as raised:
        read_manifest(text, folder=folder)
    return [p.sentence for p in raised.value.problems]


def test_a_good_manifest(model: Path) -> None:
    manifest = load_manifest(model)
    assert list(manifest.fields) == ["horizon", "price_floor", "list_price"]
    assert manifest.model.title == "Price check"
    assert manifest.x == {"anything": "goes"}
    assert manifest.script == {}


MISTAKES = [
    ("manifest = 1\n", "", ["model.toml: the version of the manifest's form is missing. Write manifest = 1 as its first line."]),
    ("manifest = 1\n", "manifest = 7\n", ["model.toml, line 1, manifest: it is written in form 7, this Quarterdeck reads up to 1. Update Quarterdeck, or write the manifest in an older form."]),
    ("minimum = 1", "minimun = 1", ["model.toml, line 16, fields.horizon.minimun: the key “minimun” is unknown. Did you mean “minimum”?"]),
    ('title = "Price check"', 'titel = "Price check"', ["model.toml, line 5, model.titel: the key “titel” is unknown. Did you mean “title”?"]),
    ("expect_table", "expct_table", ["model.toml, line 51, golden[1].expct_table: the key “expct_table” is unknown. Did you mean “expect_table”?"]),
    ('type = "integer"', 'type = "intger"', ["model.toml, line 13, fields.horizon.type: “intger” is not a field type. Did you mean “integer”?"]),
    ('type = "integer"\n', "", ["model.toml, line 12, fields.horizon.type: the key “type” is missing. Choose one of: integer, number, percent, money, boolean, text, choice, multi-choice, date, date-time, duration, period, list, table, file, secret."]),
    ('language = "python"\n', "", ["model.toml, line 3, model.language: the key “language” is missing. Add it; the model author guide says what it means."]),
    ("default = 13", "default = 130", ["model.toml, line 15, fields.horizon.default: the default breaks the field's own rules: Weeks ahead 130 must be between 1 and 52 weeks. Enter at most 52. Correct the default or the rule."]),
    ("maximum = 52", 'maximum = "x"', ["model.toml, line 17, fields.horizon.maximum: “x” is not a whole number. Write a whole number."]),
    ("<= list_price", "<= list_prise", ["model.toml, line 32, rules[1].check: at character 16, there is no “list_prise”. Did you mean “list_price”?"]),
    ("<= list_price", "<= horizon", ["model.toml, line 32, rules[1].check: at character 13, money and a number cannot be compared."]),
    ("horizon > 3", "horizon >", ["model.toml, line 29, fields.list_price.show_when: at character 10, it ends where a value is expected. Write a number, a text in quotes, a name or a function."]),
    ("horizon > 3", "list_price > 3", ["model.toml, line 29, fields.list_price.show_when: at character 1, there is no “list_price”. Known are: horizon, price_floor."]),
    ('y = "units"', 'y = "unit"', ["model.toml, line 44, outputs.weekly.chart: there is no column “unit”. Did you mean “units”?"]),
    ('kind = "line"', 'kind = "pie"', ["model.toml, line 44, outputs.weekly.chart.kind: “pie” is not possible here. Did you mean “line”?"]),
    (', y = "units" }', " }", ["model.toml, line 44, outputs.weekly.chart: a line chart needs y. Name the column."]),
    ("price.py:check", "prce.py:check", ["model.toml, line 8, model.entry: there is no file “prce.py” in the folder. Did you mean “price.py”?"]),
    ('entry = "price.py:check"\n', "", ['model.toml, line 3, model: neither entry nor command is given. Give entry = "file:function" for a function, or command = "…" for a script.']),
    ("horizon = 4", "horizon = 400", ["model.toml, line 48, golden[1].values.horizon: Weeks ahead 400 must be between 1 and 52 weeks. Enter at most 52."]),
    ("total = 14.0", "totl = 14.0", ["model.toml, line 50, golden[1].expect.totl: “totl” is not a declared metric or text output. Did you mean “total”?"]),
    ("golden/sales.csv", "golden/sale.csv", ["model.toml, line 49, golden[1].inputs.sales: there is no file “golden/sale.csv” in the folder. Add it or correct the path."]),
    ("golden/sales.csv", "../sales.csv", ["model.toml, line 49, golden[1].inputs.sales: “../sales.csv” must be a relative path inside the model's folder, with / between folders. Correct it."]),
    ("[inputs.sales]", "[inputs.horizon]", ["model.toml, line 35, inputs.horizon: “horizon” is both a field and an input. Both become arguments of the model: rename one."]),
    ('"price-check"', '"Price Check"', ["model.toml, line 4, model.name: “Price Check” has a wrong form. Use small letters, digits and single hyphens, for instance demand-forecast."]),
    ('units = "number" }\n\n[outputs.total]', 'units = "float" }\n\n[outputs.total]', ["model.toml, line 36, inputs.sales.columns.units: “float” is not possible here. Choose 'number', 'integer', 'text', 'date', 'date-time', 'boolean' or 'category'."]),
    ("maximum = 52\n", "maximum = \n", ["model.toml, line 17, column 11: this is not TOML (Invalid value): maximum = — correct that line."]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"), MISTAKES, ids=[f"{o.strip()} → {n.strip()}" for o, n, _ in MISTAKES]
)
def test_a_mistake_is_told_with_file_line_key_and_remedy(
    model: Path, manifest_text: str, old: str, new: str, said: list[str]
) -> None:
    assert sentences(manifest_text.replace(old, new, 1), model) == said


def test_all_mistakes_at_once(manifest_text: str) -> None:
    text = (
        manifest_text.replace("minimum", "minimun")
        .replace('language = "python"', "")
        .replace('kind = "metric"', 'kind = "metrics"')
    )
    assert len(sentences(text)) == 3


def test_fields_that_show_each_other_in_a_circle(manifest_text: str) -> None:
    text = manifest_text.replace('unit = "weeks"', 'show_when = "list_price.amount > 1"')
    assert sentences(text) == [
        "model.toml, line 18, fields.horizon.show_when: fields show each other in a circle. Let one of them always show."
    ]


def test_files_that_are_no_manifests(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"has no model\.toml"):
        load_manifest(tmp_path)
    with pytest.raises(Invalid, match="There is no folder"):
        load_manifest(tmp_path / "nowhere")
    (tmp_path / "model.toml").write_bytes(b"\xff\xfe manifest")
    with pytest.raises(Invalid, match="not UTF-8"):
        load_manifest(tmp_path)
    (tmp_path / "model.toml").write_bytes(b"")
    with pytest.raises(Invalid, match="manifest = 1"):
        load_manifest(tmp_path)


SCRIPT = """\
manifest = 1
[model]
name = "legacy"
language = "r"
command = "Rscript 'main file.R'"
[fields.n]
type = "integer"
default = 3
[inputs.sales]
file = "data/sales.csv"
[outputs.forecast]
kind = "table"
path = "out/forecast.csv"
[script]
parameters = { file = "params.txt", format = "key=value", keys = { n = "N" } }
arguments = ["--n={n}"]
"""


def test_a_script_is_told_how_its_values_arrive() -> None:
    assert read_manifest(SCRIPT).script == {
        "command": ["Rscript", "main file.R"],
        "workdir": ".",
        "parameters": {
            "parameters": {"file": "params.txt", "format": "key=value", "keys": {"n": "N"}},
            "arguments": ["--n={n}"],
        },
        "inputs": {"sales": "data/sales.csv"},
    }


def test_a_script_s_tables_need_paths() -> None:
    assert (
        "needs the file that the script writes"
        in sentences(SCRIPT.replace('path = "out/forecast.csv"\n', ""))[0]
    )
    assert (
        "needs the file that the script reads"
        in sentences(SCRIPT.replace('file = "data/sales.csv"\n', ""))[0]
    )


def test_names_that_are_no_arguments() -> None:
    python = 'manifest = 1\n[model]\nname = "a"\nlanguage = "python"\nentry = "a.py:f"\n[fields."n.ahead"]\ntype = "integer"\n'
    assert "cannot be an argument's name in python. Write n_ahead." in sentences(python)[0]
    assert "n.ahead" in read_manifest(python.replace("python", "r")).fields
    assert "is not a possible name" in sentences(python.replace("n.ahead", "not"))[0]
