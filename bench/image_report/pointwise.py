"""Images of a run with what local estimators read at each of them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import manifolds
from bench.cell import Cell
from bench.record import OK
from bench.store.arrays import load_arrays
from manifolds.base import Array

#: Images of a sample that are compressed for their size.
COMPRESSED = 2000


@dataclass(frozen=True)
class Readings:
    """What one estimator read at images of one sample.

    ``dimension`` (m,) at the rows ``query`` (m,) of ``images`` (n, channels, height, width).
    """

    manifold: str
    estimator: str
    images: Array
    dimension: Array
    query: NDArray[np.int64]


def unknown_images(cells: Iterable[Cell]) -> dict[str, Cell]:
    """One cell of each sample of images of unknown dimension, by the manifold's label."""
    first: dict[str, Cell] = {}
    for cell in cells:
        if cell.seed == 0:
            first.setdefault(cell.manifold, cell)
    return {label: cell for label, cell in first.items() if is_image_set(cell)}


def is_image_set(cell: Cell) -> bool:
    """Whether a cell's points are images of unknown dimension."""
    made = manifolds.get(cell.manifold_name, **cell.manifold_arguments)
    return len(getattr(made, "shape", ())) == 3 and not hasattr(made, "dimension")


def images_of(cell: Cell) -> Array:
    """The sample of a cell, as images (n, channels, height, width)."""
    made = manifolds.get(cell.manifold_name, **cell.manifold_arguments)
    sample = made.sample(cell.n, cell.sample_seed)
    images: Array = sample.points.reshape(-1, *sample.shape)
    return images


def readings(
    label: str, images: Array, records: pd.DataFrame, store_folder: Path
) -> Iterator[Readings]:
    """What each local estimator read at images of a sample, of its first seed."""
    own = records[
        (records["manifold"] == label)
        & (records["seed"] == 0)
        & (records["status"] == OK)
        & (records["arrays"].fillna("") != "")
    ]
    for row in own.to_dict("records"):
        try:
            arrays = load_arrays(store_folder, row["arrays"])
            dimension = np.asarray(arrays["dimension"], dtype=np.float64)
            query = np.asarray(arrays["query"], dtype=np.int64)
        except (ValueError, KeyError):
            continue
        usable = np.isfinite(dimension) & (query < len(images))
        if usable.sum() > 2:
            yield Readings(label, row["estimator"], images, dimension[usable], query[usable])


def png_sizes(images: Array) -> NDArray[np.int64]:
    """Bytes of images (n, channels, height, width) as PNG files of 8 bits a channel."""
    from PIL import Image

    sizes = []
    for pixels in as_pictures(images):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG", optimize=True)
        sizes.append(file.tell())
    return np.array(sizes)


def as_pictures(images: Array) -> NDArray[np.uint8]:
    """Images as pixels of 8 bits: (n, height, width), or (n, height, width, 3) in colour.

    Brightness is from 0 to 1, or is brought there for the sample as a whole. Of images with
    neither one nor three channels the mean over channels is shown.
    """
    low, high = min(0.0, float(images.min())), max(1.0, float(images.max()))
    scaled = np.round(255 * (images - low) / (high - low)).astype(np.uint8)
    if images.shape[1] == 3:
        colour: NDArray[np.uint8] = np.ascontiguousarray(scaled.transpose(0, 2, 3, 1))
        return colour
    grey: NDArray[np.uint8] = scaled.mean(axis=1).round().astype(np.uint8)
    return grey
