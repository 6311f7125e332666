"""Checks of a manifold's geometry: its equation, and the rank of its parametrisation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import SkipTest

import numpy as np

from bench.testing.checks import assert_that
from manifolds.base import Array, Manifold

#: Largest residual of points of the manifold, and least median of points that were moved away by a
#: tenth of its size, both in units of its size.
ON, OFF, MOVED = 1e-9, 1e-3, 0.1


def check_equation(manifold: Any) -> None:
    """Points satisfy the manifold's equation, where it states one."""
    residual = _residual(manifold)
    points = manifold.sample(200, 1).points
    values = residual(points)
    assert_that(
        np.shape(values) == (len(points),),
        f"residual of {len(points)} points has shape {np.shape(values)}",
        f"({len(points)},)",
    )
    largest = float(np.max(np.abs(values)))
    limit = ON * _size(points)
    assert_that(
        largest <= limit, f"points have residuals up to {largest:.3g}", f"at most {limit:.3g}"
    )


def check_equation_off_the_manifold(manifold: Any) -> None:
    """Points that are moved off the manifold do not satisfy its equation."""
    residual = _residual(manifold)
    sample = manifold.sample(200, 1)
    points = sample.points
    if sample.dimension is not None and np.max(sample.dimension) == points.shape[1]:
        raise SkipTest("it fills its space")
    away = np.random.default_rng(0).standard_normal(points.shape)
    moved = points + MOVED * _size(points) * away
    median = float(np.median(np.abs(residual(moved))))
    limit = OFF * _size(points)
    assert_that(
        median > limit,
        f"points moved by {MOVED:g} of its size have a median residual of {median:.3g}",
        f"more than {limit:.3g}",
    )


def check_tangent_space(manifold: Any) -> None:
    """The Jacobian of embed has the rank that is declared as the dimension.

    Never a higher one, at any point; a lower one at no more than half of them, where the
    parametrisation degenerates and not the manifold, as angles do near a pole.
    """
    for part in getattr(manifold, "parts", (manifold,)):
        if not (hasattr(part, "latent") and hasattr(part, "embed")):
            raise SkipTest("it has no parametrisation (latent, embed)")
        dimension = int(part.dimension)
        latent = np.asarray(part.latent(10 if dimension > 30 else 20, np.random.default_rng(3)))
        ranks = np.array([_rank(part.embed, own) for own in latent])
        share = float(np.mean(ranks == dimension))
        assert_that(
            ranks.max() == dimension and share >= 0.5,
            f"dimension is {dimension}, the tangent space has from {ranks.min()} to "
            f"{ranks.max()} dimensions, {dimension} at {share:.0%} of the points",
            "no more than the dimension anywhere, and it at half of the points or more",
        )


def _residual(manifold: Any) -> Callable[[Array], Array]:
    own: Callable[[Array], Array] | None = getattr(manifold, "residual", None)
    if own is None or getattr(type(manifold), "residual", None) is Manifold.residual:
        raise SkipTest("it states no equation (residual)")
    return own


def _size(points: Array) -> float:
    return float(np.linalg.norm(points - points.mean(axis=0), axis=1).max())


def _rank(embed: Callable[[Array], Array], latent: Array, step: float = 1e-5) -> int:
    """Rank of the Jacobian at one parameter (q,), from central differences."""
    moves = step * np.eye(len(latent))
    jacobian = (embed(latent + moves) - embed(latent - moves)) / (2 * step)
    spectrum = np.linalg.svd(jacobian, compute_uv=False)
    return int((spectrum > 1e-6 * spectrum[0]).sum())
