"""A fit, timed: once as it is, or alone and repeated beside the calibration kernel."""

from __future__ import annotations

import copy
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.workers.calibration import Clock, kernel_seconds
from estimators import neighbors

# A calibrated fit is repeated up to so many times, or until so many seconds are spent on that; not
# at all where it takes longer than the last. A first fit may have imported something.
_FITS, _LONG, _ONCE = 20, 0.25, 0.5


def timed(
    estimator: Any, points: NDArray[np.float64], clock: Clock = time.perf_counter
) -> tuple[float, float]:
    """Fit; returns its seconds, and those of building the graph that it found built already."""
    neighbors.borrowed_seconds()
    start = clock()
    estimator.fit(points)
    return clock() - start, neighbors.borrowed_seconds()


def timed_alone(estimator: Any, points: NDArray[np.float64], clock: Clock) -> tuple[float, float]:
    """Fit, and copies of it as often as is short; the least seconds, and those of the kernel.

    The answer is that of the first fit, as without repeats.
    """
    kernels = [kernel_seconds(clock)]
    unfitted = copy.deepcopy(estimator)
    neighbors.forget()
    fits = [timed(estimator, points, clock)[0]]
    while fits[0] < _ONCE and len(fits) < _FITS and sum(fits[1:]) < _LONG:
        neighbors.forget()
        fits.append(timed(copy.deepcopy(unfitted), points, clock)[0])
    kernels.append(kernel_seconds(clock))
    return min(fits), min(kernels)
