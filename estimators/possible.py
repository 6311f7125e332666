"""Answers that can be: one guard for all estimators, those of third parties included."""

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


def possible_dimension(name: str, dimension: float, shape: tuple[int, int], why: str = "") -> float:
    """Return the dimension of n points in D columns, ``shape``, if it can be: 0 < dimension <= D.

    What is above D by no more than chance becomes D, with a warning: of all dimensions that are
    possible, that is the nearest one. Raises ValueError, which names the estimator (``name``) and
    says ``why``, for all else.
    """
    n, ambient = shape
    because = f": {why}" if why else ""
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


def possible_readings(readings: Array, ambient: int) -> Array:
    """Return dimensions at single points (m,), each between 0 and ``ambient``, or NaN.

    At a single point chance alone makes many readings exceed the ambient dimension, where that is
    the dimension of the points: those are given as it.
    """
    readings = np.where(np.isfinite(readings) & (readings >= 0), readings, np.nan)
    return np.minimum(readings, ambient)


def guard_fit(cls: type) -> None:
    """Make ``fit`` of a class that is not ours refuse answers that cannot be, as ours do."""
    fit: Any = vars(cls).get("fit") or cls.fit  # type: ignore[attr-defined]
    if getattr(fit, "guards_answers", False):
        return

    @functools.wraps(fit)
    def guarded(self: Any, X: Any, *args: Any, **options: Any) -> Any:
        # Before the fit, which may change what it is given.
        shape = np.shape(X)
        fitted = fit(self, X, *args, **options)
        if len(shape) != 2:
            return fitted
        n, ambient = shape
        name = type(self).__name__
        dimension = _number(getattr(self, "dimension_", None))
        if dimension is not None:
            try:
                possible = possible_dimension(name, dimension, (n, ambient))
            except ValueError:
                # Nobody reads it after the error.
                del self.dimension_
                raise
            if possible != dimension:
                self.dimension_ = possible
        readings = getattr(self, "dimension_pw_", None)
        if readings is not None and np.size(readings):
            values = np.asarray(readings, dtype=np.float64)
            allowed = possible_readings(values, ambient)
            if not np.array_equal(allowed, values, equal_nan=True):
                self.dimension_pw_ = allowed
        return fitted

    guarded.guards_answers = True  # type: ignore[attr-defined]
    cls.fit = guarded  # type: ignore[attr-defined]


def _number(value: Any) -> float | None:
    """Return what is one number; None for what is none, of which others have to judge."""
    try:
        return float(np.squeeze(np.asarray(value, dtype=np.float64)))
    except (TypeError, ValueError):
        return None
