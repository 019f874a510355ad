"""Script mode end to end: an unchanged script in each language, its parameters, inputs and what it leaves behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.runtimes.interface import CallFailed, Expected, Log, Output, Progress, Result, Value, WorkerSpec
from engine.runtimes.pool import WorkerPool
from engine.runtimes.quarterdeck_worker import columns
from tests.runtimes.conftest import call
from tests.waiting import SOON, until

Run = Callable[..., Result]
PARAMETERS = '# parameters\r\nhorizon = 13   # weeks\r\nname= "Köln"\r\nrate\t0,5\r\n'.encode("cp1252")


@pytest.fixture
def run(shared_pool: WorkerPool, tmp_path: Path) -> Run:
    """Write files, run a command on them."""

    def start(
        command: str,
        files: Mapping[str, str | bytes],
        parameters: Mapping[str, Any] | None = None,
        values: Mapping[str, Any] | None = None,
        *,
        workdir: str = ".",
        inputs: Mapping[str, str] | None = None,
        listener: Any = None,
        limits: Mapping[str, Any] | None = None,
        given: Mapping[str, Path] | None = None,
        **more: Any,
    ) -> Result:
        folder = tmp_path / "model"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        script = {
            "command": command.split(),
            "workdir": workdir,
            "parameters": parameters or {},
            "inputs": inputs or {},
        }
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        try:
            asked = call(values, scratch=tmp_path, script=script, files=given or {}, **more)
            return shared_pool.call(WorkerSpec("command", "s", folder, "", **(limits or {})), asked, listener)
        finally:
            assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before

    return start


def named(result: Result) -> dict[str, Output]:
    return {output.name: output for output in result.outputs}


R_SCRIPT = """
setwd("C:/Users/me/model")
cat(readLines("parameters.txt", encoding = "latin1"), sep = "\\n")
s <- read.csv("data/sales.csv")
stopifnot(nrow(s) == 3, s$units[1] == 1.5, is.na(s$units[2]), s$week[1] == "2024-01-01")
plot(1:10)
x <- readline("how many? ")
cat("::progress 0.5 half\\n")
cat("MAPE = 7.31\\ngot", x, "\\n")
View(s)
install.packages("stats")
write.csv(data.frame(week = as.Date("2024-01-01") + 0:2, id = c("001", "002", NA), v = c(1.5, NA, 3)), "out.csv")
write.csv(1, "C:\\\\Users\\\\me\\\\extra.csv")
"""


@pytest.mark.r
def test_an_r_script_as_somebody_wrote_it(run: Run, tmp_path: Path) -> None:
    sales = pd.DataFrame(
        {
            "week": pd.date_range("2024-01-01", periods=3).astype("datetime64[s]"),
            "brand": ["a", "b, c", None],
            "units": [1.5, None, 3.0],
        }
    )
    columns.write_frame(sales, tmp_path / "sales")
    heard: list[Progress | Log] = []
    result = run(
        "Rscript main.R",
        {"main.R": R_SCRIPT, "parameters.txt": PARAMETERS},
        {"parameters": {"file": "parameters.txt", "format": "key=value"}, "stdin": "{count}\n"},
        {"horizon": 4, "name": "Münster", "rate": 0.75, "count": 17},
        inputs={"sales": "data/sales.csv"},
        tables={"sales": tmp_path / "sales"},
        expected={"mape": Expected("metric"), "out": Expected("table", {"id": "text"}, "out.csv")},
        listener=heard.append,
    )
    outputs = named(result)
    assert list(outputs) == ["mape", "out", "Rplot001", "extra.csv", "printed"]
    assert outputs["mape"].value == 7.31
    assert outputs["Rplot001"].format == "png"
    printed = str(outputs["printed"].value)
    assert "horizon = 4   # weeks" in printed
    assert "rate\t0,75" in printed
    assert "got 17" in printed
    table = columns.read_frame(outputs["out"].path or "")
    assert list(table.columns) == ["week", "id", "v"]
    assert table["id"].tolist()[:2] == ["001", "002"]
    assert str(table["week"].dtype) == "datetime64[s]"
    assert Progress(0.5, "half") in heard


def test_a_python_script_with_constants_and_figures(run: Run) -> None:
    source = """
