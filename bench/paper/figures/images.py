"""Figure: images of known dimension beside the singular values of the scores around them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

import manifolds
from bench.paper.figures.spectrum import INDEX, draw_key, draw_spectrum, panels_of
from bench.paper.publication import Cells, Item, Material
from bench.paper.style import column, styled

#: Label -> title of its row.
MANIFOLDS = {
    "squares-10": "10 squares",
    "squares-20": "20 squares",
    "blobs-10": "10 blobs",
    "blobs-20": "20 blobs",
}
ESTIMATOR = "score-svd"
#: Images of a manifold, in a block of so many columns.
SHOWN, COLUMNS = 4, 2
#: Singular values that are drawn, from the last one back.
LAST = 60
#: White between images, in pixels.
GAP = 2


@styled
def figure(material: Material) -> Figure | None:
    """A row a manifold; None where none has spectra."""
    records = material.records
    found = panels_of(records, MANIFOLDS, material.store_folder)
    if found is None:
        return None
    drawn = column(4.5)
    grid = drawn.subplots(len(found), 2, sharex="col", width_ratios=(1, 2.1), squeeze=False)
    for (left, right), (label, panel) in zip(grid, found.items(), strict=True):
        rows = records[records["manifold"] == label]
        left.set_axis_off()
        if len(rows):
            left.imshow(_block(rows), cmap="gray", vmin=0, interpolation="nearest")
        left.set_title(MANIFOLDS[label])
        lines = draw_spectrum(right, panel, last=LAST)
        right.set_title(" ".join(str(line.get_label()) for line in lines).replace("\n", " "))
        right.set_ylabel("value / largest")
    grid[-1, 1].set_xlabel(INDEX)
    draw_key(drawn, found.values())
    return drawn


def _block(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Images of the manifold of these records, in one picture with white between them."""
    made = manifolds.get(
        str(rows["manifold_name"].iat[0]), **json.loads(str(rows["manifold_parameters"].iat[0]))
    )
    sample = made.sample(SHOWN, seed=0)
    pictures = sample.points.reshape(SHOWN, *sample.shape).mean(axis=1)
    pictures = pictures / pictures.max(axis=(1, 2), keepdims=True)
    height, width = np.array(pictures.shape[1:]) + GAP
    lines = SHOWN // COLUMNS
    block = np.ones((lines * height - GAP, COLUMNS * width - GAP))
    for order, picture in enumerate(pictures):
        top, left = order // COLUMNS * height, order % COLUMNS * width
        block[top : top + height - GAP, left : left + width - GAP] = picture
    return block


ITEM = Item(
    name="images",
    title="Image manifolds and their spectra",
    caption=(
        "Images of manifolds of known dimension (left; each is a point in R^1024, drawn in units "
        "of its brightest pixel), and the last singular values of the scores around such points, "
        "each over the largest at its point (right). Dashed: where as many directions are left as "
        "the images have degrees of freedom, so that the drop should be there."
    ),
    kind="figure",
    make=figure,
    cells=(Cells(tuple(MANIFOLDS), (ESTIMATOR,), seeds=1),),
)
