"""Fits of copies of an estimator, their results, and points to fit."""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import estimators
from bench.testing.checks import assert_that, entry_of, parameters_of
from estimators.catalogue import EstimatorEntry
from estimators.points import Array

#: Number of points of most checks: enough for neighbourhoods of 100.
N = 300


@dataclass(frozen=True)
class FitResult:
    """The dimension, and for local estimators the pointwise dimension at ``rows``."""

    dimension: float
    pointwise: Array | None
    rows: NDArray[np.int64] | None


def curved_points(n: int = N) -> Array:
    """Return a curved set of dimension 3 that spans 6 of 7 coordinates, shape (n, 7).

    Not all of them: probabilistic PCA takes the last component for noise where there is no other.
    """
    own = np.random.default_rng(0).standard_normal((n, 3))
    return np.hstack([own, 0.3 * np.sin(2 * own), np.zeros((n, 1))])


def sphere_points(dimension: int, ambient: int, n: int) -> Array:
    """Return uniform points of a unit sphere, rotated in R^ambient: (n, ambient)."""
    rng = np.random.default_rng(dimension)
    gaussian = rng.standard_normal((n, dimension + 1))
    sphere = gaussian / np.linalg.norm(gaussian, axis=1, keepdims=True)
    rotated: Array = sphere @ rotation(ambient)[: dimension + 1]
    return rotated


def rotation(ambient: int, seed: int = 0) -> Array:
    """Return a random orthogonal matrix (ambient, ambient)."""
    gaussian = np.random.default_rng(seed).standard_normal((ambient, ambient))
    frame: Array = np.linalg.qr(gaussian)[0]
    return frame


def entry(estimator: Any) -> EstimatorEntry | None:
    """Return the entry of an estimator, None where its class is not registered."""
    return entry_of(estimator, estimators.catalogue.registry)


def is_random(estimator: Any) -> bool:
    """Return whether a random state changes its result, as declared; else whether it takes one."""
    known = entry(estimator)
    return "random_state" in parameters_of(estimator) if known is None else not known.deterministic


def unfitted_copy(estimator: Any, random_state: int | None = None) -> Any:
    """Return an unfitted copy, with random state 0 for None, as scikit-learn's checks do."""
    own = copy.deepcopy(estimator)
    if "random_state" in parameters_of(own):
        known = getattr(own, "random_state", None)
        own.random_state = (known or 0) if random_state is None else random_state
    return own


def fit_copy(estimator: Any, X: Any, random_state: int | None = None) -> Any:
    """Return a fitted copy, without its warnings."""
    own = unfitted_copy(estimator, random_state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        own.fit(X)
    return own


def result_of(own: Any) -> FitResult:
    """Return the result of a fitted estimator; AssertionError where it has none."""
    assert_that(hasattr(own, "dimension_"), "fit set no dimension_", "dimension_, a number")
    pointwise = getattr(own, "dimension_pw_", None)
    query = getattr(own, "query_", None)
    if pointwise is not None:
        pointwise = np.asarray(pointwise, dtype=np.float64)
        query = np.arange(len(pointwise)) if query is None else np.asarray(query)
    return FitResult(float(np.squeeze(own.dimension_)), pointwise, query)


def fit_result(estimator: Any, X: Any, random_state: int | None = None) -> FitResult:
    """Return the result of a fitted copy."""
    return result_of(fit_copy(estimator, X, random_state))


def assert_same(result: FitResult, expected: FitResult, what: str, tolerance: float = 0.0) -> None:
    """Raise AssertionError where two results differ by more than a relative tolerance.

    Pointwise dimensions are compared at rows of both.
    """
    limit = f"a difference of at most {tolerance:g} of it" if tolerance else "the same number"
    assert_that(
        np.isclose(result.dimension, expected.dimension, rtol=tolerance, atol=0, equal_nan=True),
        f"{what}, dimension_ is {result.dimension!r} instead of {expected.dimension!r}",
        limit,
    )
    if result.pointwise is None or expected.pointwise is None:
        assert_that(
            (result.pointwise is None) == (expected.pointwise is None),
            f"{what}, dimension_pw_ is there for one of two fits",
            "both or none",
        )
        return
    assert result.rows is not None
    assert expected.rows is not None
    rows, here, there = np.intersect1d(result.rows, expected.rows, return_indices=True)
    observed, target = result.pointwise[here], expected.pointwise[there]
    differ = ~np.isclose(observed, target, rtol=tolerance, atol=0, equal_nan=True)
    first = int(differ.argmax()) if len(differ) else 0
    assert_that(
        not differ.any(),
        f"{what}, dimension_pw_ differs at {int(differ.sum())} of {len(rows)} points"
        + (f", at row {rows[first]}: {observed[first]} for {target[first]}" if len(rows) else ""),
        limit,
    )
