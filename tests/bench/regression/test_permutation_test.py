"""The statistics of a check: exact, with the stated false alarms, finding the stated faults."""

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats

from bench.regression import permutation_test

S, R = 4, 22
#: About the random cells of the suite that continuous integration runs.
CELLS = 30


def test_half_of_the_false_alarms_is_shared_out_among_the_tests_of_estimates():
    # The other half is that of times.
    assert permutation_test.level(1) == 0.005
    assert permutation_test.level(40) == 0.005 / 40
    assert permutation_test.level(0) == 0.005


def by_definition(old, new):
    """Every choice of a value a sample, one by one, of values that are not pulled in."""
    blocks = [[*values, last] for values, last in zip(old, new, strict=True)]
    scores = [np.array(values) - np.median(values) for values in blocks]
    scores = [values - values.mean() for values in scores]
    seen = abs(sum(values[-1] for values in scores))
    sums = np.array([sum(choice) for choice in product(*scores)])
    return float((np.abs(sums) >= seen - 1e-9).mean())


def test_p_values_within_samples_are_the_share_of_choices_that_are_as_far_out():
    rng = np.random.default_rng(0)
    for sizes in [(4, 4), (3, 5, 4), (6,)]:
        for draw in (rng.random, lambda size: rng.integers(0, 3, size).astype(float)):
            old, new = [10.0 * i + draw(size) for i, size in enumerate(sizes)], draw(len(sizes))
            new = new + 10.0 * np.arange(len(sizes))
            expected = by_definition(old, new)
            # The median deviation of whole numbers may be 0: then far ones are shrunk.
            if draw is rng.random:
                assert permutation_test.p_value_within(old, new) == pytest.approx(expected)
            else:
                assert permutation_test.p_value_within(old, new) >= math.prod(
                    1 / (n + 1) for n in sizes
                )


def test_p_values_of_times_are_those_of_scipy_s_exact_permutation_test():
    rng = np.random.default_rng(0)
    for m, k in [(5, 3), (8, 2), (4, 4)]:
        values = rng.random(m + k)
        was, now = values[:m], values[m:]
        theirs = stats.permutation_test(
            (now, was),
            lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
            vectorized=True,
            n_resamples=np.inf,
            alternative="greater",
        ).pvalue
        assert permutation_test.p_value(was, now) == pytest.approx(theirs)


def flicker(rng, shape):
    """Estimates that are nearly always the same whole number."""
    return 10.0 + (rng.random(shape) < 0.05)


LAWS = {
    "normal": lambda rng, shape: rng.standard_normal(shape),
    "heavy tails": lambda rng, shape: rng.standard_t(1.5, shape),
    "skew": lambda rng, shape: rng.lognormal(0, 2, shape),
    "whole numbers": flicker,
    "constant": lambda rng, shape: np.full(shape, 3.0),
    # One sample of four spreads a hundred times as far as the others.
    "uneven": lambda rng, shape: rng.standard_normal(shape) * np.array([100.0, 1, 1, 1])[:, None],
}


def null_p_values(name, count, states, seed):
    rng = np.random.default_rng(seed)
    values = [LAWS[name](rng, (S, states + 1)) for _ in range(count)]
    return np.array(
        [permutation_test.p_value_within(list(one[:, :-1]), one[:, -1]) for one in values]
    )


@pytest.mark.parametrize("name", LAWS)
def test_a_single_test_keeps_its_level_for_any_distribution(name):
    p = null_p_values(name, 600, 5, seed=2)
    for level in (0.05, 0.01):
        assert (p <= level).mean() <= level + 3 * math.sqrt(level / len(p))


