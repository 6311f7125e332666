"""Base class of the estimators: scikit-learn's conventions, with the input validated here."""

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

from estimators.bounds import check_dimension, clip_pointwise
from estimators.diagnosis import LATTICE, Diagnosis, diagnose
from estimators.points import Array as Array
from estimators.points import Indices as Indices
from estimators.points import check_points
from estimators.rows import RowSelection, format_list, isolated_rows, select_rows


@dataclass(frozen=True)
class Estimate:
    """Result of an estimator for points (n, D).

    ``dimension`` is the one of the whole sample; ``pointwise`` (m,) are the dimensions at the
    points with row numbers ``query`` (m,), or at all of them where ``query`` is None; ``details``
    are further arrays to store, such as score spectra.
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

    Subclasses define ``estimate``, which gets validated points: float64, finite, without
    duplicates, near-copies and rows far from all others, and at least ``needed_points()`` of them.
    Estimators that use distributions of neighbour distances set ``reads_distances``: where these
    tie, they have no answer. Local estimators also set

    - ``dimension_pw_`` (m,), the dimension at each query point;
    - ``query_`` (m,), the row numbers in X of those points: all of them, unless the estimator has
      a parameter for a subset.

    ``details_`` holds further arrays by name.
    """

    reads_distances: ClassVar[bool] = False
    dimension_: float
    dimension_pw_: Array | None
    query_: Indices | None
    details_: Mapping[str, NDArray[Any]]

    @abstractmethod
    def estimate(self, points: Array) -> Estimate:
        """Estimate the dimension of validated points (n, D)."""

    def needed_points(self) -> int:
        """Return the least number of points that the estimator can work on."""
        return 2

    def warm_up(self) -> None:  # noqa: B027 (most have nothing to do)
        """Import and compile what a first fit needs, so that its time does not count as a fit."""

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Estimate the intrinsic dimension of points ``X`` (n, D); ``y`` is ignored.

        Points that repeat others, exactly or nearly, are used once, and rows far from all others
        are not used; rows on a lattice, in a sequence, or of few values are reported: each with a
        warning. ``dimension_`` is above 0 and at most D. So is ``dimension_pw_``, but for 0 at
        isolated points, which are a component by themselves, and NaN where there is no answer.
        Raises ValueError where X is not a two-dimensional array of finite numbers, or has too few
        distinct points, or where the estimate fails or is out of bounds.
        """
        name = type(self).__name__
        points = check_points(X, name)
        rows = select_rows(points)
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
            estimate = self.estimate(used)
        except (ArithmeticError, ValueError) as error:
            # Libraries below an estimator do not know its name.
            message = str(error)
            if not message.startswith(name):
                message = f"{name}: {message}"
            raise ValueError(_with_reason(message, diagnosis)) from error
        self.dimension_ = check_dimension(
            name, float(estimate.dimension), used.shape, _with_reason("", diagnosis)
        )
        self.details_ = dict(estimate.details)
        self.dimension_pw_ = self.query_ = None
        if estimate.pointwise is not None:
            self._set_pointwise(estimate, used, rows)
        return self

    def _set_pointwise(self, estimate: Estimate, used: Array, rows: RowSelection) -> None:
        """Set ``dimension_pw_`` and ``query_`` from an estimate of the points ``used``."""
        query = np.arange(len(used)) if estimate.query is None else estimate.query
        pointwise = clip_pointwise(np.asarray(estimate.pointwise, dtype=np.float64), used.shape[1])
        isolated = isolated_rows(used, query)
        if len(isolated):
            pointwise[np.isin(query, isolated)] = 0.0
            which = format_list("row", rows.used[isolated].tolist())
            message = (
                f"{which} of {len(rows.place)} points have no neighbours near enough to read a "
                "dimension: 0 there"
            )
            _warn(type(self).__name__, [message])
        if estimate.query is None:
            self.dimension_pw_ = np.where(rows.place < 0, 0.0, pointwise[rows.place])
            self.query_ = np.arange(len(rows.place))
        else:
            self.dimension_pw_ = pointwise
            self.query_ = rows.used[query]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name, as in scikit-learn."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **parameters: Any) -> Self:
        """Change parameters; ValueError for one that does not exist or is not allowed."""
        known = self.get_params()
        for name in parameters:
            if name not in known:
                raise ValueError(
                    f"{type(self).__name__} has no parameter {name!r}; it takes: {', '.join(known)}"
                )
        # Some are only allowed together: the constructor checks this before anything changes.
        type(self)(**{**known, **parameters})
        for name, value in parameters.items():
            setattr(self, name, value)
        return self


def _warn(name: str, messages: list[str]) -> None:
    for message in messages:
        warnings.warn(f"{name}: {message}", stacklevel=3)


def _with_reason(message: str, diagnosis: Diagnosis) -> str:
    """Return a message with what the diagnosis says of the points' distances."""
    return "; ".join(filter(None, (message, diagnosis.ties_message, diagnosis.sequence_message)))
