"""First look at a text file: encoding, line ends and bytes that no table has, in one pass over its bytes."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.data.options import bad_file

BLOCK = 1 << 20
WESTERN = "cp1252"


@dataclass(frozen=True)
class Scan:
    """What the bytes say. ``lines`` counts line ends; ``clean`` is False where a UTF-8 copy must be made."""

    encoding: str
    lines: int
    clean: bool
    notice: str = ""


def scan(path: Path, name: str, encoding: str = "") -> Scan:
    """Look at every byte once. Raises Invalid (with the line) for NUL bytes and broken encodings."""
    with path.open("rb") as file:
        head = file.read(4096)
    if encoding:
        return _declared(path, name, encoding)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Scan("utf-16", 0, clean=False, notice="The file is UTF-16; it was read as such.")
    guess = _utf16_without_mark(head)
    if guess:
        return Scan(
            guess, 0, clean=False, notice="The file looks like UTF-16 without a mark; it was read as such."
        )
    return _scan_utf8(path, name)


def clean_copy(path: Path, target: Path, found: Scan, name: str) -> int:
    """Write the file as UTF-8 with ``\\n`` line ends; returns the number of lines."""
    lines = 0
    decoder = codecs.getincrementaldecoder(found.encoding)("strict")
    held = ""
    with target.open("wb") as out:
        for block, last in _blocks(path):
            try:
                text = held + decoder.decode(block, final=last)
            except UnicodeDecodeError as error:
                raise _undecodable(name, found.encoding, lines + 1, error) from error
            held = "\r" if text.endswith("\r") and not last else ""
            text = text.removesuffix("\r") if held else text
            text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
            if "\0" in text:
                raise _nul(name, lines + text[: text.index("\0")].count("\n") + 1)
            lines += text.count("\n")
            out.write(text.encode("utf-8"))
    return lines


def _scan_utf8(path: Path, name: str) -> Scan:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    lines = windows = returns = 0
    multibyte, carried = False, b""
    for block, last in _blocks(path):
        if (at := block.find(b"\0")) >= 0:
            raise _nul(name, lines + block[:at].count(b"\n") + 1)
        try:
            text = decoder.decode(block, final=last)
        except UnicodeDecodeError as error:
            line = lines + block[: error.start].count(b"\n") + 1
            return _not_utf8(name, line, error, multibyte or not block[: error.start].isascii())
        multibyte = multibyte or len(text) != len(block)
        lines += block.count(b"\n")
        returns += block.count(b"\r")
        windows += block.count(b"\r\n") + (carried == b"\r" and block[:1] == b"\n")
        carried = block[-1:]
    mixed = (returns and returns != windows) or (windows and windows != lines)
    return Scan("utf-8", lines or returns, clean=not mixed)


def _not_utf8(name: str, line: int, error: UnicodeDecodeError, multibyte: bool) -> Scan:
    byte = f"0x{error.object[error.start]:02X}"
    if multibyte:
        raise bad_file(
            name,
            f"Line {line:,} of “{name}” is not valid UTF-8 (byte {byte}), although the text before it is: "
            "two encodings seem to be mixed. Save the file as “CSV UTF-8” and upload it again, "
            "or say which encoding it has.",
            where=f"line {line}",
            rule="UTF-8",
            value=byte,
        )
    return Scan(
        WESTERN,
        0,
        clean=False,
        notice=f"The file is not UTF-8 (line {line:,}, byte {byte}); it was read as Windows-1252 "
        "(Western Europe). If names look wrong, say which encoding it has.",
    )


def _declared(path: Path, name: str, encoding: str) -> Scan:
    try:
        known = codecs.lookup(encoding).name
    except LookupError:
        raise bad_file(
            name,
            f"There is no text encoding called “{encoding}”. Use for instance utf-8, cp1252, iso8859-2, "
            "cp1251, shift_jis or utf-16, or leave it empty.",
            rule="encoding",
            value=encoding,
        ) from None
    return _scan_utf8(path, name) if known == "utf-8" else Scan(known, 0, clean=False)


def _undecodable(name: str, encoding: str, line: int, error: UnicodeDecodeError) -> Exception:
    raw = error.object if isinstance(error.object, bytes) else bytes(error.object)
    line += raw[: error.start].count(b"\n")
    byte = f"0x{raw[error.start]:02X}"
    return bad_file(
        name,
        f"Line {line:,} of “{name}” holds the byte {byte}, which does not exist in {encoding}. "
        "Save the file as “CSV UTF-8” and upload it again, or say which encoding it has.",
        where=f"line {line}",
        rule=encoding,
        value=byte,
    )


def _nul(name: str, line: int) -> Exception:
    return bad_file(
        name,
        f"Line {line:,} of “{name}” holds a NUL byte, which no text table has: the file is damaged or is not "
        "a table. Export it again as CSV, Parquet or XLSX.",
        where=f"line {line}",
        rule="no NUL bytes",
        value="0x00",
    )


def _utf16_without_mark(head: bytes) -> str:
    if len(head) < 8 or b"\0" not in head:
        return ""
    even, odd = head[0::2].count(0) / len(head[0::2]), head[1::2].count(0) / len(head[1::2])
    if odd > 0.6 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 and odd < 0.1 else ""


def _blocks(path: Path) -> Iterator[tuple[bytes, bool]]:
    size = path.stat().st_size
    done = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            done += len(block)
            yield block, done >= size
