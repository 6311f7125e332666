"""Figure: how the dimension that is read at a point is spread over points."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bench.outputs.spectra import Spectra
from bench.paper.figures.missing import say
from bench.paper.figures.spectra import ESTIMATOR, MANIFOLDS
from bench.paper.figures.spectrum import groups_of, panels_of
from bench.paper.publication import Cells, Item, Material
from bench.paper.style import DARK, LIGHT, SMALL, TRUTH, column, styled

#: Fill and hatch of the points of each true dimension.
FILLS = ((DARK, ""), (LIGHT, "////"))
#: Dimensions that an axis shows at least, on either side of the truth.
AROUND = 6


@styled
def figure(material: Material) -> Figure | None:
    """A panel a manifold; None where none was read."""
    found = panels_of(material.records, MANIFOLDS, material.store_folder)
    if found is None:
        return None
    drawn = column(2.7)
    grid = drawn.subplots(2, 2, sharey=True)
    for axes, (label, panel) in zip(grid.flat, found.items(), strict=True):
        draw_histogram(axes, panel)
        axes.set_title(MANIFOLDS[label])
    for axes in grid[-1]:
        axes.set_xlabel("dimension read at a point")
    for axes in grid[:, 0]:
        axes.set_ylabel("points (%)")
    return drawn


def draw_histogram(axes: Axes, panel: Spectra | str) -> None:
    """Bars one dimension wide, of each true dimension on its own, in percent of its points."""
    axes.set_ylim(0, 105)
    axes.set_yticks([0, 50, 100])
    if isinstance(panel, str):
        say(axes, panel)
        return
    groups = groups_of(panel)
    for (_, members), (colour, hatch) in zip(groups, FILLS, strict=False):
        values, counts = np.unique(panel.dimension[members], return_counts=True)
        axes.bar(
            values,
            100 * counts / members.sum(),
            width=1.0,
            facecolor=colour,
            edgecolor="white" if hatch else colour,
            hatch=hatch,
            linewidth=0,
        )
    shown = np.concatenate([panel.dimension, panel.truth[~np.isnan(panel.truth)]])
    axes.set_xlim(max(-0.5, shown.min() - AROUND), shown.max() + AROUND)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 5, 10], integer=True))
    for level, _ in groups:
        if not math.isnan(level):
            _mark(axes, level)


def _mark(axes: Axes, level: float) -> None:
    """The true dimension, told on the side with more room."""
    axes.axvline(level, color=TRUTH, linestyle="--", linewidth=1.0, gid="truth")
    side = 1 if level <= sum(axes.get_xlim()) / 2 else -1
    axes.annotate(
        f"$d$ = {level:g}",
        (level + 0.5 * side, 1),
        (2 * side, 0),
        xycoords=axes.get_xaxis_transform(),
        textcoords="offset points",
        ha="left" if side > 0 else "right",
        va="top",
        fontsize=SMALL,
        color=TRUTH,
    )


ITEM = Item(
    name="histograms",
    title="Dimension at single points",
    caption=(
        "Dimension that is read at each point of the four manifolds, as a part of the points; on "
        "the union of two spheres, of the points of each sphere (hatched: the 10-sphere). The "
        "dashed lines are the true dimensions: where a bar of 100 % stands at the line, all "
        "points are read right."
    ),
    kind="figure",
    make=figure,
    cells=(Cells(tuple(MANIFOLDS), (ESTIMATOR,), seeds=1),),
)
