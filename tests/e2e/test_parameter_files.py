"""Importing a legacy parameter file in a browser: questions, bad files, the set's page, and the file back again."""

from __future__ import annotations

from pathlib import Path

from engine.settings import ROOT
from tests.e2e.pages import Pages

MODEL = "legacy-reorder-points"
LEGACY = ROOT / "models" / MODEL / "params.txt"
DOUBTFUL = "pack_size = 1,234\nservice_level = 0.97\nhistory_week = 30\nreview_weeks = 99\n"


def paste(pages: Pages, text: str, name: str) -> None:
    """Open the page without a file, and give it this text."""
    pages.open(f"/params-import?model={MODEL}")
    if pages.page.get_by_role("button", name="Choose another file").count():
        pages.press("Choose another file")
    pages.page.get_by_role("tab", name="Paste").click()
    pages.page.get_by_label("Text of the file").fill(text)
    pages.page.get_by_role("textbox", name="Name of the file").fill(name)
    pages.press("Use this text")
    pages.page.get_by_role("heading", name=name).or_(
        pages.page.get_by_text(name, exact=True)
    ).first.wait_for()
    pages.settle()


def test_a_legacy_file_becomes_a_set_and_comes_back_byte_for_byte(pages: Pages) -> None:
    pages.open(f"/params-import?model={MODEL}")
    pages.upload(LEGACY)
    pages.sees("12 fields match")
    pages.choose("Parameter set", "A new set")
    pages.type("Name of the set", "from-the-laptop")
    pages.type("Reason", "The planners' own file.")
    pages.press("Store as a new version")
    pages.page.wait_for_url("**/params-set?**set=from-the-laptop**")
    pages.sees("params.txt was imported: version 1 holds from")
    pages.open(f"/params-set?model={MODEL}&set=from-the-laptop")
    pages.page.get_by_role("tab", name="Text files").click()
    pages.settle()
    assert pages.download("With the values in force").read_bytes() == LEGACY.read_bytes()


def test_what_is_doubtful_is_asked_and_survives_a_reload(pages: Pages) -> None:
    paste(pages, DOUBTFUL, "doubtful.txt")
    pages.sees("2 questions are open")
    pages.page.get_by_text("Point: 1,234 is 1234").click()
    pages.settle()
    pages.page.get_by_text("As fractions: 0.97 is 97 %").click()
    pages.settle()
    pages.page.get_by_role("button", name="Use for Weeks of history").click()
    pages.settle()
    pages.open(f"/params-import?model={MODEL}")
    pages.sees("2 values cannot be taken")  # 1,234 cartons are too many, and so are 99 weeks
    pages.lacks("questions are open")
    for field in ("Cartons in a pack", "Time between orders"):
        pages.page.get_by_role("button", name=f"Leave out: {field}").click()
        pages.settle()
    pages.choose("Parameter set", "A new set")
    pages.sees("What changes")
    pages.reads("97 %")
    pages.press("Continue on the edit page")
    pages.page.wait_for_url("**/params-edit?**set=doubtful**")
    pages.sees("+4 weeks")


def test_a_bad_file_is_a_sentence_with_its_line_and_nothing_is_stored(pages: Pages, tmp_path: Path) -> None:
    paste(pages, "pack_size = 12\npack_size = 13\n", "twice.txt")
    pages.sees("twice.txt, line 2")
    pages.sees("Nothing was stored")
    pages.press("Choose another file")
    pages.page.get_by_role("tab", name="Upload").click()
    huge = tmp_path / "huge.txt"
    with huge.open("wb") as file:
        file.truncate(100 << 20)
    pages.upload(huge)
    pages.sees("huge.txt is larger than 5")
    pages.open("/params")
    pages.lacks("twice")
    pages.lacks("huge")
