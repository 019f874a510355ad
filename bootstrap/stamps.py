"""Stamps: what was installed from which inputs, so that a second start finds nothing to do.

A stamp is a JSON file beside what was installed; its keys name the parts, its values are hashes of
their inputs. No stamp, a damaged stamp or another hash all mean: do it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def fingerprint(files: Iterable[Path], *words: str) -> str:
    """Hash of names and contents of files (in the given order) and of further words."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    for word in words:
        digest.update(b"\0" + word.encode())
    return digest.hexdigest()


def source_files(folders: Iterable[Path]) -> list[Path]:
    """All files below the folders, sorted, without what Python or an editor leaves behind."""
    found: list[Path] = []
    for folder in folders:
        found += [
            file
            for file in sorted(folder.rglob("*"))
            if file.is_file() and "__pycache__" not in file.parts and not file.name.startswith(".")
        ]
    return found


def read(file: Path) -> dict[str, Any]:
    """The stamp's contents; empty where there is none or it is damaged."""
    try:
        contents = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return contents if isinstance(contents, dict) else {}


def write(file: Path, contents: dict[str, Any]) -> None:
    """Replace the stamp in one step, so that a crash leaves the old or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    temporary.write_text(json.dumps(contents, indent=1, sort_keys=True) + "\n", "utf-8")
    temporary.replace(file)
