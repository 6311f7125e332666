"""Figure of the estimates against the truth, a panel an estimator."""

from __future__ import annotations

import math
import textwrap

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from bench.figures.style import (
    DISTINCT,
    FAILED_COLOUR,
    QUIET,
    headline,
    manifold_looks,
    plain_ticks,
)
from bench.summary.metrics import by_level
from bench.summary.ranking import rank
from bench.summary.wording import seeds_text, subset_text

#: Sideways distance, in units of ln d, between manifolds of one dimension.
SPREAD = 0.1
#: Colour of manifolds that are too many to be told apart.
CLOUD = "#0173b2"


def estimate_figure(summary: pd.DataFrame) -> Figure | None:
    """Estimate against truth, a panel an estimator, best first; None where no truth is known.

    Each manifold has a colour and marker, as long as there are enough of them.
    """
    levels = by_level(summary)
    if levels.empty:
        return None
    estimators = list(rank(summary)["estimator"])
    columns = min(len(estimators), 6 if len(estimators) > 12 else 4)
    lines = math.ceil(len(estimators) / columns)
    manifolds = list(dict.fromkeys(levels["manifold"]))
    looks = manifold_looks(manifolds) if len(manifolds) <= DISTINCT else {}
    side = 2.1 if columns > 4 else 2.8
    wide = max(side * columns + 0.6, 7.0)
    legend_columns = int(wide / 1.7)
    tall = side * lines + 1.2 + 0.25 * math.ceil((len(looks) + 2) / legend_columns)
    figure = Figure(figsize=(wide, tall), layout="constrained")
    grid = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
    positions = _spread(levels)
    found = levels["estimate"].dropna()
    span = _limits(levels["truth"])
    smallest, largest = _limits(pd.concat([levels["truth"], found[found > 0]]))
    for order, (axes, estimator) in enumerate(zip(grid.flat, estimators, strict=False)):
        axes.set(xscale="log", yscale="log", xlim=span, ylim=(smallest, largest))
        axes.plot(span, span, color="0.75", linewidth=1, zorder=0, gid="truth")
        rows = levels[levels["estimator"] == estimator].dropna(subset="estimate")
        if looks:
            for truth, names in levels.groupby("truth")["manifold"].unique().items():
                _truth_box(axes, float(str(truth)), len(names))
            _points(axes, rows, positions, looks, smallest * 1.05)
        else:
            axes.fill_between(span, span * 0.9, span * 1.1, color="0.87", lw=0, zorder=-1)
            _cloud(axes, rows, smallest * 1.05)
        _panel_text(axes, estimator, summary[summary["estimator"] == estimator])
        plain_ticks(axes.xaxis)
        plain_ticks(axes.yaxis)
        axes.tick_params(labelsize=8, labelbottom=True)
        axes.set_xlabel("true dimension d" if order + columns >= len(estimators) else "")
        axes.set_ylabel("estimate" if order % columns == 0 else "")
    for axes in list(grid.flat)[len(estimators) :]:
        axes.remove()
    figure.legend(
        handles=_legend(looks), loc="outside lower center", ncols=legend_columns, frameon=False
    )
    what = f"mean and 95 % interval, {seeds_text(summary)}; "
    what += "manifolds of one d stand side by side" if looks else f"{len(manifolds)} manifolds"
    headline(figure, f"Estimate against truth: {what}")
    return figure


def _points(
    axes: Axes,
    rows: pd.DataFrame,
    positions: dict[tuple[str, float], float],
    looks: dict[str, tuple[str, str]],
    lowest: float,
) -> None:
    """The estimates of an estimator, each manifold in its look and place."""
    for row in rows.itertuples():
        colour, marker = looks[str(row.manifold)]
        estimate, half_width = float(str(row.estimate)), float(str(row.half_width))
        axes.errorbar(
            positions[str(row.manifold), float(str(row.truth))],
            max(estimate, lowest),
            yerr=half_width if half_width > 0 else None,
            color=colour,
            marker=marker,
            markersize=8 if marker == "*" else 5,
            markeredgecolor="0.2",
            markeredgewidth=0.4,
            elinewidth=1,
            capsize=1.5,
        )


def _cloud(axes: Axes, rows: pd.DataFrame, lowest: float) -> None:
    """The estimates of an estimator on more manifolds than can be told apart, all alike."""
    estimates = rows["estimate"].clip(lower=lowest)
    low, high = (estimates + way * rows["half_width"].fillna(0.0) for way in (-1, 1))
    axes.vlines(rows["truth"], low.clip(lower=lowest), high, color=CLOUD, linewidth=1, alpha=0.6)
    axes.scatter(rows["truth"], estimates, s=9, color=CLOUD, alpha=0.6, linewidth=0, zorder=2)


def _legend(looks: dict[str, tuple[str, str]]) -> list[Line2D | Patch]:
    """What colours and markers mean."""
    handles: list[Line2D | Patch] = [
        Line2D(
            [], [], linestyle="", color=colour, marker=marker, mec="0.2", mew=0.4, label=manifold
        )
        for manifold, (colour, marker) in looks.items()
    ]
    if not looks:
        handles.append(Line2D([], [], linestyle="", marker="o", color=CLOUD, label="a manifold"))
    handles.append(Line2D([], [], color=QUIET, linewidth=1.2, label="estimate = d"))
    handles.append(Patch(facecolor="0.87", label="within 10 % of d"))
    return handles


def _limits(values: pd.Series) -> NDArray[np.float64]:
    """Ends of a logarithmic axis with room around the values, at least a factor of nine apart."""
    low, high = values.min() / 1.5, values.max() * 1.5
    widen = max(1.0, math.sqrt(9 * low / high))
    return np.array([low / widen, high * widen])


def _truth_box(axes: Axes, truth: float, manifolds: int) -> None:
    """The truth, and what is within 10 % of it, across the manifolds that stand side by side."""
    reach = SPREAD * manifolds / 2 + 0.08
    left, right = truth * math.exp(-reach), truth * math.exp(reach)
    axes.fill_between([left, right], truth * 0.9, truth * 1.1, color="0.87", lw=0, zorder=-1)
    axes.hlines(truth, left, right, color=QUIET, linewidth=1.2, zorder=0)


def _spread(levels: pd.DataFrame) -> dict[tuple[str, float], float]:
    """Where a manifold's truth level stands on the axis: at the truth, or close beside it."""
    positions = {}
    for truth, rows in levels.groupby("truth"):
        manifolds = list(dict.fromkeys(rows["manifold"]))
        for index, manifold in enumerate(manifolds):
            shift = SPREAD * (index - (len(manifolds) - 1) / 2)
            positions[manifold, float(str(truth))] = float(str(truth)) * math.exp(shift)
    return positions


def _panel_text(axes: Axes, estimator: str, rows: pd.DataFrame) -> None:
    """Title, part of the sample used, and what failed."""
    axes.set_title("\n".join([estimator, *textwrap.wrap(subset_text(rows), 26)]), fontsize=9)
    failed = rows[rows["seeds_failed"] > 0]
    if len(failed):
        places = [
            f"{manifold} {count}/{planned}"
            for manifold, count, planned in zip(
                failed["manifold"], failed["seeds_failed"], failed["seeds_planned"], strict=True
            )
        ]
        if len(places) > 4:
            places = [f"{len(places)} of {len(rows)} manifolds"]
        axes.text(
            0.98,
            0.03,
            "\n".join(["failed:", *places] if len(places) > 1 else [f"failed: {places[0]}"]),
            transform=axes.transAxes,
            ha="right",
            va="bottom",
            fontsize=7,
            color=FAILED_COLOUR,
        )
