"""Figures of the dimension at single points: by noise level, and of non-uniform spheres."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import MaxNLocator

from bench.figures.paper_style import DARK, SMALL, TRUTH, column, paper_style, write_missing
from bench.figures.spectra import INDEX, LEVELS, VALUE
from bench.figures.spectra_data import Spectra
from bench.paper.publication import Cells, Item, Material
from bench.paper.publications.stanczuk2024.spectra_items import (
    ESTIMATOR,
    EUCLIDEAN,
    draw_panel,
    key_of,
    panels_of,
)

#: Label -> deviation of the angles, in radians.
DEVIATIONS = {"nonuniform-1": 1.0, "nonuniform-0.75": 0.75, "nonuniform-0.5": 0.5}
#: Least dimensions of an axis on either side of the truth.
AROUND = 6
#: Most boxes above each other that are legible: of more dimensions they overlap.
MOST_BOXES = 40


@paper_style()
def _histograms(material: Material) -> Figure | None:
    """Draw a panel a manifold, with a column a noise level."""
    panels = panels_of(material, EUCLIDEAN)
    if panels is None:
        return None
    figure = column(3.6)
    grid = figure.subplots(2, 2)
    for axes, (label, panel) in zip(grid.flat, panels.items(), strict=True):
        _draw_levels(axes, panel)
        axes.set_title(EUCLIDEAN[label])
    for axes in grid[-1]:
        axes.set_xlabel(r"noise level $\sigma$")
    for axes in grid[:, 0]:
        axes.set_ylabel("dimension at a point")
    shares = {"all points": 1.0, "half": 0.5, "a tenth": 0.1}
    figure.legend(
        handles=[
            *(Patch(facecolor=DARK, alpha=share, label=text) for text, share in shares.items()),
            Line2D([], [], color=TRUTH, linestyle="--", linewidth=1.0, label="truth"),
            Line2D([], [], color="black", marker="v", linestyle="", label="level of the estimate"),
        ],
        loc="outside lower center",
        ncols=5,
        handlelength=1.2,
        handletextpad=0.4,
        columnspacing=0.8,
    )
    return figure


@paper_style()
def _nonuniform(material: Material) -> Figure | None:
    """Draw spectra above the dimensions at points, a column a deviation."""
    panels = panels_of(material, DEVIATIONS)
    if panels is None:
        return None
    figure = column(3.3)
    grid = figure.subplots(2, 3, sharex="row", sharey="row")
    for (above, below), (label, panel) in zip(grid.T, panels.items(), strict=True):
        above.set_title(f"angles: {DEVIATIONS[label]:g} rad")
        draw_panel(above, panel, last=30)
        _draw_histogram(below, panel)
    grid[0, 0].set_ylabel(VALUE)
    grid[1, 0].set_ylabel("points (%)")
    grid[0, 1].set_xlabel(INDEX)
    grid[1, 1].set_xlabel("dimension at a point")
    key_of(figure, panels)
    return figure


def _draw_levels(axes: Axes, panel: Spectra | str) -> None:
    """Draw a box for each dimension at a noise level, the darker the more points have it.

    The points of each true dimension have a colour, and shares, of their own.
    """
    if isinstance(panel, str):
        axes.set(xticks=[], yticks=[])
        write_missing(axes, panel)
        return
    low, high = _limits(panel, panel.by_sigma)
    height = max(1.0, (high - low) / MOST_BOXES)
    for (level, members), (colour, _) in zip(panel.groups, LEVELS, strict=False):
        for order, dimension in enumerate(panel.by_sigma):
            values, counts = np.unique(dimension[members], return_counts=True)
            for value, share in zip(values, counts / members.sum(), strict=True):
                corner = order - 0.5, value - height / 2
                look: Any = {"facecolor": colour, "alpha": share, "linewidth": 0}
                axes.add_patch(Rectangle(corner, 1.0, height, gid=f"{level:g}", **look))
        if not math.isnan(level):
            axes.axhline(level, color=TRUTH, linestyle="--", linewidth=1.0, gid="truth")
    chosen = int(np.argmin(abs(np.log(panel.sigmas / panel.sigma))))
    top: Any = {"transform": axes.get_xaxis_transform(), "color": "black", "gid": "chosen"}
    axes.plot(chosen, 0.96, marker="v", **top)
    last = len(panel.sigmas) - 1
    ticks = sorted({0, last // 2, last})
    axes.set(xlim=(-0.6, last + 0.6), ylim=(max(-0.5, low), high))
    axes.set_xticks(ticks, [f"{panel.sigmas[place]:.2g}" for place in ticks])
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10], integer=True))


def _draw_histogram(axes: Axes, panel: Spectra | str) -> None:
    """Draw bars one dimension wide, of each true dimension, in percent of its points."""
    axes.set(ylim=(0, 105), yticks=[0, 50, 100])
    if isinstance(panel, str):
        write_missing(axes, panel)
        return
    low, high = _limits(panel, panel.dimension)
    axes.set_xlim(max(-0.5, low), high)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 5, 10], integer=True))
    for (level, members), (colour, _) in zip(panel.groups, LEVELS, strict=False):
        values, counts = np.unique(panel.dimension[members], return_counts=True)
        axes.bar(values, 100 * counts / members.sum(), width=1.0, color=colour, linewidth=0)
        if not math.isnan(level):
            _mark(axes, level)


def _limits(panel: Spectra, dimension: np.ndarray) -> tuple[float, float]:
    """Return limits of an axis around dimensions at points and the truth."""
    shown = np.concatenate([dimension.ravel(), panel.truth[~np.isnan(panel.truth)]])
    return float(shown.min()) - AROUND, float(shown.max()) + AROUND


def _mark(axes: Axes, level: float) -> None:
    """Draw the true dimension, with its name on the side with more room."""
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


HISTOGRAMS = Item(
    name="histograms",
    title="Dimension at single points, by noise level",
    caption=(
        "Dimension at each point of the four manifolds, at each noise level: the darker a box, the "
        "more of the points; on the union of two spheres, of the points of each sphere (light: the "
        "10-sphere). The dashed lines are the true dimensions, the triangle is the noise level of "
        "the estimate. Where all boxes lie on the lines, the dimension does not depend on the "
        "noise level."
    ),
    kind="figure",
    make=_histograms,
    cells=(Cells(tuple(EUCLIDEAN), (ESTIMATOR,), seeds=1),),
)

NONUNIFORM = Item(
    name="nonuniform",
    title="Non-uniform spheres",
    caption=(
        "The 10-sphere in R^100 where all angles are normal, of three deviations: the smaller, the "
        "more mass is near a pole. Above, the last singular values of the scores around points, "
        "with the drop of the true dimension (dashed) and that of the estimate (dotted, where it "
        "differs). Below, the dimension at each point; dashed, the truth."
    ),
    kind="figure",
    make=_nonuniform,
    cells=(Cells(tuple(DEVIATIONS), (ESTIMATOR,), seeds=1),),
)
