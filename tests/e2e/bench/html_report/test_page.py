"""The HTML report of real results, in text and in a real browser."""

import shlex
import sqlite3
import subprocess
import sys

import pytest
from browser import (
    becomes,
    chromium,
    column,
    data_of,
    open_page,
    quiet,
    rectangles,
    sum_of,
    wait_until_drawn,
)
from commandline import ROOT, TROUBLE, bench, environment, rows
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from bench.html_report.page import write_report


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A small run by the command line with a failing plug-in, and its report."""
    out = tmp_path_factory.mktemp("run") / "out"
    bench(
        "run", "--suite", "euclidean", "--preset", "smoke", "--n", 100, "--out", out, "--plugin",
        TROUBLE, "--estimators", "mle-5,twonn,lpca-global,raises", "--jobs", 1,
    )  # fmt: skip
    result = bench("report", "--out", out)
    assert result.stdout.strip() == str(out / "report.html")
    return out


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


def test_the_report_has_every_record_of_a_real_run(run):
    page = (run / "report.html").read_text(encoding="utf-8")
    cells = data_of(page)["cells"]
    assert len(cells["estimate"]) == len(rows(run, "key")) == 12
    estimates = sorted(value for (value,) in rows(run, "estimate") if value is not None)
    shown = sorted(value for value in cells["estimate"] if value is not None)
    assert shown == pytest.approx(estimates, rel=1e-4)
    assert "no [good] neighbours &amp; 5 % left" in page


def test_the_report_has_the_command_of_the_run(run):
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


def test_folder_without_results_is_a_clear_error(tmp_path):
    result = bench("report", "--out", tmp_path, check=2)
    assert result.stderr.startswith(f"error: there are no results in {tmp_path}")


def test_missing_packages_are_named_with_what_installs_them(run):
    code = (
        "import sys; sys.modules['jinja2'] = None\n"
        f"sys.argv = ['bench', 'report', '--out', {str(run)!r}]\n"
        "from bench.cli import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment(), cwd=ROOT
    )
    assert result.returncode == 2
    assert "jinja2" in result.stderr
    assert "intrinsic-dimension-bench[report]" in result.stderr


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
    wait_until_drawn(browser, "estimator-plot")
    assert quiet(browser)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 400)])
def test_every_plot_is_drawn_and_the_page_never_scrolls_sideways(run, browser, scheme, width):
    open_page(browser, run / "report.html", scheme=scheme, width=width)
    for plot in ("tradeoff-plot", "heatmap-plot", "manifold-plot", "estimator-plot"):
        wait_until_drawn(browser, plot)
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= browser.execute_script("return innerWidth")
    colour = browser.execute_script(
        "return getComputedStyle(document.querySelector('#tradeoff-plot .xtitle')).fill"
    )
    background = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    light, dark = sum_of(background), sum_of(colour)
    assert (light > dark) == (scheme == "light")
    assert quiet(browser)


def test_the_heat_map_has_a_cell_for_each_estimator_and_manifold_best_first(run, browser):
    open_page(browser, run / "report.html")
    wait_until_drawn(browser, "heatmap-plot")
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
