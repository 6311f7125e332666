"""A fixed piece of work, timed: seconds of a fit over its seconds carry between machines."""

from __future__ import annotations

import time

import numpy as np

_SIDE, _COUNT, _LOOPS = 160, 60_000, 15_000
_REPEATS = 3


def kernel_seconds() -> float:
    """Seconds of the calibration kernel in this process now, the least of three runs.

    About equal parts of what estimators do: products of matrices, sorting, elementary functions
    of arrays, and plain Python. Some 10 ms together.
    """
    rng = np.random.default_rng(0)
    square = rng.standard_normal((_SIDE, _SIDE))
    values = rng.standard_normal(_COUNT)
    return min(_run(square, values) for _ in range(_REPEATS))


def _run(square: np.ndarray, values: np.ndarray) -> float:
    start = time.perf_counter()
    for _ in range(4):
        square = square @ square
        square /= np.abs(square).max()
    np.sort(values)
    np.log(np.abs(values)).sum()
    np.argpartition(values, 1000)
    total = 0
    for number in range(_LOOPS):
        total += number * number % 7
    return time.perf_counter() - start
