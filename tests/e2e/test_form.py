"""The generated form: wrong values are said, what was typed is kept, changes are marked and can be undone."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.pages import Pages

FORM = "/run-model?model=every-field"


def fresh(pages: Pages) -> None:
    pages.open(FORM)
    pages.press("Clear form")


def test_wrong_values_are_said_beside_the_field_and_on_top(pages: Pages) -> None:
    fresh(pages)
    pages.type("Weeks ahead", "99")
    pages.type("Budget", "much")
    pages.sees("Weeks ahead 99 must be between 1 and 52 weeks")
    pages.press("Run model")
    pages.sees("There are 2 problems")
    pages.holds("Weeks ahead", "99")
    pages.holds("Budget", "much")
    assert "/run-model" in pages.page.url
    pages.type("Weeks ahead", "12")
    pages.sees("There is a problem")
    pages.type("Budget", "2,000")
    pages.lacks("problem")


def test_the_summary_leads_to_the_field(pages: Pages) -> None:
    fresh(pages)
    pages.type("Weeks ahead", "0")
    pages.press("Run model")
    assert pages.page.evaluate("() => document.activeElement.shadowRoot?.activeElement?.tagName") == "H2"
    pages.page.get_by_role("link", name="Weeks ahead 0 must be").click()
    assert pages.page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Weeks ahead"


def test_a_rule_across_fields_is_said_and_goes_away(pages: Pages) -> None:
    fresh(pages)
    pages.type("List price (€)", "0.5")
    pages.press("Run model")
    pages.sees("The price floor must not be above the list price")
    pages.type("Price floor (€)", "0.25")
    pages.lacks("must not be above")


def test_a_number_is_echoed_as_it_was_understood(pages: Pages) -> None:
    fresh(pages)
    pages.type("Budget", "1.5e6")
    pages.sees("= 1,500,000.00 EUR")
    pages.type("List price (€)", "1.234,5")
    pages.sees("= 1,234.5 €")


def test_changes_are_marked_and_undone(pages: Pages) -> None:
    fresh(pages)
    pages.lacks("Changed")
    pages.type("Weeks ahead", "20")
    pages.press("Changed · reset to 13")
    pages.holds("Weeks ahead", "13")
    pages.lacks("Changed")


def test_a_field_appears_when_another_says_so(pages: Pages) -> None:
    fresh(pages)
    assert pages.page.get_by_label("Campaign code").count() == 0
    pages.page.get_by_text("With promotion").click()
    pages.settle()
    pages.page.get_by_label("Campaign code (optional)").fill("ab")
    pages.page.keyboard.press("Tab")
    pages.sees("two capitals, a hyphen and three digits")


def test_a_reload_loses_nothing(new_pages: Callable[..., Pages]) -> None:
    pages = new_pages()
    fresh(pages)
    pages.type("Weeks ahead", "77")
    pages.type("Budget", "12.50")
    other = new_pages()
    other.open(FORM)
    other.holds("Weeks ahead", "77")
    other.holds("Budget", "12.50")
    other.sees("is back")
    other.press("Clear form")
    other.holds("Weeks ahead", "13")


def test_an_unknown_model_is_a_sentence(pages: Pages) -> None:
    pages.open("/run-model?model=no-such-model")
    pages.sees("There is no model")
    pages.lacks("Traceback")
