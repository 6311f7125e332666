"""What an estimator is: scikit-learn's way, with the input checked once, here."""

from __future__ import annotations

import inspect
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Estimate:
    """What an estimator says of points (n, D).

    ``dimension`` is the answer for the whole sample; ``pointwise`` (m,) are the answers at the
    points with row numbers ``query`` (m,), or at all of them where ``query`` is None; ``details``
    are arrays worth keeping, such as score spectra.
    """

    dimension: float
    pointwise: Array | None = None
    query: Indices | None = None
    details: Mapping[str, NDArray[Any]] = field(default_factory=dict)


class Estimator(ABC):
    """Base of the estimators: parameters in ``__init__``, then ``fit(X)``, then ``dimension_``.

    Subclasses give ``estimate``, which gets checked points: float64, finite, without duplicates,
    and at least ``needed_points()`` of them. Local estimators also set

    - ``dimension_pw_`` (m,), the dimension at each query point;
    - ``query_`` (m,), the row numbers in X of those points (all of them, unless the estimator
      reads a subset, which it then has a parameter for).

    ``details_`` holds further arrays by name.
    """

    dimension_: float
    dimension_pw_: Array | None
    query_: Indices | None
    details_: Mapping[str, NDArray[Any]]

    @abstractmethod
    def estimate(self, points: Array) -> Estimate:
        """Estimate from checked points (n, D)."""

    def needed_points(self) -> int:
        """The fewest points that the estimator can work on."""
        return 2

    def warm_up(self) -> None:  # noqa: B027 (most have nothing to do)
        """Import and compile what only a first fit needs, so that its time is not that of a fit."""

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Estimate the intrinsic dimension of points ``X`` (n, D); ``y`` is ignored.

        Duplicate points are used once, with a warning. Raises ValueError where X is not a
        two-dimensional array of finite numbers, or has too few points that differ, or where the
        estimate fails.
        """
        name = type(self).__name__
        points = check_points(X, name)
        first, inverse = distinct(points)
        if len(first) < len(points):
            warnings.warn(
                f"{name}: {len(points) - len(first)} of {len(points)} points are duplicates of "
                "others; each distinct point was used once",
                stacklevel=2,
            )
        needed = max(2, self.needed_points())
        if len(first) < needed:
            raise ValueError(
                f"{name} needs at least {needed} distinct points, but X has {len(first)}"
            )
        try:
            found = self.estimate(points[first] if len(first) < len(points) else points)
        except (ArithmeticError, ValueError) as error:
            # Libraries below an estimator do not know its name.
            told = str(error)
            raise ValueError(told if told.startswith(name) else f"{name}: {told}") from error
        if not 0 < found.dimension < np.inf:
            raise ValueError(f"{name} found no dimension in these points ({found.dimension})")
        self.dimension_ = float(found.dimension)
        self.details_ = dict(found.details)
        self.dimension_pw_ = self.query_ = None
        if found.pointwise is not None:
            if found.query is None:
                self.dimension_pw_ = np.asarray(found.pointwise, dtype=np.float64)[inverse]
                self.query_ = np.arange(len(points))
            else:
                self.dimension_pw_ = np.asarray(found.pointwise, dtype=np.float64)
                self.query_ = first[found.query]
        return self

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name, as in scikit-learn."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **parameters: Any) -> Self:
        """Change parameters; ValueError for one that does not exist or is not allowed."""
        known = self.get_params()
        for name in parameters:
            if name not in known:
                raise ValueError(
                    f"{type(self).__name__} has no parameter {name!r}; it takes: {', '.join(known)}"
                )
        # Some are only allowed together: the constructor knows, and nothing is changed if not.
        type(self)(**{**known, **parameters})
        for name, value in parameters.items():
            setattr(self, name, value)
        return self


def check_points(X: ArrayLike, name: str) -> Array:
    """``X`` as a float64 array (n, D); ValueError naming the estimator and what is wrong."""
    try:
        given = np.asanyarray(X)
        if np.iscomplexobj(given) or np.ma.is_masked(given):
            kind = "complex" if np.iscomplexobj(given) else "masked"
            raise TypeError(f"some are {kind}")
        points = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} needs an array of real numbers (n, D), but X is not: {error}"
        ) from None
    if points.ndim != 2:
        raise ValueError(
            f"{name} needs a two-dimensional array (n, D), but X has shape {points.shape}"
        )
    if points.shape[1] < 1:
        raise ValueError(f"{name} needs points of at least 1 coordinate, but X has none")
    wrong = np.flatnonzero(~np.isfinite(points).all(axis=1))
    if len(wrong):
        raise ValueError(
            f"{name} needs finite numbers, but {len(wrong)} of {len(points)} rows of X have NaN or "
            f"infinity, the first is row {wrong[0]}"
        )
    if len(points) < 2:
        raise ValueError(f"{name} needs at least 2 points, but X has {len(points)}")
    spread = float(np.ptp(points, axis=0).max())
    # Beyond these, squares and products of squared distances leave the range of floating point.
    if spread > 0 and not 1e-70 < spread < 1e70:
        raise ValueError(
            f"{name} needs points of an ordinary scale, but X spreads over {spread:.1e}; rescale it"
        )
    return np.ascontiguousarray(points)


def distinct(points: Array) -> tuple[Indices, Indices]:
    """Rows of the first of each distinct point, in order, and for each row its place in them.

    Rows are compared only where a random projection of them ties: sorting whole rows of a
    sample without duplicates would cost more than most neighbour estimators.
    """
    n = len(points)
    order = np.arange(n)
    projected = points @ np.random.default_rng(0).standard_normal(points.shape[1])
    ranked = np.argsort(projected, kind="stable")
    scale = np.abs(projected).max() or 1.0
    near = np.diff(projected[ranked]) <= 1e-12 * scale
    if not near.any():
        return order, order
    suspects = np.unique(np.concatenate([ranked[:-1][near], ranked[1:][near]]))
    _, inverse = np.unique(points[suspects], axis=0, return_inverse=True)
    firsts = np.full(inverse.max() + 1, n)
    np.minimum.at(firsts, inverse.ravel(), suspects)
    representative = order.copy()
    representative[suspects] = firsts[inverse.ravel()]
    first, position = np.unique(representative, return_inverse=True)
    return first, position.ravel()
