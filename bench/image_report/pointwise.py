"""Images of a run with the pointwise estimates at each of them."""

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


@dataclass(frozen=True)
class PointwiseEstimates:
    """Estimates of one estimator at images of one sample.

    ``dimension`` (m,) at the rows ``query`` (m,) of ``images`` (n, channels, height, width).
    """

    manifold: str
    estimator: str
    images: Array
    dimension: Array
    query: NDArray[np.int64]


def unknown_images(cells: Iterable[Cell]) -> dict[str, Cell]:
    """Return one cell of each sample of images of unknown dimension, by the manifold's label."""
    first: dict[str, Cell] = {}
    for cell in cells:
        if cell.seed == 0:
            first.setdefault(cell.manifold, cell)
    return {label: cell for label, cell in first.items() if is_image_set(cell)}


def is_image_set(cell: Cell) -> bool:
    """Return whether a cell's points are images of unknown dimension."""
    manifold = manifolds.get(cell.manifold_name, **cell.manifold_arguments)
    return len(getattr(manifold, "shape", ())) == 3 and not hasattr(manifold, "dimension")


def images_of(cell: Cell) -> Array:
    """Return the sample of a cell, as images (n, channels, height, width)."""
    manifold = manifolds.get(cell.manifold_name, **cell.manifold_arguments)
    sample = manifold.sample(cell.n, cell.sample_seed)
    images: Array = sample.points.reshape(-1, *sample.shape)
    return images


def pointwise_estimates(
    label: str, images: Array, records: pd.DataFrame, store_folder: Path
) -> Iterator[PointwiseEstimates]:
    """Yield the pointwise estimates of each estimator at images of a sample, of its first seed."""
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
            shown = dimension[usable], query[usable]
            yield PointwiseEstimates(label, row["estimator"], images, *shown)


def png_sizes(images: Array) -> NDArray[np.int64]:
    """Return sizes of images (n, channels, height, width) as PNG files of 8 bits a channel."""
    from PIL import Image

    sizes = []
    for pixels in as_pictures(images):
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG", optimize=True)
        sizes.append(file.tell())
    return np.array(sizes)


def as_pictures(images: Array) -> NDArray[np.uint8]:
    """Return images as pixels of 8 bits: (n, height, width), or (n, height, width, 3) in colour.

    Brightness is from 0 to 1, or scaled to it for the sample as a whole. Images with neither one
    nor three channels are grey, by their mean over channels.
    """
    low, high = min(0.0, float(images.min())), max(1.0, float(images.max()))
    scaled = np.round(255 * (images - low) / (high - low)).astype(np.uint8)
    if images.shape[1] == 3:
        colour: NDArray[np.uint8] = np.ascontiguousarray(scaled.transpose(0, 2, 3, 1))
        return colour
    grey: NDArray[np.uint8] = scaled.mean(axis=1).round().astype(np.uint8)
    return grey
