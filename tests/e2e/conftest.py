"""A real server on a free port with the example models, and a real Chromium to look at it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.signin.cookies import SESSION
from auth.service import opened
from engine.access import LOCAL_ADMIN
from engine.settings import ROOT, Settings
from tests import signing_in
from tests.e2e.pages import Pages

CHROMIUM = os.environ.get("QUARTERDECK_CHROMIUM", "/usr/bin/chromium")
HERE = Path(__file__).parent
SERVE = (
    "from app.server import serve; from engine.settings import Settings; raise SystemExit(serve(Settings()))"
)
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]

# dataset of the tests → the golden sample of an example model that it is made of
GOLDEN = {
    "golden-sales": "demand-forecast/golden/sales.csv",
    "golden-usage": "product-recommendation/golden/usage.csv",
    "golden-purchases": "customer-segmentation/golden/purchases.csv",
    "golden-reorder": "legacy-reorder-points/data/sales.csv",
    "golden-elasticity": "legacy-price-elasticity/data/sales.csv",
    "golden-markdown": "legacy-markdown-plan/data/sales.csv",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with all example models, the tests' own, the golden samples as datasets, an administrator."""
    folder = tmp_path_factory.mktemp("e2e") / "data"
    auth = opened(Settings(data_folder=folder, free_space_floor_mb=1))
    engine = auth.engine
    signing_in.person(auth)
    auth.company.note_setup(LOCAL_ADMIN, finished=True)  # else it opens by itself
    try:
        tiny = [ROOT / "tests" / "models_tiny" / name for name in ("slow", "error", "secret")]
        for model in (*sorted((ROOT / "models").iterdir()), *sorted((HERE / "models").iterdir()), *tiny):
            if (model / "model.toml").exists():
                engine.catalog.register(LOCAL_ADMIN, model, promote=True)
        for name, file in GOLDEN.items():
            engine.datasets.ingest(
                LOCAL_ADMIN, name, ROOT / "models" / file, title=name.replace("-", " ").capitalize()
            )
    finally:
        engine.stop()
    return folder


@pytest.fixture(scope="session")
def server(data_folder: Path) -> Iterator[str]:
    """The address of a running server."""
    port = free_port()
    environment = os.environ | {
        "QUARTERDECK_DATA_FOLDER": str(data_folder),
        "QUARTERDECK_PORT": str(port),
        "QUARTERDECK_FREE_SPACE_FLOOR_MB": "1",
    }
    with (data_folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVE], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _until_up(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if process.poll() is not None:
            raise RuntimeError("the server did not start")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError("the server does not answer")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    playwright = pytest.importorskip("playwright.sync_api")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        yield found
        found.close()


@pytest.fixture(scope="session")
def sign_in(data_folder: Path) -> Callable[..., str]:
    """Sign somebody in: ``sign_in("ada", "analyst@Marketing")`` → the value of the session's cookie."""
    return lambda name, *roles: signing_in.cookie_for(data_folder, name, *roles)


@pytest.fixture
def new_pages(browser: Any, server: str, sign_in: Callable[..., str]) -> Iterator[Callable[..., Pages]]:
    """Open a fresh browser window: ``new_pages(width=390, dark=True)``. Errors in its scripts fail the test.

    An administrator is signed in there; ``who``: another person (with ``roles``, made if new); None: nobody.
    """
    opened: list[Pages] = []

    def make(
        width: int = 1440,
        height: int = 1200,
        dark: bool = False,
        who: str | None = signing_in.ADMIN,
        roles: tuple[str, ...] = (),
    ) -> Pages:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
        )
        context.set_default_timeout(20_000)
        if who is not None:
            context.add_cookies([{"name": SESSION, "value": sign_in(who, *roles), "url": server}])
        pages = Pages(context.new_page(), server)
        opened.append(pages)
        return pages

    yield make
    for pages in opened:
        pages.page.context.close()
    assert [error for pages in opened for error in pages.errors] == []


@pytest.fixture
def pages(new_pages: Callable[..., Pages]) -> Pages:
    """A browser window of ordinary size."""
    return new_pages()
