"""A real Chromium without a screen, for the tests of pages; skipped where there is none."""

import json
import re
import shutil
from contextlib import contextmanager, suppress

import pytest

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


@contextmanager
def chromium(profile):
    """A driver of a browser of its own, its console and its requests logged."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if not browser or not driver:
        pytest.skip("no chromium and chromedriver: Debian's chromium-driver brings both")
    webdriver = pytest.importorskip("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*_FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    started = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    try:
        yield started
    finally:
        started.quit()


def look(driver, scheme="light", width=1400, height=1000):
    """Set what the page is seen with: light or dark, and the size of the window in pixels."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def wait_for(driver, script):
    """Wait until an expression of the page is true; returns it."""
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 60).until(lambda it: it.execute_script(f"return {script}"))


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
    """Return whether a column gets these texts: the table sorts after the click returns."""
    from selenium.common.exceptions import TimeoutException
    from selenium.webdriver.support.ui import WebDriverWait

    with suppress(TimeoutException):
        WebDriverWait(driver, 30).until(lambda it: column(it, table, place) == expected)
    return column(driver, table, place) == expected


def requests_of(driver):
    """Return addresses that the page requested beyond itself and its contents."""
    results = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            results.append(message["params"]["request"]["url"])
    return [address for address in results if not address.startswith(("data:", "blob:"))]


def quiet(driver):
    """No message in the console, and no request but the page itself."""
    assert driver.get_log("browser") == []
    assert [a for a in requests_of(driver) if not a.startswith("file:")] == []
    return True


def show(driver, section):
    driver.execute_script(f"document.getElementById('{section}').scrollIntoView()")


def wait_until_drawn(driver, plot):
    driver.execute_script(f"document.getElementById('{plot}').scrollIntoView()")
    wait_for(driver, f"document.getElementById('{plot}').dataset.drawn === 'yes'")


def sum_of(colour):
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3])


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
