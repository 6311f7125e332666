"""Checks of what a manifold takes and gives: parameters, points, their dimension."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np

from bench.testing.checks import require
from bench.testing.subjects import parameters_of

#: Points of most samples.
N = 60


def check_parameters(manifold: Any) -> None:
    """Parameters are kept under their names; those that a sample names make the same manifold."""
    for name, parameter in inspect.signature(type(manifold)).parameters.items():
        require(
            parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
            and hasattr(manifold, name),
            f"the constructor takes {parameter}, which is no attribute",
            "each parameter kept under its name",
        )
    kept = {name: getattr(manifold, name) for name in parameters_of(manifold)}
    again = type(manifold)(**kept).sample(N, 0).points
    require(
        np.array_equal(again, manifold.sample(N, 0).points),
        f"made again with {kept}, it gives other points",
        "a manifold that its parameters say all of",
    )


def check_frozen(manifold: Any) -> None:
    """Parameters cannot be changed: they are what a stored result is known by."""
    names = parameters_of(manifold) or ["ambient"]
    for name in names:
        value = getattr(manifold, name, None)
        try:
            setattr(manifold, name, value)
        except AttributeError:
            continue
        raise AssertionError(
            f"its parameter {name!r} can be set; wanted: a frozen class (attrs.frozen, or "
            "dataclass(frozen=True))"
        )


def check_points(manifold: Any) -> None:
    """points is a contiguous array (n, D) of finite float64, with D the size of its shape."""
    sample = manifold.sample(N, 0)
    points = sample.points
    require(
        isinstance(points, np.ndarray) and points.ndim == 2 and len(points) == N,
        f"of {N} points, points is {_described(points)}",
        f"an array of shape ({N}, D)",
    )
    require(points.dtype == np.float64, f"points are {points.dtype}", "float64")
    require(points.flags.c_contiguous, "points are not contiguous", "rows one after the other")
    wrong = int((~np.isfinite(points)).any(axis=1).sum())
    require(not wrong, f"{wrong} of {N} points have NaN or infinity", "finite numbers")
    shape, ambient = tuple(sample.shape), points.shape[1]
    require(
        math.prod(shape) == ambient,
        f"points have {ambient} coordinates, the shape of one is {shape}",
        "a shape of as many",
    )
    declared = getattr(manifold, "ambient", ambient)
    require(
        declared == ambient, f"ambient is {declared}, and points have {ambient} coordinates", "both"
    )


def check_dimension(manifold: Any) -> None:
    """dimension is a whole number at each point, from 1 to D; or None where nobody knows it."""
    sample = manifold.sample(N, 0)
    if sample.dimension is None:
        return
    dimension, ambient = sample.dimension, sample.points.shape[1]
    require(
        isinstance(dimension, np.ndarray)
        and dimension.shape == (N,)
        and np.issubdtype(dimension.dtype, np.integer),
        f"dimension of {N} points is {_described(dimension)}",
        f"whole numbers, shape ({N},), or None",
    )
    require(
        ((dimension >= 1) & (dimension <= ambient)).all(),
        f"dimension is from {dimension.min()} to {dimension.max()} in R^{ambient}",
        f"from 1 to {ambient}",
    )


def check_one_point(manifold: Any) -> None:
    """One point can be drawn."""
    found = manifold.sample(1, 0).points.shape[0]
    require(found == 1, f"of 1 point asked for there are {found}", "1")


def check_refuses_bad_n(manifold: Any) -> None:
    """A number of points below 1 is refused with a ValueError, and what is no whole number."""
    for n in (0, -3):
        _refused(manifold, n, 0, f"n = {n}", (ValueError,))
    for other in (2.5, "ten", None):
        _refused(manifold, other, 0, f"n = {other!r}", (ValueError, TypeError))


def check_refuses_bad_seed(manifold: Any) -> None:
    """A seed below 0 is refused with a ValueError, and what is no whole number: None is chance."""
    _refused(manifold, 5, -1, "seed = -1", (ValueError,))
    for other in (1.5, "one", None):
        _refused(manifold, 5, other, f"seed = {other!r}", (ValueError, TypeError))


def _refused(manifold: Any, n: Any, seed: Any, what: str, by: tuple[type[Exception], ...]) -> None:
    wanted = " or ".join(kind.__name__ for kind in by)
    try:
        manifold.sample(n, seed)
    except by as error:
        require(str(error), f"{what} raised {type(error).__name__} without a message", "a message")
        return
    except Exception as error:
        raise AssertionError(
            f"{what} raised {type(error).__name__}: {error}; wanted: {wanted}"
        ) from error
    raise AssertionError(f"{what} gave a sample; wanted: {wanted}")


def _described(found: Any) -> str:
    if isinstance(found, np.ndarray):
        return f"an array of {found.dtype} of shape {found.shape}"
    return f"{found!r}, a {type(found).__name__}"
