"""R packages that a model uses, with the versions installed here: read from files, R is not started."""

from __future__ import annotations

import os
import re
from pathlib import Path

from engine.catalog.manifest_model import Manifest
from engine.errors import Invalid, Problem

R_LIBRARIES = ("/usr/local/lib/R/site-library", "/usr/lib/R/site-library", "/usr/lib/R/library")
_R_USES = re.compile(
    r"""(?:\b(?:library|require|requireNamespace|loadNamespace)\s*\(\s*["']?([A-Za-z][\w.]*)|\b([A-Za-z][\w.]*):::?[A-Za-z.])"""
)


def r_packages(manifest: Manifest, folder: Path) -> dict[str, str]:
    """Packages that the source uses or the manifest declares, with the versions installed here."""
    used = set(manifest.environment.packages)
    for path in sorted(folder.rglob("*.[rR]")):
        text = path.read_text(encoding="utf-8", errors="replace")
        used |= {a or b for a, b in _R_USES.findall(re.sub(r"#.*", "", text))}
    versions = {name: v for name in sorted(used) if (v := r_package_version(name))}
    missing = [name for name in manifest.environment.packages if name not in versions]
    if missing and any(Path(p).is_dir() for p in R_LIBRARIES):
        problems = [
            Problem(
                name,
                f"The R package “{name}” is not installed. On Debian: apt-get install r-cran-{name.lower()}.",
                name,
            )
            for name in missing
        ]
        raise Invalid("the model's packages", problems)
    return versions


def r_package_version(name: str) -> str:
    """Installed version of an R package, read from its description; empty when it is not there."""
    libraries = [
        *os.environ.get("R_LIBS", "").split(":"),
        *os.environ.get("R_LIBS_USER", "").split(":"),
        *R_LIBRARIES,
    ]
    for library in filter(None, libraries):
        try:
            text = (Path(library) / name / "DESCRIPTION").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if found := re.search(r"^Version:\s*(\S+)", text, re.MULTILINE):
            return found[1]
    return ""
