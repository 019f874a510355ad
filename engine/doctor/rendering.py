"""The doctor's report as a table for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

TITLES = {
    "sandbox": "Sandbox",
    "memory_storage": "Memory-backed storage",
    "free_space": "Free space",
    "database": "Database",
    "clock": "Clock",
    "encryption": "Encryption at rest",
    "access": "Way to the server",
    "certificate": "TLS certificate",
    "chromium": "Browser for tests",
}
LANGUAGES = {"python": "Python", "r": "R", "julia": "Julia"}


def render(report: dict[str, Any]) -> RenderableType:
    """A table: what, how it is, what to do."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    rows = [(LANGUAGES.get(name, name), finding) for name, finding in report["runtimes"].items()]
    rows += [(title, report[name]) for name, title in TITLES.items() if name in report]
    for title, finding in rows:
        mark = Text("✓", style="green") if finding["ok"] else Text("!", style="bold yellow")
        mark = Text("?", style="cyan") if finding["ok"] is None else mark
        told = Text(finding["value"])
        if finding["remedy"]:
            told.append(f"\n→ {finding['remedy']}", style="dim")
        table.add_row(mark, Text(title, style="bold"), told)
    return table


def as_text(report: dict[str, Any], width: int = 110) -> str:
    """The same as plain text, for a log or a pipe."""
    import io

    from rich.console import Console

    written = io.StringIO()
    Console(file=written, width=width, color_system=None).print(render(report))
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines())
