"""Base class of the image manifolds: shape, colours, and rendering in chunks."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from manifolds.base import Array, Parametrised

#: Images that are rendered at a time: intermediate arrays are larger than they are.
CHUNK = 128
#: Seed of colours: they belong to the manifold, not to the sample.
COLOURS = 42


class ImageManifold(Parametrised):
    """Square images as rows of channels * size * size numbers, in this order.

    Subclasses define ``dimension``, ``latent`` and ``render``; ``size`` and ``channels`` are
    parameters of theirs.
    """

    size: int
    channels: int

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """Shape of one image: channels, height, width."""
        return (self.channels, self.size, self.size)

    @property
    def ambient(self) -> int:
        """Ambient dimension D: pixels times channels."""
        return self.channels * self.size**2

    @abstractmethod
    def render(self, latent: Array) -> Array:
        """Return the images (n, channels, size, size) of parameters (n, q), for a few n."""

    def embed(self, latent: Array) -> Array:
        points = np.empty((len(latent), self.ambient))
        for start in range(0, len(latent), CHUNK):
            part = latent[start : start + CHUNK]
            points[start : start + CHUNK] = self.render(part).reshape(len(part), -1)
        return points

    def colours(self, count: int) -> Array:
        """Return the brightness of ``count`` objects in each channel, shape (count, channels).

        With one channel all are 1, with more each object has its own colour.
        """
        if self.channels == 1:
            return np.ones((count, 1))
        levels = np.random.default_rng(COLOURS).uniform(0.2, 1.0, (count, self.channels))
        colours: Array = levels / levels.max(axis=1, keepdims=True)
        return colours

    def paint(self, heights: Array, rows: Array, columns: Array) -> Array:
        """Return images that are sums of coloured products of profiles.

        ``heights`` (n, k), profiles along the ``rows`` and ``columns`` (n, k, size) each; returns
        (n, channels, size, size).
        """
        down = (rows * heights[:, :, None]).transpose(0, 2, 1)
        colours = self.colours(heights.shape[1]).T
        images: Array = np.stack([down * colour @ columns for colour in colours], axis=1)
        return images


def gaussian_profiles(centres: Array, spreads: Array, size: int) -> Array:
    """Return exp(-(i - m)^2 / (2 s^2)) at the pixels i = 0 ... size - 1, shape (n, k, size).

    ``centres`` (n, k) or (k,) and ``spreads`` (n, k) are in pixels.
    """
    away = np.arange(size) - centres[..., None]
    profiles: Array = np.exp(-0.5 * np.square(away / spreads[:, :, None]))
    return profiles
