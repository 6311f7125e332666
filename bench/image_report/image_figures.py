"""Figures of a run on real images: montages, ranking of classes, agreement."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures.style import BELOW, family_look, first_of, headline, plain_ticks
from bench.image_report.pointwise import PointwiseEstimates, as_pictures

#: Images at each end of a montage, a line of so many.
SHOWN, LINE = 24, 12
#: Distance between names of lines, as a part of the height.
APART = 0.04
#: Most estimators of a montage.
MOST = 6


def montage(estimates: Sequence[PointwiseEstimates], label: str) -> Figure | None:
    """Draw the images of lowest and of highest dimension of a sample, two blocks an estimator.

    The blocks are smaller where an estimator has few pointwise estimates.
    """
    shown = estimates[:MOST]
    if not shown:
        return None
    figure = Figure(figsize=(10.0, 1.2 * len(shown) + 0.7), layout="constrained")
    grid = figure.subplots(len(shown), 2, squeeze=False)
    for line, one in zip(grid, shown, strict=True):
        order = np.argsort(one.dimension, kind="stable")
        count = min(SHOWN, len(order) // 2)
        ends = {"lowest": order[:count], "highest": order[::-1][:count]}
        for axes, (end, rows) in zip(line, ends.items(), strict=True):
            low, high = np.sort(one.dimension[rows])[[0, -1]]
            span = f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
            _block(axes, one, rows)
            axes.set_title(f"{one.estimator}, {end}: {span}", fontsize=9)
    headline(
        figure,
        f"{label}: images of lowest and highest estimated dimension"
        + first_of(len(shown), len(estimates)),
    )
    return figure


def _block(axes: Axes, one: PointwiseEstimates, rows: np.ndarray) -> None:
    """Draw images in lines."""
    pictures = as_pictures(one.images[one.query[rows]])
    height, width = pictures.shape[1:3]
    lines = max(1, math.ceil(len(pictures) / LINE))
    gap = max(1, height // 14)
    sheet = np.full(
        (lines * (height + gap) - gap, LINE * (width + gap) - gap, *pictures.shape[3:]),
        255,
        dtype=np.uint8,
    )
    for index, picture in enumerate(pictures):
        down = (index // LINE) * (height + gap)
        along = (index % LINE) * (width + gap)
        sheet[down : down + height, along : along + width] = picture
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_axis_off()


def ranking_figure(
    ranks: pd.DataFrame, families: Mapping[str, str], agreement: Mapping[str, float]
) -> Figure | None:
    """Draw estimates of the classes of each set, in the order of their mean rank."""
    names = list(dict.fromkeys(ranks["set"]))
    if not names:
        return None
    figure = Figure(figsize=(max(6.5, 4.6 * len(names)), 4.6), layout="constrained")
    grid = figure.subplots(1, len(names), squeeze=False)[0]
    seen: dict[str, tuple[str, str]] = {}
    for axes, name in zip(grid, names, strict=True):
        own = ranks[ranks["set"] == name]
        order = list(own.sort_values(["mean_rank", "label"])["label"].unique())
        ends: list[tuple[float, str, str]] = []
        for estimator, rows in own.groupby("estimator", sort=False):
            colour, marker = family_look(families.get(str(estimator), "other"))
            seen[families.get(str(estimator), "other")] = colour, marker
            line = rows.set_index("label").loc[order, "estimate"]
            look: Any = {"color": colour, "marker": marker, "markersize": 4, "linewidth": 0.8}
            axes.plot(range(len(order)), line, alpha=0.7, **look)
            ends.append((float(line.iloc[-1]), str(estimator), colour))
        axes.set_xticks(range(len(order)), [str(label) for label in order])
        axes.set(yscale="log", xlabel="class, by mean rank", ylabel="estimated dimension")
        w = f", W = {agreement[str(name)]:.2f}" if str(name) in agreement else ""
        axes.set_title(f"{name}{w}", fontsize=10)
        plain_ticks(axes.yaxis)
        _name_lines(axes, len(order) - 1, ends)
    handles = [
        axes.plot([], [], color=colour, marker=marker, label=family)[0]
        for family, (colour, marker) in seen.items()
    ]
    figure.legend(handles=handles, loc=BELOW, ncols=5)
    headline(figure, "Classes by dimension, a line an estimator (W: agreement of their rankings)")
    return figure


def _name_lines(axes: Axes, last: int, ends: Sequence[tuple[float, str, str]]) -> None:
    """Write names of lines at their right ends (height, name, colour), without overlaps."""
    axes.set_ylim(axes.get_ylim())
    to_axes = axes.transData + axes.transAxes.inverted()
    below = -1.0
    for y, name, colour in sorted(ends):
        below = max(float(to_axes.transform((last, y))[1]), below + APART)
        axes.annotate(
            name,
            xy=(last, y),
            xytext=(1.02, below),
            textcoords="axes fraction",
            va="center",
            fontsize=7,
            color=colour,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.4, "shrinkB": 4},
        )


def agreement_figure(table: pd.DataFrame, label: str) -> Figure | None:
    """Draw correlations between estimators at the same images."""
    if len(table) < 2:
        return None
    side = 0.55 * len(table) + 2.2
    figure = Figure(figsize=(max(5.0, side + 1.2), side + 0.6), layout="constrained")
    axes = figure.subplots()
    sns.heatmap(
        table.astype(float),
        annot=True,
        fmt=".2f",
        vmin=-1,
        vmax=1,
        cmap="RdBu_r",
        square=True,
        ax=axes,
        annot_kws={"fontsize": 8},
        cbar_kws={"label": "Spearman's correlation", "shrink": 0.7},
    )
    axes.tick_params(length=0)
    headline(figure, f"{label}: how far estimators agree on which images are of high dimension")
    return figure
