"""Constants at the top of a source file in Python, R or Julia: the assigned value is replaced."""

from __future__ import annotations

from engine.parameters.textfiles.assignments import entries, spelled
from engine.parameters.textfiles.document import Unwritable, replace_spans
from engine.runtimes.interface import Value
from engine.runtimes.script_text import refused

LANGUAGES = {".py": "python", ".r": "r", ".jl": "julia"}


def constant(text: str, name: str, value: Value, suffix: str) -> str:
    """The source with the value of the first top-level assignment of ``name`` replaced. Raises CallFailed."""
    language = LANGUAGES.get(suffix.casefold())
    if language is None:
        raise refused(
            f"Constants can be set in .py, .R and .jl files, not in “{suffix}” files; use a parameter file."
        )
    entry = next((entry for entry in entries(text, language) if entry.path == name), None)
    if entry is None:
        raise refused(
            f"The source has no assignment to “{name}” at the beginning of a line. "
            "Say in script.constants.names how the constant is called."
        )
    try:
        return replace_spans(text, spelled(value, entry, text, language))
    except Unwritable as error:
        raise refused(str(error)) from error
