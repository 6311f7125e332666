"""Bounds of estimates, for all estimators, those of third parties included."""

from __future__ import annotations

import functools
import math
import warnings
from typing import Any

import numpy as np

from estimators.points import Array

#: An estimate may be above the ambient dimension by chance: relative, by ``EXCESS``, or by
#: ``DEVIATIONS`` / sqrt(n), of n points. TwoNN's standard deviation, the largest of a consistent
#: estimator here, is d / sqrt(n).
EXCESS, DEVIATIONS = 0.1, 4.0


def check_dimension(name: str, dimension: float, shape: tuple[int, int], reason: str = "") -> float:
    """Return the dimension of n points in D columns, ``shape``, if 0 < dimension <= D.

    A dimension above D by no more than chance becomes D, the nearest possible one, with a warning.
    Raises ValueError, which names the estimator (``name``) and the ``reason``, for all others.
    """
    n, ambient = shape
    because = f": {reason}" if reason else ""
    if not 0 < dimension < math.inf:
        raise ValueError(f"{name} found no dimension in these points ({dimension:g}){because}")
    if dimension <= ambient:
        return dimension
    if dimension > ambient * (1 + max(EXCESS, DEVIATIONS / math.sqrt(n))):
        raise ValueError(
            f"{name} found {dimension:.6g}, which no set of points in {ambient} "
            f"coordinate{'s' if ambient > 1 else ''} can have{because}"
        )
    if dimension > ambient * (1 + 1e-9):
        warnings.warn(
            f"{name}: {dimension:.4g} is more than the {ambient} coordinates, by no more than "
            f"chance; the dimension is given as {ambient}",
            stacklevel=3,
        )
    return float(ambient)


def clip_pointwise(pointwise: Array, ambient: int) -> Array:
    """Return pointwise estimates (m,) clipped to ``ambient``; NaN for negative and infinite ones.

    At a single point chance alone makes many estimates exceed the ambient dimension, where that is
    the dimension of the points.
    """
    pointwise = np.where(np.isfinite(pointwise) & (pointwise >= 0), pointwise, np.nan)
    return np.minimum(pointwise, ambient)


def add_bounds_check(cls: type) -> None:
    """Make ``fit`` of a class check its estimates, as ``Estimator.fit`` does."""
    fit: Any = vars(cls).get("fit") or cls.fit  # type: ignore[attr-defined]
    if getattr(fit, "checks_bounds", False):
        return

    @functools.wraps(fit)
    def checked_fit(self: Any, X: Any, *args: Any, **options: Any) -> Any:
        # Before the fit, which may change X.
        shape = np.shape(X)
        fitted = fit(self, X, *args, **options)
        if len(shape) != 2:
            return fitted
        n, ambient = shape
        name = type(self).__name__
        dimension = _scalar(getattr(self, "dimension_", None))
        if dimension is not None:
            try:
                valid = check_dimension(name, dimension, (n, ambient))
            except ValueError:
                # Nobody reads it after the error.
                del self.dimension_
                raise
            if valid != dimension:
                self.dimension_ = valid
        pointwise = getattr(self, "dimension_pw_", None)
        if pointwise is not None and np.size(pointwise):
            values = np.asarray(pointwise, dtype=np.float64)
            clipped = clip_pointwise(values, ambient)
            if not np.array_equal(clipped, values, equal_nan=True):
                self.dimension_pw_ = clipped
        return fitted

    checked_fit.checks_bounds = True  # type: ignore[attr-defined]
    cls.fit = checked_fit  # type: ignore[attr-defined]


def _scalar(value: Any) -> float | None:
    """Return a scalar as a float; None for anything else, which the caller has to check."""
    try:
        return float(np.squeeze(np.asarray(value, dtype=np.float64)))
    except (TypeError, ValueError):
        return None
