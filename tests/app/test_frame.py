"""The HTML file of all pages."""

from __future__ import annotations

import pytest

from app import frame
from app.security.policies import hashes, pages_policy


def test_the_script_is_told_where_its_server_is_before_it_starts() -> None:
    text = frame.page()
    assert text.index("BACKEND_BASE_URL: window.location.origin") < text.index('type="module"')


def test_the_content_policy_allows_just_the_scripts_of_the_file() -> None:
    assert all(found in pages_policy() for found in hashes(frame.page()))


def test_the_file_has_our_name_and_leads_to_no_interface_that_we_do_not_offer() -> None:
    assert "<title>Quarterdeck</title>" in frame.page()
    assert "service-desc" not in frame.page()


@pytest.mark.parametrize(
    ("path", "ours"),
    [("/", True), ("/run-model", True), ("/static/js/a.js", False), ("/favicon.png", False), ("/a/b", False)],
)
def test_only_addresses_of_pages_get_the_file(path: str, ours: bool) -> None:
    assert frame.is_page({"method": "GET", "path": path}) is ours
