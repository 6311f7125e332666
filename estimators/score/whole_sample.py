"""The answer for a sample from the answers at its points."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from estimators.base import Array

#: Confidence below which a point does not count.
LOW = 0.3


def _lower_median(values: Array) -> float:
    """The median; of two in the middle the lower one, so that it is the answer at a point."""
    return float(np.sort(values)[(len(values) - 1) // 2])


def _mode(values: Array) -> float:
    """The most frequent value, rounded to integers; the lowest of several."""
    found, counts = np.unique(np.round(values), return_counts=True)
    return float(found[counts.argmax()])


AGGREGATIONS: dict[str, Callable[[Array], float]] = {
    "median": _lower_median,
    "mean": lambda values: float(values.mean()),
    "max": lambda values: float(values.max()),
    "mode": _mode,
}


def aggregate(pointwise: Array, confidence: Array, how: str) -> float:
    """The sample's dimension from those at m points, without the points of low confidence.

    ``how`` is a key of ``AGGREGATIONS``. Warns where more than a tenth of the points, or all of
    them, are of low confidence; then all count where none is left.
    """
    sure = confidence >= LOW
    if (~sure).mean() > 0.1:
        warnings.warn(
            f"low confidence at {(~sure).sum()} of {len(sure)} points: the score was not learned "
            "well enough there to tell normal from tangent directions",
            stacklevel=3,
        )
    return AGGREGATIONS[how](pointwise[sure] if sure.any() else pointwise)
