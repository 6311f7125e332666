"""The statistics of a check: exact permutation tests, and the shift that they find.

Estimates over seeds follow no law that could be assumed: some are whole numbers, some have heavy
tails. Under the hypothesis that nothing has changed, seeds, old and new, are exchangeable: an
assignment of them to "old" and "new" is as likely as any other. The share of assignments whose
means are as far apart as those seen is then an exact p-value (Fisher 1935; Pitman 1937). New seeds
have the samples of the first old ones, which brings means nearer together: alarms are then rarer.

Outliers are pulled in first, in the same way whether they are old or new and without changing the
order, so that one of them weighs little against a shift of all others. Where the level asks for
complete separation, as it does of four seeds in a large suite, an old one beyond all new ones still
hides a shift to its side; five seeds bear one.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Probability of an alarm of the estimates of a whole suite although nothing has changed. Half of
#: it is left to times, whose seeds are alike only as far as the machine is.
FALSE_ALARMS = 0.01
#: Distance from the median, in median absolute deviations, from which on values are pulled in.
_FAR = 5.0
#: Assignments that are all looked at; of more, as many are drawn.
_MOST = 100_000
_POWER = 0.9


def level(tests: int) -> float:
    """The p-value below which one of ``tests`` tests of estimates, or of times, is an alarm.

    Bonferroni: with that, the probability of any false alarm among them is at most half of
    ``FALSE_ALARMS``, whatever the tests have to do with each other.
    """
    return FALSE_ALARMS / 2 / max(1, tests)


def p_value(was: Array, now: Array, *, greater: bool = False) -> float:
    """Exact p-value of the hypothesis that two groups of seeds, (m,) and (k,), are alike.

    The statistic is the distance of their means, or with ``greater`` how far the mean of ``now``
    is above that of ``was``. Values that differ by rounding are ties.
    """
    together = np.concatenate([was, now])
    return float(_p_values(together[None], len(was), greater)[0])


def _p_values(values: Array, m: int, greater: bool) -> Array:
    """p-values of (tests, m + k) values, the old ones first."""
    k = values.shape[1] - m
    values = _pulled_in(values)
    centred = values - values.mean(axis=1, keepdims=True)
    sums = centred @ _assignments(m, k)
    seen = centred[:, m:].sum(axis=1, keepdims=True)
    if not greater:
        sums, seen = np.abs(sums), np.abs(seen)
    rounding = 1e-9 * np.abs(centred).max(axis=1, keepdims=True, initial=0.0)
    rounding += 1e-12 * np.abs(values).max(axis=1, keepdims=True, initial=0.0)
    p: Array = (sums >= seen - rounding).mean(axis=1)
    return p


def _pulled_in(values: Array) -> Array:
    """Values, a test a row, far ones nearer to the median; all as they are where most tie.

    Distances beyond the reach approach twice the reach: were they cut there, all new seeds of a
    large shift would tie with the first old one beyond, and no assignment would stand out.
    """
    middle = np.median(values, axis=1, keepdims=True)
    spread = np.median(np.abs(values - middle), axis=1, keepdims=True)
    reach = np.where(spread > 0, _FAR * spread, np.inf)
    off = values - middle
    far = np.maximum(np.abs(off) / reach, 1.0)
    near: Array = middle + off / far * (2 - 1 / far)
    return near


@lru_cache(maxsize=8)
def _assignments(m: int, k: int) -> Array:
    """Which of m + k values are new, a column an assignment; the first is the one seen."""
    if math.comb(m + k, k) <= _MOST:
        # Beginning with the last k values: those that are new.
        rows = np.array(list(combinations(range(m + k - 1, -1, -1), k)))
    else:
        rng = np.random.default_rng(0)
        drawn = rng.permuted(np.tile(np.arange(m + k), (_MOST - 1, 1)), axis=1)[:, :k]
        rows = np.vstack([np.arange(m, m + k)[None], drawn])
    chosen = np.zeros((m + k, len(rows)))
    np.put_along_axis(chosen, rows.T, 1.0, axis=0)
    return chosen


def least_p(m: int, k: int) -> float:
    """The smallest p-value that m old and k new seeds can give."""
    return 1 / min(math.comb(m + k, k), _MOST)


def seeds_needed(m: int, p: float) -> int | None:
    """The fewest new seeds with which m old ones can give a p-value of at most p, if any do."""
    return next((k for k in range(1, 101) if least_p(m, k) <= p), None)


@lru_cache(maxsize=64)
def found_shift(m: int, k: int, p: float) -> float:
    """The shift, in standard deviations over seeds, that is found with 90 % power.

    Of normal estimates, by simulation; infinite where no shift can be found.
    """
    if least_p(m, k) > p:
        return math.inf
    values = np.random.default_rng(0).standard_normal((300, m + k))

    def power(shift: float) -> float:
        moved = values.copy()
        moved[:, m:] += shift
        parts = np.array_split(moved, 10)
        return float(np.mean(np.concatenate([_p_values(part, m, False) for part in parts]) <= p))

    low, high = 0.0, 1.0
    while power(high) < _POWER and high < 100:
        low, high = high, 2 * high
    for _ in range(7):
        middle = (low + high) / 2
        low, high = (low, middle) if power(middle) >= _POWER else (middle, high)
    return high
