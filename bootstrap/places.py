"""Where the set-up puts things. The same environment variables as engine/settings.py, without its packages."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Places:
    """Folders in force: ``home`` holds everything, ``tools`` what is installed, ``data`` what is kept."""

    root: Path
    home: Path
    tools: Path
    data: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, root: Path = ROOT) -> Places:
        """Read ``QUARTERDECK_HOME``, ``QUARTERDECK_TOOLS_FOLDER`` and ``QUARTERDECK_DATA_FOLDER``."""
        home = Path(environment.get("QUARTERDECK_HOME") or root / ".quarterdeck").absolute()
        tools = Path(environment.get("QUARTERDECK_TOOLS_FOLDER") or home / "tools").absolute()
        data = Path(environment.get("QUARTERDECK_DATA_FOLDER") or home / "data").absolute()
        return cls(root, home, tools, data)

    @property
    def requirements(self) -> Path:
        """Folder of the locked requirements."""
        return self.root / "requirements"

    @property
    def log(self) -> Path:
        """File that receives all that installers print."""
        return self.home / "setup.log"

    def python(self, environment: str) -> Path:
        """Interpreter of one of the virtual environments."""
        return self.tools / environment / "bin" / "python"
