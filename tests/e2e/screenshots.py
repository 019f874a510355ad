"""Pictures of every page, to be looked at: wide and narrow, light and dark.

``python -m tests.e2e.screenshots http://127.0.0.1:8501 [FOLDER]`` against a running server of this machine that has
some runs, with the server's own settings (``QUARTERDECK_DATA_FOLDER``): an administrator is signed in there, made if
new. FOLDER is .quarterdeck/screenshots (git ignores it). Says which page is wider than the window.
"""

from __future__ import annotations

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

from app.signin.cookies import SESSION
from engine.settings import ROOT, Settings
from tests import signing_in

ADMINISTRATION = (
    "people departments roles sessions tokens identity audit company email secrets health"
    " account inbox welcome"
)
WIDTHS = (1440, 390)
MODEL = "demand-forecast"


def paths(address: str, cookie: str) -> dict[str, str]:
    """The pages: name → path."""
    found = {
        "home": "/",
        "models": "/models",
        "model": f"/model?model={MODEL}",
        "form": f"/run-model?model={MODEL}",
        "runs": "/runs",
        "datasets": "/datasets",
        "dataset": "/datasets?dataset=orange-juice-sales",
        "unknown": "/run?run=none",
        "params": "/params",
    } | {name: f"/{name}" for name in ADMINISTRATION.split()}
    for name, state in (("run", "succeeded"), ("failed", "failed")):
        runs = _ask(f"{address}/api/v1/runs?state={state}&limit=50", cookie)["items"]
        runs.sort(key=lambda run: run["model"] != MODEL)
        if runs:
            found[name] = f"/run?run={runs[0]['id']}"
    waiting = _ask(f"{address}/api/v1/reviews", cookie)["items"]
    for one in waiting[:1]:
        found["set"] = f"/params-set?model={one['model']}&set={one['set']}"
        found["review"] = f"{found['set']}&version={one['number']}"
    return found


def _ask(address: str, cookie: str) -> Any:
    asked = urllib.request.Request(address, headers={"Cookie": f"{SESSION}={cookie}"})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return json.load(answer)


def take(address: str, folder: Path) -> list[str]:
    """Take all pictures; returns a line for each page that overflows its window."""
    from playwright.sync_api import sync_playwright

    from tests.e2e.conftest import ARGUMENTS, CHROMIUM

    folder.mkdir(parents=True, exist_ok=True)
    cookie = signing_in.cookie_for(Settings().data)
    too_wide = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        for scheme in ("light", "dark"):
            for width in WIDTHS:
                context = browser.new_context(viewport={"width": width, "height": 1500}, color_scheme=scheme)
                context.add_cookies([{"name": SESSION, "value": cookie, "url": address}])
                page = context.new_page()
                for name, path in paths(address, cookie).items():
                    page.goto(address + path)
                    page.wait_for_selector("[data-testid=stMain] .qd-root, [data-testid=stAlert]")
                    page.wait_for_timeout(1500)
                    page.wait_for_selector('[data-testid=stApp][data-test-script-state="notRunning"]')
                    page.screenshot(path=folder / f"{name}-{width}-{scheme}.png")
                    main = "document.querySelector('[data-testid=stMain]')"
                    if page.evaluate(f"() => {main}.scrollWidth > {main}.clientWidth + 1"):
                        too_wide.append(f"{name} at {width} px")
                context.close()
        browser.close()
    return too_wide


if __name__ == "__main__":
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / ".quarterdeck" / "screenshots"
    wide = take(sys.argv[1].rstrip("/"), target)
    sys.stdout.write(f"{target}\n" + "".join(f"too wide: {line}\n" for line in wide))
