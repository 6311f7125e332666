"""Images of moving objects: three free parameters each."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from manifolds.base import Array
from manifolds.catalogue import register
from manifolds.images.base import ImageManifold, gaussian_profiles
from manifolds.parameters import whole_number

#: Seed of the fixed sizes of the shapes.
SIZES = 42
#: Standard deviation of the blur of edges, in pixels.
BLUR = 0.7


@register("moving-blobs", source="this benchmark")
@frozen(kw_only=True)
class MovingBlobs(ImageManifold):
    """Images of blobs whose place and width vary: dimension 3 for each blob.

    An image is the sum over j of h_j exp(-|x - m_j|^2 / (2 s_j^2)), where m_j is uniform on the
    image without its outer eighth, s_j ~ U(1/16, 1/8) of its side, and the heights h_j are fixed,
    different ones, from 1 down to 1/2.
    """

    blobs: int = whole_number(2, "number of blobs")
    size: int = whole_number(32, "side of the images in pixels", least=8)
    channels: int = whole_number(1, "channels of the images")

    @property
    def dimension(self) -> int:  # type: ignore[override]
        return 3 * self.blobs

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        places = _places(n, 2 * self.blobs, self.size, rng)
        spreads = rng.uniform(self.size / 16, self.size / 8, (n, self.blobs))
        return np.concatenate([places, spreads], axis=1)

    def render(self, latent: Array) -> Array:
        rows, columns, spreads = np.split(latent, 3, axis=1)
        heights = np.broadcast_to(np.linspace(1.0, 0.5, self.blobs), rows.shape)
        profiles = [gaussian_profiles(centres, spreads, self.size) for centres in (rows, columns)]
        return self.paint(heights, *profiles)


@register("moving-shapes", source="this benchmark")
@frozen(kw_only=True)
class MovingShapes(ImageManifold):
    """Images of rectangles that are moved and turned: dimension 3 for each rectangle.

    Places are uniform on the image without its outer eighth, angles on [0, pi). Sides and
    brightness are fixed, and differ between the rectangles of an image, which add up where they
    overlap. Edges are blurred by a normal density of 0.7 pixels, so that the images are a smooth
    function of place and angle (a blur that is round commutes with turning: in its own axes a
    rectangle is a product of differences of normal distribution functions).
    """

    shapes: int = whole_number(2, "number of rectangles")
    size: int = whole_number(32, "side of the images in pixels", least=8)
    channels: int = whole_number(1, "channels of the images")

    @property
    def dimension(self) -> int:  # type: ignore[override]
        return 3 * self.shapes

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        places = _places(n, 2 * self.shapes, self.size, rng)
        return np.concatenate([places, rng.uniform(0, np.pi, (n, self.shapes))], axis=1)

    def render(self, latent: Array) -> Array:
        # Imported late: listing the manifolds does not need it.
        from scipy.special import ndtr

        rows, columns, angles = (
            part[:, :, None, None] for part in np.split(latent, 3, axis=1)
        )  # (n, shapes, 1, 1)
        down, along = np.mgrid[: self.size, : self.size]
        row, column = down - rows, along - columns
        rotated = (
            row * np.cos(angles) + column * np.sin(angles),
            column * np.cos(angles) - row * np.sin(angles),
        )
        sides = self.sides()
        images = np.ones_like(rotated[0])
        for axis, place in enumerate(rotated):
            half = sides[:, axis, None, None] / 2
            images *= ndtr((place + half) / BLUR) - ndtr((place - half) / BLUR)
        heights = np.linspace(1.0, 0.5, self.shapes)[:, None]
        pixels: Array = np.einsum("nkij,kc->ncij", images, heights * self.colours(self.shapes))
        return pixels

    def sides(self) -> Array:
        """Return length and width of the rectangles in pixels, shape (shapes, 2)."""
        rng = np.random.default_rng(SIZES)
        lengths = rng.uniform(0.3, 0.45, self.shapes)
        sides: Array = self.size * np.stack([lengths, lengths * rng.uniform(0.3, 0.6)], axis=1)
        return sides


@register("gratings", source="this benchmark")
@frozen(kw_only=True)
class Gratings(ImageManifold):
    """Images of sinusoidal gratings of free frequency, direction and phase: dimension 3.

    A pixel at x, from the centre of the image and in units of its side, has the brightness
    (1 + cos(2 pi f (x_1 cos a + x_2 sin a) + p)) / 2, with f ~ U(1, 4) periods a side,
    a ~ U(0, pi) and p ~ U(0, 2 pi). In several channels p is shifted by a fixed part.
    """

    size: int = whole_number(32, "side of the images in pixels", least=8)
    channels: int = whole_number(1, "channels of the images")

    @property
    def dimension(self) -> int:  # type: ignore[override]
        return 3

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.uniform([1.0, 0.0, 0.0], [4.0, np.pi, 2 * np.pi], (n, 3))

    def render(self, latent: Array) -> Array:
        frequencies, angles, phases = (part[:, None, None, None] for part in latent.T)
        down, along = (np.mgrid[: self.size, : self.size] + 0.5) / self.size - 0.5
        shifts = np.linspace(0, np.pi, self.channels, endpoint=False)[:, None, None]
        across = down * np.cos(angles) + along * np.sin(angles)
        images: Array = (1 + np.cos(2 * np.pi * frequencies * across + phases + shifts)) / 2
        return images


def _places(n: int, number: int, size: int, rng: np.random.Generator) -> Array:
    """Draw uniform coordinates on an image without its outer eighth, in pixels: (n, number)."""
    return rng.uniform(size / 8, size - 1 - size / 8, (n, number))
