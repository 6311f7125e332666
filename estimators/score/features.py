"""Features of unequal units, which are brought to one deviation before a score is learned."""

from __future__ import annotations

import warnings

import numpy as np

from estimators.base import Array

#: Ratio of the features' deviations from which they are brought to the same one.
UNEVEN = 100.0


def equalize_scales(points: Array) -> Array:
    """Scale features of points (n, D) to one deviation if theirs differ by more than ``UNEVEN``.

    The dimension does not depend on the units of the features, but directions thinner than the
    lowest noise level are not seen. Features without variance are not scaled.
    """
    deviations = points.std(0)
    varying = deviations > 1e-9 * deviations.max()
    if deviations[varying].max() <= UNEVEN * deviations[varying].min():
        return points
    warnings.warn(
        f"the features' standard deviations range from {deviations[varying].min():.2g} to "
        f"{deviations[varying].max():.2g}: they were brought to the same one",
        stacklevel=3,
    )
    return (points - points.mean(0)) / np.where(varying, deviations, deviations.max())
