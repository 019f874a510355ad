"""How values look."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta

import pytest

from app.components import palette, shown
from app.components.nav import PAGES, href
from app.components.page import plain
from app.components.view import asset, facts, link, tag
from engine.settings import ROOT

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.01, "< 0.1 s"),
        (2.54, "2.5 s"),
        (59.4, "59 s"),
        (185, "3 min 5 s"),
        (7800, "2 h 10 min"),
    ],
)
def test_duration(seconds: float | None, text: str) -> None:
    assert shown.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (1234567, None, "1,234,567"),
        (1234567.891, None, "1,234,568"),
        (0.30119, 2, "0.30"),
        (0.000012345, None, "1.234e-05"),
        (float("nan"), None, "not a number"),
        (float("-inf"), 2, "−∞"),
        (100.0, None, "100"),
        (None, None, "–"),
    ],
)
def test_number(value: float | None, decimals: int | None, text: str) -> None:
    assert shown.number(value, decimals) == text


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=12), "12 minutes ago"),
        (timedelta(hours=3), "today 10:00"),
        (timedelta(days=50), "3 Oct 2026, 14:00"),
    ],
)
def test_when_is_told_in_the_business_time_zone(ago: timedelta, text: str) -> None:
    assert shown.when(NOW - ago, "Europe/Berlin", now=NOW) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (2_147_483_648, "2.1 GB")]
)
def test_size(count: int, text: str) -> None:
    assert shown.size(count) == text


def test_html_is_escaped_everywhere() -> None:
    evil = '<img src=x onerror="alert(1)">'
    made = tag("p", evil, title=evil) + link(evil, "run", run=evil) + facts([(evil, evil)])
    assert "<img" not in made
    assert 'onerror="' not in made


def test_markdown_of_strangers_is_shown_as_it_is() -> None:
    assert plain("**a** [b](c) :red[d]") == "\\*\\*a\\*\\* \\[b\\](c) \\:red\\[d\\]"


def test_every_page_has_an_address_and_a_file() -> None:
    assert href("run", run="01A", other=None) == "/run?run=01A"
    for path, _ in PAGES.values():
        assert (ROOT / "app" / path).resolve().is_file()


def test_the_charts_have_the_colours_of_the_theme_and_garbage_is_not_collected_after_each_page() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["theme"]["light"]["chartCategoricalColors"] == palette.LIGHT
    assert config["theme"]["dark"]["chartCategoricalColors"] == palette.DARK
    assert config["runner"]["postScriptGC"] is False
    assert config["browser"]["gatherUsageStats"] is False


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_keep_their_contrast(mode: str) -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"][mode]
    for surface in (
        theme["backgroundColor"],
        theme["secondaryBackgroundColor"],
        theme["sidebar"]["backgroundColor"],
    ):
        assert _contrast(theme["textColor"], surface) >= 7
        assert _contrast(theme["linkColor"], surface) >= 4.5
    for name in ("red", "orange", "yellow", "blue", "green", "violet", "gray"):
        assert _contrast(theme[f"{name}TextColor"], theme[f"{name}BackgroundColor"]) >= 4.5, name
    assert _contrast(theme["primaryColor"], theme["backgroundColor"]) >= 3
    assert _contrast("#ffffff", theme["primaryColor"]) >= 4.5
    for colour in theme["chartCategoricalColors"]:
        assert _contrast(colour, theme["backgroundColor"]) >= 3


def test_components_load_nothing_from_the_network() -> None:
    for name in ("style.css", "view.js", "grid.js", "live.js", "progress.js", "upload.js", "logo.svg"):
        text = asset(name).replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text.replace("https", "http"), name
