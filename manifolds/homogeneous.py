"""Homogeneous manifolds: all points have the same neighbourhood."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from manifolds.base import Array, Embedded
from manifolds.catalogue import register
from manifolds.parameters import whole_number


@register(
    "special-orthogonal",
    source="Stewart 1980 (SIAM J. Numer. Anal. 17, 403-409); Mezzadri 2007 (math-ph/0609050)",
)
@frozen(kw_only=True)
class SpecialOrthogonal(Embedded):
    """Rotations SO(n) as n x n matrices, uniform (Haar), read as points of R^(n n).

    The Q of a Gaussian matrix is uniform on O(n) once the diagonal of R is made positive; the
    sign of its last column then makes the determinant 1. It lies on a sphere of radius sqrt(n).
    """

    order: int = whole_number(5, "order n of the matrices; the dimension is n (n - 1) / 2", least=2)
    ambient: int = whole_number(100, "ambient dimension D", least=4)

    @property
    def dimension(self) -> int:  # type: ignore[override]
        return self.order * (self.order - 1) // 2

    @property
    def coordinates(self) -> int:  # type: ignore[override]
        return self.order**2

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.standard_normal((n, self.order**2))

    def intrinsic(self, latent: Array) -> Array:
        q, r = np.linalg.qr(self._matrices(latent))
        q = q * np.where(np.diagonal(r, axis1=1, axis2=2) < 0, -1.0, 1.0)[:, None, :]
        q[:, :, -1] *= np.sign(np.linalg.det(q))[:, None]
        rotations: Array = q.reshape(latent.shape)
        return rotations

    def equation(self, x: Array) -> Array:
        matrices = self._matrices(x)
        excess = matrices.transpose(0, 2, 1) @ matrices - np.eye(self.order)
        residual: Array = np.maximum(
            np.linalg.norm(excess, axis=(1, 2)), np.abs(np.linalg.det(matrices) - 1)
        )
        return residual

    def _matrices(self, flat: Array) -> Array:
        return flat.reshape(-1, self.order, self.order)


@register("circles", source="textbook (flat, or Clifford, torus)")
@frozen(kw_only=True)
class Circles(Embedded):
    """Uniform points of a product of unit circles, a flat torus."""

    count: int = whole_number(6, "number of circles, which is the dimension")
    ambient: int = whole_number(100, "ambient dimension D", least=2)

    @property
    def dimension(self) -> int:  # type: ignore[override]
        return self.count

    @property
    def coordinates(self) -> int:  # type: ignore[override]
        return 2 * self.count

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.uniform(0, 2 * np.pi, (n, self.count))

    def intrinsic(self, latent: Array) -> Array:
        return np.hstack([np.cos(latent), np.sin(latent)])

    def equation(self, x: Array) -> Array:
        radii = np.hypot(x[:, : self.count], x[:, self.count :])
        residual: Array = np.abs(radii - 1).max(axis=1)
        return residual
