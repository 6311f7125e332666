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
#: Cells are timed with care at so many random states; there are more only for their estimates.
TIMED_STATES = 5


def timed(
    estimator: Any, points: NDArray[np.float64], clock: Clock = time.perf_counter
) -> tuple[float, float]:
    """Fit; returns its seconds, and those of building the graph that it found built already."""
    neighbors.pop_saved_seconds()
    start = clock()
    estimator.fit(points)
    return clock() - start, neighbors.pop_saved_seconds()


def timed_alone(
    estimator: Any, points: NDArray[np.float64], clock: Clock, once: bool = False
) -> tuple[float, float]:
    """Fit, and copies of it as often as is short; the least seconds, and those of the kernel.

    The answer is that of the first fit, as without repeats. There are none with ``once``, nor of a
    fit that trained a model and left it in the cache.
    """
    kernels = [kernel_seconds(clock)]
    unfitted = copy.deepcopy(estimator)
    neighbors.clear()
    fits = [timed(estimator, points, clock)[0]]
    once = once or not (getattr(estimator, "details_", None) or {}).get("cached", True)
    while not once and fits[0] < _ONCE and len(fits) < _FITS and sum(fits[1:]) < _LONG:
        neighbors.clear()
        fits.append(timed(copy.deepcopy(unfitted), points, clock)[0])
    kernels.append(kernel_seconds(clock))
    return min(fits), min(kernels)
