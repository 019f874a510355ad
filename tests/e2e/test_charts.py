"""Each way of drawing a table, in a real browser."""

from __future__ import annotations

from tests.e2e.pages import Pages


def test_every_kind_of_chart_is_drawn(pages: Pages) -> None:
    pages.open("/run-model?model=every-chart")
    pages.sees("Guarded")
    pages.run()
    pages.finish()
    pages.sees("The larger a point, the larger Margin (EUR); the largest is 130.")
    pages.sees("Drawn are the first 12 of 15 values of Store; the table has all.")
    pages.page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot .main-svg').length > 0")
    # bubbles, stacked areas, 12 stores, 2 regions, a histogram
    pages.page.wait_for_function("() => document.querySelectorAll('.js-plotly-plot').length === 17")
    pages.page.get_by_text("Cartons sold").first.wait_for()
