"""The HTML report of real and made-up results, in text and in a real browser."""

import json
import re
import shlex
import sqlite3
import subprocess
import sys
from contextlib import suppress

import pytest
from browser import chromium, look, wait_for
from commandline import ROOT, TROUBLE, bench, environment, rows
from selenium.common.exceptions import TimeoutException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait
from synthetic_results import HOSTILE, keep, many, record

from bench.format import printable
from bench.html_report.page import render, write_report
from bench.html_report.results import gather


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small run by the command line with a failing plug-in, and its report."""
    out = tmp_path_factory.mktemp("run") / "out"
    bench(
        "run", "--suite", "euclidean", "--preset", "smoke", "--n", 100, "--out", out, "--plugin",
        TROUBLE, "--estimators", "mle-5,twonn,lpca-global,raises", "--jobs", 1,
    )  # fmt: skip
    told = bench("report", "--out", out)
    assert told.stdout.strip() == str(out / "report.html")
    return out


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """The report of 10 000 records."""
    folder = tmp_path_factory.mktemp("large")
    return write_report(many(folder))


def data_of(page):
    """The data that the page holds for its scripts."""
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])


def open_page(driver, path, **how):
    look(driver, **how)
    driver.get_log("browser"), driver.get_log("performance")
    driver.get(path.as_uri())
    wait_for(driver, "document.documentElement.classList.contains('ready')")


def column(driver, table, place):
    script = (
        f"return [...document.querySelectorAll('#{table} tbody tr')]"
        f".map((row) => row.cells[{place}].textContent)"
    )
    return driver.execute_script(script)


def becomes(driver, table, place, expected):
    """Whether a column comes to hold these texts: the table sorts after the click returns."""
    with suppress(TimeoutException):
        WebDriverWait(driver, 30).until(lambda it: column(it, table, place) == expected)
    return column(driver, table, place) == expected


def requests_of(driver):
    """Addresses that the page asked for beyond itself and what it holds."""
    found = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            found.append(message["params"]["request"]["url"])
    return [address for address in found if not address.startswith(("data:", "blob:"))]


def test_report_tells_every_record_of_a_real_run(run):
    page = (run / "report.html").read_text(encoding="utf-8")
    cells = data_of(page)["cells"]
    assert len(cells["estimate"]) == len(rows(run, "key")) == 12
    estimates = sorted(value for (value,) in rows(run, "estimate") if value is not None)
    shown = sorted(value for value in cells["estimate"] if value is not None)
    assert shown == pytest.approx(estimates, rel=1e-4)
    assert "no [good] neighbours &amp; 5 % left" in page


def test_report_tells_the_command_that_was_typed(run):
    with sqlite3.connect(run / "records.sqlite") as database:
        ((command,),) = database.execute("SELECT value FROM meta WHERE name = 'command'")
    words = shlex.split(command)
    assert words[:4] == ["python", "-m", "bench", "run"]
    assert words[words.index("--estimators") + 1] == "mle-5,twonn,lpca-global,raises"
    assert words[words.index("--preset") + 1] == "smoke"
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "The command of the last run:" in page
    # It is a command that plans the same cells again: all are there already.
    again = bench(*words[3:], cwd=ROOT)
    assert "12 done before, 0 to run" in again.stdout.replace("\n", " ")


def test_report_is_the_same_for_the_same_store(run, tmp_path):
    first, second = (write_report(run, tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_store_without_a_command_gets_one_from_its_records(tmp_path):
    made = [record(place, "line", "mle-5", seed=place) for place in range(3)]
    page = render(gather(keep(tmp_path, made)))
    (command,) = re.findall(r"<code>(.*?)</code>", page, re.S)
    assert "--suite synthetic --n 1000 --seeds 3 --manifolds line --estimators mle-5" in command


def test_records_of_other_sizes_are_listed_but_not_ranked_together(tmp_path):
    older = record(1, "line", "mle-5", n=100, finished="2025-01-01T00:00:00+00:00")
    page = render(gather(keep(tmp_path, [older, record(2, "line", "mle-5")])))
    found = data_of(page)
    assert found["cells"]["n"] == [1000, 100]
    assert found["cells"]["run"] == [0, 1]
    assert found["pairs"]["planned"] == [1]
    assert "1 records of earlier runs" in page


def test_empty_store_gives_a_page(tmp_path):
    assert "There is no record yet." in render(gather(keep(tmp_path, [])))


def test_arrays_outside_the_folder_are_not_read(tmp_path):
    import numpy as np

    folder = tmp_path / "results"
    folder.mkdir()
    kept = {"singular_values": np.ones((2, 3)), "dimension": np.ones(2), "chosen_sigma": 0.1}
    np.savez(tmp_path / "other.npz", **kept)
    np.savez(folder / "own.npz", **kept)
    made = [
        record(1, "line", "score", arrays="../other.npz"),
        record(2, "sphere", "score", arrays="own.npz"),
    ]
    assert [p["title"] for p in data_of(render(gather(keep(folder, made))))["spectra"]] == [
        "sphere"
    ]


def test_folder_without_results_is_a_clear_error(tmp_path):
    told = bench("report", "--out", tmp_path, check=2)
    assert told.stderr.startswith(f"error: there are no results in {tmp_path}")


def test_missing_packages_are_named_with_what_installs_them(run):
    code = (
        "import sys; sys.modules['jinja2'] = None\n"
        f"sys.argv = ['bench', 'report', '--out', {str(run)!r}]\n"
        "from bench.cli import main; main()"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), cwd=ROOT
    )
    assert told.returncode == 2
    assert "jinja2" in told.stderr
    assert "intrinsic-dimension-bench[report]" in told.stderr


def test_hostile_texts_stay_texts(tmp_path, browser):
    made = []
    for place, text in enumerate(HOSTILE):
        bad = {"status": "failed", "message": text, "estimate": None, "error": None}
        more = {"suite": text, "family": text, "estimator_parameters": text}
        made.append(record(2 * place, text, text, **more))
        made.append(record(2 * place + 1, text, "failing", manifold_name=text, **bad))
    folder = keep(tmp_path, made)
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
            drawn(browser, f"{kind}-plot")
    assert browser.execute_script("return window.hacked") is None
    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert quiet(browser)


def quiet(driver):
    """No message in the console, and no request but the page itself."""
    assert driver.get_log("browser") == []
    assert [a for a in requests_of(driver) if not a.startswith("file:")] == []
    return True


def show(driver, section):
    driver.execute_script(f"document.getElementById('{section}').scrollIntoView()")


def drawn(driver, plot):
    driver.execute_script(f"document.getElementById('{plot}').scrollIntoView()")
    wait_for(driver, f"document.getElementById('{plot}').dataset.drawn === 'yes'")


def test_leaderboard_sorts_and_filters(run, browser):
    open_page(browser, run / "report.html")
    names = column(browser, "leaderboard-table", 1)
    assert names[-1] == "raises"
    header = browser.find_elements(By.CSS_SELECTOR, "#leaderboard-table thead th")[1]
    header.click()
    assert becomes(browser, "leaderboard-table", 1, sorted(names))
    header.click()
    assert becomes(browser, "leaderboard-table", 1, sorted(names, reverse=True))
    Select(browser.find_element(By.ID, "leaderboard-family")).select_by_visible_text("linear")
    assert becomes(browser, "leaderboard-table", 1, ["lpca-global"])
    Select(browser.find_element(By.ID, "leaderboard-family")).select_by_index(0)
    browser.find_element(By.ID, "leaderboard-search").send_keys("twonn")
    assert becomes(browser, "leaderboard-table", 1, ["twonn"])
    assert quiet(browser)


def test_a_name_in_the_leaderboard_leads_to_its_section(run, browser):
    open_page(browser, run / "report.html")
    browser.find_element(By.LINK_TEXT, "lpca-global").click()
    assert "linear" in browser.find_element(By.ID, "estimator-facts").text
    names = browser.find_elements(By.CSS_SELECTOR, "#estimator-rows th")
    assert [name.text for name in names] == ["10-sphere", "line", "union-10-30"]
    drawn(browser, "estimator-plot")
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 400])
def test_every_plot_is_drawn_and_the_page_never_scrolls_sideways(run, browser, scheme, width):
    open_page(browser, run / "report.html", scheme=scheme, width=width)
    for plot in ("tradeoff-plot", "heatmap-plot", "manifold-plot", "estimator-plot"):
        drawn(browser, plot)
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= browser.execute_script("return innerWidth")
    colour = browser.execute_script(
        "return getComputedStyle(document.querySelector('#tradeoff-plot .xtitle')).fill"
    )
    background = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    light, dark = sum_of(background), sum_of(colour)
    assert (light > dark) == (scheme == "light")
    assert quiet(browser)


def sum_of(colour):
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3])


def few(folder, manifolds=6, estimators=22):
    """A store where most estimators are close to each other in error and in time."""
    made = []
    for estimator in range(estimators):
        for manifold in range(manifolds):
            truth = 2.0 * 3.0**manifold
            error = 0.2 + 0.004 * estimator + 2.0 * (estimator == 0)
            seconds = {0: 0.1, 1: 400.0}.get(estimator, 2.0 + 0.05 * (estimator % 5))
            more = {"truth": truth, "estimate": truth * (1 + error), "error": truth * error}
            names = f"manifold-{manifold}", f"estimator-{estimator}"
            made.append(record(len(made), *names, fit_seconds=seconds, **more))
    return keep(folder, made)


@pytest.fixture(scope="module")
def close(tmp_path_factory):
    return write_report(few(tmp_path_factory.mktemp("close")))


def rectangles(driver, selector):
    script = (
        f"return [...document.querySelectorAll('{selector}')].map((e) => e.getBoundingClientRect())"
        ".map((r) => [r.left, r.top, r.right, r.bottom])"
    )
    return driver.execute_script(script)


def overlap(one, other, least=1.0):
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > least
        and min(one[3], other[3]) - max(one[1], other[1]) > least
    )


@pytest.mark.parametrize("width", [1400, 800, 400])
def test_every_point_has_a_name_that_covers_no_other_name_and_no_point(close, browser, width):
    open_page(browser, close, width=width)
    drawn(browser, "tradeoff-plot")
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
    drawn(browser, "tradeoff-plot")
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
    drawn(browser, plot)
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


def test_the_heat_map_has_a_cell_for_each_estimator_and_manifold_best_first(run, browser):
    open_page(browser, run / "report.html")
    drawn(browser, "heatmap-plot")
    cells, empty = browser.execute_script("return document.getElementById('heatmap-plot').data")
    names = column(browser, "leaderboard-table", 1)
    assert cells["y"] == names
    assert cells["x"] == [
        *("10-sphere, d = 10", "line, d = 1", "union-10-30, d = 10"),
        "union-10-30, d = 30",
    ]
    shown = dict(zip(names, (row[0] for row in cells["z"]), strict=True))
    assert shown["raises"] is None
    assert empty["text"] == ["failed"] * 4
    with sqlite3.connect(run / "records.sqlite") as database:
        ((estimate,),) = database.execute(
            "SELECT estimate FROM records WHERE estimator='twonn' AND manifold='10-sphere'"
        )
    assert shown["twonn"] == pytest.approx((estimate - 10) / 10, abs=1e-3)


@pytest.mark.parametrize("facts", [{"python": "3.12"}, {"python": "3.12", "revision": None}])
def test_the_revision_is_under_environment_also_where_it_is_not_known(tmp_path, facts):
    folder = keep(tmp_path, [record(1, "line", "mle-5")])
    with sqlite3.connect(folder / "records.sqlite") as database:
        database.execute("UPDATE environments SET facts = ?", (json.dumps(facts),))
    page = render(gather(folder))
    environment = page[page.index('id="environment"') : page.index('id="reproduce"')]
    assert "<dt>revision</dt><dd>not known</dd>" in environment
    assert "the revision of the code are under Environment" in page


def test_tiles_on_top_have_no_empty_line(run, browser):
    open_page(browser, run / "report.html")
    tiles = rectangles(browser, ".tiles li")
    texts = browser.execute_script(
        "return [...document.querySelectorAll('.tiles li')].map((tile) => {"
        "const range = document.createRange(); range.selectNodeContents(tile);"
        "return range.getBoundingClientRect().bottom; })"
    )
    for tile, bottom in zip(tiles, texts, strict=True):
        assert tile[3] - bottom < 20


def test_page_names_its_language_title_and_controls(run, browser):
    open_page(browser, run / "report.html")
    assert browser.title == "Intrinsic dimension: euclidean"
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"
    for control in browser.find_elements(By.CSS_SELECTOR, "input, select, button"):
        if control.is_displayed():
            assert control.accessible_name.strip()
