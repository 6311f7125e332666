"""Unions of manifolds of different dimension, which is known at each point."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from manifolds.base import Array, Dimensions, Manifold
from manifolds.catalogue import register
from manifolds.parameters import whole_number
from manifolds.spheres import Sphere


def _dimensions(value: object) -> tuple[int, ...]:
    whole = isinstance(value, (list, tuple)) and all(type(k) is int and k >= 1 for k in value)
    if not whole or len(value) < 2:  # type: ignore[arg-type]
        raise ValueError(
            f"'dimensions' must be two or more whole numbers of at least 1, not {value!r}"
        )
    return tuple(value)  # type: ignore[arg-type]


@register("sphere-union", source="Stanczuk et al. 2024, section 5 (union of spheres, 'separating')")
@frozen(kw_only=True)
class SphereUnion(Manifold):
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

    def residual(self, points: Array) -> Array:
        residual: Array = np.min([part.residual(points) for part in self.parts], axis=0)
        return residual

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Dimensions]:
        which = rng.permutation(np.arange(n) % len(self.parts))
        points = np.empty((n, self.ambient))
        for index, part in enumerate(self.parts):
            here = which == index
            points[here] = part.embed(part.latent(int(here.sum()), rng))
        return points, np.array(self.dimensions)[which]
