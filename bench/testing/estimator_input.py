"""Checks of points that cannot be used, which are refused in words, and of repeated ones."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from bench.testing.checks import require
from bench.testing.estimator_fits import answer, curved_points, fresh


def check_refuses_nan(estimator: Any) -> None:
    """Points with a NaN are refused."""
    _refused(estimator, _with_one(np.nan), "points with a NaN")


def check_refuses_infinity(estimator: Any) -> None:
    """Points with an infinite coordinate are refused."""
    _refused(estimator, _with_one(np.inf), "points with an infinite coordinate")


def check_refuses_one_axis(estimator: Any) -> None:
    """A list of numbers is no list of points."""
    _refused(estimator, curved_points()[:, 0], "an array of one axis")


def check_refuses_three_axes(estimator: Any) -> None:
    """An array of three axes is refused."""
    _refused(estimator, curved_points()[None], "an array of three axes")


def check_refuses_no_points(estimator: Any) -> None:
    """An array without points is refused."""
    _refused(estimator, np.empty((0, 7)), "an array without points")


def check_refuses_one_point(estimator: Any) -> None:
    """One point has no dimension."""
    _refused(estimator, curved_points()[:1], "one point")


def check_refuses_identical_points(estimator: Any) -> None:
    """Points that are all the same are one point."""
    _refused(estimator, np.ones((300, 7)), "points that are all the same")


def check_refuses_text(estimator: Any) -> None:
    """Words are refused."""
    _refused(estimator, [["a", "b", "c"]] * 300, "words")


def check_refuses_complex_numbers(estimator: Any) -> None:
    """Complex numbers are refused, not cut to their real parts."""
    _refused(estimator, curved_points() * 1j, "complex numbers")


def check_duplicates(estimator: Any) -> None:
    """Of points that stand twice it says something sensible, or refuses them."""
    points = np.repeat(curved_points(), 2, axis=0)
    ambient = points.shape[1]
    try:
        found = answer(estimator, points).dimension
    except ValueError as error:
        _require_words(error, "points that stand twice")
        return
    require(
        math.isfinite(found) and 0 < found <= 2 * ambient,
        f"of points in R^{ambient} that stand twice, dimension_ is {found!r}",
        f"a number above 0 and at most {2 * ambient}, or ValueError",
    )


def _with_one(value: float) -> Any:
    points = curved_points()
    points[17, 2] = value
    return points


def _refused(estimator: Any, X: Any, what: str) -> None:
    """ValueError in words, and no answer after it."""
    own = fresh(estimator)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            own.fit(X)
        except ValueError as error:
            _require_words(error, what)
            require(
                not hasattr(own, "dimension_"), f"{what} left a dimension_", "none after an error"
            )
            return
        except Exception as error:
            raise AssertionError(
                f"{what} raised {type(error).__name__}: {error}; wanted: ValueError"
            ) from error
    raise AssertionError(
        f"{what} gave dimension_ = {getattr(own, 'dimension_', None)}; wanted: ValueError"
    )


def _require_words(error: ValueError, what: str) -> None:
    require(
        len(str(error).split()) >= 3,
        f"{what} raised ValueError({str(error)!r})",
        "a message that says what is wrong",
    )
