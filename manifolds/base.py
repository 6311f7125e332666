"""Base classes of manifolds, and their samples."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Dimensions = NDArray[np.int64]


@dataclass(frozen=True)
class Sample:
    """Points drawn from a manifold.

    ``points`` is (n, D) float64; ``dimension`` is (n,) int, the intrinsic dimension at each
    point, or None where it is unknown; ``shape`` is the shape of one point (images).
    """

    points: Array
    dimension: Dimensions | None
    shape: tuple[int, ...] = ()
    manifold: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        n, ambient = self.points.shape
        dimension = "unknown"
        if self.dimension is not None:
            dimension = ", ".join(map(str, np.unique(self.dimension).tolist()))
        images = f", images of {self.shape}" if len(self.shape) > 1 else ""
        return f"Sample({self.manifold}: {n} points in R^{ambient}, dimension {dimension}{images})"


class Manifold(ABC):
    """A set of points of known dimension that can be sampled; subclasses define ``draw``.

    Subclasses are frozen attrs classes of their parameters. ``shape`` is that of one point where
    points are images: channels, height, width.
    """

    shape: tuple[int, ...] = ()

    @abstractmethod
    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Dimensions | None]:
        """Draw ``n`` points (n, D) and the intrinsic dimension at each (n,), if that is known."""

    def residual(self, points: Array) -> Array:
        """Return the distance of each point (n, D) to the manifold's equation, shape (n,)."""
        raise ValueError(f"{type(self).__name__} states no equation")

    def sample(self, n: int, seed: int) -> Sample:
        """Draw ``n`` points; the same parameters, n and seed give the same points.

        Raises ValueError for n < 1 or a negative seed.
        """
        if n < 1:
            raise ValueError(f"a sample needs at least 1 point, not {n}")
        if seed < 0:
            raise ValueError(f"a seed must be a whole number of at least 0, not {seed}")
        points, dimension = self.draw(n, np.random.default_rng(seed))
        points = np.ascontiguousarray(points, dtype=np.float64)
        parameters = {
            name: getattr(self, name, None) for name in inspect.signature(type(self)).parameters
        }
        shape = self.shape or points.shape[1:]
        return Sample(points, dimension, shape, type(self).__name__, parameters)


class Parametrised(Manifold):
    """A manifold given by a parametrisation: points are ``embed(latent(n, rng))``.

    Subclasses define ``dimension``, ``latent`` and ``embed``.
    """

    dimension: int

    @abstractmethod
    def latent(self, n: int, rng: np.random.Generator) -> Array:
        """Draw ``n`` parameters, shape (n, q); q may exceed the dimension."""

    @abstractmethod
    def embed(self, latent: Array) -> Array:
        """Map parameters to points: (n, q) -> (n, D)."""

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Dimensions]:
        return self.embed(self.latent(n, rng)), np.full(n, self.dimension)


class Mixture(Manifold):
    """A union of parametrised manifolds in one space, in equal numbers and random order."""

    ambient: int

    @property
    @abstractmethod
    def parts(self) -> tuple[Parametrised, ...]:
        """The manifolds of the union."""

    def residual(self, points: Array) -> Array:
        residual: Array = np.min([part.residual(points) for part in self.parts], axis=0)
        return residual

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Dimensions]:
        parts = self.parts
        which = rng.permutation(np.arange(n) % len(parts))
        points = np.empty((n, self.ambient))
        for index, part in enumerate(parts):
            here = which == index
            points[here] = part.embed(part.latent(int(here.sum()), rng))
        return points, np.array([part.dimension for part in parts])[which]


def isometry(ambient: int, coordinates: int, seed: int = 0) -> Array:
    """Return a random isometry R^coordinates -> R^ambient, a matrix (ambient, coordinates).

    The Q of a reduced QR of a Gaussian matrix drawn with seed 0, as in the code of Stanczuk et
    al. 2024: it belongs to the manifold, not to the sample.
    """
    gaussian = np.random.default_rng(seed).standard_normal((ambient, coordinates))
    q, r = np.linalg.qr(gaussian)
    frame: Array = q * np.where(np.diag(r) < 0, -1.0, 1.0)
    return frame


class Embedded(Parametrised):
    """A manifold in a few intrinsic coordinates, placed in R^ambient by an isometry.

    Subclasses define ``dimension``, ``latent``, ``intrinsic``, ``equation`` and ``coordinates``,
    the number of intrinsic coordinates; ``ambient`` is a parameter of theirs.
    """

    ambient: int
    coordinates: int

    def __attrs_post_init__(self) -> None:
        if self.coordinates > self.ambient:
            raise ValueError(f"'ambient' must be at least {self.coordinates}, not {self.ambient}")

    @abstractmethod
    def intrinsic(self, latent: Array) -> Array:
        """Map parameters to intrinsic coordinates: (n, q) -> (n, coordinates)."""

    @abstractmethod
    def equation(self, x: Array) -> Array:
        """Return the residual of the manifold's equation at (n, coordinates) points, shape (n,)."""

    def frame(self) -> Array:
        """Return the isometry, shape (ambient, coordinates)."""
        return isometry(self.ambient, self.coordinates)

    def offset(self) -> Array:
        """Return the point of the origin of the intrinsic coordinates, shape (ambient,)."""
        return np.zeros(self.ambient)

    def embed(self, latent: Array) -> Array:
        return self.intrinsic(latent) @ self.frame().T + self.offset()

    def residual(self, points: Array) -> Array:
        centred = points - self.offset()
        x = centred @ self.frame()
        outside = np.linalg.norm(centred - x @ self.frame().T, axis=1)
        residual: Array = np.maximum(outside, np.abs(self.equation(x)))
        return residual
