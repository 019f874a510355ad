"""``up``: the server."""

from __future__ import annotations

from typing import Annotated

import typer

commands = typer.Typer()


def _serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on.")] = None,
) -> None:
    """Start the server, print its address and serve until stopped (Ctrl-C)."""
    from app.server import serve
    from engine.settings import Settings

    given = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    raise typer.Exit(serve(Settings().model_copy(update=given)))


commands.command("up")(_serve)
commands.command("serve")(_serve)
