"""One number from the readings of a local estimator at many points."""

from __future__ import annotations

import warnings

import numpy as np

from estimators.base import Array, Estimate, Indices

# Where neighbours tie but for rounding, a reading is some 1e15 instead of infinite.
_INFINITE = 1e9


def combined(
    name: str, readings: Array, aggregate: str = "mean", query: Indices | None = None
) -> Estimate:
    """The estimate of ``readings`` (m,) at the points ``query``, by a mean over points.

    ``aggregate`` is 'mean', 'median', or 'mle' for the harmonic mean, in which an infinite reading
    counts as 1/inf = 0. Where neighbours tie, a reading may be infinite, zero or undefined: it
    becomes NaN and stays out of the mean, with a warning. Raises ValueError where none is left.
    """
    infinite = readings > _INFINITE
    usable = (readings > 0) & ~infinite
    if not usable.any():
        raise ValueError(
            f"{name} found no dimension at any of {len(readings)} points: their neighbours are all "
            "at the same distance, or at none"
        )
    if not usable.all():
        warnings.warn(
            f"{name}: {len(readings) - usable.sum()} of {len(readings)} points gave no finite "
            "dimension, since their neighbours are at equal distances; they were left out",
            stacklevel=4,
        )
    if aggregate == "mle":
        dimension = 1 / np.mean(1 / readings[usable | infinite])
    elif aggregate == "median":
        dimension = np.median(readings[usable])
    else:
        dimension = np.mean(readings[usable])
    return Estimate(float(dimension), np.where(usable, readings, np.nan), query)
