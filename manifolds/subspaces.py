"""Mixtures of affine subspaces in many dimensions, straight or warped by a diffeomorphism."""

from __future__ import annotations

import numpy as np
from attrs import field, frozen

from manifolds.base import Array, Manifold, Mixture, Parametrised, isometry
from manifolds.catalogue import register
from manifolds.parameters import number, whole_number

#: Distance between any two subspaces' origins; rounds of a warp, and its steepness (below 1).
APART, ROUNDS, STEEP = 10.0, 5, 1 - 1e-4


@frozen(kw_only=True)
class Subspace(Parametrised):
    """Standard normal points of the ``place``-th subspace of a mixture."""

    dimension: int
    ambient: int
    place: int
    frequency: float | None

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.standard_normal((n, self.dimension))

    def embed(self, latent: Array) -> Array:
        straight = latent @ self._frame().T + self._origin()
        return straight if self.frequency is None else warp(straight, self.frequency)

    def residual(self, points: Array) -> Array:
        """Return the distance to the subspace before the warp."""
        centred = points - self._origin()
        frame = self._frame()
        distance: Array = np.linalg.norm(centred - (centred @ frame) @ frame.T, axis=1)
        return distance

    def _frame(self) -> Array:
        return isometry(self.ambient, self.dimension, seed=10 + self.place)

    def _origin(self) -> Array:
        return APART / np.sqrt(2) * (np.eye(1, self.ambient, self.place)[0] - 0.5)


def warp(points: Array, frequency: float) -> Array:
    """Warp points (n, D) by a fixed diffeomorphism of R^D.

    In each round, half of the coordinates become x + STEEP sin(w x) / w, signs change, and all are
    rotated: by the cosine transform, which mixes as a random rotation does, and takes no D x D
    matrix.
    """
    from scipy.fft import dct

    rng, ambient = np.random.default_rng(4), points.shape[1]
    for _ in range(ROUNDS):
        half = rng.permutation(ambient)[: ambient // 2]
        points = points.copy()
        points[:, half] += STEEP * np.sin(frequency * points[:, half]) / frequency
        points = dct(points * rng.choice([-1.0, 1.0], ambient), norm="ortho")
    return points


def _dimensions(value: object) -> tuple[int, ...]:
    if isinstance(value, (list, tuple)) and value and all(type(k) is int and k > 0 for k in value):
        return tuple(value)
    raise ValueError(f"'dimensions' must be whole numbers of at least 1, not {value!r}")


@register(
    "subspaces",
    source="Kamkari et al. 2024 (arXiv 2406.03537; affine mixtures of dgm_geometry)",
)
@frozen(kw_only=True)
class Subspaces(Mixture):
    """Standard normal points of affine subspaces whose origins are 10 apart, in equal numbers."""

    dimensions: tuple[int, ...] = field(
        default=(10, 25, 50),
        converter=_dimensions,
        metadata={"about": "dimension of each subspace"},
    )
    ambient: int = whole_number(100, "ambient dimension D", least=2)

    def __attrs_post_init__(self) -> None:
        needed = max(*self.dimensions, len(self.dimensions))
        if needed > self.ambient:
            raise ValueError(f"'ambient' must be at least {needed}, not {self.ambient}")

    @property
    def parts(self) -> tuple[Subspace, ...]:
        """The subspaces."""
        return tuple(
            Subspace(dimension=k, ambient=self.ambient, place=place, frequency=self._warp())
            for place, k in enumerate(self.dimensions)
        )

    def _warp(self) -> float | None:
        return None


@register(
    "warped-subspaces",
    source="Kamkari et al. 2024 (arXiv 2406.03537; squiggly mixtures of dgm_geometry)",
)
@frozen(kw_only=True)
class WarpedSubspaces(Subspaces):
    """Mixture of subspaces, with all of R^D warped by sines in half of its coordinates, five times.

    In the paper the coordinates are rotated at random between, here by a cosine transform.
    """

    frequency: float = number(0.5, "frequency of the sines")

    def _warp(self) -> float | None:
        return self.frequency

    # The warp has no inverse in closed form, and is flat in places.
    residual = Manifold.residual