def test_a_whole_suite_raises_a_false_alarm_in_at_most_one_percent_of_unchanged_reruns():
    # Cells of random estimators, five of each distribution, and times of 21 estimators. With eight
    # states the least p-value, 9^-4, is below the level.
    timed, suites, alarms = 21, 100, np.zeros(100, dtype=bool)
    for seed, name in enumerate(LAWS):
        p = null_p_values(name, suites * CELLS // len(LAWS), 8, seed)
        alarms |= (p.reshape(suites, -1) <= permutation_test.level(CELLS)).any(axis=1)
    rng = np.random.default_rng(10)
    for suite in range(suites):
        times = rng.standard_normal((timed, 24))
        alarms[suite] |= any(
            permutation_test.p_value(t[:20], t[20:]) <= permutation_test.level(timed) for t in times
        )
    # Were the rate 1 %, more alarms than that would be seen once in a hundred times.
    assert alarms.sum() <= stats.binom.ppf(0.99, suites, permutation_test.FALSE_ALARMS)


def at_the_level_of_the_suite(old, new):
    return permutation_test.p_value_within(
        old, np.asarray(new, dtype=float)
    ) <= permutation_test.level(CELLS)


def test_one_too_many_on_three_of_four_seeds_is_detected():
    # Three samples read 5, one reads 6, at every state.
    old = [np.full(R, value) for value in (5.0, 5.0, 6.0, 5.0)]
    assert at_the_level_of_the_suite(old, [6, 6, 7, 5])
    assert at_the_level_of_the_suite(old, [4, 4, 6, 4])
    assert not at_the_level_of_the_suite(old, [6, 6, 6, 5])
    # One state of one sample that reads too many, however many, does not hide it.
    for wrong in (6.0, 4.0, 20.0):
        old[0][7] = wrong
        assert at_the_level_of_the_suite(old, [6, 6, 7, 5])


def test_one_too_many_on_three_of_four_seeds_is_detected_among_varying_estimates():
    rng = np.random.default_rng(3)
    result = 0
    for _ in range(50):
        old = [5 + 0.1 * rng.standard_normal(R) for _ in range(S)]
        result += at_the_level_of_the_suite(old, 5 + 0.1 * rng.standard_normal(S) + [1, 1, 0, 1])
    assert result >= 45


def test_samples_may_differ_by_more_than_the_change():
    rng = np.random.default_rng(4)
    centres = np.array([4.0, 5.0, 6.0, 7.0])
    old = [centre + 0.1 * rng.standard_normal(R) for centre in centres]
    new = centres + 0.1 * rng.standard_normal(S)
    assert not at_the_level_of_the_suite(old, new)
    assert at_the_level_of_the_suite(old, new + 0.4)
    assert at_the_level_of_the_suite(old, new - 0.4)
    # To both sides is no shift, but no accident either: what the samples read was exchanged.
    assert not at_the_level_of_the_suite(old, new[::-1])


def test_the_stated_shift_is_detected_with_90_percent_power_and_half_of_it_is_not():
    level = permutation_test.level(CELLS)
    states = 12
    shift = permutation_test.detectable_shift(states, S, level)
    assert 2 < shift < 3.2
    rng = np.random.default_rng(3)
    for part, low, high in ((1.0, 0.82, 0.97), (0.5, 0.0, 0.35)):
        values = rng.standard_normal((200, S, states + 1))
        p = [
            permutation_test.p_value_within(list(v[:, :-1]), v[:, -1] + part * shift)
            for v in values
        ]
        assert low <= np.mean(np.array(p) <= level) <= high


@pytest.mark.parametrize("shift", [5.0, 50.0, 5e3, 5e6])
def test_no_shift_is_too_large_to_be_detected_at_the_level_of_a_whole_suite(shift):
    # Heavy tails: some of the old values are far out, on the side of the shift too.
    rng = np.random.default_rng(6)
    for _ in range(20):
        values = rng.standard_t(3, (S, R + 1))
        top = max(values.max() - values[:, -1].min(), 0)
        assert at_the_level_of_the_suite(list(values[:, :-1]), values[:, -1] + shift + top)


@pytest.mark.parametrize("shift", [5.0, 5e6])
def test_longer_times_are_detected_and_shorter_ones_are_not_longer(shift):
    rng = np.random.default_rng(8)
    old, new = rng.standard_normal(20), rng.standard_normal(4)
    assert (
        permutation_test.p_value(old, new + shift)
        == permutation_test.min_p(20, 4)
        <= permutation_test.level(21)
    )
    assert permutation_test.p_value(old, new - shift) == 1


def test_pulling_outliers_in_keeps_the_order_within_twice_the_reach():
    values = np.sort(np.random.default_rng(7).standard_cauchy((20, 24)), axis=1)
    near = permutation_test._shrink_outliers(values)
    assert (np.diff(near, axis=1) > 0).all()
    middle = np.median(values, axis=1, keepdims=True)
    reach = 5 * np.median(np.abs(values - middle), axis=1, keepdims=True)
    assert (np.abs(near - middle) <= 2 * reach).all()
    inside = np.abs(values - middle) <= reach
    assert np.allclose(near[inside], values[inside])
    # Ten reaches off: 2 - 1 / 10 of them.
    assert permutation_test._shrink_outliers(np.array([[-1.0, 0, 0, 1, 0, 1, -1, 50]]))[
        0, -1
    ] == pytest.approx(9.5)


def test_where_most_values_tie_the_reach_is_the_least_distance():
    assert permutation_test._shrink_outliers(np.array([[5.0, 5, 5, 5, 6, 25]]))[
        0
    ].tolist() == pytest.approx([5, 5, 5, 5, 6, 5 + 2 - 1 / 20])


def test_rounding_is_no_evidence_and_hides_none():
    equal = [np.full(R, 0.1 + 0.2)] * S
    assert permutation_test.p_value_within(equal, np.full(S, 0.3)) == 1.0
    assert permutation_test.p_value(np.full(20, 0.1 + 0.2), np.full(4, 0.3)) == 1.0
    rng = np.random.default_rng(9)
    rounded = [5 + 1e-15 * rng.integers(-2, 3, R) for _ in range(S)]
    assert permutation_test.p_value_within(rounded, np.full(S, 6.0)) == pytest.approx(
        (R + 1.0) ** -S
    )


def test_the_least_p_values_are_those_of_values_that_all_stand_out():
    for states, seeds in [(3, 2), (22, 4), (30, 3)]:
        old = [np.arange(states) * 1e-3] * seeds
        least = permutation_test.min_p_within(states, seeds)
        assert permutation_test.p_value_within(old, np.full(seeds, 9.0)) == pytest.approx(least)
        assert least == pytest.approx((states + 1.0) ** -seeds)
    assert (
        permutation_test.min_p(5, 2)
        == 1 / 21
        == permutation_test.p_value(np.arange(5.0), np.array([8.0, 9.0]))
    )
    assert permutation_test.detectable_shift(5, 2, 1e-3) == math.inf


def test_more_choices_than_can_be_enumerated_are_sampled():
    rng = np.random.default_rng(4)
    values = rng.standard_normal((40, 6, 23))
    p = [permutation_test.p_value_within(list(one[:, :-1]), one[:, -1]) for one in values]
    assert stats.kstest(p, "uniform").pvalue > 0.01
    far = permutation_test.p_value_within(list(values[0, :, :-1]), np.full(6, 50.0))
    assert far == permutation_test.min_p_within(22, 6) == 1e-5
    assert (
        permutation_test.min_p(20, 20)
        == 1e-5
        == permutation_test.p_value(np.zeros(20), np.ones(20))
    )
    p = [permutation_test.p_value(one[:20], one[20:]) for one in rng.standard_normal((60, 40))]
    assert stats.kstest(p, "uniform").pvalue > 0.01


def test_up_to_a_million_choices_are_enumerated_and_of_more_a_hundred_thousand_sampled():
    assert permutation_test.min_p_within(30, 4) == pytest.approx(31**-4)
    assert permutation_test.min_p_within(31, 4) == 1e-5
    assert permutation_test.min_p_within(22, 5) == 1e-5
