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
    BELOW,
    DISTINCT,
    FAILED_COLOUR,
    QUIET,
    distinct_looks,
    headline,
    marker_key,
    panel_grid,
    plain_ticks,
)
from bench.summary.ranking import rank
from bench.summary.summarise import by_level
from bench.summary.wording import seeds_text, subset_text

#: Horizontal distance, in units of ln d, between manifolds of one dimension.
SPREAD = 0.1
#: Colour of manifolds that are too many for a colour each.
CLOUD = "#0173b2"


def estimate_figure(summary: pd.DataFrame) -> Figure | None:
    """Draw estimates against truth, a panel an estimator, best first; None if no truth is known.

    Each manifold has a colour and marker, as long as there are enough of them.
    """
    levels = by_level(summary)
    if levels.empty:
        return None
    estimators = list(rank(summary)["estimator"])
    columns = min(len(estimators), 6 if len(estimators) > 12 else 4)
    lines = math.ceil(len(estimators) / columns)
    manifolds = list(dict.fromkeys(levels["manifold"]))
    looks = distinct_looks(manifolds) if len(manifolds) <= DISTINCT else {}
    side = 2.1 if columns > 4 else 2.8
    wide = max(side * columns + 0.6, 7.0)
    legend_columns = int(wide / 1.7)
    tall = side * lines + 1.2 + 0.25 * math.ceil((len(looks) + 2) / legend_columns)
    figure = Figure(figsize=(wide, tall), layout="constrained")
    labels = "true dimension d", "estimate"
    grid = panel_grid(figure, len(estimators), columns, *labels, sharex=True, sharey=True)
    positions = _positions(levels)
    span = _limits(levels["truth"])
    positive = levels["estimate"][levels["estimate"] > 0]
    smallest, largest = _limits(pd.concat([levels["truth"], positive]))
    for axes, estimator in zip(grid, estimators, strict=True):
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
        axes.tick_params(labelbottom=True)
    figure.legend(handles=_legend(looks), loc=BELOW, ncols=legend_columns)
    shown = "manifolds of one d stand side by side" if looks else f"{len(manifolds)} manifolds"
    interval = f"mean and 95 % interval, {seeds_text(summary)}"
    headline(figure, f"Estimate against truth: {interval}; {shown}")
    return figure


def _points(
    axes: Axes,
    rows: pd.DataFrame,
    positions: dict[tuple[str, float], float],
    looks: dict[str, tuple[str, str]],
    lowest: float,
) -> None:
    """Draw the estimates of an estimator, each manifold at its position in its look."""
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
    """Draw the estimates of an estimator on more manifolds than there are colours, all alike."""
    estimates = rows["estimate"].clip(lower=lowest)
    low, high = (estimates + sign * rows["half_width"].fillna(0.0) for sign in (-1, 1))
    axes.vlines(rows["truth"], low.clip(lower=lowest), high, color=CLOUD, linewidth=1, alpha=0.6)
    axes.scatter(rows["truth"], estimates, s=9, color=CLOUD, alpha=0.6, linewidth=0, zorder=2)


def _legend(looks: dict[str, tuple[str, str]]) -> list[Line2D | Patch]:
    """Return the legend of colours and markers."""
    handles: list[Line2D | Patch] = [
        marker_key(manifold, look, mec="0.2", mew=0.4) for manifold, look in looks.items()
    ]
    if not looks:
        handles.append(marker_key("a manifold", (CLOUD, "o")))
    handles.append(Line2D([], [], color=QUIET, linewidth=1.2, label="estimate = d"))
    handles.append(Patch(facecolor="0.87", label="within 10 % of d"))
    return handles


def _limits(values: pd.Series) -> NDArray[np.float64]:
    """Return limits of a logarithmic axis around values, at least a factor of nine apart."""
    low, high = values.min() / 1.5, values.max() * 1.5
    widen = max(1.0, math.sqrt(9 * low / high))
    return np.array([low / widen, high * widen])


def _truth_box(axes: Axes, truth: float, manifolds: int) -> None:
    """Draw the truth with 10 % around it, across the manifolds that stand side by side."""
    reach = SPREAD * manifolds / 2 + 0.08
    left, right = truth * math.exp(-reach), truth * math.exp(reach)
    axes.fill_between([left, right], truth * 0.9, truth * 1.1, color="0.87", lw=0, zorder=-1)
    axes.hlines(truth, left, right, color=QUIET, linewidth=1.2, zorder=0)


def _positions(levels: pd.DataFrame) -> dict[tuple[str, float], float]:
    """Return where each manifold's truth level stands on the axis: at the truth, or close to it."""
    positions = {}
    for truth, rows in levels.groupby("truth"):
        manifolds = list(dict.fromkeys(rows["manifold"]))
        for index, manifold in enumerate(manifolds):
            shift = SPREAD * (index - (len(manifolds) - 1) / 2)
            positions[manifold, float(str(truth))] = float(str(truth)) * math.exp(shift)
    return positions


def _panel_text(axes: Axes, estimator: str, rows: pd.DataFrame) -> None:
    """Write title, part of the sample used, and failures."""
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
