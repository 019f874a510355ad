"""Write docs/reference/ from the code: settings, commands, permissions, events, routes, manifest keys.

``python docs/generate.py`` writes the pages, ``--check`` only compares (tests/test_docs.py does so at every test).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by docs/generate.py from the code: change the code, not this page. -->\n\n"


def settings() -> str:
    """Every setting with its environment variable, default and meaning."""
    from engine.settings import Settings

    rows = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else str(field.default).replace(str(ROOT), "FOLDER")
        rows.append(
            (f"`QUARTERDECK_{name.upper()}`", f"`{default}`" if default else "", field.description or "")
        )
    return "# Settings\n\nEnvironment variables; sizes are in MB (2^20 bytes).\n\n" + table(
        ("variable", "default", "meaning"), rows
    )


def commands() -> str:
    """Every command with its help, as the terminal shows it."""
    os.environ.update(COLUMNS="100", TERM="dumb", NO_COLOR="1", TERMINAL_WIDTH="100")
    import typer
    from click import Context

    from app.cli.main import cli

    group: Any = typer.main.get_command(cli)
    context = Context(group, info_name="quarterdeck")
    parts = [
        "# Commands\n\nExit codes: 0 done; 1 the run failed or a check did not pass; 2 bad input; 3 refused; "
    ]
    parts.append("4 something is not available.\n")
    parts += _words(group, context, "quarterdeck")
    return "".join(parts)


def _words(group: Any, context: Any, prefix: str) -> list[str]:
    """The commands of a group; of one that has words of its own, those."""
    from click import Context

    parts: list[str] = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = Context(command, info_name=name, parent=context)
        if hasattr(command, "list_commands"):
            parts += _words(command, inner, f"{prefix} {name}")
            continue
        parts.append(f"\n## {prefix} {name}\n\n{(command.help or '').strip()}\n\n")
        usage = [*prefix.split(), name, *command.collect_usage_pieces(inner)]
        parts.append(f"`{' '.join(usage)}`\n")
        rows = [_parameter(parameter) for parameter in command.get_params(inner) if parameter.name != "help"]
        if rows:
            parts.append("\n" + table(("option", "meaning"), rows))
    return parts


def _parameter(parameter: Any) -> tuple[str, str]:
    spelling = ", ".join([*parameter.opts, *parameter.secondary_opts])
    if parameter.param_type_name == "argument":
        spelling = (parameter.metavar or parameter.name).upper()
    return f"`{spelling}`", (getattr(parameter, "help", "") or "").strip()


def permissions() -> str:
    """Every permission, the roles, and the table of who may what."""
    from auth.rights import RIGHTS, ROLES
    from engine.access import PERMISSIONS

    def mark(right: Any, role: str) -> str:
        return "x" if role in right.full else "own" if role in right.own else ""

    rows = [(f"`{p.name}`", p.description) for _, p in sorted(PERMISSIONS.items())]
    roles = [(f"`{name}`", meaning) for name, meaning in ROLES.items()]
    rights = [
        (
            f"`{name}`",
            right.reach,
            *(mark(right, role) for role in ROLES),
        )
        for name, right in RIGHTS.items()
    ]
    return (
        "# Permissions\n\n"
        + table(("permission", "allows to"), rows)
        + "\n## Roles\n\nA role is held in a department, everywhere, or (viewer, analyst, editor) on one shared model "
        "or dataset.\n\n"
        + table(("role", "in short"), roles)
        + "\n## Who may what\n\n`x`: with all of the department's objects, `own`: with one's own. What is not here is "
        "denied. `reach` says which grants count for what belongs to no department: `any` a grant in any department, "
        "`all` only one that holds everywhere, `company` the permission is about the company as a whole and a grant "
        "in a department never counts, `self` it is about the person who asks.\n\n"
        + table(("permission", "reach", *ROLES), rights)
    )


def events() -> str:
    """Every event with its fields and the right that it takes to follow it."""
    import dataclasses
    from importlib import import_module

    for file in sorted((ROOT / "auth").rglob("*events*.py")):
        import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    from engine.events import EVENTS

    rows = []
    for name, event in sorted(EVENTS.items()):
        told = (field.name for field in dataclasses.fields(event) if field.name not in event.personal)
        summary = (event.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
        fields = ", ".join(f"`{field}`" for field in told)
        rows.append((f"`{name}`", summary, fields, f"`{event.needs}`" if event.needs else ""))
    return (
        "# Events\n\nFollow them at `/api/v1/events` or with `quarterdeck events`. A right in the last column is "
        "needed to follow that event.\n\n" + table(("event", "meaning", "fields", "needs"), rows)
    )


def routes() -> str:
    """Every route of the REST API."""
    from app.api.application import create_api

    schema = create_api().openapi()
    rows = [
        (
            f"`{method.upper()} {path}`",
            operation.get("summary") or operation.get("description", "").split("\n")[0],
        )
        for path, operations in sorted(schema["paths"].items())
        for method, operation in operations.items()
    ]
    return "# REST API\n\nThe full description is served at `/api/v1/openapi.json`.\n\n" + table(
        ("request", "meaning"), rows
    )


def manifest() -> str:
    """Every key of a model's manifest."""
    from engine.catalog.manifest import Manifest

    schema = Manifest.model_json_schema()
    parts = [
        "# Manifest keys\n\nKeys of `model.toml`; the model author's guide explains them with examples.\n"
    ]
    parts.append("\n## model.toml\n\n" + _keys(schema))
    for name, part in sorted(schema.get("$defs", {}).items()):
        if part.get("properties"):
            parts.append(f"\n## {name}\n\n{_line(part.get('description', ''))}\n\n{_keys(part)}")
    return "".join(parts)


def _keys(schema: dict[str, Any]) -> str:
    needed = set(schema.get("required", ()))
    rows = []
    for name, part in schema.get("properties", {}).items():
        default = (
            "required" if name in needed else repr(part["default"]) if part.get("default") is not None else ""
        )
        rows.append((f"`{name}`", _kind(part), default, _line(part.get("description", ""))))
    return table(("key", "kind", "default", "meaning"), rows)


def _default(value: Any) -> str:
    return "" if isinstance(value, dict) or value in (None, "", []) else f"`{json.dumps(value)}`"


def _kind(part: dict[str, Any]) -> str:
    if "anyOf" in part:
        return " or ".join(dict.fromkeys(_kind(p) for p in part["anyOf"] if p.get("type") != "null"))
    if "$ref" in part:
        return str(part["$ref"]).rsplit("/", 1)[-1]
    if "enum" in part or "const" in part:
        return ", ".join(f"`{value}`" for value in part.get("enum", [part.get("const")]))
    return str(part.get("type", "any"))


def _line(text: str) -> str:
    return " ".join(text.split())


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; bars in cells are escaped."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(
        "| " + " | ".join(_line(cell).replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )


PAGES: dict[str, Callable[[], str]] = {
    "settings": settings,
    "commands": commands,
    "permissions": permissions,
    "events": events,
    "api": routes,
    "manifest": manifest,
}


def stale(page: str) -> bool:
    """Does the page in the folder differ from what the code says?"""
    file = REFERENCE / f"{page}.md"
    return not file.exists() or file.read_text("utf-8") != NOTE + PAGES[page]()


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` name the stale ones. Returns the exit status."""
    sys.path.insert(0, str(ROOT))
    old = [page for page in PAGES if stale(page)]
    for page in old:
        if "--check" not in arguments:
            (REFERENCE / f"{page}.md").write_text(NOTE + PAGES[page](), "utf-8")
        sys.stdout.write(f"docs/reference/{page}.md\n")
    return 1 if old and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
