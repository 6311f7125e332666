"""Checks of an estimator on transformed points, spheres, and points that cannot be used."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.testing.checks import assert_that
from bench.testing.estimator_fits import (
    FitResult,
    assert_same,
    curved_points,
    fit_result,
    is_random,
    rotation,
    sphere_points,
    unfitted_copy,
)
from estimators.points import Array

#: Largest relative difference of results that should be the same: rounding, where the random state
#: makes no difference for these points, and more where it does.
EXACT, RANDOM = 1e-6, 0.1
#: Dimensions of the spheres, their ambient dimension, and the points of each.
SPHERES, AMBIENT, POINTS = (1, 3, 6, 10), 12, 400


def check_rotation(estimator: Any) -> None:
    """A random orthogonal map of the points changes nothing."""
    points = curved_points()
    _assert_invariant(estimator, points @ rotation(points.shape[1], seed=1), "of rotated points")


def check_translation(estimator: Any) -> None:
    """A shift of the points changes nothing."""
    points = curved_points()
    shift = 100 * np.random.default_rng(1).standard_normal(points.shape[1])
    _assert_invariant(estimator, points + shift, "of shifted points")


def check_scale(estimator: Any) -> None:
    """The unit of length changes nothing."""
    for factor in (1e-6, 1e6):
        _assert_invariant(estimator, factor * curved_points(), f"in units of {1 / factor:g}")


def check_more_coordinates(estimator: Any) -> None:
    """Further coordinates, which are constant, change nothing."""
    points = curved_points()
    constant = np.full((len(points), 4), 7.0)
    _assert_invariant(estimator, np.hstack([points, constant]), "with constant coordinates added")


def check_permutation(estimator: Any) -> None:
    """The order of the points changes nothing but the order of the pointwise dimensions."""
    points = curved_points()
    order = np.random.default_rng(1).permutation(len(points))
    expected = fit_result(estimator, points)
    result = fit_result(estimator, points[order])
    _assert_close(
        estimator, _restore_order(result, order), expected, "of the points in another order"
    )


def check_growing_spheres(estimator: Any) -> None:
    """On spheres of growing dimension, the estimates grow."""
    estimates = [
        fit_result(estimator, sphere_points(dimension, AMBIENT, POINTS)).dimension
        for dimension in SPHERES
    ]
    assert_that(
        (np.diff(estimates) > 0).all(),
        f"of spheres of dimension {', '.join(map(str, SPHERES))} in R^{AMBIENT} it estimates "
        + ", ".join(f"{value:.4g}" for value in estimates),
        "each estimate larger than the one before",
    )


def _assert_invariant(estimator: Any, moved: Array, what: str) -> None:
    _assert_close(
        estimator, fit_result(estimator, moved), fit_result(estimator, curved_points()), what
    )


def _assert_close(estimator: Any, result: FitResult, expected: FitResult, what: str) -> None:
    """Assert equality up to rounding, or to chance where the random state makes a difference."""
    # No pointwise dimension is above the ambient one, which further coordinates raise.
    ambient = curved_points().shape[1]
    other = (
        fit_result(estimator, curved_points(), random_state=7) if is_random(estimator) else expected
    )
    if other.dimension == expected.dimension:
        assert_same(_clip(ambient, result), _clip(ambient, expected), what, EXACT)
    else:
        # Pointwise dimensions scatter more than their aggregate.
        assert_same(_without_pointwise(result), _without_pointwise(expected), what, RANDOM)


def _clip(ambient: int, result: FitResult) -> FitResult:
    """Return the result with pointwise dimensions of at most the ambient one."""
    if result.pointwise is None:
        return result
    return FitResult(result.dimension, np.minimum(result.pointwise, ambient), result.rows)


def _without_pointwise(result: FitResult) -> FitResult:
    return FitResult(result.dimension, None, None)


def _restore_order(result: FitResult, order: NDArray[np.int64]) -> FitResult:
    """Return the result with the rows that the points had before they were permuted."""
    if result.rows is None:
        return result
    return FitResult(result.dimension, result.pointwise, order[result.rows])


def check_refuses_nan(estimator: Any) -> None:
    """Points with a NaN are refused."""
    _assert_refused(estimator, _with_one(np.nan), "points with a NaN")


def check_refuses_infinity(estimator: Any) -> None:
    """Points with an infinite coordinate are refused."""
    _assert_refused(estimator, _with_one(np.inf), "points with an infinite coordinate")


def check_refuses_one_axis(estimator: Any) -> None:
    """A list of numbers is no list of points."""
    _assert_refused(estimator, curved_points()[:, 0], "an array of one axis")


def check_refuses_three_axes(estimator: Any) -> None:
    """An array of three axes is refused."""
    _assert_refused(estimator, curved_points()[None], "an array of three axes")


def check_refuses_no_points(estimator: Any) -> None:
    """An array without points is refused."""
    _assert_refused(estimator, np.empty((0, 7)), "an array without points")


def check_refuses_one_point(estimator: Any) -> None:
    """One point has no dimension."""
    _assert_refused(estimator, curved_points()[:1], "one point")


def check_refuses_identical_points(estimator: Any) -> None:
    """Points that are all the same are one point."""
    _assert_refused(estimator, np.ones((300, 7)), "points that are all the same")


def check_refuses_text(estimator: Any) -> None:
    """Words are refused."""
    _assert_refused(estimator, [["a", "b", "c"]] * 300, "words")


def check_refuses_complex_numbers(estimator: Any) -> None:
    """Complex numbers are refused, not cut to their real parts."""
    _assert_refused(estimator, curved_points() * 1j, "complex numbers")


def check_duplicates(estimator: Any) -> None:
    """Points that stand twice have a dimension within bounds, or are refused."""
    points = np.repeat(curved_points(), 2, axis=0)
    ambient = points.shape[1]
    try:
        dimension = fit_result(estimator, points).dimension
    except ValueError as error:
        _assert_words(error, "points that stand twice")
        return
    assert_that(
        math.isfinite(dimension) and 0 < dimension <= 2 * ambient,
        f"of points in R^{ambient} that stand twice, dimension_ is {dimension!r}",
        f"a number above 0 and at most {2 * ambient}, or ValueError",
    )


def _with_one(value: float) -> Any:
    points = curved_points()
    points[17, 2] = value
    return points


def _assert_refused(estimator: Any, X: Any, what: str) -> None:
    """Assert a ValueError with a message, and no dimension_ after it."""
    own = unfitted_copy(estimator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            own.fit(X)
        except ValueError as error:
            _assert_words(error, what)
            assert_that(
                not hasattr(own, "dimension_"), f"{what} left a dimension_", "none after an error"
            )
            return
        except Exception as error:
            raise AssertionError(
                f"{what} raised {type(error).__name__}: {error}; expected: ValueError"
            ) from error
    raise AssertionError(
        f"{what} gave dimension_ = {getattr(own, 'dimension_', None)}; expected: ValueError"
    )


def _assert_words(error: ValueError, what: str) -> None:
    assert_that(
        len(str(error).split()) >= 3,
        f"{what} raised ValueError({str(error)!r})",
        "a message that says what is wrong",
    )
