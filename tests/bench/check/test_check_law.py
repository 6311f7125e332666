"""The statistics of a check: exact, with the stated false alarms, finding the stated shift."""

import math

import numpy as np
import pytest
from scipy import stats

from bench.check import law

M, K = 20, 4


def difference_of_means(now, was, axis):
    return np.mean(now, axis=axis) - np.mean(was, axis=axis)


def distance_from_the_mean_of_all(now, was, axis):
    # For values whose mean is 0.
    return np.abs(np.sum(now, axis=axis))


@pytest.mark.parametrize(
    ("greater", "statistic"), [(True, difference_of_means), (False, distance_from_the_mean_of_all)]
)
def test_p_values_are_those_of_scipy_s_exact_permutation_test(greater, statistic):
    rng = np.random.default_rng(0)
    for m, k in [(5, 3), (8, 2), (4, 4)]:
        for values in (rng.standard_normal(m + k), rng.integers(0, 3, m + k).astype(float)):
            values = values - values.mean()
            was, now = values[:m], values[m:]
            theirs = stats.permutation_test(
                (now, was), statistic, vectorized=True, n_resamples=np.inf, alternative="greater"
            ).pvalue
            assert law.p_value(was, now, greater=greater) == pytest.approx(theirs)


def lattice(rng, shape):
    """Readings that are nearly always the same whole number."""
    return 10.0 + (rng.random(shape) < 0.2)


LAWS = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "heavy tails": lambda rng, shape: rng.standard_t(1.5, shape),
    "skew": lambda rng, shape: rng.lognormal(0, 2, shape),
    "whole numbers": lattice,
    "constant": lambda rng, shape: np.full(shape, 3.0),
}


def test_a_whole_suite_raises_a_false_alarm_in_at_most_one_percent_of_unchanged_reruns():
    # 30 cells of random estimators, six of each law, and times of 21 estimators.
    rng = np.random.default_rng(1)
    cells, timed, suites = 30, 21, 600
    alarms = np.zeros(suites, dtype=bool)
    for name in LAWS:
        values = LAWS[name](rng, (suites * cells // len(LAWS), M + K))
        p = law._p_values(values, M, greater=False).reshape(suites, -1)
        alarms |= (p <= law.level(cells)).any(axis=1)
    times = rng.standard_normal((suites * timed, M + K))
    p = law._p_values(times, M, greater=True).reshape(suites, -1)
    alarms |= (p <= law.level(timed)).any(axis=1)
    # Were the rate 1 %, more alarms than that would be seen once in a hundred times.
    assert alarms.sum() <= stats.binom.ppf(0.99, suites, law.FALSE_ALARMS)


@pytest.mark.parametrize("name", ["heavy tails", "whole numbers"])
def test_a_single_test_keeps_its_level_whatever_the_law(name):
    values = LAWS[name](np.random.default_rng(2), (2000, M + K))
    p = law._p_values(values, M, greater=False)
    for level in (0.05, 0.01):
        assert (p <= level).mean() <= level + 3 * math.sqrt(level / len(p))


def test_the_stated_shift_is_found_with_90_percent_power_and_half_of_it_is_not():
    level = law.level(30)
    shift = law.found_shift(M, K, level)
    assert 2.5 < shift < 5
    rng = np.random.default_rng(3)
    for part, low, high in ((1.0, 0.84, 0.96), (0.5, 0.0, 0.35)):
        values = rng.standard_normal((400, M + K))
        values[:, M:] += part * shift
        assert low <= np.mean(law._p_values(values, M, greater=False) <= level) <= high


def test_a_reading_that_is_one_too_high_on_every_new_seed_is_found():
    assert law.p_value(np.full(M, 10.0), np.full(K, 11.0)) <= law.level(40)


@pytest.mark.parametrize("shift", [5.0, 50.0, 5e3, 5e6])
def test_no_shift_is_too_large_to_be_found_at_the_level_of_a_whole_suite(shift):
    # Heavy tails: some of the old seeds are far out, on the side of the shift too.
    rng = np.random.default_rng(6)
    for _ in range(50):
        old, new = rng.standard_t(3, M), rng.standard_t(3, K)
        new += shift + max(old.max() - new.min(), 0)
        assert law.p_value(old, new) <= law.level(30)


def test_pulling_outliers_in_keeps_the_order():
    values = np.sort(np.random.default_rng(7).standard_cauchy((20, 24)), axis=1)
    near = law._pulled_in(values)
    assert (np.diff(near, axis=1) > 0).all()
    middle = np.median(values, axis=1, keepdims=True)
    reach = law._FAR * np.median(np.abs(values - middle), axis=1, keepdims=True)
    assert (np.abs(near - middle) <= 2 * reach).all()


def test_equal_values_are_no_evidence():
    assert law.p_value(np.full(M, 0.1 + 0.2), np.full(K, 0.3)) == 1.0


def test_too_few_seeds_are_known_to_be_too_few():
    assert law.least_p(5, 2) == 1 / 21
    assert law.found_shift(5, 2, 1e-3) == math.inf
    assert law.seeds_needed(5, 1 / 21) == 2
    assert law.seeds_needed(2, 1e-4) is None or law.least_p(2, law.seeds_needed(2, 1e-4)) <= 1e-4


def test_more_assignments_than_can_be_looked_at_are_drawn():
    rng = np.random.default_rng(4)
    p = law._p_values(rng.standard_normal((200, 40)), 20, greater=False)
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert law.p_value(np.zeros(20), np.ones(20)) == law.least_p(20, 20)
