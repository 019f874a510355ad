"""The documents are true: reference pages match the code, links lead somewhere, commands exist."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
WRITTEN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LAUNCHER_WORDS = {"up", "setup", "test", "lock", "help"}


def _generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["settings", "commands", "permissions", "events", "api", "manifest"])
def test_reference_pages_match_the_code(page: str) -> None:
    assert not _generate().stale(page), f"docs/reference/{page}.md is stale: run python docs/generate.py"


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.name)
def test_links_lead_to_files(file: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", file.read_text("utf-8"))
    lost = [t for t in targets if "://" not in t and not (file.parent / t).exists()]
    assert lost == []


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.name)
def test_commands_named_in_text_exist(file: Path) -> None:
    from app.cli.main import COMMANDS

    named = set(re.findall(r"(?:^|`|\s)(?:\./)?quarterdeck ([a-z][a-z-]*)", _code(file.read_text("utf-8"))))
    assert named <= set(COMMANDS) | LAUNCHER_WORDS


def test_settings_named_in_text_exist() -> None:
    from engine.settings import Settings

    known = {f"QUARTERDECK_{name.upper()}" for name in Settings.model_fields}
    known |= {"QUARTERDECK_MASTER_KEY", "QUARTERDECK_MASTER_KEY_FD"}  # read once and never a setting: a key
    for file in WRITTEN:
        assert set(re.findall(r"QUARTERDECK_[A-Z_]+[A-Z]", file.read_text("utf-8"))) <= known, file.name


def _code(text: str) -> str:
    """Only what is written as code: in prose “quarterdeck” is just the product."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", text, flags=re.DOTALL))
