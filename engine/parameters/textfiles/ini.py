"""INI: ``key = value`` lines under ``[section]`` headings; a path is ``section.key``."""

from __future__ import annotations

from engine.parameters.textfiles import key_value
from engine.parameters.textfiles.document import Entry


def entries(text: str, *, strict: bool = False) -> list[Entry]:
    """The pairs of all sections. Raises Misread where ``strict`` and a line is none."""
    return key_value.entries(text, sections=True, strict=strict)
