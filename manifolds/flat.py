"""Flat manifolds: subspaces and cubes."""

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

    def equation(self, own: Array) -> Array:
        return np.zeros(len(own))

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

    def equation(self, own: Array) -> Array:
        outside: Array = np.clip(np.abs(own - 0.5) - 0.5, 0, None).max(axis=1)
        return outside
