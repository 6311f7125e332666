"""Spheres: uniform or not, noisy, and unions (Stanczuk et al. 2024, arXiv 2212.12611)."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from manifolds.base import Array, Dimensions, Embedded, Manifold, Mixture
from manifolds.catalogue import register
from manifolds.parameters import number, whole_number


@register("sphere", source="Stanczuk et al. 2024, section 5 (k-sphere)")
@frozen(kw_only=True)
class Sphere(Embedded):
    """Uniform k-sphere: a normalised Gaussian in R^(k+1), placed by a random isometry."""

    dimension: int = whole_number(10, "intrinsic dimension k")
    ambient: int = whole_number(100, "ambient dimension D", least=2)
    radius: float = number(1.0, "radius")
    first: int | None = whole_number(
        None,
        "fill the coordinates from this one on, instead of a random isometry",
        least=0,
        none=True,
    )

    @property
    def coordinates(self) -> int:  # type: ignore[override]
        return self.dimension + 1

    def __attrs_post_init__(self) -> None:
        needed = (self.first or 0) + self.coordinates
        if needed > self.ambient:
            raise ValueError(f"'ambient' must be at least {needed}, not {self.ambient}")

    def frame(self) -> Array:
        if self.first is None:
            return super().frame()
        return np.eye(self.ambient)[:, self.first : self.first + self.coordinates]

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.standard_normal((n, self.dimension + 1))

    def intrinsic(self, latent: Array) -> Array:
        return self.radius * latent / np.linalg.norm(latent, axis=1, keepdims=True)

    def equation(self, x: Array) -> Array:
        return np.linalg.norm(x, axis=1) - self.radius


@register("nonuniform-sphere", source="Stanczuk et al. 2024, section 5 (angle_std 1, 0.75, 0.5)")
@frozen(kw_only=True)
class NonUniformSphere(Sphere):
    """k-sphere whose k hyperspherical angles are all normal: mass piles up near a pole."""

    angle_std: float = number(1.0, "standard deviation of each angle, in radians")

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return self.angle_std * rng.standard_normal((n, self.dimension))

    def intrinsic(self, latent: Array) -> Array:
        sines = np.cumprod(np.sin(latent), axis=1)
        before = np.hstack([np.ones((len(latent), 1)), sines[:, :-1]])
        return self.radius * np.hstack([np.cos(latent) * before, sines[:, -1:]])


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


def _dimensions(value: object) -> tuple[int, ...]:
    whole = isinstance(value, (list, tuple)) and all(type(k) is int and k >= 1 for k in value)
    if not whole or len(value) < 2:  # type: ignore[arg-type]
        raise ValueError(
            f"'dimensions' must be two or more whole numbers of at least 1, not {value!r}"
        )
    return tuple(value)  # type: ignore[arg-type]


@register("sphere-union", source="Stanczuk et al. 2024, section 5 (union of spheres, 'separating')")
@frozen(kw_only=True)
class SphereUnion(Mixture):
    """Unit spheres in separate coordinates of R^D, with equal numbers of points."""

    dimensions: tuple[int, ...] = field(
        default=(10, 30), converter=_dimensions, metadata={"about": "dimension of each sphere"}
    )
    ambient: int = whole_number(100, "ambient dimension D", least=4)

    def __attrs_post_init__(self) -> None:
        needed = sum(k + 1 for k in self.dimensions)
        if needed > self.ambient:
            raise ValueError(f"'ambient' must be at least {needed}, not {self.ambient}")

    @property
    def parts(self) -> tuple[Sphere, ...]:
        """The spheres, each in a block of coordinates of its own."""
        starts = np.cumsum([0, *(k + 1 for k in self.dimensions)])
        return tuple(
            Sphere(dimension=k, ambient=self.ambient, first=int(start))
            for k, start in zip(self.dimensions, starts, strict=False)
        )
