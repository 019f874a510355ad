"""Text files of script models, and templates of their command lines.

Files are edited as text that maps back to the very same bytes: their encoding, byte order mark and line ends are
kept. How values are written is in ``engine.parameters.textfiles``, which imports parameter files as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.parameters.textfiles.encodings import MARKS
from engine.parameters.textfiles.spelling import plain
from engine.runtimes.interface import CallFailed

__all__ = ["TextFile", "alone", "fill", "plain", "refused"]


def refused(sentence: str) -> CallFailed:
    """A value could not be written where the script reads it."""
    return CallFailed("load-error", sentence)


@dataclass
class TextFile:
    """A text file with all that is needed to write it back byte for byte."""

    path: Path
    text: str
    encoding: str
    mark: bytes

    @classmethod
    def read(cls, path: Path) -> TextFile:
        """UTF-8, UTF-16 with its mark, or Windows' Western encoding. Raises CallFailed when it is not there."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise refused(
                f"The parameter file “{path.name}” is not in the model's folder ({error.strerror}); "
                "correct script in the manifest."
            ) from error
        for mark, encoding in MARKS:
            if data.startswith(mark):
                return cls(path, data[len(mark) :].decode(encoding, "surrogateescape"), encoding, mark)
        try:
            return cls(path, data.decode("utf-8"), "utf-8", b"")
        except UnicodeDecodeError:
            return cls(path, data.decode("cp1252", "surrogateescape"), "cp1252", b"")

    def write(self) -> None:
        """Write it back. Raises CallFailed for a character that the file's encoding does not have."""
        try:
            body = self.text.encode(self.encoding, "surrogateescape")
        except UnicodeEncodeError as error:
            raise refused(
                f"“{self.path.name}” is in {self.encoding} and cannot hold “{error.object[error.start : error.end]}”. "
                "Save the file as UTF-8, or use another value."
            ) from error
        self.path.write_bytes(self.mark + body)


def fill(template: str, values: dict[str, str]) -> str:
    """Replace ``{name}`` of known names; other braces stay."""
    return re.sub(r"\{([A-Za-z_][\w.-]*)\}", lambda m: values.get(m[1], m[0]), template)


def alone(template: str) -> str:
    """The name when a template holds exactly one placeholder, else empty."""
    names = re.findall(r"\{([A-Za-z_][\w.-]*)\}", template)
    return names[0] if len(names) == 1 else ""
