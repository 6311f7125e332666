"""Manifolds blurred by noise in all directions of the ambient space."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from manifolds.base import Array, Dimensions, Manifold
from manifolds.catalogue import register
from manifolds.parameters import number
from manifolds.spheres import Sphere


@register("noisy-sphere", source="Stanczuk et al. 2024, robustness to noise (noise_std)")
@frozen(kw_only=True)
class NoisySphere(Sphere):
    """k-sphere plus isotropic normal noise in R^D: of dimension k at scales above the noise."""

    noise: float = number(0.01, "standard deviation of the noise in each coordinate")

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Dimensions]:
        points, dimension = super().draw(n, rng)
        return points + self.noise * rng.standard_normal(points.shape), dimension

    # Noisy points satisfy no equation.
    residual = Manifold.residual
