"""Each example model through its form: the numbers on the page are those of its golden cases."""

from __future__ import annotations

import pytest

from tests.e2e.pages import Pages


@pytest.mark.r
def test_demand_forecast_in_r(pages: Pages) -> None:
    pages.open("/run-model?model=demand-forecast")
    pages.choose("Weekly sales", "Golden sales")
    brands = pages.page.get_by_role("combobox", name="Brands")
    while pages.page.get_by_role("button", name="Clear all").count():
        pages.page.get_by_role("button", name="Clear all").first.click()
        pages.settle()
        break
    brands.click()
    pages.page.get_by_role("option", name="Sunrise 64 oz").click()
    pages.page.keyboard.press("Escape")
    pages.settle()
    pages.type("Weeks ahead (weeks)", "4")
    pages.type("Weeks held back to measure accuracy (weeks)", "6")
    pages.run()
    pages.finish()
    assert pages.metric("Mean absolute error") == pytest.approx(4.9, abs=0.051)
    assert pages.metric("Cartons in all") == pytest.approx(681, abs=1)
    pages.sees("Sunrise 64 oz")


@pytest.mark.julia
def test_customer_segmentation_in_julia(pages: Pages) -> None:
    pages.open("/run-model?model=customer-segmentation")
    pages.choose("Purchases", "Golden purchases")
    pages.type("Number of segments", "3")
    pages.type("Random seed", "7")
    pages.run()
    pages.finish()
    assert pages.metric("Customers") == 23
    assert pages.metric("Silhouette") == pytest.approx(0.76, abs=0.006)
    assert pages.metric("Differences left inside the segments") == pytest.approx(5.4, abs=0.051)


def test_product_recommendation_in_python(pages: Pages) -> None:
    pages.open("/run-model?model=product-recommendation")
    pages.choose("Who uses what", "Golden usage")
    pages.type("Fewest users of a product (people)", "2")
    pages.type("Recommendations per person", "2")
    pages.type("Caution with few common users (people)", "0")
    pages.run()
    pages.finish()
    assert pages.metric("Found again") == pytest.approx(68.8, abs=0.051)
    assert pages.metric("Found by offering the most common") == pytest.approx(43.8, abs=0.051)
    assert pages.metric("People with recommendations") == 20


@pytest.mark.parametrize(
    "model",
    [
        "legacy-reorder-points",
        pytest.param("legacy-markdown-plan", marks=pytest.mark.r),
        pytest.param("legacy-price-elasticity", marks=pytest.mark.julia),
    ],
)
def test_a_legacy_script_runs_unchanged(pages: Pages, model: str) -> None:
    pages.open(f"/run-model?model={model}")
    pages.run()
    pages.finish()
    pages.sees("How this result was made")
