"""Where the master keys come from: a file descriptor, an environment variable, or a file of our own.

The text is the same everywhere: one key a word, oldest first, as 32 bytes in Base64 or ``ID:BASE64``; lines
that begin with ``#`` are comments; ``public:ID:BASE64`` is the verifying half of a destroyed key.
``openssl rand -base64 32`` makes a key.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from auth.keys import KEY_BYTES, KeysLost, from_text, key_id, to_text
from engine.errors import Unavailable

if TYPE_CHECKING:
    from engine.settings import Settings

VARIABLE = "QUARTERDECK_MASTER_KEY"
DESCRIPTOR = "QUARTERDECK_MASTER_KEY_FD"
NOTED = "master-key-ids"  # in the data folder: names of keys, never the keys
LONGEST = 65536  # bytes of key text: hundreds of keys
HEADER = """\
# Quarterdeck's master keys, oldest first. Whoever has this file and the database can read every stored secret.
# Keep a copy of it, in another place than the backups of the database. Without it the secrets are lost.
"""


class KeysUnsafe(Unavailable):
    """The keys cannot be had, or others could have read or changed them."""

    code = "keys-unsafe"
    transient = False


@dataclass(frozen=True)
class Kept:
    """What a source holds: keys by id, oldest first, and the verifying halves of destroyed ones."""

    keys: dict[str, bytes] = field(default_factory=dict)
    public: dict[str, bytes] = field(default_factory=dict)


class KeySource(Protocol):
    """A place that keys come from."""

    title: str

    def stamp(self) -> object:
        """Changes when the keys may have changed."""

    def read(self) -> Kept:
        """The keys, at least one. Raises KeysUnsafe."""


class GivenKeys:
    """Keys that were handed to the process at its start; they never change while it lives."""

    def __init__(self, text: str, title: str) -> None:
        self.title = title
        self._kept = parsed(text, title)

    def stamp(self) -> object:
        """Always the same."""
        return self.title

    def read(self) -> Kept:
        """The keys."""
        return self._kept


class KeyFile:
    """A file that only its owner may read. Made with a new key where it does not exist."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.title = f"the file {path}"

    def stamp(self) -> object:
        """Changes with every write: the file is replaced, never edited in place."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size)

    def read(self) -> Kept:
        """The keys of the file. Raises KeysUnsafe: missing, owned by somebody else, readable by others, damaged."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise KeysUnsafe(
                f"The master key in {self.path} cannot be read ({error.strerror}). "
                "Put the file back from your copy, or correct its owner; nothing sealed can be opened without it."
            ) from error
        with os.fdopen(descriptor, "rb") as file:
            self._check(os.fstat(file.fileno()))
            text = file.read(LONGEST)
        return parsed(text.decode("utf-8", "replace"), self.title)

    def make(self) -> None:
        """Write a first key, unless somebody else just did: the file appears whole, with its mode, or not at all."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._write(Kept({(key := new_key())[0]: key[1]}), replace=False)
        except OSError as error:
            raise KeysUnsafe(
                f"The master key could not be made in {self.path.parent} ({error.strerror}). "
                "Make the folder writable for the server's account, or name another file in "
                "QUARTERDECK_MASTER_KEY_FILE."
            ) from error

    def replace(self, kept: Kept) -> None:
        """Put other keys in place of these, in one step, synced. Raises OSError."""
        self._write(kept, replace=True)

    def _write(self, kept: Kept, *, replace: bool) -> None:
        aside = self.path.with_name(f".{self.path.name}.{os.getpid()}.{threading.get_ident()}")
        descriptor = os.open(
            aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(written(kept))
                file.flush()
                os.fsync(file.fileno())
            if replace:
                aside.replace(self.path)
            else:
                _link(aside, self.path)
        finally:
            aside.unlink(missing_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _check(self, found: os.stat_result) -> None:
        if not stat.S_ISREG(found.st_mode):
            raise KeysUnsafe(
                f"{self.path} is not a file. Name the master key's file in QUARTERDECK_MASTER_KEY_FILE."
            )
        if found.st_uid not in (os.geteuid(), 0):
            raise KeysUnsafe(
                f"The master key in {self.path} belongs to the account number {found.st_uid}, not to the server's "
                f"({os.geteuid()}): that account could change it. Correct it: chown {os.geteuid()} {self.path}"
            )
        if found.st_mode & 0o077:
            raise KeysUnsafe(
                f"The master key in {self.path} can be read or changed by other accounts of this machine (its mode "
                f"is {stat.S_IMODE(found.st_mode):04o}, it must be 0600). Correct it: chmod 600 {self.path} — and "
                "change the key with “quarterdeck secrets rotate-key” if somebody may have read it."
            )


def _link(aside: Path, path: Path) -> None:
    with contextlib.suppress(FileExistsError):  # another process made it in the same moment: its key counts
        os.link(aside, path)


def new_key() -> tuple[str, bytes]:
    """A fresh key and its id."""
    key = os.urandom(KEY_BYTES)
    return key_id(key), key


def written(kept: Kept) -> str:
    """The text of a key file."""
    public = [f"public:{name}:{to_text(half)}" for name, half in kept.public.items()]
    keys = [f"{name}:{to_text(key)}" for name, key in kept.keys.items()]
    return HEADER + f"# written {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n" + "\n".join([*public, *keys]) + "\n"


def parsed(text: str, title: str) -> Kept:
    """The keys of a text. Raises KeysUnsafe: it never repeats the text."""
    kept = Kept()
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for number, word in enumerate(" ".join(lines).replace(",", " ").split(), 1):
        *kind, name, data = ["", *word.split(":")][-3:] if ":" in word else ["", "", word]
        try:
            key = from_text(data)
        except ValueError:
            key = b""
        wrong = len(key) != KEY_BYTES or kind not in ([""], ["public"])
        if wrong or (kind == [""] and name and name != key_id(key)):
            raise KeysUnsafe(
                f"Entry {number} of {title} is not a master key: it must be 32 bytes in Base64, as "
                "“openssl rand -base64 32” makes them, and agree with the id before it. Take it from your copy again."
            )
        if kind == ["public"]:
            kept.public[name] = key
        else:
            kept.keys[key_id(key)] = key
    if not kept.keys:
        raise KeysUnsafe(f"There is no master key in {title}. Put the keys there from your copy.")
    return kept


_given: list[GivenKeys] = []  # by descriptor or variable, in this process
_taking = threading.Lock()


def take() -> None:
    """Take keys that were handed over at the start, once; nothing of them stays in the environment.

    Called first thing, before any child process is started. The variable's bytes are overwritten as well:
    ``/proc/PID/environ`` shows the environment that a process was started with, not what it made of it.
    """
    with _taking:
        number = os.environ.pop(DESCRIPTOR, None)
        text = os.environ.get(VARIABLE)
        if text is not None:
            _wipe(VARIABLE)
            del os.environ[VARIABLE]
        if number is not None:
            _given[:] = [GivenKeys(_from_descriptor(number), f"the file descriptor {number} ({DESCRIPTOR})")]
        elif text is not None:
            _given[:] = [GivenKeys(text, f"the environment variable {VARIABLE}")]


def chosen(settings: Settings, needed: Callable[[], set[str]] = set) -> KeySource:
    """Descriptor, then variable, then file. A file is made where there is none, unless a key is ``needed``.

    Raises KeysUnsafe, and KeysLost: a new key must not quietly take the place of one that is only mislaid.
    """
    take()
    if _given:
        return _given[0]
    file = KeyFile(settings.master_key_path)
    if not file.path.exists():
        if wanted := needed():
            raise KeysLost(wanted, file.title)
        file.make()
    return file


def noted_ids(settings: Settings) -> set[str]:
    """Ids (public) of the keys that this data folder has been used with."""
    try:
        return set((settings.data / NOTED).read_text("utf-8").split())
    except FileNotFoundError:
        return set()


def note_ids(settings: Settings, ids: list[str]) -> None:
    """Note the keys that this data folder is used with, so that a missing key file is noticed."""
    if set(ids) == noted_ids(settings):
        return
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = settings.data / f".{NOTED}.{os.getpid()}.{threading.get_ident()}"
    aside.write_text("\n".join(ids) + "\n", "utf-8")
    aside.replace(settings.data / NOTED)


def forget_ids(settings: Settings) -> None:
    """The keys noted are given up."""
    (settings.data / NOTED).unlink(missing_ok=True)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Nobody else changes the keys meanwhile."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _from_descriptor(number: str) -> str:
    try:
        with os.fdopen(int(number), "rb") as file:
            return file.read(LONGEST).decode("utf-8", "replace")
    except (ValueError, OSError) as error:
        raise KeysUnsafe(
            f"{DESCRIPTOR} is “{number}”, which is not an open file descriptor. Start the server with the key "
            f"on it, for instance: {DESCRIPTOR}=3 ./quarterdeck up 3< /path/of/the/key"
        ) from error


def _wipe(name: str) -> None:
    """Overwrite a variable's value where the process was given it."""
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_void_p
    place = libc.getenv(name.encode())
    if place:
        ctypes.memset(place, ord("-"), len(os.environb.get(name.encode(), b"")))