HORIZON = 13  # weeks
import json, matplotlib.pyplot as plt
plt.plot([1, 2, HORIZON]); plt.show()
import plotly.express as px
px.bar(y=[1, 2]).show()
print("hello", input("name? "))
json.dump({"scores": {"mape": HORIZON / 2}}, open("result.json", "w"))
"""
    outputs = named(
        run(
            "python main.py",
            {"main.py": source},
            {"constants": {"file": "main.py", "names": {"horizon": "HORIZON"}}, "stdin": "{who}\n"},
            {"horizon": 5, "who": "Ann"},
            expected={"mape": Expected("metric", path="result.json")},
        )
    )
    assert outputs["mape"].value == 2.5
    assert outputs["figure-1"].format == "svg"
    assert outputs["figure-2"].format == "plotly"
    assert "hello Ann" in str(outputs["printed"].value)


@pytest.mark.julia
def test_a_julia_script_with_arguments(run: Run) -> None:
    result = run(
        "julia src/main.jl",
        {"src/main.jl": 'println(ARGS); write("out/x.txt", "1")', "out/.keep": ""},
        {"arguments": ["--n={n}", "--label={label}", "--day={day}"]},
        {"n": 2.5, "label": Value("text", None), "day": Value("date", "2026-11-22")},
    )
    assert named(result)["printed"].value == '["--n=2.5", "--day=2026-11-22"]\n'
    assert "out/x.txt" in named(result)


def test_a_shell_command_in_its_working_directory(run: Run) -> None:
    outputs = named(
        run(
            "sh ../go.sh {n}",
            {"go.sh": "pwd | sed 's,.*/,,'; echo n: $1 > n.txt\n", "sub/x": ""},
            None,
            {"n": 3},
            workdir="sub",
        )
    )
    assert outputs["printed"].value == "sub\n"
    assert Path(outputs["n.txt"].path or "").read_text() == "n: 3\n"


def test_an_exit_code_is_told_with_the_last_error(run: Run) -> None:
    with pytest.raises(CallFailed) as caught:
        run("python main.py", {"main.py": "print('fine')\nraise ValueError('the week 54 is not there')"})
    assert caught.value.reason == "exit-code"
    assert "exit code 1: ValueError: the week 54 is not there" in caught.value.sentence
    assert 'main.py", line 2' in caught.value.trace


def test_missing_results_and_places_are_told(run: Run) -> None:
    files = {"main.py": "open('other.csv', 'w').write('a\\n1\\n')"}
    for expected, says in (
        ({"t": Expected("table", path="out.csv")}, "did not write “out.csv”.*it wrote other.csv"),
        ({"mape": Expected("metric")}, "Let the script print a line “mape = 1.23”"),
        ({"f": Expected("figure")}, "drew no figure"),
    ):
        with pytest.raises(CallFailed, match=says) as caught:
            run("python main.py", files, expected=expected)
        assert caught.value.reason == "bad-output"
    with pytest.raises(CallFailed, match=r"“p\.txt” is not in the model's folder"):
        run("python main.py", files, {"parameters": {"file": "p.txt"}}, {"n": 1})
    with pytest.raises(CallFailed, match="“nonsuch” is not installed"):
        run("nonsuch main.py", files)


def test_a_broken_table_is_told(run: Run) -> None:
    with pytest.raises(CallFailed, match="column “n” is declared as integer, but") as caught:
        run(
            "python main.py",
            {"main.py": "open('out.csv', 'w').write('n,t\\n1,a\\nx,b\\n')"},
            expected={"out": Expected("table", {"n": "integer"}, "out.csv")},
        )
    assert caught.value.reason == "bad-output"


def test_tables_lose_nothing(run: Run) -> None:
    text = "id;zip;amount;day;flag;long\n1;01234;1,5;2024-02-29;true;12345678901234567890\n;NA;;;false;1\n"
    result = run(
        "python main.py",
        {"main.py": f"open('out.csv', 'w').write({text!r})"},
        expected={"out": Expected("table", path="out.csv")},
    )
    folder = named(result)["out"].path or Path()
    kinds = {column.name: column.type for column in columns.read_header(folder).columns}
    assert kinds == {
        "id": "int64",
        "zip": "text",
        "amount": "float64",
        "day": "date",
        "flag": "bool",
        "long": "text",
    }
    frame = columns.read_frame(folder)
    assert frame["zip"][0] == "01234"
    assert frame["long"].tolist() == ["12345678901234567890", "1"]
    assert frame["amount"][0] == 1.5


def test_cancel_and_timeout_end_everything(shared_pool: WorkerPool, run: Run) -> None:
    source = {
        "main.py": "import subprocess\nsubprocess.Popen(['sleep', '87654'], start_new_session=True)\nwhile True: pass"
    }
    started = time.monotonic()
    with pytest.raises(CallFailed) as caught:
        run("python main.py", source, timeout=0.7)
    assert caught.value.reason == "timeout"
    assert time.monotonic() - started < 0.7 + SOON
    threading.Timer(0.7, until, [lambda: shared_pool.cancel("stop-me")]).start()
    started = time.monotonic()
    with pytest.raises(CallFailed) as caught:
        run("python main.py", source, id="stop-me")
    assert caught.value.reason == "cancelled"
    assert time.monotonic() - started < 0.7 + SOON


def test_limits_hold_for_scripts(run: Run) -> None:
    with pytest.raises(CallFailed) as caught:
        run(
            "python main.py",
            {"main.py": "x = []\nwhile True: x.append(bytearray(1 << 20))"},
            limits={"memory": 200 << 20},
        )
    assert caught.value.reason == "memory"
    with pytest.raises(CallFailed) as caught:
        run("python main.py", {"main.py": "while True: print('x' * 99)"}, limits={"log_bytes": 100_000})
    assert caught.value.reason == "output-limit"


def test_the_seed_and_file_fields(run: Run, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"123")
    outputs = named(
        run(
            "python main.py {seed} {weights}",
            {
                "main.py": "import sys, os\n"
                "print(sys.argv[1], open(sys.argv[2]).read(), os.environ['QUARTERDECK_SEED'])"
            },
            seed=42,
            given={"weights": tmp_path / "weights.bin"},
        )
    )
    assert outputs["printed"].value == "42 123 42\n"
