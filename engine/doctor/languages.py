"""The languages: what each registered runtime says of itself."""

from __future__ import annotations

from collections.abc import Mapping

from engine.doctor.finding import Finding
from engine.runtimes.interface import Presence, Runtime
from engine.settings import Settings

# the command runtime needs no language of its own: it is always there
LANGUAGES = ("python", "r", "julia")


def by_language(settings: Settings, known: Mapping[str, Runtime] | None = None) -> dict[str, Finding]:
    """A finding per language; a runtime that breaks while it looks is absent, with what it said."""
    if known is None:
        from engine.runtimes.registry import runtimes

        known = runtimes(settings)
    names = [*LANGUAGES, *sorted(set(known) - {*LANGUAGES, "command"})]
    return {name: _language(name, known.get(name)) for name in names}


def _language(name: str, runtime: Runtime | None) -> Finding:
    if runtime is None:
        return _of(Presence(False, remedy="This runtime is not part of this installation."))
    try:
        return _of(runtime.presence())
    except Exception as error:  # whatever a stranger's runtime does, the report goes on
        return _of(Presence(False, remedy=f"Its check failed: {type(error).__name__}: {error}"))


def _of(presence: Presence) -> Finding:
    """What a runtime's presence means, with the words that ``doctor`` promises for languages."""
    value = f"{presence.version} ({presence.bridge})" if presence.present else "absent"
    figures = {"present": presence.present, "version": presence.version, "bridge": presence.bridge}
    return Finding(presence.present, value, presence.remedy, figures)
