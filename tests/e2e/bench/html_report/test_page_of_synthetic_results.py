"""The report of synthetic results in a real browser: hostile texts, many records, close points."""

import pytest
from browser import (
    becomes,
    chromium,
    column,
    open_page,
    overlap,
    quiet,
    rectangles,
    show,
    sum_of,
    wait_for,
    wait_until_drawn,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select
from synthetic_results import HOSTILE, many, record, save_records

from bench.format import printable
from bench.html_report.page import write_report


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The report of 10 000 records."""
    folder = tmp_path_factory.mktemp("large")
    return write_report(many(folder))


def test_hostile_texts_stay_texts(tmp_path, browser):
    records = []
    for place, text in enumerate(HOSTILE):
        bad = {"status": "failed", "message": text, "estimate": None, "error": None}
        more = {"suite": text, "family": text, "estimator_parameters": text}
        records.append(record(2 * place, text, text, **more))
        records.append(record(2 * place + 1, text, "failing", manifold_name=text, **bad))
    folder = save_records(tmp_path, records)
    path = write_report(folder)
    page = path.read_text(encoding="utf-8")
    assert "window.hacked=1</script>" not in page
    assert "<img src=x" not in page
    assert "\u2028" not in page.partition('id="data">')[2]
    open_page(browser, path)
    Select(browser.find_element(By.ID, "cells-status")).select_by_visible_text("failed")
    assert set(column(browser, "cells-table", 0)) == set(map(printable, HOSTILE))
    for kind in ("manifold", "estimator"):
        choice = Select(browser.find_element(By.ID, f"{kind}-select"))
        for place in range(len(choice.options)):
            choice.select_by_index(place)
            show(browser, f"{kind}s")
            wait_until_drawn(browser, f"{kind}-plot")
    assert browser.execute_script("return window.hacked") is None
    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert quiet(browser)


def test_cells_filter_and_sort_among_ten_thousand(large, browser):
    open_page(browser, large)
    info = browser.find_element(By.CSS_SELECTOR, "#cells .dt-info")
    assert "10,000" in info.text
    for select, choice in (("manifold", "manifold-007"), ("estimator", "estimator-011")):
        Select(browser.find_element(By.ID, f"cells-{select}")).select_by_visible_text(choice)
    assert becomes(browser, "cells-table", 3, ["0", "1", "2", "3", "4"])
    header = browser.find_elements(By.CSS_SELECTOR, "#cells-table thead th")[3]
    header.click()
    header.click()
    assert becomes(browser, "cells-table", 3, ["4", "3", "2", "1", "0"])
    for select in ("manifold", "estimator"):
        Select(browser.find_element(By.ID, f"cells-{select}")).select_by_index(0)
    Select(browser.find_element(By.ID, "cells-status")).select_by_visible_text("failed")
    wait_for(browser, "document.querySelector('#cells .dt-info').textContent.includes('435')")
    assert quiet(browser)


def test_ten_thousand_records_are_at_most_eight_megabytes(large):
    assert large.stat().st_size <= 8_000_000


def few(folder, manifolds=6, estimators=22):
    """A store where most estimators are close to each other in error and in time."""
    records = []
    for estimator in range(estimators):
        for manifold in range(manifolds):
            truth = 2.0 * 3.0**manifold
            error = 0.2 + 0.004 * estimator + 2.0 * (estimator == 0)
            seconds = {0: 0.1, 1: 400.0}.get(estimator, 2.0 + 0.05 * (estimator % 5))
            more = {"truth": truth, "estimate": truth * (1 + error), "error": truth * error}
            names = f"manifold-{manifold}", f"estimator-{estimator}"
            records.append(record(len(records), *names, fit_seconds=seconds, **more))
    return save_records(folder, records)


@pytest.fixture(scope="module")
def close(tmp_path_factory):
    return write_report(few(tmp_path_factory.mktemp("close")))


@pytest.mark.parametrize("width", [1400, 400])
def test_every_point_has_a_name_that_covers_no_other_name_and_no_point(close, browser, width):
    open_page(browser, close, width=width)
    wait_until_drawn(browser, "tradeoff-plot")
    names = rectangles(browser, "#tradeoff-plot .annotation-text")
    points = rectangles(browser, "#tradeoff-plot .scatterlayer .points path")
    (frame,) = rectangles(browser, "#tradeoff-plot")
    assert len(names) == len(points) == 22
    for place, name in enumerate(names):
        assert frame[0] <= name[0] <= name[2] <= frame[2]
        assert not any(overlap(name, other) for other in names[:place]), place
        assert not any(overlap(name, point, 3) for point in points), place
    (title,) = rectangles(browser, "#tradeoff-plot .xtitle")
    beside = rectangles(browser, "#tradeoff-plot .xtick text")
    beside += rectangles(browser, "#tradeoff-plot .legend")
    assert not any(overlap(title, other) for other in beside)


def test_the_front_goes_in_steps_as_in_the_png(close, browser):
    open_page(browser, close)
    wait_until_drawn(browser, "tradeoff-plot")
    front = browser.execute_script("return document.getElementById('tradeoff-plot').data[0]")
    assert front["line"]["shape"] == "hv"
    errors, times = front["y"], front["x"]
    assert times == sorted(times)
    # From the upper end of the axis down, and on to its right end.
    assert times[0] == times[1]
    assert errors[0] > errors[1]
    assert errors[-1] == errors[-2]
    assert times[-1] > 400


@pytest.mark.parametrize("plot", ["tradeoff-plot", "estimator-plot"])
def test_ticks_of_logarithmic_axes_read_as_numbers(close, browser, plot):
    open_page(browser, close)
    wait_until_drawn(browser, plot)
    for axis in ("x", "y"):
        low, high = browser.execute_script(
            f"return document.getElementById('{plot}').layout.{axis}axis.range"
        )
        ticks = browser.execute_script(
            f"return [...document.querySelectorAll('#{plot} .{axis}tick text')]"
            ".map((text) => text.textContent)"
        )
        values = [float(tick.rstrip(" s%")) for tick in ticks]
        assert len(values) >= 3
        assert all(10**low <= value <= 10**high for value in values)
        assert len(set(values)) == len(values)


def test_all_charts_are_drawn_before_printing_and_are_light(close, browser):
    open_page(browser, close, scheme="dark")
    browser.execute_cdp_cmd("Page.printToPDF", {})
    missing = browser.execute_script(
        "return [...document.querySelectorAll('.plot')]"
        ".filter((it) => it.dataset.drawn !== 'yes').map((it) => it.id)"
    )
    assert missing == []
    colours, widths = [], []
    for event in ("beforeprint", "afterprint"):
        browser.execute_script(f"window.dispatchEvent(new Event('{event}'))")
        colours.append(
            browser.execute_script(
                "return getComputedStyle(document.querySelector('#tradeoff-plot .xtitle')).fill"
            )
        )
        widths.append([box[2] - box[0] for box in rectangles(browser, ".plot .main-svg")])
    assert sum_of(colours[0]) < 200 < sum_of(colours[1])
    assert max(widths[0]) <= 700 < max(widths[1])
    assert quiet(browser)
