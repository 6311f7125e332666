"""Exponents of cost, of times of known growth and of real files of pytest-benchmark."""

import json
import os
import subprocess
import sys
from pathlib import Path

import exponents
import numpy as np
import pytest
from exponents import Timed, along, change, exponent, reference, report, table

SIZES = (1000, 2000, 4000, 8000)


def growing(by_n, by_ambient, seconds=0.1, series="mle"):
    """Times of a cost that is exactly a power law, by name, n and D."""
    sizes = [(n, 100) for n in SIZES] + [(4000, ambient) for ambient in (25, 50, 200)]
    return [
        Timed(
            f"{series} {n} {ambient}",
            "fit",
            series,
            {"n": n, "D": ambient},
            seconds * (n / 4000) ** by_n * (ambient / 100) ** by_ambient,
        )
        for n, ambient in sizes
    ]


@pytest.mark.parametrize("known", [0.0, 1.0, 2.0, 2.807])
def test_a_power_law_has_its_exponent_without_error(known):
    result = exponent(SIZES, [1e-9 * 1e7 * n**known for n in SIZES])
    assert result.value == pytest.approx(known, abs=1e-9)
    assert result.error == pytest.approx(0, abs=1e-6)


def test_the_standard_error_covers_noisy_times_as_often_as_it_should():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(1000):
        result = exponent(SIZES, [1e-5 * n**1.5 * np.exp(rng.normal(0, 0.1)) for n in SIZES])
        # Student's t with two degrees of freedom: 81.6 % are within 2 standard errors.
        inside += abs(result.value - 1.5) < 2 * result.error
    assert inside / 1000 == pytest.approx(0.816, abs=0.04)


@pytest.mark.parametrize(
    ("sizes", "seconds", "why"),
    [
        ((1000, 8000), (0.1, 0.8), "only 2 sizes"),
        ((1000, 1000, 1000), (0.1, 0.1, 0.1), "only 1 sizes"),
        ((1000, 1500, 2000), (0.1, 0.15, 0.2), "sizes within a factor of 2.0"),
        (SIZES, (1e-4, 2e-4, 4e-4, 8e-4), "4 of 4 under 1 ms"),
        (SIZES, (1e-4, 2e-4, 4e-3, 8e-3), "2 of 4 under 1 ms"),
    ],
)
def test_what_is_too_small_or_too_short_has_a_reason_and_no_exponent(sizes, seconds, why):
    result = exponent(sizes, seconds)
    assert np.isnan(result.value)
    assert str(result) == why


def test_times_under_a_millisecond_do_not_count_where_enough_are_left():
    result = exponent((500, *SIZES), (9e-4, *(1e-6 * n for n in SIZES)))
    assert result.value == pytest.approx(1.0)


def test_a_table_has_both_exponents_at_the_size_where_they_cross():
    rows = table([*growing(1.2, 0.5), *growing(2.0, 0.0, series="twonn")]).set_index("of")
    assert list(rows["exponent in n"]) == ["1.20 ± 0.00", "2.00 ± 0.00"]
    assert list(rows["exponent in D"]) == ["0.50 ± 0.00", "0.00 ± 0.00"]
    assert list(rows["seconds"]) == ["0.1", "0.1"]
    assert set(rows["at"]) == {"n = 4000, D = 100"}


def test_a_fit_in_one_size_holds_the_other_one():
    series = growing(1.0, 1.0)
    assert [one.sizes["n"] for one in along("n", series)] == list(SIZES)
    assert {one.sizes["D"] for one in along("n", series)} == {100}
    assert [one.sizes["D"] for one in along("D", series)] == [25, 50, 100, 200]
    assert reference(series).sizes == {"n": 4000, "D": 100}
    assert reference([one for one in series if one.sizes["D"] == 100]).sizes["n"] == 8000


def test_a_benchmark_without_sizes_has_seconds_alone():
    (row,) = table([Timed("help", "start", "--help", {}, 0.25)]).to_dict("records")
    assert row == {
        "benchmark": "start",
        "of": "--help",
        "exponent in n": "",
        "exponent in D": "",
        "seconds": "0.25",
        "at": "",
        "change": "",
    }


def test_the_change_is_that_of_the_sizes_which_both_runs_have():
    before = {one.name: one for one in growing(1.0, 1.0, seconds=0.1)[:3]}
    assert change(growing(1.0, 1.0, seconds=0.11), before) == "+10% (+10% to +10%)"
    assert change(growing(1.0, 1.0, series="other"), before) == ""


