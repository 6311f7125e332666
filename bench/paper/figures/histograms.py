"""Figure: how the dimension that is read at a point is spread over points and noise levels."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from bench.figures.spectra import Spectra
from bench.paper.figures.missing import say
from bench.paper.figures.spectra import ESTIMATOR, MANIFOLDS
from bench.paper.figures.spectrum import groups_of, panels_of
from bench.paper.publication import Cells, Item, Material
from bench.paper.style import DARK, LIGHT, SMALL, TRUTH, column, styled

#: Fill and hatch of the points of each true dimension.
FILLS = ((DARK, ""), (LIGHT, "////"))
#: Dimensions that an axis shows at least, on either side of the truth.
AROUND = 6
#: Boxes above each other that can be seen: of more dimensions they overlap.
MOST_BOXES = 40


@styled
def figure(material: Material) -> Figure | None:
    """A panel a manifold, a column of it a noise level; None where none was read."""
    found = panels_of(material.records, MANIFOLDS, material.store_folder)
    if found is None:
        return None
    drawn = column(3.6)
    grid = drawn.subplots(2, 2)
    for axes, (label, panel) in zip(grid.flat, found.items(), strict=True):
        draw_levels(axes, panel)
        axes.set_title(MANIFOLDS[label])
    for axes in grid[-1]:
        axes.set_xlabel(r"noise level $\sigma$")
    for axes in grid[:, 0]:
        axes.set_ylabel("dimension read")
    drawn.legend(
        handles=[
            *(
                Patch(facecolor=DARK, alpha=share, label=text)
                for share, text in ((1.0, "all points"), (0.5, "half"), (0.1, "a tenth"))
            ),
            Line2D([], [], color=TRUTH, linestyle="--", linewidth=1.0, label="truth"),
            Line2D([], [], color="black", marker="v", linestyle="", label="level of the estimate"),
        ],
        loc="outside lower center",
        ncols=5,
        handlelength=1.2,
        handletextpad=0.4,
        columnspacing=0.8,
    )
    return drawn


def draw_levels(axes: Axes, panel: Spectra | str) -> None:
    """A box for each dimension read at a noise level: the darker, at the more of the points.

    The points of each true dimension have a colour, and shares, of their own.
    """
    if isinstance(panel, str):
        axes.set(xticks=[], yticks=[])
        say(axes, panel)
        return
    groups = groups_of(panel)
    shown = np.concatenate([panel.by_sigma.ravel(), panel.truth[~np.isnan(panel.truth)]])
    low, high = shown.min() - AROUND, shown.max() + AROUND
    tall = max(1.0, (high - low) / MOST_BOXES)
    for order, readings in enumerate(panel.by_sigma):
        for (level, members), (colour, _) in zip(groups, FILLS, strict=False):
            values, counts = np.unique(readings[members], return_counts=True)
            for value, share in zip(values, counts / members.sum(), strict=True):
                axes.add_patch(
                    Rectangle(
                        (order - 0.5, value - tall / 2),
                        1.0,
                        tall,
                        facecolor=colour,
                        alpha=share,
                        linewidth=0,
                        gid=f"{level:g}",
                    )
                )
    for level, _ in groups:
        if not math.isnan(level):
            axes.axhline(level, color=TRUTH, linestyle="--", linewidth=1.0, gid="truth")
    chosen = int(np.argmin(abs(np.log(panel.sigmas / panel.sigma))))
    axes.plot(
        *(chosen, 0.96),
        color="black",
        marker="v",
        transform=axes.get_xaxis_transform(),
        gid="chosen",
    )
    last = len(panel.sigmas) - 1
    named = sorted({0, last // 2, last})
    axes.set(xlim=(-0.6, last + 0.6), ylim=(max(-0.5, low), high))
    axes.set_xticks(named, [f"{panel.sigmas[place]:.2g}" for place in named])
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))


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
    title="Dimension at single points, by noise level",
    caption=(
        "Dimension that is read at each point of the four manifolds, at each noise level: the "
        "darker a box, the more of the points; on the union of two spheres, of the points of each "
        "sphere (light: the 10-sphere). The dashed lines are the true dimensions, the triangle is "
        "the noise level that the estimate is from. Where all boxes lie on the lines, the reading "
        "does not depend on the noise level."
    ),
    kind="figure",
    make=figure,
    cells=(Cells(tuple(MANIFOLDS), (ESTIMATOR,), seeds=1),),
)
