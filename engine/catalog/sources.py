"""Source trees of models: their hash, their archive, and unpacking it again.

The hash covers each file's path, contents and executable bit, nothing else: copying a folder, touching it or
checking it out elsewhere gives the same hash, and the archive is byte for byte the same.
"""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import os
import secrets
import shutil
import stat
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.errors import Invalid, Problem

IGNORED = (
    ".git", ".hg", ".svn", "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".mypy_cache", ".ruff_cache",
    ".venv", "venv", "node_modules", ".Rproj.user", ".Rhistory", ".idea", ".vscode", ".DS_Store", "Thumbs.db",
    "desktop.ini", "*.pyc", "~$*", "*.swp",
)  # fmt: skip
IGNORE_FILE = ".quarterdeckignore"
MOST_BYTES = 256 << 20
MOST_FILES = 20_000


@dataclass(frozen=True)
class SourceFile:
    """One file of a tree: its path with ``/``, where it is, its size in bytes."""

    path: str
    real: Path
    size: int
    executable: bool


def files_of(folder: Path) -> list[SourceFile]:
    """The files that belong to a model, sorted by path. Raises Invalid with all that cannot be taken."""
    if not folder.is_dir():
        raise Invalid(
            str(folder), [Problem(str(folder), f"There is no folder {folder}. Give the folder of the model.")]
        )
    folder = folder.resolve()
    problems: list[Problem] = []
    found = sorted(_walk(folder, folder, _patterns(folder), problems), key=lambda f: f.path)
    total = sum(f.size for f in found)
    if total > MOST_BYTES:
        largest = max(found, key=lambda f: f.size)
        sentence = (
            f"The folder holds {total >> 20} MB, at most {MOST_BYTES >> 20} MB are allowed; the largest file is "
            f"{largest.path} ({largest.size >> 20} MB). Upload data as a dataset, or list the file in {IGNORE_FILE}."
        )
        problems.append(Problem(largest.path, sentence, str(total), "size"))
    if len(found) > MOST_FILES:
        rule = f"at most {MOST_FILES} are allowed"
        sentence = f"The folder holds {len(found)} files, {rule}. List what is not needed in {IGNORE_FILE}."
        problems.append(Problem(str(folder), sentence, str(len(found)), "number of files"))
    folded: dict[str, str] = {}
    for file in found:
        if (other := folded.setdefault(file.path.casefold(), file.path)) != file.path:
            sentence = f"{other} and {file.path} differ only in the case of letters. Rename one of them."
            problems.append(Problem(file.path, sentence, "", "names"))
    if problems:
        raise Invalid(f"the folder {folder.name}", problems)
    return found


def _patterns(folder: Path) -> list[str]:
    own = folder / IGNORE_FILE
    lines = own.read_text(encoding="utf-8", errors="replace").splitlines() if own.is_file() else []
    return [
        *IGNORED,
        *(line.strip().rstrip("/") for line in lines if line.strip() and not line.startswith("#")),
    ]


def _ignored(path: str, patterns: list[str]) -> bool:
    name = path.rsplit("/", 1)[-1]
    return any(fnmatch.fnmatchcase(path if "/" in p else name, p) for p in patterns)


def _walk(root: Path, folder: Path, patterns: list[str], problems: list[Problem]) -> Iterator[SourceFile]:
    for entry in os.scandir(folder):
        path = Path(entry.path).relative_to(root).as_posix()
        if _ignored(path, patterns):
            continue
        if any(ord(c) < 32 for c in path) or not _encodable(path):
            problems.append(Problem(path, f"{path!r} is not a usable file name. Rename it.", "", "names"))
        elif entry.is_symlink():
            yield from _link(root, Path(entry.path), path, problems)
        elif entry.is_dir():
            yield from _walk(root, Path(entry.path), patterns, problems)
        elif entry.is_file():
            yield _file(path, Path(entry.path))
        else:
            problems.append(
                Problem(
                    path,
                    f"{path} is neither a file nor a folder. Remove it from the folder.",
                    "",
                    "files only",
                )
            )


def _encodable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _link(root: Path, link: Path, path: str, problems: list[Problem]) -> Iterator[SourceFile]:
    """A link to a file inside the folder counts as that file; any other is refused."""
    real = link.resolve()
    if real.is_relative_to(root) and real.is_file():
        yield _file(path, real)
        return
    where = (
        "outside the folder"
        if not real.is_relative_to(root)
        else "to a folder"
        if real.is_dir()
        else "to nothing"
    )
    problems.append(
        Problem(
            path,
            f"{path} is a link {where}. Put the file itself there: a version must hold all it needs.",
            "",
            "links",
        )
    )


def _file(path: str, real: Path) -> SourceFile:
    found = real.stat()
    return SourceFile(path, real, found.st_size, bool(found.st_mode & stat.S_IXUSR))


def hash_tree(files: list[SourceFile]) -> str:
    """The hash of a tree, 64 hex digits."""
    whole = hashlib.blake2b(digest_size=32)
    for file in files:
        with file.real.open("rb") as contents:
            digest = hashlib.file_digest(contents, lambda: hashlib.blake2b(digest_size=32)).hexdigest()
        whole.update(f"{len(file.path.encode())}:{file.path}:{int(file.executable)}:{digest}\n".encode())
    return whole.hexdigest()


def pack(files: list[SourceFile], target: Path) -> None:
    """Write the archive: the same tree always gives the same bytes."""
    with target.open("wb") as raw, gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
        archive = tarfile.open(mode="w|", fileobj=packed, format=tarfile.PAX_FORMAT)  # noqa: SIM115
        with archive:
            for file in files:
                info = tarfile.TarInfo(file.path)
                info.size, info.mode = file.size, 0o555 if file.executable else 0o444
                with file.real.open("rb") as contents:
                    archive.addfile(info, contents)


def unpack(archive: Path, target: Path) -> None:
    """Put the tree into ``target`` (new), by way of a temporary name; nothing is done when it is there."""
    if target.is_dir():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    incoming = target.parent / f".{target.name}.{secrets.token_hex(4)}"
    try:
        incoming.mkdir()
        with tarfile.open(archive, "r:gz") as packed:
            for member in packed:
                _put(packed, member, incoming)
        with suppress(OSError):  # somebody else was first: theirs is the same
            incoming.rename(target)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def _put(packed: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    pure = PurePosixPath(member.name)
    if not member.isreg() or pure.is_absolute() or ".." in pure.parts:
        raise ValueError(f"the stored archive holds {member.name!r}, which is not a plain file")
    path = folder / pure
    path.parent.mkdir(parents=True, exist_ok=True)
    contents = packed.extractfile(member)
    assert contents is not None
    with contents, path.open("wb") as out:
        shutil.copyfileobj(contents, out, 1 << 20)
    path.chmod(member.mode & 0o555)
