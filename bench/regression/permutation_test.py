"""The statistics of a check: exact permutation tests, and the shift that they detect.

Estimates follow no distribution that could be assumed: some are whole numbers, some have heavy
tails, and how far they spread differs between samples. Check and baseline share their samples, and
the baseline has each random estimator at several random states of every sample. Under the
hypothesis that nothing has changed, the check's estimate of a sample is exchangeable with those of
the baseline *of that sample*: it may be any of the R + 1 with the same probability, independently
of the other samples. The share of the (R + 1)^S choices of one value a sample whose sum is as far
out as the observed one is then an exact p-value, a permutation test within blocks (Pitman 1937).
How samples differ from each other does not enter, which is most of what an estimate varies by. A
change that repeats a random state's numbers nearly only makes alarms rarer.

Times of fits are compared over all seeds alike, old against new (Fisher 1935).

Outliers are shrunk first, in the same way whether they are old or new and without changing the
order, so that one of them weighs little against a shift of all others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations

import numpy as np

from estimators.points import Array

#: Probability of an alarm in a whole suite although nothing has changed: half of it is that of the
#: estimates, half that of the times.
FALSE_ALARMS = 0.01
#: Distance from the median, in median absolute deviations, from which on values are outliers.
_REACH = 5.0
#: Distances below this part of the largest one are ties: the rounding of values that are alike.
_TIE = 1e-6
#: Choices of one value a sample, and assignments to old and new, that are enumerated; of more, as
#: many as the second number are sampled.
_MOST_CHOICES, _SAMPLED = 1_000_000, 100_000
_POWER = 0.9


def level(tests: int) -> float:
    """Return the p-value below which one of ``tests`` tests of estimates, or of times, is an alarm.

    Bonferroni: with that, the probability of any false alarm among them is at most half of
    ``FALSE_ALARMS``, whatever the tests have to do with each other.
    """
    return FALSE_ALARMS / 2 / max(1, tests)


def p_value_within(old: Sequence[Array], new: Array) -> float:
    """Return the exact p-value that each of ``new`` (S,) is like the ``old`` of its sample.

    ``old`` has S arrays, one a sample, each (R,). The statistic is the distance of the sum over
    samples from what is expected, of values about the medians of their samples.
    """
    blocks = [np.append(values, last) for values, last in zip(old, new, strict=True)]
    off = np.concatenate([values - np.median(values) for values in blocks])
    sizes = [len(values) for values in blocks]
    shrunk = np.split(_shrink_outliers(off[None])[0], np.cumsum(sizes)[:-1])
    scores = [values - values.mean() for values in shrunk]
    observed = abs(sum(float(values[-1]) for values in scores))
    if math.prod(sizes) <= _MOST_CHOICES:
        sums = np.zeros(1)
        for values in scores:
            sums = (sums[:, None] + values).ravel()
    else:
        rng = np.random.default_rng(0)
        sums = np.sum(
            [values[rng.integers(len(values), size=_SAMPLED)] for values in scores], axis=0
        )
        sums[0] = observed
    rounding = _rounding(np.concatenate(scores), np.concatenate(blocks))
    return float((np.abs(sums) >= observed - rounding).mean())


def _rounding(centred: Array, values: Array) -> float:
    """Return the difference below which sums are ties."""
    return float(1e-9 * np.abs(centred).max(initial=0) + 1e-12 * np.abs(values).max(initial=0))


def min_p_within(states: int, seeds: int) -> float:
    """Return the smallest p-value that ``seeds`` samples of so many old states can give."""
    return max(
        (states + 1.0) ** -seeds, 1 / _SAMPLED if (states + 1) ** seeds > _MOST_CHOICES else 0
    )


def p_value(was: Array, now: Array) -> float:
    """Return the exact p-value that ``now`` (k,) is not above ``was`` (m,).

    The statistic is the mean of ``now`` minus that of ``was``. Values that differ by rounding are
    ties.
    """
    values = _shrink_outliers(np.concatenate([was, now])[None])[0]
    centred = values - values.mean()
    sums = centred @ _assignments(len(was), len(now))
    observed = centred[len(was) :].sum()
    return float((sums >= observed - _rounding(centred, values)).mean())


def _shrink_outliers(values: Array) -> Array:
    """Return values, a test a row, with outliers nearer to the median.

    Distances beyond the reach approach twice the reach: were they cut there, all new seeds of a
    large shift would tie with the first old one beyond, and no assignment would stand out. Where
    most values tie, the reach is the least distance that there is.
    """
    off = values - np.median(values, axis=1, keepdims=True)
    distance = np.abs(off)
    nothing = _TIE * distance.max(axis=1, keepdims=True)
    reach = _REACH * np.median(distance, axis=1, keepdims=True)
    least = np.where(distance > nothing, distance, np.inf).min(axis=1, keepdims=True)
    reach = np.where(reach > nothing, reach, least)
    far = np.maximum(distance / reach, 1.0)
    near: Array = values - off + off / far * (2 - 1 / far)
    return near


@lru_cache(maxsize=8)
def _assignments(m: int, k: int) -> Array:
    """Return which of m + k values are new, a column an assignment; the first is the observed."""
    if math.comb(m + k, k) <= _SAMPLED:
        # Beginning with the last k values: those that are new.
        rows = np.array(list(combinations(range(m + k - 1, -1, -1), k)))
    else:
        rng = np.random.default_rng(0)
        sampled = rng.permuted(np.tile(np.arange(m + k), (_SAMPLED - 1, 1)), axis=1)[:, :k]
        rows = np.vstack([np.arange(m, m + k)[None], sampled])
    chosen = np.zeros((m + k, len(rows)))
    np.put_along_axis(chosen, rows.T, 1.0, axis=0)
    return chosen


def min_p(m: int, k: int) -> float:
    """Return the smallest p-value that m old and k new times can give."""
    return 1 / min(math.comb(m + k, k), _SAMPLED)


@lru_cache(maxsize=64)
def detectable_shift(states: int, seeds: int, p: float) -> float:
    """Return the shift, in standard deviations over states, detected with 90 % power.

    Of normal estimates, by simulation; infinite where no shift can be detected.
    """
    if min_p_within(states, seeds) > p:
        return math.inf
    values = np.random.default_rng(0).standard_normal((100, seeds, states + 1))

    def power(shift: float) -> float:
        detected = [p_value_within(list(one[:, :-1]), one[:, -1] + shift) <= p for one in values]
        return float(np.mean(detected))

    low, high = 0.0, 1.0
    while power(high) < _POWER and high < 100:
        low, high = high, 2 * high
    for _ in range(5):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= _POWER else (middle, high)
    return high
