"""``python -m app.cli``: the command line."""

from app.cli.main import main

main()
