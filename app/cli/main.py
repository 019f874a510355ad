"""The command line ``quarterdeck``: the same things as the pages, for terminals and scripts.

Exit codes: 0 done, 1 the run failed, 2 bad input, 3 refused, 4 something is not available.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

cli = typer.Typer(
    name="quarterdeck",
    help="Run your company's models from a browser or from here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@cli.command("serve")
@cli.command("up", hidden=True)
def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Start the server and serve until stopped."""
    from app.server import serve
    from engine.settings import Settings

    given = {k: v for k, v in {"host": host, "port": port}.items() if v is not None}
    raise typer.Exit(serve(Settings(**given)))


def main() -> None:
    """Run the command line; an error with a sentence is shown as that sentence."""
    from engine.errors import QuarterdeckError

    try:
        cli()
    except QuarterdeckError as error:
        sys.stderr.write(f"{error.sentence}\n")
        raise SystemExit(error.exit_code) from None
