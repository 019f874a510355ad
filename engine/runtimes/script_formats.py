"""Parameter files of script models: one value is set, and everything else stays byte for byte.

``EDITORS`` is format → function(text, key, value) → the text with that one value changed. Each raises
CallFailed with the key and what to do when the file does not have it. Where the values are and how one is
written is in ``engine.parameters.textfiles``.
"""

from __future__ import annotations

from collections.abc import Callable

from engine.parameters.textfiles import csv_, key_value
from engine.parameters.textfiles.document import Entry, Misread, Span, Unwritable, replace_spans
from engine.parameters.textfiles.formats import FORMATS
from engine.parameters.textfiles.spelling import plain, same, says
from engine.runtimes.interface import Value
from engine.runtimes.script_text import refused

Editor = Callable[[str, str, Value], str]


def _editor(kind: str) -> Editor:
    def edit(text: str, key: str, value: Value) -> str:
        try:
            entries = FORMATS[kind].entries(text)
            found = _found(kind, entries, key)
            changes = [change for entry in found for change in _changes(kind, value, entry, text)]
            new = replace_spans(text, changes)
            if kind == "toml":
                _confirm(entries, FORMATS[kind].entries(new), {entry.path for entry in found})
        except Misread as error:
            title = FORMATS[kind].title
            raise refused(f"The parameter file is no valid {title}, line {error.line}: {error}") from error
        except Unwritable as error:
            raise refused(str(error)) from error
        return new

    return edit


def _found(kind: str, entries: list[Entry], key: str) -> list[Entry]:
    """The places of a key: by its path, or by its name where only one has it. Raises Unwritable."""
    exact = [entry for entry in entries if entry.path == key]
    if exact:
        return exact[-1:] if kind == "csv" else exact
    if kind == "key=value":
        deep = [entry for entry in entries if entry.path.casefold() == key.casefold()]
    else:
        deep = [entry for entry in entries if entry.name == key]
    paths = list(dict.fromkeys(entry.path for entry in deep))
    if len(paths) == 1:
        return deep
    if paths:
        raise Unwritable(
            f"The key “{key}” is in several sections ({', '.join(paths)}); "
            "name one of them in script.parameters.keys."
        )
    shown = ", ".join(dict.fromkeys(entry.path for entry in entries)) or "none"
    raise Unwritable(
        f"The parameter file has no “{key}”; it has {shown[:300]}. "
        "Say in script.parameters.keys under which name the script reads it."
    )


def _changes(kind: str, value: Value, entry: Entry, text: str) -> list[tuple[Span, str]]:
    old = entry.span.of(text)
    if FORMATS[kind].typed:
        return [] if says(entry.item, value) else FORMATS[kind].spelled(value, entry, text)
    content = csv_.content(old) if kind == "csv" else key_value.content(old)
    if same(value, content):
        return []
    return FORMATS[kind].spelled(Value("text", plain(value, content)), entry, text)


def _confirm(before: list[Entry], after: list[Entry], changed: set[str]) -> None:
    kept = [{e.path: e.item for e in entries if e.path not in changed} for entries in (before, after)]
    if kept[0] != kept[1] or len(before) != len(after):
        keys = ", ".join(sorted(changed))
        raise Unwritable(
            f"The key “{keys}” could not be changed without changing others; write it on a line of its own."
        )


def editor(form: str) -> Editor:
    """The editor of a format. Raises CallFailed for an unknown one."""
    found = EDITORS.get(form.strip().casefold())
    if found is None:
        raise refused(f"The parameter format “{form}” is not known; known are {', '.join(EDITORS)}.")
    return found


_KINDS = {
    "key=value": "key=value", "properties": "key=value", "text": "key=value", "ini": "ini", "json": "json",
    "yaml": "yaml", "yml": "yaml", "toml": "toml", "csv": "csv",
}  # fmt: skip
EDITORS: dict[str, Editor] = {name: _editor(kind) for name, kind in _KINDS.items()}
