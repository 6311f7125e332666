"""One dimension of a sample from pointwise estimates."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from estimators.base import Array, Estimate, Indices

# Where neighbours tie but for rounding, an estimate is some 1e15 instead of infinite.
_INFINITE = 1e9
#: Confidence below which a point does not count.
LOW = 0.3


def aggregate_pointwise(
    name: str,
    pointwise: Array,
    aggregate: str = "mean",
    query: Indices | None = None,
    pooled: Callable[[Array], float] | None = None,
) -> Estimate:
    """Return the estimate from ``pointwise`` ones (m,) at the points ``query``.

    ``aggregate`` is 'mean', 'median', or another word for ``pooled`` of 1 / pointwise: an
    estimator that is unbiased for a function of 1/d averages that, and no point dominates where
    its estimate diverges, as that of a point far from all others does. An infinite estimate counts
    there as 1/inf = 0. Where neighbours tie, an estimate may be infinite, zero or undefined: it
    becomes NaN and stays out of the mean, with a warning. Raises ValueError where none is left.
    """
    infinite = pointwise > _INFINITE
    valid = (pointwise > 0) & ~infinite
    if not valid.any():
        raise ValueError(
            f"{name} found no dimension at any of {len(pointwise)} points: their neighbours are "
            "all at the same distance, or at none"
        )
    if not valid.all():
        warnings.warn(
            f"{name}: {len(pointwise) - valid.sum()} of {len(pointwise)} points gave no finite "
            "dimension, since their neighbours are at equal distances; they were left out",
            stacklevel=4,
        )
    if aggregate == "mean":
        dimension = float(np.mean(pointwise[valid]))
    elif aggregate == "median":
        dimension = float(np.median(pointwise[valid]))
    else:
        inverse = 1 / pointwise[valid | infinite]
        dimension = float(1 / inverse.mean()) if pooled is None else pooled(inverse)
    return Estimate(dimension, np.where(valid, pointwise, np.nan), query)


def _lower_median(values: Array) -> float:
    """Return the median; the lower one of two in the middle, so that it is one of the values."""
    return float(np.sort(values)[(len(values) - 1) // 2])


def _mode(values: Array) -> float:
    """Return the most frequent value, rounded to integers; the lowest of several."""
    integers, counts = np.unique(np.round(values), return_counts=True)
    return float(integers[counts.argmax()])


AGGREGATIONS: dict[str, Callable[[Array], float]] = {
    "median": _lower_median,
    "mean": lambda values: float(values.mean()),
    "max": lambda values: float(values.max()),
    "mode": _mode,
}


def aggregate_confident(pointwise: Array, confidence: Array, how: str) -> float:
    """Return the dimension of a sample from those at m points, without those of low confidence.

    ``how`` is a key of ``AGGREGATIONS``. Warns where more than a tenth of the points, or all of
    them, are of low confidence; all count where no others are left.
    """
    confident = confidence >= LOW
    if (~confident).mean() > 0.1:
        warnings.warn(
            f"low confidence at {(~confident).sum()} of {len(confident)} points: the score was "
            "not learned well enough there to tell normal from tangent directions",
            stacklevel=3,
        )
    return AGGREGATIONS[how](pointwise[confident] if confident.any() else pointwise)
