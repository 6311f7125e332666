"""One number from the readings of a local estimator at many points."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from estimators.base import Array, Estimate, Indices

# Where neighbours tie but for rounding, a reading is some 1e15 instead of infinite.
_INFINITE = 1e9


def combined(
    name: str,
    readings: Array,
    aggregate: str = "mean",
    query: Indices | None = None,
    pooled: Callable[[Array], float] | None = None,
) -> Estimate:
    """The estimate of ``readings`` (m,) at the points ``query``, by a mean over points.

    ``aggregate`` is 'mean', 'median', or another word for what ``pooled`` makes of 1 / readings:
    of an estimator that is unbiased for a function of 1/d, it averages that, and no point weighs
    more than others where its reading runs away, as that of a point far from all others does. An
    infinite reading counts there as 1/inf = 0. Where neighbours tie, a reading may be infinite,
    zero or undefined: it becomes NaN and stays out of the mean, with a warning. Raises ValueError
    where none is left.
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
    if aggregate == "mean":
        dimension = float(np.mean(readings[usable]))
    elif aggregate == "median":
        dimension = float(np.median(readings[usable]))
    else:
        inverse = 1 / readings[usable | infinite]
        dimension = float(1 / inverse.mean()) if pooled is None else pooled(inverse)
    return Estimate(dimension, np.where(usable, readings, np.nan), query)
