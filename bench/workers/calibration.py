"""A fixed piece of work, timed: seconds of a fit over its seconds carry between machines.

Both are seconds of the processor where that does the work, so that what else the machine does in
the meantime counts as little as can be.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np

Clock = Callable[[], float]

_SIDE, _COUNT, _LOOPS = 160, 60_000, 15_000
_REPEATS = 3


def clock_of(device: str) -> Clock:
    """What times a fit on "cpu" or "cuda": there the process waits for the device, by the wall."""
    return time.perf_counter if device == "cuda" else processor_seconds


def processor_seconds() -> float:
    """Seconds of processors that this process has used, in all its threads and ended children."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


def kernel_seconds(clock: Clock = processor_seconds) -> float:
    """Seconds of the calibration kernel in this process now, the least of three runs.

    About equal parts of what estimators do: products of matrices, sorting, elementary functions
    of arrays, and plain Python. Some 10 ms together.
    """
    rng = np.random.default_rng(0)
    square = rng.standard_normal((_SIDE, _SIDE))
    values = rng.standard_normal(_COUNT)
    return min(_run(square, values, clock) for _ in range(_REPEATS))


def _run(square: np.ndarray, values: np.ndarray, clock: Clock) -> float:
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
