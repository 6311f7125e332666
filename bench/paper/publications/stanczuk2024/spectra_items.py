"""Figures of score spectra: of Euclidean manifolds, and of images."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

import manifolds
from bench.figures.paper_style import column, paper_style, write_missing
from bench.figures.spectra import INDEX, VALUE, draw_key, draw_spectrum, write_estimates
from bench.figures.spectra_data import Spectra, read_spectra
from bench.paper.publication import Cells, Item, Material
from bench.record import OK

#: Label -> title of its panel.
EUCLIDEAN = {
    "10-sphere": "10-sphere",
    "50-sphere": "50-sphere",
    "line": "line",
    "union-10-30": "10- and 30-sphere",
}
IMAGE_SETS = {
    "squares-10": "10 squares",
    "squares-20": "20 squares",
    "blobs-10": "10 blobs",
    "blobs-20": "20 blobs",
}
ESTIMATOR = "score-svd-100"
#: Images of a manifold, and columns of their block.
SHOWN, COLUMNS = 4, 2
#: Space between images, in pixels.
GAP = 2

Panels = dict[str, Spectra | str]


def panels_of(material: Material, labels: Iterable[str]) -> Panels | None:
    """Return spectra by manifold, or why there are none; None where no manifold has any."""
    panels: Panels = {}
    for label in labels:
        rows = material.records[material.records["manifold"] == label]
        spectra = read_spectra(rows, material.store_folder)
        panels[label] = spectra[0] if spectra else _why_missing(rows)
    return None if all(isinstance(panel, str) for panel in panels.values()) else panels


def draw_panel(axes: Axes, panel: Spectra | str, last: int | None = None) -> list[Line2D]:
    """Draw the ``last`` singular values, or why there are none; returns legend entries."""
    if isinstance(panel, str):
        axes.set(ylim=(0, 1.05), yticks=[0, 0.5, 1])
        write_missing(axes, panel)
        return []
    handles = draw_spectrum(axes, panel, last or panel.ambient)
    if last is None:
        write_estimates(axes, panel, handles)
    return handles


def key_of(figure: Figure, panels: Mapping[str, Spectra | str]) -> None:
    """Draw the legend of spectra below all panels."""
    draw_key(figure, [panel for panel in panels.values() if isinstance(panel, Spectra)])


@paper_style()
def _spectra(material: Material) -> Figure | None:
    panels = panels_of(material, EUCLIDEAN)
    if panels is None:
        return None
    figure = column(3.3)
    grid = figure.subplots(2, 2, sharex=True, sharey=True, gridspec_kw={"wspace": 0.08})
    for axes, (label, panel) in zip(grid.flat, panels.items(), strict=True):
        draw_panel(axes, panel)
        axes.set_title(EUCLIDEAN[label])
    for axes in grid[-1]:
        axes.set_xlabel(INDEX)
    for axes in grid[:, 0]:
        axes.set_ylabel(VALUE)
    key_of(figure, panels)
    return figure


@paper_style()
def _images(material: Material) -> Figure | None:
    """Draw a row a manifold: some images, and spectra."""
    panels = panels_of(material, IMAGE_SETS)
    if panels is None:
        return None
    figure = column(4.5)
    grid = figure.subplots(len(panels), 2, sharex="col", width_ratios=(1, 2.1), squeeze=False)
    for (left, right), (label, panel) in zip(grid, panels.items(), strict=True):
        rows = material.records[material.records["manifold"] == label]
        left.set_axis_off()
        if len(rows):
            left.imshow(_block(rows), cmap="gray", vmin=0, interpolation="nearest")
        left.set_title(IMAGE_SETS[label])
        lines = draw_panel(right, panel, last=60)
        right.set_title(" ".join(str(line.get_label()) for line in lines).replace("\n", " "))
        right.set_ylabel(VALUE)
    grid[-1, 1].set_xlabel(INDEX)
    key_of(figure, panels)
    return figure


def _why_missing(rows: pd.DataFrame) -> str:
    """Return in a word or two why the records of a cell have no spectra."""
    failed = rows.loc[rows["status"] != OK, "status"]
    if failed.empty:
        return "not run" if rows.empty else "not saved"
    status = str(failed.iloc[0])
    return "failed" if status == "failed" else f"failed ({status})"


def _block(rows: pd.DataFrame) -> NDArray[np.float64]:
    """Return images of the manifold of these records, in one picture with white between them."""
    parameters = json.loads(str(rows["manifold_parameters"].iat[0]))
    manifold = manifolds.get(str(rows["manifold_name"].iat[0]), **parameters)
    sample = manifold.sample(SHOWN, seed=0)
    pictures = sample.points.reshape(SHOWN, *sample.shape).mean(axis=1)
    pictures = pictures / pictures.max(axis=(1, 2), keepdims=True)
    framed = np.pad(pictures, ((0, 0), (0, GAP), (0, GAP)), constant_values=1)
    lines = framed.reshape(-1, COLUMNS, *framed.shape[1:]).swapaxes(1, 2)
    height, width = framed.shape[1:]
    return lines.reshape(SHOWN // COLUMNS * height, COLUMNS * width)[:-GAP, :-GAP]


SPECTRA = Item(
    name="spectra",
    title="Score spectra",
    caption=(
        "Singular values of the scores around points of four manifolds in R^100, each over the "
        "largest at its point. They drop after index D - d, where d is the dimension of the "
        "manifold at the point: as many directions are normal to it. On the union of two spheres "
        "the drop is in another place at points of each. Each panel states at how many points "
        "the dimension is right, and the estimate where it is wrong."
    ),
    kind="figure",
    make=_spectra,
    cells=(Cells(tuple(EUCLIDEAN), (ESTIMATOR,), seeds=1),),
)

IMAGES = Item(
    name="images",
    title="Image manifolds and their spectra",
    caption=(
        "Images of manifolds of known dimension (left; each is a point in R^1024, drawn in units "
        "of its brightest pixel), and the last singular values of the scores around such points, "
        "each over the largest at its point (right). Dashed: where as many directions are left as "
        "the images have degrees of freedom, so that the drop should be there."
    ),
    kind="figure",
    make=_images,
    cells=(Cells(tuple(IMAGE_SETS), ("score-svd",), seeds=1),),
)
