"""Subspaces, cubes, and graphs of maps over flat domains."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from manifolds.base import Array, Embedded
from manifolds.catalogue import register
from manifolds.parameters import whole_number


@register("affine-subspace", source="after Kamkari et al. 2024 (affine, normal latent)")
@frozen(kw_only=True)
class AffineSubspace(Embedded):
    """Standard normal points of a random affine subspace off the origin."""

    dimension: int = whole_number(10, "intrinsic dimension d")
    ambient: int = whole_number(100, "ambient dimension D", least=2)

    @property
    def coordinates(self) -> int:  # type: ignore[override]
        return self.dimension

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.standard_normal((n, self.dimension))

    def intrinsic(self, latent: Array) -> Array:
        return latent

    def equation(self, x: Array) -> Array:
        return np.zeros(len(x))

    def offset(self) -> Array:
        direction = np.random.default_rng(1).standard_normal(self.ambient)
        return direction / np.linalg.norm(direction)


@register("hypercube", source="Hein & Audibert 2005, rotated into R^D")
@frozen(kw_only=True)
class Hypercube(Embedded):
    """Uniform points of the cube [0, 1]^d, placed by a random isometry."""

    dimension: int = whole_number(20, "intrinsic dimension d")
    ambient: int = whole_number(100, "ambient dimension D", least=2)

    @property
    def coordinates(self) -> int:  # type: ignore[override]
        return self.dimension

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.random((n, self.dimension))

    def intrinsic(self, latent: Array) -> Array:
        return latent

    def equation(self, x: Array) -> Array:
        outside: Array = np.clip(np.abs(x - 0.5) - 0.5, 0, None).max(axis=1)
        return outside


@register("quadratic-graph", source="textbook (graph of a quadratic map)")
@frozen(kw_only=True)
class QuadraticGraph(Embedded):
    """Graph of a fixed quadratic map R^d -> R^q over standard normal points of R^d.

    The map's coefficients belong to the manifold, not to the sample. They are normal, of standard
    deviation 0.9 / d, with which a coordinate of the map varies about as much as one of the
    points, whatever d is.
    """

    dimension: int = whole_number(15, "intrinsic dimension d")
    codimension: int = whole_number(15, "dimension q of the map's values")
    ambient: int = whole_number(100, "ambient dimension D", least=2)

    @property
    def coordinates(self) -> int:  # type: ignore[override]
        return self.dimension + self.codimension

    def coefficients(self) -> Array:
        """Return the quadratic forms of the map, shape (q, d, d)."""
        shape = (self.codimension, self.dimension, self.dimension)
        return 0.9 / self.dimension * np.random.default_rng(2).standard_normal(shape)

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.standard_normal((n, self.dimension))

    def intrinsic(self, latent: Array) -> Array:
        return np.hstack([latent, self._map(latent)])

    def equation(self, x: Array) -> Array:
        below, above = x[:, : self.dimension], x[:, self.dimension :]
        return np.linalg.norm(above - self._map(below), axis=1)

    def _map(self, u: Array) -> Array:
        values: Array = np.einsum("kni,ni->nk", u @ self.coefficients(), u)
        return values
