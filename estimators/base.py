"""What an estimator is: scikit-learn's way, with the input checked once, here."""

from __future__ import annotations

import inspect
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self

from estimators.diagnosis import LATTICE, Diagnosis, diagnose
from estimators.points import Array as Array
from estimators.points import Indices as Indices
from estimators.points import check_points
from estimators.possible import possible_dimension, possible_readings
from estimators.rows import Rows, isolated_rows, listed, usable_rows


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

    def __repr__(self) -> str:
        points = "" if self.pointwise is None else f", at {len(self.pointwise)} points"
        arrays = f", details: {', '.join(self.details)}" if self.details else ""
        return f"Estimate({self.dimension:g}{points}{arrays})"


class Estimator(ABC):
    """Base of the estimators: parameters in ``__init__``, then ``fit(X)``, then ``dimension_``.

    Subclasses give ``estimate``, which gets checked points: float64, finite, without duplicates,
    near-copies and rows far from all others, and at least ``needed_points()`` of them. Those that
    read laws of neighbour distances say so by ``reads_distances``: where these tie, they have no
    answer. Local estimators also set

    - ``dimension_pw_`` (m,), the dimension at each query point;
    - ``query_`` (m,), the row numbers in X of those points (all of them, unless the estimator
      reads a subset, which it then has a parameter for).

    ``details_`` holds further arrays by name.
    """

    reads_distances: ClassVar[bool] = False
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

        Points that others repeat, exactly or nearly, are used once, and rows far from all others
        are not used; rows on a lattice, in a sequence, or of few values are named: each with a
        warning. ``dimension_`` is above 0 and at most D. So is ``dimension_pw_``, but for 0 at
        isolated points, which are a component of their own, and NaN where there is no answer.
        Raises ValueError where X is not a two-dimensional array of finite numbers, or has too few
        points that differ, or where the estimate fails or cannot be.
        """
        name = type(self).__name__
        points = check_points(X, name)
        rows = usable_rows(points)
        _warn(name, rows.warnings())
        used = points if len(rows.used) == len(points) else points[rows.used]
        needed = max(2, self.needed_points())
        if len(used) < needed:
            raise ValueError(
                f"{name} needs at least {needed} distinct points, but X has {len(used)}"
            )
        diagnosis = diagnose(used, rows)
        _warn(name, diagnosis.warnings())
        if self.reads_distances and diagnosis.ties > LATTICE:
            raise ValueError(f"{name} has no answer: {_with_reason('', diagnosis)}")
        try:
            found = self.estimate(used)
        except (ArithmeticError, ValueError) as error:
            # Libraries below an estimator do not know its name.
            message = str(error)
            if not message.startswith(name):
                message = f"{name}: {message}"
            raise ValueError(_with_reason(message, diagnosis)) from error
        self.dimension_ = possible_dimension(
            name, float(found.dimension), used.shape, _with_reason("", diagnosis)
        )
        self.details_ = dict(found.details)
        self.dimension_pw_ = self.query_ = None
        if found.pointwise is not None:
            self._set_readings(found, used, rows)
        return self

    def _set_readings(self, found: Estimate, used: Array, rows: Rows) -> None:
        """Set ``dimension_pw_`` and ``query_`` from an estimate of the points ``used``."""
        query = np.arange(len(used)) if found.query is None else found.query
        readings = possible_readings(np.asarray(found.pointwise, dtype=np.float64), used.shape[1])
        alone = isolated_rows(used, query)
        if len(alone):
            readings[np.isin(query, alone)] = 0.0
            _warn(
                type(self).__name__,
                [
                    f"{listed('row', rows.used[alone].tolist())} of {len(rows.place)} points "
                    "have no neighbours near enough to read a dimension: 0 there"
                ],
            )
        if found.query is None:
            self.dimension_pw_ = np.where(rows.place < 0, 0.0, readings[rows.place])
            self.query_ = np.arange(len(rows.place))
        else:
            self.dimension_pw_ = readings
            self.query_ = rows.used[query]

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


def _warn(name: str, sentences: list[str]) -> None:
    for sentence in sentences:
        warnings.warn(f"{name}: {sentence}", stacklevel=3)


def _with_reason(message: str, diagnosis: Diagnosis) -> str:
    """A message with what is known of the points' distances."""
    return "; ".join(filter(None, (message, diagnosis.tied, diagnosis.in_sequence)))
