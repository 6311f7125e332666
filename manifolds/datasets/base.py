"""What sets of real images share: a sample is drawn from those there are."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from manifolds.base import Array, Dimensions, Manifold

Labels = NDArray[np.int64]


class ImageSet(Manifold):
    """Images that exist, of which a sample takes some; nobody knows their dimension.

    Subclasses give ``images`` and ``white``, the number of full brightness; ``label`` is a
    parameter of theirs. A sample has as many images as were asked for, or all there are of its
    label if that is fewer; brightness is from 0 to 1.
    """

    white: ClassVar[float]
    label: int | None

    @abstractmethod
    def images(self) -> tuple[NDArray[Any], Labels]:
        """All images (N, channels, height, width) and their labels (N,)."""

    def require(self) -> None:
        """ValueError where the images are not there, with what to do about it."""

    def download(self) -> None:
        """Fetch the images where they are not there; ValueError where that is impossible."""

    def provide(self, download: bool) -> None:
        """Have the images there, fetched if ``download``; ValueError where they are not."""
        if download:
            self.download()
        self.require()

    @property
    def ambient(self) -> int:
        """Pixels times channels."""
        return int(np.prod(self.shape))

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Dimensions | None]:
        images, labels = self.images()
        own = np.arange(len(labels)) if self.label is None else np.flatnonzero(labels == self.label)
        chosen = np.sort(rng.permutation(own)[:n])
        return images[chosen].reshape(len(chosen), -1) / self.white, None
