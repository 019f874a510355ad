"""What no page of ours caught: still our sentence, never Streamlit's own box, never the inside of the error."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from app.signin.cookies import SESSION
from engine.settings import ROOT
from tests import signing_in
from tests.e2e.conftest import _until_up, free_port
from tests.e2e.test_ownership import SERVE


@pytest.fixture(scope="module")
def failing(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A window with the page beside this file; the server's log lies in ``page.log``."""
    folder, port = tmp_path_factory.mktemp("failing"), free_port()
    environment = os.environ | {"QUARTERDECK_DATA_FOLDER": str(folder / "data"), "PYTHONPATH": str(ROOT)}
    script = str(Path(__file__).with_name("failing_page.py"))
    with (folder / "page.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE, script, str(port)],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    context = browser.new_context()
    try:
        _until_up(address, process)
        cookie = signing_in.cookie_for(folder / "data")
        context.add_cookies([{"name": SESSION, "value": cookie, "url": address}])
        page = context.new_page()
        page.goto(address)
        expect(page.get_by_text("the page")).to_be_visible(timeout=20_000)
        yield page
    finally:
        context.close()
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize(
    ("button", "said"),
    [
        ("Fail in a fragment", "problem that we did not expect"),
        ("Fail in the script", "problem that we did not expect"),
        ("Fail in a callback", "problem that we did not expect"),
        ("Refuse in a callback", "There is no model “sales”"),
    ],
)
def test_an_error_that_nobody_caught_is_our_sentence(failing: Any, button: str, said: str) -> None:
    failing.reload()
    failing.get_by_role("button", name=button).click()
    expect(failing.get_by_test_id("stAlert").filter(has_text=said)).to_have_count(1)
    expect(failing.get_by_test_id("stException")).to_have_count(0)
    assert "secret inner state" not in failing.content()
