"""What the code imports is declared and locked; what runs beside a model needs almost nothing."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OWN = {"app", "auth", "bootstrap", "engine", "pages", "benchmarks"}
# import name where it is not the distribution's; what is only brought along by a declared one names that one
PROVIDED_BY = {
    "alembic": "alembic",
    "anyio": "fastapi",
    "argon2": "argon2-cffi",
    "click": "typer",
    "dateutil": "pandas",
    "google": "streamlit",  # protobuf
    "joserfc": "authlib",
    "markupsafe": "jinja2",
    "multipart": "python-multipart",
    "prometheus_client": "prometheus-client",
    "pydantic": "fastapi",
    "pydantic_settings": "pydantic-settings",
    "sqlalchemy": "sqlmodel",
    "starlette": "fastapi",
    "typing_extensions": "pydantic-settings",
    "ulid": "python-ulid",
}
WORKER = ROOT / "engine" / "runtimes" / "quarterdeck_worker"
FOR_MODELS = {"numpy", "pandas", "matplotlib", "plotly", "rpy2", "juliacall", "juliapkg"}
IF_THERE = {"pyarrow"}  # asked for only where the model's own pandas already uses it


def _imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def _declared(name: str) -> set[str]:
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    names = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line) for line in lines if not line.startswith("-"))
    return {match.group().lower() for match in names if match}


def _foreign(files: Iterator[Path]) -> dict[str, str]:
    """Imported packages that are neither ours nor Python's own, and one file that imports each."""
    return {
        name: str(file.relative_to(ROOT))
        for file in files
        for name in _imports(file)
        if name not in OWN and name not in sys.stdlib_module_names
    }


@pytest.mark.parametrize("package", ["app", "auth", "engine", "pages"])
def test_each_imported_package_is_declared(package: str) -> None:
    files = (f for f in (ROOT / package).rglob("*.py") if WORKER not in f.parents)
    declared = _declared("server")
    foreign = _foreign(files)
    lost = {n: f for n, f in foreign.items() if PROVIDED_BY.get(n, n).lower() not in declared}
    assert lost == {}, "name these in requirements/server.in and run ./quarterdeck lock"


def test_the_set_up_needs_only_python() -> None:
    assert _foreign(iter([ROOT / "quarterdeck", *(ROOT / "bootstrap").glob("*.py")])) == {}


def test_workers_import_only_what_models_and_bridges_have() -> None:
    foreign = _foreign(WORKER.rglob("*.py"))
    assert set(foreign) - FOR_MODELS - IF_THERE - {"quarterdeck_worker"} == set()
    assert {"numpy"} <= _declared("models") & _declared("bridges")


@pytest.mark.parametrize("lock", ["server", "dev", "models", "bridges", "uv"])
def test_each_declared_package_is_locked(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    locked = set(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", text, flags=re.MULTILINE))
    assert {n.replace("_", "-") for n in _declared(lock)} <= locked


def test_reasons_are_written_down() -> None:
    lines = (ROOT / "requirements" / "server.in").read_text().splitlines()
    assert [line for line in lines if "#" not in line] == []
