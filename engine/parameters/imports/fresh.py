"""A set in a new file of any kind, for sets that came from none; and the file that a script model reads itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from engine.catalog.records import LoadedVersion
from engine.errors import Invalid, Problem
from engine.parameters.field_types import FieldBase
from engine.parameters.imports.records import GivenFile
from engine.parameters.textfiles.files import FORMATS, fill, match, read
from engine.parameters.textfiles.matching import Options
from engine.parameters.textfiles.values import REFUSED

ENDINGS = {
    "key=value": "txt", "ini": "ini", "csv": "csv", "json": "json", "yaml": "yaml", "toml": "toml", "python": "py",
    "r": "R", "julia": "jl", "fixed": "dat",
}  # fmt: skip
_HASH = {
    "key=value": "#",
    "yaml": "#",
    "toml": "#",
    "python": "#",
    "r": "#",
    "julia": "#",
    "ini": ";",
    "fixed": "#",
}
_EMPTY = {
    "key=value": "{} = ", "ini": "{} = ", "yaml": "{}: ", "toml": "{} = ", "python": "{} = None", "r": "{} <- NULL",
    "julia": "{} = nothing",
}  # fmt: skip
# TOML has no word for nothing: what stands there says how the value is written
_TYPED = {
    "integer": "0", "number": "0", "percent": "0", "money": "0", "boolean": "false", "date": "1970-01-01", "list": "[]",
    "multi-choice": "[]", "table": "[]",
}  # fmt: skip


def own_file(loaded: LoadedVersion) -> GivenFile | None:
    """The parameter file, or the source with the constants, that the model's own script reads; None: it has none."""
    script = loaded.manifest.script_section
    part = None if script is None else script.parameters or script.constants
    if part is None:
        return None
    path = loaded.folder / part.file
    return GivenFile(path.name, path.read_bytes()) if path.is_file() else None


def fresh_file(
    kind: str, name: str, about: str, fields: Mapping[str, FieldBase], values: Mapping[str, Any]
) -> tuple[GivenFile, list[str]]:
    """A new file with these canonical values, and sentences about what it leaves out.

    ``about`` stands in a comment on top where the kind has comments. Raises Invalid for a kind that is not known,
    and with a problem for each value that such a file cannot hold.
    """
    if kind not in FORMATS:
        known = ", ".join(FORMATS)
        raise Invalid(
            "the file", [Problem("kind", f"The kind “{kind[:40]}” is not known. Known are: {known}.")]
        )
    written = {
        n: v for n, v in values.items() if v is not None and n in fields and fields[n].type not in REFUSED
    }
    absent = [n for n in fields if n not in written and fields[n].type not in REFUSED]
    notes = [f"Left out, because they are empty: {', '.join(absent)}."] if absent else []
    if not written:
        raise Invalid("the file", [Problem(name, "The set has no values that a text file could hold.")])
    if kind == "ini":  # a name with a point is in the section of its first part
        written = dict(sorted(written.items(), key=lambda pair: pair[0].rpartition(".")[0]))
    text = _skeleton(kind, about, {n: fields[n] for n in written})
    document = read(text.encode(), f"{name}.{ENDINGS[kind]}", kind)
    paths = {n: entry.path for n, entry in zip(written, document.entries, strict=True)}
    scales = {n: _scale(fields[n]) for n in written if _scale(fields[n])}
    preview = match(document, {n: fields[n] for n in written}, Options(paths=paths, scales=scales))
    return GivenFile(document.name, fill(document, preview, fields, written)), notes


def _scale(field: FieldBase) -> str:
    inner: Any = getattr(field, "item", None) if field.type == "list" else field
    return str(getattr(inner, "scale", ""))


def _skeleton(kind: str, about: str, fields: Mapping[str, FieldBase]) -> str:
    """The file with a place for each value."""
    keys = _keys(kind, list(fields))
    if kind == "json":
        return json.dumps(dict.fromkeys(keys), indent=2, ensure_ascii=False) + "\n"
    if kind == "csv":
        cells = (
            f"{_cell(key)},,{_cell(field.unit)}" for key, field in zip(keys, fields.values(), strict=True)
        )
        return "name,value,unit\n" + "".join(f"{row}\n" for row in cells)
    head = [f"{_HASH[kind]} {_flat(about)}", ""]
    width, section = max(len(key) for key in keys) + 2, ""
    for key, (name, field) in zip(keys, fields.items(), strict=True):
        if kind == "ini" and section != (section := name.rpartition(".")[0] or "parameters"):
            head.append(f"[{section}]")
        unit = f" ({_flat(field.unit)})" if field.unit else ""
        head.append(f"{_HASH[kind]} {_flat(field.label(name))}{unit}")
        empty = f"{key.ljust(width)}-" if kind == "fixed" else _EMPTY[kind].format(key)
        head.append(empty + (_TYPED.get(field.type, '""') if kind == "toml" else ""))
    return "\n".join(head) + "\n"


def _keys(kind: str, names: list[str]) -> list[str]:
    """Names as the kind allows them; no two the same."""
    if kind == "toml":
        plain = re.compile(r"[A-Za-z0-9_-]+")
        return [n if plain.fullmatch(n) else json.dumps(n, ensure_ascii=False) for n in names]
    if kind == "ini":
        return [name.rpartition(".")[2] for name in names]
    if kind not in ("python", "julia"):
        return names
    keys: list[str] = []
    for name in names:
        key = name.replace(".", "_")
        while key in keys:
            key += "_"
        keys.append(key)
    return keys


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\n;]', text) else text


def _flat(text: str) -> str:
    return " ".join(text.split())
