"""What a person does with our pages, in a few words: open, type, choose, press, read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

FINISHED = ("Succeeded", "Failed", "Cancelled", "Timed out", "Interrupted")


class Pages:
    """One browser window."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.errors: list[str] = []
        self.elsewhere: tuple[str, ...] = ()  # servers that a test may lead to, such as an identity provider
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.on("request", self._request)
        page.on("response", self._response)

    def _console(self, message: Any) -> None:
        """What our content policy blocks is an error of ours: nothing on our pages needs it."""
        if "Content Security Policy" in message.text:
            self.errors.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", *self.elsewhere)):
            self.errors.append(f"asked another server: {request.url}")

    def _response(self, response: Any) -> None:
        """A page that asks for what is not there shows an error in the console, and waits for nothing."""
        if response.status == 404 and "/_stcore/" in response.url:
            self.errors.append(f"asked in vain: {response.url}")

    def open(self, path: str) -> None:
        """Go to an address and wait until it is drawn."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector(
            "[data-testid=stMain] .qd-root, [data-testid=stMain] [data-testid=stAlert]"
        )
        self.settle()

    def settle(self) -> None:
        """Wait until the server has drawn what the last action asked for."""
        self.page.wait_for_timeout(200)
        for _ in range(
            3
        ):  # between a fragment's run and that of the page it asks for nothing runs for a moment
            self.page.wait_for_selector('[data-testid=stApp][data-test-script-state="notRunning"]')
            self.page.wait_for_timeout(70)

    def type(self, label: str, text: str) -> None:
        """Type into a field and leave it."""
        box = self.page.get_by_label(label, exact=True)
        box.fill(text)
        box.press("Tab")
        self.settle()

    def choose(self, label: str, option: str) -> None:
        """Choose from a list, by typing into it."""
        box = self.page.get_by_role("combobox", name=label)
        box.click()
        box.fill(option)
        self.page.wait_for_timeout(200)  # the list moves while it is narrowed down
        self.page.get_by_role("option", name=re.compile(re.escape(option))).first.click()
        self.settle()

    def several(self, label: str, *options: str) -> None:
        """Choose these and no others from a list of several."""
        box = self.page.get_by_role("combobox", name=label)
        for _ in range(12):
            box.press("Backspace")
        self.settle()
        for option in options:
            box.fill(option)
            self.page.get_by_role("option", name=option).click()
        self.page.keyboard.press("Escape")
        self.settle()

    def holds(self, label: str, text: str) -> None:
        """Wait until a field holds a text. While a page is drawn again, a field may be there twice or not at all."""
        boxes = self.page.get_by_label(label, exact=True)
        held = "found => found.map((box) => box.value)"
        self._until(lambda: boxes.evaluate_all(held) == [text], f"“{label}” does not hold “{text}”")

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=re.compile(re.escape(name) + "$")).first.click()
        self.settle()

    def follow(self, name: str) -> None:
        """Follow a link."""
        self.page.get_by_role("link", name=name).first.click()
        self.settle()

    def sees(self, text: str | re.Pattern[str], seconds: float = 20) -> Any:
        """Wait until a text can be seen."""
        found = self.page.get_by_text(text).first
        found.wait_for(state="visible", timeout=seconds * 1000)
        return found

    def text(self) -> str:
        """All that can be read on the page, inside components as well."""
        seen: str = self.page.evaluate(
            """() => {
              const parts = []
              const walk = (node) => {
                if (node.nodeType === 3) parts.push(node.textContent)
                if (node.shadowRoot) node.shadowRoot.childNodes.forEach(walk)
                if (!["STYLE", "SCRIPT"].includes(node.nodeName)) node.childNodes.forEach(walk)
              }
              walk(document.querySelector("[data-testid=stMain]"))
              return parts.join(" ").replace(/\\s+/g, " ")
            }"""
        )
        return seen

    def reads(self, text: str, after: str = "") -> None:
        """Wait until a text can be read, across the bounds of elements; ``after`` the last place of another one."""
        self._until(lambda: text in self.text().rpartition(after or "\0")[2], f"“{text}” is not there")

    def lacks(self, text: str, after: str = "") -> None:
        """Wait until a text cannot be read any more; ``after`` the last place of another one."""
        self._until(lambda: text not in self.text().rpartition(after or "\0")[2], f"“{text}” is still there")

    def _until(self, holds: Callable[[], bool], otherwise: str, seconds: float = 15) -> None:
        for _ in range(int(seconds * 10)):
            if holds():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"{otherwise}: {self.text()[:2000]}")

    def run(self) -> str:
        """Press Run, and the run's id once its page is there."""
        self.press("Run model")
        for _ in range(100):
            if "/run?run=" in self.page.url:
                self.settle()
                return self.run_id()
            self.page.wait_for_timeout(100)
        raise AssertionError(f"The run was not queued: {self.text()[:1500]}")

    def run_id(self) -> str:
        """The run that the address names."""
        found = re.search(r"run=([0-9A-Z]{26})", self.page.url)
        assert found, self.page.url
        return found[1]

    def finish(self, state: str = "Succeeded", seconds: float = 90) -> None:
        """Wait for the run's end, without reloading the page."""
        ended = self.page.locator(".qd-badge").filter(has_text=re.compile("|".join(FINISHED)))
        ended.first.wait_for(timeout=seconds * 1000)
        self.settle()
        assert state in ended.first.inner_text(), self.text()[:2000]

    def metric(self, title: str) -> float:
        """A headline number of the results."""
        named = self.page.get_by_text(title, exact=True)
        card = self.page.locator(".qd-metric").filter(has=named)
        card.first.wait_for()
        value = card.first.locator(".qd-value").evaluate("node => node.firstChild.textContent")
        return float(value.replace(",", ""))

    def download(self, name: str) -> Path:
        """Press a download and give the file."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name=name).first.click()
        return Path(waiting.value.path())

    def upload(self, file: Path) -> None:
        """Give a file to the upload place that is open."""
        self.page.locator("input[type=file]").first.set_input_files(str(file))
        self.page.wait_for_timeout(500)
        self.settle()
