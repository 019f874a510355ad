"""``quarterdeck secrets`` and ``quarterdeck notify``: values come by standard input, never by argument."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auth.secret_shape import NAME
from engine.settings import ROOT

Quarterdeck = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def quarterdeck(tmp_path: Path) -> Quarterdeck:
    """Run a command on a data folder of the test's own."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "QUARTERDECK_DATA_FOLDER": str(tmp_path / "data"),
    }

    def work(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "app.cli", *words],
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )

    return work


def test_a_secret_is_set_listed_rotated_and_removed(quarterdeck: Quarterdeck) -> None:
    done = quarterdeck("secrets", "set", "shop", "--department", "Testing", given="hunter2-shop\n")
    assert done.returncode == 0, done.stderr
    listed = quarterdeck("secrets", "list")
    assert "shop" in listed.stdout
    assert "hunter2" not in done.stdout + listed.stdout
    rotated = quarterdeck("secrets", "rotate-key")
    assert "1 values" in rotated.stdout
    assert quarterdeck("secrets", "rotate-key", "--finish").returncode == 2
    keys = quarterdeck("secrets", "keys")
    assert keys.returncode == 0
    assert keys.stdout.count("\n") == 2
    assert quarterdeck("secrets", "remove", "shop").returncode == 0
    assert quarterdeck("secrets", "remove", "shop").returncode == 2


def test_a_value_can_not_be_an_argument(quarterdeck: Quarterdeck) -> None:
    done = quarterdeck("secrets", "set", "shop", "hunter2-shop")
    assert done.returncode == 2
    assert quarterdeck("secrets", "list").stdout == ""


def test_a_value_keeps_its_spaces_and_loses_one_line_end(quarterdeck: Quarterdeck, tmp_path: Path) -> None:
    from auth.service import opened
    from engine.access import LOCAL_ADMIN
    from engine.settings import Settings

    quarterdeck("secrets", "set", "shop", given="  two\nlines \n\n")
    auth = opened(Settings(data_folder=tmp_path / "data"))
    try:
        assert auth.secrets.reveal(LOCAL_ADMIN, "shop") == "  two\nlines \n"
    finally:
        auth.engine.stop()


def test_a_lost_key_is_told_and_given_up_with_yes_only(quarterdeck: Quarterdeck, tmp_path: Path) -> None:
    quarterdeck("secrets", "set", "shop", given="hunter2-shop")
    (tmp_path / "data-keys" / "master.key").unlink()
    assert quarterdeck("secrets", "keys").returncode == 1
    refused = quarterdeck("secrets", "set", "other", given="hunter2-other")
    assert refused.returncode == 4
    assert "give-up-key" in refused.stderr
    assert "shop" in quarterdeck("secrets", "give-up-key").stdout
    assert quarterdeck("secrets", "set", "other", given="hunter2-other").returncode == 4
    assert quarterdeck("secrets", "give-up-key", "--yes").returncode == 0
    assert quarterdeck("secrets", "set", "other", given="hunter2-other").returncode == 0


def test_a_test_mail_without_a_mail_server_says_so(quarterdeck: Quarterdeck) -> None:
    done = quarterdeck("notify", "test", "ada@example.com")
    assert done.returncode == 1
    assert "not set up" in done.stdout


def test_names_are_those_that_a_field_can_spell() -> None:
    assert NAME.fullmatch("shop.db-1_x")
    assert not NAME.fullmatch("-shop")
