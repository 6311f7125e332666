"""Sets of existing images, of which a sample takes some, and the folder of their files."""

from __future__ import annotations

import os
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import platformdirs
from numpy.typing import NDArray

from manifolds.base import Array, Dimensions, Manifold

Labels = NDArray[np.int64]

#: Environment variable of the folder with the files of data sets.
VARIABLE = "BENCH_DATA"


def data_root() -> Path:
    """Return the folder with the files of data sets: $BENCH_DATA, or one in the user's cache."""
    folder = os.environ.get(VARIABLE, "")
    if folder:
        return Path(folder)
    return platformdirs.user_cache_path("intrinsic-dimension-bench") / "data"


def use_data_root(folder: Path) -> None:
    """Set the folder for this process and those that it starts.

    Raises ValueError where there is no such folder.
    """
    if not folder.is_dir():
        raise ValueError(f"the data root {folder} is not a folder")
    os.environ[VARIABLE] = str(folder.resolve())


class ImageSet(Manifold):
    """Base of the sets of existing images, of unknown dimension.

    Subclasses define ``images`` and ``white``, the number of full brightness; ``label`` is a
    parameter of theirs. A sample has n images, or all of its label if there are fewer; brightness
    is from 0 to 1.
    """

    white: ClassVar[float]
    label: int | None

    @abstractmethod
    def images(self) -> tuple[NDArray[Any], Labels]:
        """Return all images (N, channels, height, width) and their labels (N,)."""

    def require(self) -> None:
        """Raise ValueError where the images are missing, with what to do about it."""

    def download(self) -> None:
        """Download missing images; raise ValueError where that is impossible."""

    def provide(self, download: bool) -> None:
        """Require the images, after a download if ``download``."""
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
