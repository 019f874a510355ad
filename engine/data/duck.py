"""DuckDB as we use it: in memory, limited, in UTC, and never fetching an extension from the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def connect(spill: Path | None = None, *, threads: int = 2, memory: str = "1GB") -> Any:
    """A fresh in-memory instance; ``spill`` is where it may put what does not fit into ``memory``."""
    import duckdb

    config: dict[str, Any] = {
        "threads": threads,
        "memory_limit": memory,
        "autoinstall_known_extensions": False,
    }
    if spill:
        config["temp_directory"] = str(spill)
    connection = duckdb.connect(config=config)
    connection.execute("LOAD icu")
    connection.execute("SET GLOBAL TimeZone = 'UTC'")
    return connection
