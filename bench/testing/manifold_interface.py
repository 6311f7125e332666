"""Checks of a manifold's interface: parameters, points, their dimension, seeds."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np

from bench.testing.checks import assert_that, parameters_of
from bench.testing.process_state import (
    assert_state_unchanged,
    global_seed,
    sample_in_another_process,
)

#: Number of points of most samples.
N = 60


def check_parameters(manifold: Any) -> None:
    """Parameters are attributes of their names, and make the same manifold again."""
    for name, parameter in inspect.signature(type(manifold)).parameters.items():
        assert_that(
            parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
            and hasattr(manifold, name),
            f"the constructor takes {parameter}, which is no attribute",
            "each parameter as an attribute of its name",
        )
    values = {name: getattr(manifold, name) for name in parameters_of(manifold)}
    again = type(manifold)(**values).sample(N, 0).points
    assert_that(
        np.array_equal(again, manifold.sample(N, 0).points),
        f"made again with {values}, it gives other points",
        "a manifold that its parameters determine",
    )


def check_frozen(manifold: Any) -> None:
    """Parameters cannot be changed: they identify a stored result."""
    names = parameters_of(manifold) or ["ambient"]
    for name in names:
        value = getattr(manifold, name, None)
        try:
            setattr(manifold, name, value)
        except AttributeError:
            continue
        raise AssertionError(
            f"its parameter {name!r} can be set; expected: a frozen class (attrs.frozen, or "
            "dataclass(frozen=True))"
        )


def check_points(manifold: Any) -> None:
    """points is a contiguous array (n, D) of finite float64, with D the size of its shape."""
    sample = manifold.sample(N, 0)
    points = sample.points
    assert_that(
        isinstance(points, np.ndarray) and points.ndim == 2 and len(points) == N,
        f"of {N} points, points is {_describe(points)}",
        f"an array of shape ({N}, D)",
    )
    assert_that(points.dtype == np.float64, f"points are {points.dtype}", "float64")
    assert_that(points.flags.c_contiguous, "points are not contiguous", "rows one after the other")
    wrong = int((~np.isfinite(points)).any(axis=1).sum())
    assert_that(not wrong, f"{wrong} of {N} points have NaN or infinity", "finite numbers")
    shape, ambient = tuple(sample.shape), points.shape[1]
    assert_that(
        math.prod(shape) == ambient,
        f"points have {ambient} coordinates, the shape of one is {shape}",
        "a shape of as many",
    )
    declared = getattr(manifold, "ambient", ambient)
    assert_that(
        declared == ambient, f"ambient is {declared}, and points have {ambient} coordinates", "both"
    )


def check_dimension(manifold: Any) -> None:
    """dimension is a whole number at each point, from 1 to D; or None where it is unknown."""
    sample = manifold.sample(N, 0)
    if sample.dimension is None:
        return
    dimension, ambient = sample.dimension, sample.points.shape[1]
    assert_that(
        isinstance(dimension, np.ndarray)
        and dimension.shape == (N,)
        and np.issubdtype(dimension.dtype, np.integer),
        f"dimension of {N} points is {_describe(dimension)}",
        f"whole numbers, shape ({N},), or None",
    )
    assert_that(
        ((dimension >= 1) & (dimension <= ambient)).all(),
        f"dimension is from {dimension.min()} to {dimension.max()} in R^{ambient}",
        f"from 1 to {ambient}",
    )


def check_one_point(manifold: Any) -> None:
    """One point can be drawn."""
    n = manifold.sample(1, 0).points.shape[0]
    assert_that(n == 1, f"of 1 point requested there are {n}", "1")


def check_refuses_bad_n(manifold: Any) -> None:
    """A number of points below 1 is refused with a ValueError, and what is no whole number."""
    for n in (0, -3):
        _assert_refused(manifold, n, 0, f"n = {n}", (ValueError,))
    for other in (2.5, "ten", None):
        _assert_refused(manifold, other, 0, f"n = {other!r}", (ValueError, TypeError))


def check_refuses_bad_seed(manifold: Any) -> None:
    """A seed below 0 is refused with a ValueError, and what is no whole number: None is chance."""
    _assert_refused(manifold, 5, -1, "seed = -1", (ValueError,))
    for other in (1.5, "one", None):
        _assert_refused(manifold, 5, other, f"seed = {other!r}", (ValueError, TypeError))


def _assert_refused(
    manifold: Any, n: Any, seed: Any, what: str, by: tuple[type[Exception], ...]
) -> None:
    expected = " or ".join(kind.__name__ for kind in by)
    try:
        manifold.sample(n, seed)
    except by as error:
        assert_that(
            str(error), f"{what} raised {type(error).__name__} without a message", "a message"
        )
        return
    except Exception as error:
        raise AssertionError(
            f"{what} raised {type(error).__name__}: {error}; expected: {expected}"
        ) from error
    raise AssertionError(f"{what} gave a sample; expected: {expected}")


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} of shape {value.shape}"
    return f"{value!r}, a {type(value).__name__}"


def check_same_seed_same_points(manifold: Any) -> None:
    """A seed gives the same bytes again, after other samples and with other global states."""
    with global_seed(1):
        first = manifold.sample(N, 5)
        manifold.sample(N, 6)
        again = manifold.sample(N, 5)
    with global_seed(2):
        elsewhere = manifold.sample(N, 5)
    expected = _bytes(first.points, first.dimension)
    for what, sample in (
        ("drawn again", again),
        ("with another global random state", elsewhere),
    ):
        assert_that(
            _bytes(sample.points, sample.dimension) == expected,
            f"{what}, a sample of the same seed is another one",
            "the same bytes",
        )


def check_same_points_in_another_process(manifold: Any) -> None:
    """A seed gives the same bytes in another process, in which strings have other hashes."""
    here = manifold.sample(N, 5)
    assert_that(
        _bytes(*sample_in_another_process(manifold, N, 5)) == _bytes(here.points, here.dimension),
        "in another process, a sample of the same seed is another one",
        "the same bytes",
    )


def check_other_seed_other_points(manifold: Any) -> None:
    """Another seed gives other points, of a continuous manifold not one in common."""
    first, other = manifold.sample(N, 5), manifold.sample(N, 6)
    shared = int((first.points[:, None] == other.points[None]).all(axis=2).any(axis=1).sum())
    # Samples of a finite set may share points.
    allowed = 0 if first.dimension is not None else N - 1
    assert_that(
        shared <= allowed,
        f"samples of two seeds have {shared} of {N} points in common",
        f"at most {allowed}",
    )


def check_process_state(manifold: Any) -> None:
    """sample leaves global random states, numpy's error handling and warning filters alone."""
    # Modules that a first sample imports may set their own.
    manifold.sample(N, 0)
    with assert_state_unchanged("sample"):
        manifold.sample(N, 0)


def _bytes(points: Any, dimension: Any) -> tuple[bytes, bytes]:
    """Return the bytes of a sample, to compare."""
    return (
        np.asarray(points).tobytes(),
        b"" if dimension is None else np.asarray(dimension).tobytes(),
    )
