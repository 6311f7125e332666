"""Checks of what a dimension is: the same in any frame and unit, larger of larger spheres."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.testing.checks import require
from bench.testing.estimator_fits import (
    Answer,
    Array,
    answer,
    curved_points,
    is_random,
    require_same,
    rotation,
    sphere_points,
)

#: Largest relative difference of answers that are to be the same: rounding, where the random state
#: makes no difference for these points, and more where it does.
EXACT, RANDOM = 1e-6, 0.1
#: Dimensions of the spheres, their ambient dimension, and the points of each.
SPHERES, AMBIENT, POINTS = (1, 3, 6, 10), 12, 400


def check_rotation(estimator: Any) -> None:
    """A random orthogonal map of the points changes nothing."""
    points = curved_points()
    _require_unmoved(estimator, points @ rotation(points.shape[1], seed=1), "of rotated points")


def check_translation(estimator: Any) -> None:
    """A shift of the points changes nothing."""
    points = curved_points()
    shift = 100 * np.random.default_rng(1).standard_normal(points.shape[1])
    _require_unmoved(estimator, points + shift, "of shifted points")


def check_scale(estimator: Any) -> None:
    """The unit of length changes nothing."""
    for factor in (1e-6, 1e6):
        _require_unmoved(estimator, factor * curved_points(), f"in units of {1 / factor:g}")


def check_more_coordinates(estimator: Any) -> None:
    """Further coordinates, which are constant, change nothing."""
    points = curved_points()
    constant = np.full((len(points), 4), 7.0)
    _require_unmoved(estimator, np.hstack([points, constant]), "with constant coordinates added")


def check_permutation(estimator: Any) -> None:
    """The order of the points changes nothing but the order of the readings."""
    points = curved_points()
    order = np.random.default_rng(1).permutation(len(points))
    expected = answer(estimator, points)
    found = answer(estimator, points[order])
    _require_close(estimator, _in_order(found, order), expected, "of the points in another order")


def check_growing_spheres(estimator: Any) -> None:
    """Of spheres of growing dimension, the answers grow."""
    found = [
        answer(estimator, sphere_points(dimension, AMBIENT, POINTS)).dimension
        for dimension in SPHERES
    ]
    require(
        (np.diff(found) > 0).all(),
        f"of spheres of dimension {', '.join(map(str, SPHERES))} in R^{AMBIENT} it says "
        + ", ".join(f"{value:.4g}" for value in found),
        "each answer larger than the one before",
    )


def _require_unmoved(estimator: Any, moved: Array, what: str) -> None:
    _require_close(estimator, answer(estimator, moved), answer(estimator, curved_points()), what)


def _require_close(estimator: Any, found: Answer, expected: Answer, what: str) -> None:
    """The same but for rounding, or but for chance where the random state makes a difference."""
    # No reading is above the ambient dimension, which further coordinates raise.
    ambient = curved_points().shape[1]
    other = answer(estimator, curved_points(), random_state=7) if is_random(estimator) else expected
    if other.dimension == expected.dimension:
        require_same(_up_to(ambient, found), _up_to(ambient, expected), what, EXACT)
    else:
        # Readings at single points scatter more than the answer.
        require_same(_whole(found), _whole(expected), what, RANDOM)


def _up_to(ambient: int, found: Answer) -> Answer:
    """The answer with readings at points of at most the ambient dimension."""
    if found.pointwise is None:
        return found
    return Answer(found.dimension, np.minimum(found.pointwise, ambient), found.rows)


def _whole(found: Answer) -> Answer:
    return Answer(found.dimension, None, None)


def _in_order(found: Answer, order: NDArray[np.int64]) -> Answer:
    """Readings under the rows that the points had before they were permuted."""
    if found.rows is None:
        return found
    return Answer(found.dimension, found.pointwise, order[found.rows])
