"""Images of objects at fixed places, of varying brightness or width (Stanczuk et al. 2024)."""

from __future__ import annotations

import random
from functools import lru_cache

import numpy as np
from attrs import frozen

from manifolds.base import Array
from manifolds.catalogue import register
from manifolds.images.base import ImageManifold, gaussian_profiles
from manifolds.parameters import whole_number

#: Sides of a square, in pixels.
SIDES = (3, 5)
#: Least and largest standard deviation of a blob, in pixels.
SPREADS = (1.0, 5.0)


@register(
    "squares", source="Stanczuk et al. 2024 (arXiv 2212.12611), FixedSquaresManifold of their code"
)
@frozen(kw_only=True)
class Squares(ImageManifold):
    """Images of squares at fixed places, each of a brightness of its own: a k-dimensional box.

    An image is the sum over j of c_j 1[square j] with c_j ~ U(0, 1). The squares have sides of 3 or
    5 pixels and lie where the code of the paper puts them (its seed, and Python's generator). They
    may overlap, and even coincide: of the paper's 100 squares on 32 x 32 pixels two do, and the
    dimension is 99. In several channels each square has a colour.
    """

    squares: int = whole_number(10, "number of squares k")
    size: int = whole_number(32, "side of the images in pixels", least=8)
    channels: int = whole_number(1, "channels of the images")
    places: int = whole_number(42, "seed of the places (42: those of the paper)", least=0)

    @property
    def dimension(self) -> int:  # type: ignore[override]
        """Number of squares, less those that are sums of others."""
        return int(np.linalg.matrix_rank(self.basis()))

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.random((n, self.squares))

    def render(self, latent: Array) -> Array:
        return (latent @ self.basis()).reshape(-1, *self.shape)

    def residual(self, points: Array) -> Array:
        brightness = np.linalg.lstsq(self.basis().T, points.T, rcond=None)[0].T
        outside = np.linalg.norm(points - brightness @ self.basis(), axis=1)
        residual: Array = np.maximum(outside, (np.abs(brightness - 0.5) - 0.5).max(axis=1))
        return residual

    def basis(self) -> Array:
        """Return the images of the single squares, shape (k, D)."""
        flat = _squares(self.squares, self.size, self.places)
        colours = self.colours(self.squares)
        return (colours[:, :, None] * flat[:, None]).reshape(self.squares, -1)


@lru_cache(maxsize=8)
def _squares(number: int, size: int, seed: int) -> Array:
    """Return the indicators of the squares, shape (number, size * size)."""
    places = random.Random(seed)
    images = np.zeros((number, size, size))
    for image in images:
        side = places.choice(SIDES)
        half = (side + 1) // 2
        row, column = (places.choice(range(half, size - half)) for _ in range(2))
        image[row - half + 1 :, column - half + 1 :][:side, :side] = 1.0
    return images.reshape(number, -1)


@register(
    "gaussian-blobs",
    source="Stanczuk et al. 2024 (arXiv 2212.12611), FixedGaussiansManifold of their code",
)
@frozen(kw_only=True)
class GaussianBlobs(ImageManifold):
    """Images of blobs at fixed places, each of a width of its own, scaled to [0, 1].

    An image is the sum over j of exp(-|x - m_j|^2 / (2 s_j^2)) / (sqrt(2 pi) s_j) with
    s_j ~ U(1, 5) pixels, moved and scaled so that its smallest value is 0 and its largest 1. The k
    centres m_j are different pixels, those of the paper's code (its seed, and Python's generator).
    In several channels each blob has a colour.
    """

    blobs: int = whole_number(10, "number of blobs k")
    size: int = whole_number(32, "side of the images in pixels", least=8)
    channels: int = whole_number(1, "channels of the images")
    places: int = whole_number(42, "seed of the places (42: those of the paper)", least=0)

    def __attrs_post_init__(self) -> None:
        if self.blobs > self.size**2:
            raise ValueError(
                f"'blobs' must be at most the number of pixels, {self.size**2}, not {self.blobs}"
            )

    @property
    def dimension(self) -> int:  # type: ignore[override]
        return self.blobs

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.uniform(*SPREADS, (n, self.blobs))

    def render(self, latent: Array) -> Array:
        rows, columns = self.centres().T
        heights = 1 / (np.sqrt(2 * np.pi) * latent)
        profiles = [gaussian_profiles(centres, latent, self.size) for centres in (rows, columns)]
        images = self.paint(heights, *profiles)
        low, high = (end(axis=(1, 2, 3), keepdims=True) for end in (images.min, images.max))
        scaled: Array = (images - low) / (high - low)
        return scaled

    def centres(self) -> Array:
        """Return row and column of the centres in pixels, shape (k, 2)."""
        pixels = [(row, column) for row in range(self.size) for column in range(self.size)]
        return np.array(random.Random(self.places).sample(pixels, self.blobs), dtype=np.float64)
