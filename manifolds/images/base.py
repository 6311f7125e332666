"""What image manifolds share: their shape, colours, and drawing many images at a time."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from manifolds.base import Array, Parametrised

#: Images that are drawn at a time: what is computed on the way is larger than they are.
CHUNK = 128
#: Seed of colours: they belong to the manifold, not to the sample.
COLOURS = 42


class ImageManifold(Parametrised):
    """Square images as rows of channels * size * size numbers, in this order.

    Subclasses give ``dimension``, ``latent`` and ``drawn``; ``size`` and ``channels`` are
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
    def drawn(self, latent: Array) -> Array:
        """The images (n, channels, size, size) of a few parameters (n, q)."""

    def embed(self, latent: Array) -> Array:
        points = np.empty((len(latent), self.ambient))
        for start in range(0, len(latent), CHUNK):
            part = latent[start : start + CHUNK]
            points[start : start + CHUNK] = self.drawn(part).reshape(len(part), -1)
        return points

    def colours(self, things: int) -> Array:
        """How bright each of the things is in each channel, shape (things, channels).

        With one channel all are 1, with more each thing has a colour of its own.
        """
        if self.channels == 1:
            return np.ones((things, 1))
        drawn = np.random.default_rng(COLOURS).uniform(0.2, 1.0, (things, self.channels))
        colours: Array = drawn / drawn.max(axis=1, keepdims=True)
        return colours

    def painted(self, heights: Array, rows: Array, columns: Array) -> Array:
        """Sums of coloured products of profiles: the images of things that are such products.

        ``heights`` (n, k), profiles along the ``rows`` and ``columns`` (n, k, size) each; returns
        (n, channels, size, size).
        """
        down = (rows * heights[:, :, None]).transpose(0, 2, 1)
        colours = self.colours(heights.shape[1]).T
        images: Array = np.stack([down * colour @ columns for colour in colours], axis=1)
        return images


def bells(centres: Array, spreads: Array, size: int) -> Array:
    """exp(-(i - m)^2 / (2 s^2)) at the pixels i = 0 ... size - 1, shape (n, k, size).

    ``centres`` (n, k) or (k,) and ``spreads`` (n, k) are in pixels.
    """
    away = np.arange(size) - centres[..., None]
    bells: Array = np.exp(-0.5 * np.square(away / spreads[:, :, None]))
    return bells
