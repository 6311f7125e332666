"""Fits of copies of an estimator, and the points that they are made on."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import estimators
from bench.testing.checks import require
from bench.testing.subjects import entry_of, parameters_of
from estimators.catalogue import EstimatorEntry

Array = NDArray[np.float64]

#: Points that most checks fit on: enough for neighbourhoods of 100.
N = 300


@dataclass(frozen=True)
class Answer:
    """What an estimator said: the dimension, and that at the rows it names, if it is local."""

    dimension: float
    pointwise: Array | None
    rows: NDArray[np.int64] | None


def curved_points(n: int = N) -> Array:
    """A curved set of dimension 3 that spans 6 of 7 coordinates, shape (n, 7).

    Not all of them: probabilistic PCA takes the last component for noise where there is no other.
    """
    own = np.random.default_rng(0).standard_normal((n, 3))
    return np.hstack([own, 0.3 * np.sin(2 * own), np.zeros((n, 1))])


def sphere_points(dimension: int, ambient: int, n: int) -> Array:
    """Uniform points of a unit sphere, turned in R^ambient: (n, ambient)."""
    rng = np.random.default_rng(dimension)
    gaussian = rng.standard_normal((n, dimension + 1))
    sphere = gaussian / np.linalg.norm(gaussian, axis=1, keepdims=True)
    turned: Array = sphere @ rotation(ambient)[: dimension + 1]
    return turned


def rotation(ambient: int, seed: int = 0) -> Array:
    """A random orthogonal matrix (ambient, ambient)."""
    gaussian = np.random.default_rng(seed).standard_normal((ambient, ambient))
    frame: Array = np.linalg.qr(gaussian)[0]
    return frame


def entry(estimator: Any) -> EstimatorEntry | None:
    """What is declared of an estimator, if its class is registered."""
    return entry_of(estimator, estimators.catalogue.registry)


def is_random(estimator: Any) -> bool:
    """Whether a random state changes its answer, as declared; else whether it takes one."""
    known = entry(estimator)
    return "random_state" in parameters_of(estimator) if known is None else not known.deterministic


def fresh(estimator: Any, random_state: int | None = None) -> Any:
    """An unfitted copy; with a random state of 0 in place of None, as scikit-learn's checks do."""
    own = copy.deepcopy(estimator)
    if "random_state" in parameters_of(own):
        known = getattr(own, "random_state", None)
        own.random_state = (known or 0) if random_state is None else random_state
    return own


def fitted(estimator: Any, X: Any, random_state: int | None = None) -> Any:
    """A copy, fitted; what it warns of does not matter here."""
    own = fresh(estimator, random_state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own.fit(X)
    return own


def read(own: Any) -> Answer:
    """What a fitted estimator says; AssertionError where it says nothing."""
    require(hasattr(own, "dimension_"), "fit set no dimension_", "dimension_, a number")
    pointwise = getattr(own, "dimension_pw_", None)
    query = getattr(own, "query_", None)
    if pointwise is not None:
        pointwise = np.asarray(pointwise, dtype=np.float64)
        query = np.arange(len(pointwise)) if query is None else np.asarray(query)
    return Answer(float(np.squeeze(own.dimension_)), pointwise, query)


def answer(estimator: Any, X: Any, random_state: int | None = None) -> Answer:
    """What a copy says of points, fitted anew."""
    return read(fitted(estimator, X, random_state))


def require_same(found: Answer, expected: Answer, what: str, tolerance: float = 0.0) -> None:
    """AssertionError where two answers differ by more than a relative tolerance.

    Readings at points are compared where both have one at the row.
    """
    limit = f"a difference of at most {tolerance:g} of it" if tolerance else "the same number"
    require(
        np.isclose(found.dimension, expected.dimension, rtol=tolerance, atol=0, equal_nan=True),
        f"{what}, dimension_ is {found.dimension!r} instead of {expected.dimension!r}",
        limit,
    )
    if found.pointwise is None or expected.pointwise is None:
        require(
            (found.pointwise is None) == (expected.pointwise is None),
            f"{what}, dimension_pw_ is there for one of two fits",
            "both or none",
        )
        return
    assert found.rows is not None
    assert expected.rows is not None
    rows, here, there = np.intersect1d(found.rows, expected.rows, return_indices=True)
    seen, wanted = found.pointwise[here], expected.pointwise[there]
    differ = ~np.isclose(seen, wanted, rtol=tolerance, atol=0, equal_nan=True)
    first = int(differ.argmax()) if len(differ) else 0
    require(
        not differ.any(),
        f"{what}, dimension_pw_ differs at {int(differ.sum())} of {len(rows)} points"
        + (f", at row {rows[first]}: {seen[first]} for {wanted[first]}" if len(rows) else ""),
        limit,
    )