CLOCK = """
seconds = 0.0

def now():
    return seconds
"""
BENCHMARK = """
import clock
import pytest

def work(seconds):
    clock.seconds += seconds

@pytest.mark.benchmark(group="work")
@pytest.mark.parametrize("n", [1, 2, 4, 8])
def test_work(benchmark, n):
    benchmark.extra_info.update(how="by the clock", n=n)
    benchmark.pedantic(work, args=({seconds} * n**1.5,), rounds=2)
"""


def run_and_save(folder: Path, file: Path, *which: str) -> None:
    """Run benchmarks of a file, and save their times under a folder, the way that tox does."""
    own = ["-p", "pytest_benchmark.plugin", "-p", "no:cacheprovider", "--benchmark-autosave"]
    subprocess.run(
        [sys.executable, "-m", "pytest", str(file), "-m", "benchmark", *own, *which],
        cwd=folder,
        # As from a terminal: under xdist, benchmarks are not timed.
        env={
            **{name: value for name, value in os.environ.items() if "PYTEST" not in name},
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        check=True,
        capture_output=True,
    )


def run_by_the_clock(folder: Path, seconds: float, *which: str) -> None:
    """Save benchmarks that take seconds * n^1.5 of a clock that work alone moves."""
    (folder / "clock.py").write_text(CLOCK)
    file = folder / "test_work.py"
    file.write_text(BENCHMARK.format(seconds=seconds))
    run_and_save(folder, file, "--rootdir", str(folder), "--benchmark-timer=clock.now", *which)


def test_real_runs_are_saved_fitted_and_compared_with_the_last_one(tmp_path):
    run_by_the_clock(tmp_path, 0.01)
    first = report(tmp_path / ".benchmarks")
    assert "1.50 ± 0.00" in first
    assert "no run before it to compare with" in first
    assert "change" not in first
    run_by_the_clock(tmp_path, 0.02, "-k", "1 or 2")
    run_by_the_clock(tmp_path, 0.03)
    last, earlier = exponents.saved(tmp_path / ".benchmarks")
    assert [file.name[:4] for file in (last, *earlier)] == ["0003", "0002", "0001"]
    (row,) = table(exponents.read(last), exponents.last_times(earlier)).to_dict("records")
    assert row == {
        "benchmark": "work",
        "of": "by the clock",
        "exponent in n": "1.50 ± 0.00",
        "exponent in D": "",
        "seconds": "0.679",
        "at": "n = 8",
        # Where the run before was of a part, the rest is known from the one before that.
        "change": "+112% (+50% to +200%)",
    }
    assert "+112% (+50% to +200%)" in report(tmp_path / ".benchmarks")


def test_benchmarks_of_fits_save_what_the_table_needs(tmp_path):
    run_and_save(tmp_path, Path(__file__).with_name("test_fit_growth.py"), "-k", "lpca-global")
    last, _ = exponents.saved(tmp_path / ".benchmarks")
    fits = exponents.read(last)
    assert {(fit.group, fit.series) for fit in fits} == {("fit", "lpca-global")}
    assert [fit.sizes["n"] for fit in along("n", fits)] == [1000, 2000, 4000, 8000]
    assert [fit.sizes["D"] for fit in along("D", fits)] == [25, 50, 100, 200]
    assert reference(fits).sizes == {"n": 4000, "D": 100}
    assert all(fit.seconds > 0 for fit in fits)


BENCHMARKS = {
    "benchmarks": [
        {"name": "x", "fullname": "x", "group": None, "extra_info": {}, "stats": {"min": 0.321}}
    ]
}


def test_the_command_prints_the_report_or_where_there_is_none(tmp_path):
    def output_of(place):
        command = [sys.executable, exponents.__file__, str(place)]
        return subprocess.run(command, capture_output=True, text=True)

    missing = output_of(tmp_path)
    assert missing.returncode == 2
    assert f"error: no saved run of benchmarks in {tmp_path}" in missing.stderr
    file = tmp_path / "run.json"
    file.write_text(json.dumps(BENCHMARKS))
    good = output_of(file)
    assert good.returncode == 0
    assert "0.321" in good.stdout


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"some": "thing"}', '{"benchmarks": [{"name": "x"}]}']
)
def test_a_file_that_is_no_saved_run_is_named(text, tmp_path):
    file = tmp_path / "wrong.json"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"wrong.json is no run that pytest-benchmark saved"):
        report(file)
