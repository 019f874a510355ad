"""From a file's bytes to its text and back, byte for byte; what was guessed is said in a sentence."""

from __future__ import annotations

import codecs
import re

from engine.parameters.textfiles.document import MOST_BYTES, Misread, Unwritable

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
TITLES = {
    "utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16 (big end first)", "cp1252": "Windows-1252",
    "latin-1": "Latin-1", "iso8859-15": "Latin-9 (with €)", "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)", "cp850": "DOS 850", "mac-roman": "Mac Roman",
}  # fmt: skip
# what people choose by mistake, told by its first bytes
FOREIGN = (
    (
        b"PK\x03\x04",
        "a workbook or an archive",
        "Use Spreadsheet on the set's page for a workbook; unpack an archive.",
    ),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "Save it as text, or as XLSX and use Spreadsheet."),
    (b"%PDF-", "a PDF", "Choose the text file itself."),
    (b"\x1f\x8b", "packed with gzip", "Unpack it first."),
    (b"RDX", "saved by R", "Write the values into a text file first."),
)
_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")


def too_large(size: int, limit: int = MOST_BYTES) -> Misread:
    """The refusal of a file by its size, before anything of it is read."""
    what = f"The file of {size / 2**20:,.1f} MB"
    rule = f"is larger than the {limit / 2**20:,.0f} MB of a parameter file"
    return Misread(0, what, rule, "Upload data as a dataset; keep parameters in a file of their own.")


def decode(data: bytes, encoding: str = "") -> tuple[str, str, bytes, str]:
    """Text, encoding, byte order mark, and a sentence where the encoding was guessed. Raises Misread.

    ``encoding`` is what a person said it is; a byte order mark is believed before that.
    """
    if len(data) > MOST_BYTES:
        raise too_large(len(data))
    if encoding and not data.startswith(tuple(mark for mark, _ in MARKS)):
        return _as_said(data, encoding), encoding, b"", ""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding, "its byte order mark"), encoding, mark, ""
    if wide := _wide(data):
        title = f"The file looks like {TITLES[wide]} without a byte order mark and is read so."
        return _strictly(data, wide, "every second byte of it"), wide, b"", title
    for start, what, remedy in FOREIGN:
        if data.startswith(start):
            raise Misread(1, "The file", f"is {what}, not a text file", remedy)
    if b"\0" in data:
        line = _line(data, data.index(b"\0"))
        raise Misread(
            line, "The file", "holds a NUL byte, so it is no text file", "Choose the text file itself."
        )
    try:
        return data.decode("utf-8"), "utf-8", b"", ""
    except UnicodeDecodeError as error:
        wrong = error
    if len(_MULTIBYTE.findall(data[: wrong.start])) > 0:
        byte = data[wrong.start]
        raise Misread(
            _line(data, wrong.start),
            f"The byte 0x{byte:02X}",
            "is no UTF-8, while the lines before it are",
            "The file mixes two encodings: open it in an editor, mend that line, and save it as UTF-8.",
        )
    try:
        text, encoding = data.decode("cp1252"), "cp1252"
    except UnicodeDecodeError:
        text, encoding = data.decode("latin-1"), "latin-1"
    guess = f"The file is not UTF-8; it is read as {TITLES[encoding]}, which is a guess: look at its special letters."
    return text, encoding, b"", guess


def _as_said(data: bytes, encoding: str) -> str:
    if encoding not in TITLES:
        known = ", ".join(TITLES)
        raise Misread(0, f"The encoding “{encoding[:40]}”", "is not known", f"Known are {known}.")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Misread(
            _line(data, error.start),
            f"The byte 0x{data[error.start]:02X}",
            f"does not exist in {TITLES[encoding]}",
            "Choose another encoding, or mend that line in an editor.",
        ) from None


def _strictly(data: bytes, encoding: str, why: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Misread(
            _line(data, error.start),
            f"The file is {TITLES[encoding]} by {why}, but",
            "its bytes are not",
            "It may be cut off or mixed: save it again as UTF-8.",
        ) from None


def _wide(data: bytes) -> str:
    """UTF-16 without a mark: text whose every second byte is mostly NUL."""
    sample = data[:4096]
    if len(data) < 4 or len(data) % 2:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    half = len(sample) // 2
    if odd > half * 0.7 and even < half * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.7 and odd < half * 0.1 else ""


def _line(data: bytes, position: int) -> int:
    return 1 + data.count(b"\n", 0, position)


def encode(text: str, encoding: str, mark: bytes) -> bytes:
    """The bytes of a text. Raises Unwritable for a character that the encoding does not have."""
    try:
        return mark + text.encode(encoding)
    except UnicodeEncodeError as error:
        missing = error.object[error.start : error.start + 1]
        raise Unwritable(
            f"The file is in {TITLES.get(encoding, encoding)}, which has no “{missing}” (U+{ord(missing):04X}). "
            "Save the file as UTF-8 first, or use another text."
        ) from None
