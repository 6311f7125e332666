import json
import math
from dataclasses import replace

import numpy as np
import pytest

import estimators
from bench.engine import plan
from bench.engine.costs import MAX_SECONDS, MIN_SECONDS, READING, power_law, predict
from bench.limits import Limits
from bench.record import Timing
from bench.suites import schema


@pytest.fixture(scope="module")
def euclidean():
    return schema.load("euclidean")


@pytest.fixture
def cell(euclidean):
    (result,) = plan.build(
        euclidean,
        "quick",
        manifold_patterns=["line"],
        estimator_patterns=["mle-5"],
        seeds=1,
    )
    return result


def timing(cell, seconds, n=None, ambient=None, count=1):
    parameters = json.dumps(cell.estimator_parameters, sort_keys=True)
    size = n or cell.n, ambient or cell.ambient
    return Timing(cell.estimator_name, parameters, *size, seconds, count)


def predicted(cell, timings):
    (seconds,) = predict([cell], timings).values()
    return seconds


def planted(b, c, n, ambient):
    """Seconds of a power law with exponents of n and D: one second at n = 2000, D = 50."""
    return (n / 2000) ** b * (ambient / 50) ** c


@pytest.mark.parametrize(("b", "c"), [(1.0, 0.5), (2.0, 0.0), (1.7, 1.4), (0.1, 2.2)])
@pytest.mark.parametrize("seed", range(5))
def test_a_planted_power_law_is_detected_in_noisy_timings(b, c, seed):
    rng = np.random.default_rng(seed)
    fitted = power_law(
        7.0,
        [
            Timing("any", "{}", n, d, planted(b, c, n, d) * rng.lognormal(0, 0.1), count=10)
            for n in (500, 1000, 2000, 5000, 10_000)
            for d in (10, 30, 100, 300)
        ],
    )
    assert fitted.exponents == pytest.approx((b, c), abs=0.2)
    # In between, and at five times as many points in three times as many directions.
    for n, d, most in ((3000, 60, 0.15), (50_000, 1000, 0.6)):
        assert abs(math.log(fitted.seconds(n, d) / planted(b, c, n, d))) < most


def test_without_records_the_declaration_is_scaled_to_n_and_dimension(cell):
    declared = estimators.entry(cell.estimator_name).seconds
    assert predicted(replace(cell, n=10_000, ambient=100), []) == pytest.approx(declared)
    assert predicted(replace(cell, n=20_000, ambient=100), []) == pytest.approx(2 * declared)
    assert predicted(replace(cell, n=10_000, ambient=400), []) == pytest.approx(2 * declared)
    assert predicted(replace(cell, n=10_000, ambient=None), []) == pytest.approx(declared)


def test_one_size_moves_the_level_and_leaves_the_exponents(cell):
    here, one = replace(cell, n=10_000, ambient=100), timing(cell, 30.0, 2000, 100)
    declared = predicted(replace(here, n=2000), [])
    assert predicted(replace(here, n=2000), [one]) == 30.0
    assert predicted(here, [one]) == pytest.approx(5 * 30, rel=0.15)
    assert predicted(replace(here, ambient=25), [one]) == pytest.approx(2.5 * 30, rel=0.15)
    assert predicted(here, [replace(one, seconds=declared)]) == pytest.approx(5 * declared)


def test_several_sizes_move_the_exponents(cell):
    here = replace(cell, ambient=100)
    few = [timing(cell, (n / 1000) ** 2, n, 100, count=3) for n in (1000, 2000, 4000)]
    assert predicted(replace(here, n=8000), few) == pytest.approx(64, rel=0.2)
    assert predicted(replace(here, n=2000, ambient=None), few) == pytest.approx(4, rel=0.1)


def test_a_measured_time_comes_before_the_power_law(cell):
    here = replace(cell, n=2000, ambient=100)
    odd = [timing(cell, n / 1000, n, 100) for n in (1000, 4000, 8000)]
    assert predicted(here, odd) == pytest.approx(2, rel=0.1)
    assert predicted(here, [*odd, timing(cell, 50.0, 2000, 100)]) == 50.0
    twice = [timing(cell, 50.0, 2000, 100, count=3), timing(cell, 10.0, 2000, 100, count=1)]
    assert predicted(here, twice) == pytest.approx(40.0)


def test_records_of_other_parameters_say_nothing(cell):
    other = replace(timing(cell, 500.0), estimator_parameters='{"neighbors": 77}')
    assert predicted(cell, [other]) == predicted(cell, [])


@pytest.mark.parametrize("seconds", [0.0, -3.0, 1e-9])
def test_seconds_of_zero_or_less_are_a_millisecond(cell, seconds):
    assert predicted(cell, [timing(cell, seconds)]) == MIN_SECONDS


@pytest.mark.parametrize("seconds", [math.nan, math.inf])
def test_seconds_that_are_no_number_are_left_out(cell, seconds):
    assert predicted(cell, [timing(cell, seconds)]) == predicted(cell, [])


def test_predictions_stay_in_a_sane_range(cell):
    steep = [timing(cell, 1e-3, 100, 100), timing(cell, 1e6, 1000, 100, count=100)]
    flat = [timing(cell, 100.0, 100, 100, count=9), timing(cell, 1.0, 1000, 100, count=9)]
    assert power_law(1.0, steep).exponents[0] == 3.0
    assert power_law(1.0, flat).exponents[0] == 0.0
    assert predicted(replace(cell, n=10**9), steep) == pytest.approx(MAX_SECONDS)
    assert predicted(replace(cell, n=1), [timing(cell, 1e-3, 10_000)]) == pytest.approx(MIN_SECONDS)


def test_no_cell_takes_longer_than_its_limit(cell):
    limited = replace(cell, limits=Limits(timeout=5.0))
    assert predicted(limited, [timing(cell, 30.0)]) == 5.0
    assert predicted(limited, [timing(cell, 3.0)]) == 3.0


def test_a_trained_model_costs_only_its_evaluation(euclidean):
    cells = plan.build(
        euclidean,
        "quick",
        manifold_patterns=["line"],
        estimator_patterns=["score-svd", "flipd", "dsm", "mle-5"],
        seeds=2,
    )
    costs = predict(cells, [])
    of = {(cell.estimator, cell.seed): costs[cell.key] for cell in cells}
    score = [estimator for estimator, seed in of if seed == 0 and estimator != "mle-5"]
    declared = estimators.entry(score[0]).seconds
    for seed in (0, 1):
        assert of[score[0], seed] == pytest.approx(declared)
        assert [of[name, seed] for name in score[1:]] == [READING, READING]
        assert of["mle-5", seed] == pytest.approx(estimators.entry("mle").seconds)
