"""Time of a fit: once as it is, or alone and repeated beside a calibration kernel.

Seconds of a fit over seconds of the kernel carry between machines. Both are processor time where
the processor does the work, so that other processes of the machine count as little as possible.
"""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from estimators import neighbors

Clock = Callable[[], float]

# A calibrated fit is repeated up to so many times, or until so many seconds are spent on that; not
# at all where it takes longer than the last. A first fit may have imported something.
_FITS, _LONG, _ONCE = 20, 0.25, 0.5
#: Number of random states at which fits are repeated; further states serve the estimates only.
TIMED_STATES = 5

_SIDE, _COUNT, _LOOPS, _KERNELS = 160, 60_000, 15_000, 3


def clock_of(device: str) -> Clock:
    """Return the clock of fits on "cpu" or "cuda": wall time there, as the process waits."""
    return time.perf_counter if device == "cuda" else processor_seconds


def processor_seconds() -> float:
    """Return the processor time of this process, with all its threads and ended children."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def fit_timed(
    estimator: Any, points: NDArray[np.float64], clock: Clock = time.perf_counter
) -> tuple[float, float]:
    """Fit; returns its seconds, and those of building a graph that existed already."""
    neighbors.pop_saved_seconds()
    start = clock()
    estimator.fit(points)
    return clock() - start, neighbors.pop_saved_seconds()


def fit_calibrated(
    estimator: Any, points: NDArray[np.float64], clock: Clock, once: bool = False
) -> tuple[float, float]:
    """Fit, and repeat a short fit on copies; returns the least seconds, and those of the kernel.

    The result is that of the first fit. It is not repeated with ``once``, nor where it trained a
    model and stored it in the model cache.
    """
    kernels = [kernel_seconds(clock)]
    unfitted = copy.deepcopy(estimator)
    neighbors.clear()
    fits = [fit_timed(estimator, points, clock)[0]]
    once = once or not (getattr(estimator, "details_", None) or {}).get("cached", True)
    while not once and fits[0] < _ONCE and len(fits) < _FITS and sum(fits[1:]) < _LONG:
        neighbors.clear()
        fits.append(fit_timed(copy.deepcopy(unfitted), points, clock)[0])
    kernels.append(kernel_seconds(clock))
    return min(fits), min(kernels)


def kernel_seconds(clock: Clock = processor_seconds) -> float:
    """Return the seconds of the calibration kernel in this process, the least of three runs.

    About equal parts of matrix products, sorting, elementary functions of arrays, and plain
    Python, as in estimators. About 10 ms together.
    """
    rng = np.random.default_rng(0)
    square = rng.standard_normal((_SIDE, _SIDE))
    values = rng.standard_normal(_COUNT)
    return min(_run_kernel(square, values, clock) for _ in range(_KERNELS))


def _run_kernel(square: NDArray[np.float64], values: NDArray[np.float64], clock: Clock) -> float:
    start = clock()
    for _ in range(4):
        square = square @ square
        square /= np.abs(square).max()
    np.sort(values)
    np.log(np.abs(values)).sum()
    np.argpartition(values, 1000)
    total = 0
    for number in range(_LOOPS):
        total += number * number % 7
    return clock() - start
