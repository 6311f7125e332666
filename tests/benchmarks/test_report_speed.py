"""The HTML report of 10 000 records: size and seconds to open. Printed: ``tox -e bench``.

Limits of the issue: 2 s to open, 8 MB.
"""

import statistics
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "bench"))

from browser import chromium, look, wait_for
from synthetic_results import many

from bench.html_report.page import write_report

ROUNDS = 7
#: What is timed, from the start of the navigation, in milliseconds.
TIMES = {
    "first paint": "performance.getEntriesByName('first-contentful-paint')[0]?.startTime",
    "loaded": "performance.getEntriesByType('navigation')[0].loadEventEnd",
    "tables": "performance.getEntriesByName('tables')[0]?.startTime",
    "first plot": "performance.getEntriesByName('plot')[0]?.startTime",
}


@pytest.mark.benchmark
def test_report_of_ten_thousand_records(tmp_path, benchmark):
    folder = many(tmp_path / "results")
    path = benchmark.pedantic(lambda: write_report(folder), rounds=3)
    results = {name: [] for name in TIMES}
    with chromium(tmp_path / "profile") as driver:
        for _ in range(ROUNDS):
            driver.get("about:blank")
            look(driver, height=2600)
            driver.get(path.as_uri())
            for name, script in TIMES.items():
                results[name].append(wait_for(driver, script) / 1000)
    seconds = {name: statistics.median(values) for name, values in results.items()}
    times = ", ".join(
        f"{name} {seconds[name]:.2f} s (most {max(values):.2f})" for name, values in results.items()
    )
    print(f"\nHTML report of 10 000 records: {path.stat().st_size / 1e6:.2f} MB; {times}")
    benchmark.extra_info.update(n=10_000, bytes=path.stat().st_size, **seconds)
