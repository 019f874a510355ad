"""What a script left behind, as outputs: declared files first, then figures, other new files, what it printed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from engine.runtimes.interface import CallFailed, Expected, Output
from engine.runtimes.script_tables import read_table
from engine.runtimes.script_text import TextFile

FIGURES = {".svg": "svg", ".png": "png"}
MOST_FILES = 100
PRINTED_LIMIT = 1 << 20
_NUMBER = r"[-+]?(?:\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?|\.\d+|[Ii]nf(?:inity)?|[Nn]a[Nn])"
State = Mapping[str, tuple[int, int]]


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Relative path → (size, time of change) of every regular file below a folder."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("__pycache__", ".Rproj.user")]
        for name in files:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                about = os.stat(path)
                found[os.path.relpath(path, folder)] = (about.st_size, about.st_mtime_ns)
    return found


class Collector:
    """Finds the outputs of one script run. ``root`` is the folder the script ran in (its copy)."""

    def __init__(
        self, root: Path, workdir: Path, before: State, expected: Mapping[str, Expected], printed: str
    ) -> None:
        self.root, self.workdir, self.expected, self.printed = root, workdir, expected, printed
        after = state(root)
        self.changed = [name for name, about in after.items() if before.get(name) != about]
        self.used: set[str] = set()
        self.outputs: list[Output] = []

    def collect(self, scratch: Path) -> list[Output]:
        """All outputs; tables become column folders in ``scratch``, files are moved there. Raises CallFailed."""
        scratch.mkdir(parents=True, exist_ok=True)
        for name, declared in self.expected.items():
            self.outputs.append(self._declared(name, declared, scratch))
        self._others(scratch)
        undeclared_text = not any(e.kind == "text" and not e.path for e in self.expected.values())
        if undeclared_text and self.printed.strip():
            self.outputs.append(Output("printed", "text", value=self.printed))
        return self.outputs

    def _declared(self, name: str, declared: Expected, scratch: Path) -> Output:
        if declared.kind == "metric":
            return Output(name, "metric", value=self._metric(name, declared))
        if declared.kind == "text":
            text = TextFile.read(self._found(name, declared)).text if declared.path else self.printed
            return Output(name, "text", value=text)
        path = self._found(name, declared)
        self.used.add(os.path.relpath(path, self.root))
        if declared.kind == "table":
            folder = _free(scratch / name)
            read_table(path, name, declared.columns, folder)
            return Output(name, "table", folder)
        if declared.kind == "figure":
            return self._figure(name, path, scratch)
        return Output(name, "file", _move(path, scratch))

    def _found(self, name: str, declared: Expected) -> Path:
        """The file of a declared output, also where the script wrote a Windows path as one long name."""
        if not declared.path:
            return (
                self._first_figure(name) if declared.kind == "figure" else self._by_name(name, declared.kind)
            )
        for base in (self.workdir, self.root):
            path = base / declared.path
            if _inside(path, self.root):
                return path
        wanted = Path(declared.path).name
        for candidate in self.changed:
            if candidate.replace("\\", "/").rpartition("/")[2] == wanted:
                return self.root / candidate
        wrote = ", ".join(sorted(self.changed)[:10]) or "no file"
        raise CallFailed(
            "bad-output",
            f"The script did not write “{declared.path}” (the output “{name}”); it wrote {wrote}. "
            "Correct the path in the manifest, or let the script write that file.",
        )

    def _by_name(self, name: str, kind: str) -> Path:
        for candidate in sorted(self.changed):
            if Path(candidate.replace("\\", "/")).stem == name:
                return self.root / candidate
        raise CallFailed(
            "bad-output",
            f'The script wrote no file for the output “{name}” ({kind}). Say in the manifest which file: path = "…".',
        )

    def _first_figure(self, name: str) -> Path:
        for candidate in sorted(self.changed, key=lambda c: (Path(c).stem != name, c)):
            if candidate not in self.used and Path(candidate).suffix.casefold() in (*FIGURES, ".pdf"):
                return self.root / candidate
        raise CallFailed("bad-output", f"The script drew no figure for the output “{name}”.")

    def _metric(self, name: str, declared: Expected) -> float:
        where = f"the file “{declared.path}”" if declared.path else "what the script printed"
        if declared.path:
            path = self._found(name, declared)
            self.used.add(os.path.relpath(path, self.root))
            found = _number_in_file(TextFile.read(path).text, name, path.suffix.casefold())
        else:
            found = _number_named(self.printed, name)
        if found is None:
            raise CallFailed(
                "bad-output",
                f"The metric “{name}” was not found in {where}. Let the script print a line “{name} = 1.23”, "
                'or name the file that holds it in the manifest: path = "…".',
            )
        return found

    def _figure(self, name: str, path: Path, scratch: Path) -> Output:
        suffix = path.suffix.casefold()
        if suffix == ".pdf":
            drawn = _pdf_page(path, scratch)
            if drawn is None:
                raise CallFailed(
                    "bad-output",
                    f"The figure “{name}” is a PDF, and no program to show it is installed (poppler-utils). "
                    "Install it, declare the output as a file, or let the script write PNG or SVG.",
                )
            return Output(name, "figure", drawn, format="png")
        if suffix == ".json":
            return Output(name, "figure", _move(path, scratch), format="plotly")
        if suffix not in FIGURES:
            raise CallFailed(
                "bad-output",
                f"The figure “{name}” is “{path.name}”; figures are SVG, PNG, PDF or Plotly JSON.",
            )
        return Output(name, "figure", _move(path, scratch), format=FIGURES[suffix])

    def _others(self, scratch: Path) -> None:
        """Figures and files that nobody declared, under their own names."""
        names = set(self.expected)
        for candidate in sorted(self.changed)[:MOST_FILES]:
            path = self.root / candidate
            if (
                candidate in self.used
                or not _inside(path, self.root)
                or os.path.basename(candidate) == ".RData"
            ):
                continue
            clean = candidate.replace("\\", "/")
            suffix = Path(clean).suffix.casefold()
            base = os.path.relpath(path, self.workdir) if path.is_relative_to(self.workdir) else clean
            # a Windows path is one legal file name here: only its last part says something
            base = base.rpartition("\\")[2].removeprefix(".figures/")
            if clean.endswith(".plotly.json"):
                name = _unique(base.removesuffix(".plotly.json"), names)
                self.outputs.append(Output(name, "figure", _move(path, scratch), format="plotly"))
                continue
            drawn = suffix in FIGURES or os.path.basename(clean) == "Rplots.pdf"
            name = _unique(str(Path(base).with_suffix("")) if drawn else base, names)
            if suffix in FIGURES:
                self.outputs.append(Output(name, "figure", _move(path, scratch), format=FIGURES[suffix]))
            elif drawn and (page := _pdf_page(path, scratch)) is not None:
                self.outputs.append(Output(name, "figure", page, format="png"))
            else:
                self.outputs.append(Output(name, "file", _move(path, scratch)))


def _unique(name: str, taken: set[str]) -> str:
    n, free = 1, name
    while free in taken:
        n += 1
        free = f"{name}-{n}"
    taken.add(free)
    return free


def _inside(path: Path, root: Path) -> bool:
    real = path.resolve()
    return path.is_file() and not path.is_symlink() and real.is_relative_to(root.resolve())


def _free(path: Path) -> Path:
    n, free = 1, path
    while free.exists():
        n += 1
        free = path.with_name(f"{path.name}-{n}")
    return free


def _move(path: Path, scratch: Path) -> Path:
    target = _free(scratch / path.name.replace("\\", "/").rpartition("/")[2])
    shutil.move(path, target)
    return target


def _pdf_page(path: Path, scratch: Path) -> Path | None:
    """The first page of a PDF as PNG, by whatever is installed; None where nothing is."""
    target = _free(scratch / f"{path.stem}.png")
    for tool in (
        ["pdftoppm", "-png", "-r", "120", "-singlefile", str(path), str(target.with_suffix(""))],
        [
            "gs",
            "-q",
            "-dSAFER",
            "-dBATCH",
            "-dNOPAUSE",
            "-dLastPage=1",
            "-sDEVICE=png16m",
            "-r120",
            f"-sOutputFile={target}",
            str(path),
        ],
    ):
        if shutil.which(tool[0]):
            subprocess.run(tool, capture_output=True, timeout=60, check=False, stdin=subprocess.DEVNULL)
            if target.is_file():
                return target
    return None


def _number_in_file(text: str, name: str, suffix: str) -> float | None:
    if suffix == ".json":
        return _number_in_json(json.loads(text), name)
    alone = re.fullmatch(rf"\s*({_NUMBER})\s*", text)
    if alone:
        return _float(alone[1])
    return _number_named(text, name) or _number_in_columns(text, name)


def _number_in_json(content: object, name: str) -> float | None:
    if isinstance(content, (int, float)):
        return float(content)
    if isinstance(content, dict):
        if isinstance(content.get(name), (int, float)):
            return float(content[name])
        for inner in content.values():
            found = _number_in_json(inner, name) if isinstance(inner, dict) else None
            if found is not None:
                return found
    return None


def _number_named(text: str, name: str) -> float | None:
    """The last ``name = 1.23``, ``name: 1.23`` or ``name,1.23`` of a text."""
    spelled = re.escape(name).replace("_", r"[ _-]").replace(r"\-", "[ _-]")
    pattern = rf"(?im)(?<![\w-])[\"']?{spelled}[\"']?\s*(?:=|:|<-|,|;|\t|\bis\b)\s*[\"']?({_NUMBER})(?![\w])"
    found = re.findall(pattern, text)
    return _float(found[-1]) if found else None


def _number_in_columns(text: str, name: str) -> float | None:
    """The value under a header of that name in a one-row table."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) != 2:
        return None
    separator = max(";\t,|", key=lines[0].count)
    cells = [[cell.strip().strip("\"'") for cell in line.split(separator)] for line in lines]
    if (
        name in cells[0]
        and len(cells[0]) == len(cells[1])
        and re.fullmatch(_NUMBER, cells[1][cells[0].index(name)])
    ):
        return _float(cells[1][cells[0].index(name)])
    return None


def _float(text: str) -> float:
    return float(text.replace(",", "."))
