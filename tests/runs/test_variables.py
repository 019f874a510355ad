"""Environment variables of a manifest reach its model, by function and by script; secrets and ours are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.access import LOCAL_ADMIN
from engine.engine import Engine
from engine.errors import Invalid

MANIFEST = """manifest = 1
[model]
name = "varied"
title = "Varied"
department = "Testing"
language = "python"
{how}
[environment]
variables = {variables}
[outputs.said]
kind = "text"
{path}
"""


def folder(tmp_path: Path, variables: str, *, script: bool = False) -> Path:
    made = tmp_path / "varied"
    made.mkdir(exist_ok=True)
    how = 'command = "python main.py"' if script else 'entry = "model.py:told"'
    (made / "model.toml").write_text(MANIFEST.format(how=how, variables=variables, path=""))
    body = '"|".join(os.environ.get(n, "-") for n in ("MODEL_MODE", "TZ", "HOME"))'
    (made / "model.py").write_text(f"import os\n\ndef told():\n    return {body}\n")
    (made / "main.py").write_text(f"import os\nprint({body})\n")
    return made


def said(engine: Engine, path: Path) -> str:
    engine.catalog.register(LOCAL_ADMIN, path, promote=True)
    run = engine.runs.submit(LOCAL_ADMIN, "varied", reuse=False)
    ended = engine.runs.wait(run.id, 60)
    assert ended.state == "succeeded", ended.error
    (output,) = engine.runs.outputs(LOCAL_ADMIN, run.id)
    return str(output.value)


def test_a_function_gets_the_variables_of_its_manifest(started: Engine, tmp_path: Path) -> None:
    found = said(started, folder(tmp_path, '{ MODEL_MODE = "fast", OTHER = "é=1" }')).split("|")
    assert found[:2] == ["fast", "UTC"]
    again = said(started, folder(tmp_path, '{ MODEL_MODE = "slow" }')).split("|")
    assert again[0] == "slow"


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        ('{ PATH = "/tmp" }', "set by Quarterdeck"),
        ('{ LD_PRELOAD = "/tmp/x.so" }', "set by Quarterdeck"),
        ('{ PYTHONPATH = "/tmp" }', "set by Quarterdeck"),
        ('{ QUARTERDECK_TOKEN = "x" }', "set by Quarterdeck"),
        ('{ OMP_NUM_THREADS = "8" }', "set by Quarterdeck"),
        ('{ DB_PASSWORD = "hunter2" }', "looks like a secret"),
        ('{ api_key = "x" }', "looks like a secret"),
        ('{ "1X" = "x" }', "cannot be the name"),
        ('{ "A=B" = "x" }', "cannot be the name"),
    ],
)
def test_names_that_are_not_the_model_s_are_refused(
    engine: Engine, tmp_path: Path, variables: str, why: str
) -> None:
    with pytest.raises(Invalid, match=why) as told:
        engine.catalog.register(LOCAL_ADMIN, folder(tmp_path, variables))
    assert "hunter2" not in told.value.sentence


def test_a_script_gets_them_too(started: Engine, tmp_path: Path) -> None:
    path = folder(tmp_path, '{ MODEL_MODE = "script" }', script=True)
    manifest = (path / "model.toml").read_text().replace('[outputs.said]\nkind = "text"\n', "")
    (path / "model.toml").write_text(manifest)
    started.catalog.register(LOCAL_ADMIN, path, promote=True)
    run = started.runs.submit(LOCAL_ADMIN, "varied")
    assert started.runs.wait(run.id, 60).state == "succeeded"
    text = " ".join(str(o.value) for o in started.runs.outputs(LOCAL_ADMIN, run.id))
    assert "script|" in text + started.runs.log(LOCAL_ADMIN, run.id)[0]
