"""The command line ``quarterdeck``: the same things as the pages, for terminals and scripts.

Exit codes: 0 done; 1 the run failed, was cancelled or a check did not pass; 2 bad input; 3 refused;
4 something is not available (a language, space, the server's address); 70 a failure inside Quarterdeck;
130 stopped by Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "up": "app.cli.server",
    "serve": "app.cli.server",
    "setup": "app.cli.setup",
    "models": "app.cli.models",
    "show-model": "app.cli.models",
    "register": "app.cli.models",
    "check": "app.cli.models",
    "run": "app.cli.run",
    "again": "app.cli.run",
    "predict": "app.cli.run",
    "runs": "app.cli.runs",
    "show": "app.cli.runs",
    "log": "app.cli.runs",
    "cancel": "app.cli.runs",
    "outputs": "app.cli.runs",
    "datasets": "app.cli.datasets",
    "upload": "app.cli.datasets",
    "download": "app.cli.datasets",
    "query": "app.cli.query",
    "classes": "app.cli.query",
    "classify": "app.cli.query",
    "params": "app.cli.params",
    "people": "app.cli.people",
    "tokens": "app.cli.tokens",
    "identity": "app.cli.tokens",
    "audit": "app.cli.audit",
    "secrets": "app.cli.secrets",
    "notify": "app.cli.secrets",
    "events": "app.cli.system",
    "gc": "app.cli.system",
    "doctor": "app.cli.system",
    "bench": "app.cli.system",
}
INTERNAL = 70  # EX_SOFTWARE
HIDDEN = frozenset({"serve"})


class LazyCommands(TyperGroup):
    """Imports a command's module only when that command (or the whole help) is asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All commands in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One command, imported now; None when there is no such word."""
        if cmd_name not in COMMANDS:
            return None
        group = typer.main.get_group(import_module(COMMANDS[cmd_name]).commands)
        found = group.commands[cmd_name]
        found.hidden = cmd_name in HIDDEN
        return found


cli = typer.Typer(
    name="quarterdeck",
    cls=LazyCommands,
    help="Run your company's models in Python, R and Julia, from a browser or from here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.callback()
def _root() -> None:
    """Run your company's models in Python, R and Julia, from a browser or from here.

    Exit codes: 0 done; 1 the run failed or was cancelled, or a check did not pass; 2 bad input; 3 refused;
    4 something is not available.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; an error with a sentence is shown as that sentence."""
    from engine.errors import QuarterdeckError

    words = sys.argv[1:] if arguments is None else arguments
    try:
        cli(words, prog_name="quarterdeck")
    except QuarterdeckError as error:
        from app.cli.output import fail

        raise SystemExit(fail(error, as_json="--json" in words)) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()  # the reader (head, less) has gone: nothing to say
        raise SystemExit(0) from None
    except Exception as error:
        if os.environ.get("QUARTERDECK_DEBUG"):
            raise
        sys.stderr.write(
            f"Quarterdeck failed inside ({type(error).__name__}: {str(error).partition(chr(10))[0][:300]}). "
            "Run the command again with QUARTERDECK_DEBUG=1 for the details that a developer needs.\n"
        )
        raise SystemExit(INTERNAL) from None
