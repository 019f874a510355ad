"""Each example model through its form: the numbers on the page are those of its golden cases."""

from __future__ import annotations

import pytest

from tests.e2e.pages import Pages


@pytest.mark.r
def test_demand_forecast_in_r(pages: Pages) -> None:
    pages.open("/run-model?model=demand-forecast")
    pages.choose("Weekly sales", "Golden sales")
    pages.several("Brands", "Sunrise 64 oz")
    pages.type("Weeks ahead", "4")
    pages.type("Weeks held back to measure accuracy", "6")
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


def test_a_legacy_python_script_runs_unchanged(pages: Pages) -> None:
    pages.open("/run-model?model=legacy-reorder-points")
    pages.choose("Weekly sales", "Golden reorder")
    pages.run()
    pages.finish()
    assert pages.metric("Store and brand pairs") == 2
    assert pages.metric("Safety stock in all") == 89
    assert pages.metric("Capital tied up") == pytest.approx(2016.95, abs=0.51)


@pytest.mark.julia
def test_a_legacy_julia_script_runs_unchanged(pages: Pages) -> None:
    pages.open("/run-model?model=legacy-price-elasticity")
    pages.choose("Weekly sales", "Golden elasticity")
    pages.type("Sales from", "2025-01-01")
    pages.type("Sales to", "2026-12-31")
    pages.type("Fewest weeks of a brand", "20")
    pages.run()
    pages.finish()
    assert pages.metric("Brands") == 2
    assert pages.metric("Median elasticity") == pytest.approx(-1.4156, abs=0.0051)


@pytest.mark.r
def test_a_legacy_r_script_runs_unchanged(pages: Pages) -> None:
    pages.open("/run-model?model=legacy-markdown-plan")
    pages.choose("Weekly sales", "Golden markdown")
    pages.choose("Store", "S001")
    pages.several("Brands", "Sunrise 64 oz", "Sunset 64 oz")
    pages.type("First markdown week", "2026-01-05")
    pages.run()
    pages.finish()
    assert pages.metric("Expected profit") == pytest.approx(209.20, abs=0.51)
    assert pages.metric("Left over") == pytest.approx(516, abs=0.51)
