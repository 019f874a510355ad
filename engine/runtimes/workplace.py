"""The folder of one worker: what it is given (``ro``) and where it writes (``rw``).

::

    FOLDER/ro/model      a copy of the model's source (links to the same files where the disk allows it)
    FOLDER/ro/in/N       input tables and files of call N, linked, not copied, on the same file system
    FOLDER/rw/work       working directory and scratch: the model's files as links, what it writes
    FOLDER/rw/tmp        temporary files (``/tmp`` inside the sandbox), home
    FOLDER/rw/s          the socket

The sandbox shows ``ro`` read-only and ``rw`` writable under the same paths, so both can be filled after
the worker has started. Outputs leave by renaming them into the caller's own scratch folder.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from engine.runtimes.interface import CallFailed
from engine.runtimes.sandbox import ACCOUNTS, GROUPS

OUTPUTS = ".outputs"


class Workplace:
    """Makes, fills, empties and removes the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model = folder / "ro" / "model"
        self.inputs = folder / "ro" / "in"
        self.work = folder / "rw" / "work"
        self.temporary = folder / "rw" / "tmp"
        self.socket = folder / "rw" / "s"
        for path in (self.model, self.inputs, self.work, self.temporary):
            path.mkdir(parents=True, mode=0o700)
        (folder / "passwd").write_text(ACCOUNTS)
        (folder / "group").write_text(GROUPS)
        self._work = str(self.work)
        self._given: set[str] = set()
        self._untouched = self._touched()
        self._calls = 0

    def place_model(self, source: Path) -> None:
        """Put the model's source in and show its files in the working directory."""
        copy_tree(source, self.model)
        for entry in os.listdir(self.model):
            os.symlink(self.model / entry, self.work / entry)
            self._given.add(entry)
        self._untouched = self._touched()

    def place_inputs(
        self, tables: Mapping[str, Path], files: Mapping[str, Path]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """Make a call's tables and files readable inside; returns their paths there."""
        if not tables and not files:
            return {}, {}
        self._calls += 1
        place = self.inputs / str(self._calls)
        place.mkdir()
        shown: tuple[dict[str, str], dict[str, str]] = ({}, {})
        for n, (name, path) in enumerate(tables.items()):
            copy_tree(path, place / f"t{n}")
            shown[0][name] = str(place / f"t{n}")
        for n, (name, path) in enumerate(files.items()):
            (place / f"f{n}").mkdir()
            link_or_copy(path, place / f"f{n}" / path.name)
            shown[1][name] = str(place / f"f{n}" / path.name)
        return shown

    def take(self, path: str, scratch: Path, taken: dict[str, Path]) -> Path:
        """Move an output into the caller's scratch folder. Raises CallFailed when it is not the call's own."""
        real = os.path.realpath(os.path.join(self._work, path))
        if real in taken:
            return taken[real]
        if not real.startswith((f"{self._work}/", f"{self.temporary}/")) or not _plain(real):
            raise CallFailed(
                "bad-output",
                f"The output file {path} does not exist or is not in the run's own folder. "
                "Write outputs into the working directory, with a relative path.",
            )
        target = scratch / os.path.basename(real)
        n = 0
        while target.exists():
            n += 1
            target = scratch / f"{n}-{os.path.basename(real)}"
        scratch.mkdir(parents=True, exist_ok=True)
        try:
            os.rename(real, target)
        except OSError:
            shutil.move(real, target)
        taken[real] = target
        return target

    def tidy(self) -> None:
        """Empty the working directory after a call, when something was written there."""
        if self._calls:
            shutil.rmtree(self.inputs / str(self._calls), ignore_errors=True)
        if self._touched() == self._untouched:
            return
        for entry in os.scandir(self.work):
            if entry.name in self._given and entry.is_symlink():
                continue
            remove(Path(entry.path))
        for name in self._given - set(os.listdir(self.work)):
            os.symlink(self.model / name, self.work / name)
        self._untouched = self._touched()

    def remove(self) -> None:
        """Remove everything."""
        remove(self.folder)

    def _touched(self) -> int:
        return os.stat(self._work).st_mtime_ns


def copy_tree(source: Path, target: Path) -> None:
    """A tree of the same files: hard links where possible, else copies. Symbolic links are not followed out."""
    root = os.path.realpath(source)
    for folder, folders, files in os.walk(root):
        place = target / os.path.relpath(folder, root)
        place.mkdir(exist_ok=True, parents=True)
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink() or os.path.realpath(path).startswith(root + os.sep):
                link_or_copy(Path(os.path.realpath(path)), place / name)


def link_or_copy(source: Path, target: Path) -> None:
    """The same contents under another name, without copying where the file system allows it."""
    try:
        os.link(os.path.realpath(source), target)
    except OSError:
        shutil.copyfile(source, target)
        shutil.copymode(source, target)


def _plain(path: str) -> bool:
    """Only regular files and folders of them: no link may lead out of the call's folder."""
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode):
            return all(_plain(entry.path) for entry in os.scandir(path))
        return stat.S_ISREG(mode)
    except OSError:
        return False


def remove(path: Path) -> None:
    """Remove a file or folder, also when rights were taken away in it."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        for folder, _, _ in os.walk(path):
            os.chmod(folder, 0o700)
        shutil.rmtree(path, ignore_errors=True)
