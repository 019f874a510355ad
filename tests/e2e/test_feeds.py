"""A feed in a browser: defined by SQL, tried, fetched, accepted; its age, its history, its rights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.components import shown
from auth.service import opened
from engine.access import LOCAL_ADMIN
from engine.settings import Settings
from tests.e2e.pages import Pages

MODEL, SET = "every-field", "fed"
PAGE = f"/params-set?model={MODEL}&set={SET}&tab=Feeds"
SQL = "SELECT weeks, day AS observed_on FROM plan_weeks ORDER BY day DESC LIMIT 1"


@pytest.fixture(scope="module")
def ready(data_folder: Path, server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A set with one version, and a dataset whose newest row is 47 days old."""
    day = datetime.now(UTC).date() - timedelta(days=47)
    file = tmp_path_factory.mktemp("feeds") / "weeks.csv"
    file.write_text(f"day,weeks\n{day - timedelta(days=7)},24\n{day},26\n")
    auth = opened(Settings(data_folder=data_folder, free_space_floor_mb=1))
    try:
        auth.engine.datasets.ingest(LOCAL_ADMIN, "plan-weeks", file, title="Weeks of the plan")
        auth.engine.sets.create(LOCAL_ADMIN, MODEL, SET, "Fed plan")
        auth.engine.sets.submit(LOCAL_ADMIN, MODEL, SET, {"horizon": 20}, reason="First.")
    finally:
        auth.engine.stop()
    return shown.day(day)


def test_a_feed_is_defined_tried_fetched_and_accepted(pages: Pages, ready: str) -> None:
    pages.open(PAGE)
    pages.sees("No field is fed yet")
    pages.press("Add a feed")
    pages.choose("Field to fill", "Weeks ahead")
    pages.page.get_by_role("radio", name="SQL").or_(
        pages.page.get_by_role("button", name="SQL")
    ).first.click()
    pages.settle()
    pages.several("Datasets that the query reads", "plan-weeks")
    pages.type("Query", "SELECT weeks FROM plan_weeks")
    pages.press("Try it")
    pages.sees("2 rows; a feed needs one")
    pages.type("Query", SQL)
    pages.type("Amber after days", "30")
    pages.type("Name", "Weeks of the plan")
    pages.press("Try it")
    pages.sees("This is what it brings now")
    pages.reads("20 weeks → 26 weeks")
    pages.press("Save the feed")
    pages.sees("The feed is saved")
    pages.page.get_by_role("button", name="Fetch now").click()
    pages.sees("“Weeks of the plan” suggests 26 weeks")
    pages.reads("20 weeks → 26 weeks (+30 %)")
    pages.reads(f"observed on {ready}")
    pages.page.get_by_role("button", name="Accept").click()
    pages.sees("is in version 2")
    pages.sees("47 days old")
    pages.sees("Older than 30 days")
    pages.page.get_by_role("button", name="History").click()
    pages.sees("What “Weeks of the plan” brought")
    pages.sees("Accepted")
    pages.page.keyboard.press("Escape")
    pages.settle()
    pages.open(f"/params-set?model={MODEL}&set={SET}&version=2")
    pages.sees("Feed “Weeks of the plan”: from plan-weeks@1")


def test_a_feed_is_paused_changed_and_removed(pages: Pages, ready: str) -> None:
    pages.open(PAGE)
    pages.page.get_by_role("button", name="Pause").first.click()
    pages.settle()
    dialog = pages.page.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("Until the new plan.")
    dialog.get_by_role("textbox").press("Tab")
    pages.settle()
    dialog.get_by_role("button", name="Pause").click()
    pages.sees("Until the new plan.")
    pages.page.get_by_role("button", name="Resume").click()
    pages.sees("reads with your rights")
    pages.page.get_by_role("button", name="Change").first.click()
    pages.settle()
    pages.holds("Query", SQL)
    pages.holds("Amber after days", "30")
    pages.type("Amber after days", "soon")
    pages.press("Save the feed")
    pages.sees("the age must be a whole number of days")
    pages.type("Amber after days", "60")
    pages.press("Save the feed")
    pages.sees("The feed is saved")
    pages.lacks("Older than")


def test_who_may_only_look_sees_the_feed_and_no_buttons(new_pages: Callable[..., Pages], ready: str) -> None:
    seen = new_pages(width=390, dark=True, who="feed-viewer", roles=("viewer@",))
    seen.open(PAGE)
    seen.sees("47 days old")
    assert seen.page.get_by_role("button", name="Fetch now").count() == 0
    assert seen.page.get_by_role("button", name="Add a feed").count() == 0
