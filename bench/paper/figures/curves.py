"""Estimates of one manifold against what is changed of its samples, a line an estimator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.figures.style import plain_ticks
from bench.paper.publication import Cells
from bench.paper.style import LOOKS, NO_DATA, SMALL, TRUTH, column
from bench.record import OK
from bench.summary.seeds import mean_interval

#: The estimators that are drawn.
SCORE, BASELINES = ("score-svd",), ("mle-20", "lpca-local", "ess")
DRAWN = SCORE + BASELINES
#: Marker of a cell without an estimate, by the reason.
REASONS = {"failed": "x", "not run": "_"}
#: Heights of their rows above the panel, as parts of it.
LOWEST, APART = 1.03, 0.055


def cells_of(manifolds: Iterable[str]) -> tuple[Cells, ...]:
    """The cells of the estimators on these manifolds: below the full preset, the score's once."""
    labels = tuple(manifolds)
    return (
        Cells(labels, SCORE, seeds=1, presets=("smoke", "quick")),
        Cells(labels, SCORE, presets=("full",)),
        Cells(labels, BASELINES),
    )


def curve_figure(
    records: pd.DataFrame,
    places: Mapping[str, float],
    names: Sequence[str],
    *,
    limits: tuple[float, float],
    label: str,
    dimension: int,
    ambient: int,
) -> Figure | None:
    """Estimates at the places of manifolds, which have ``names`` on the axis; None without any."""
    if not ((records["status"] == OK) & records["estimator"].isin(DRAWN)).any():
        return None
    drawn = column(2.5)
    axes = drawn.subplots()
    axes.set(xscale="log", xlim=limits)
    handles = draw_curves(axes, records, places)
    estimate_axis(axes, records, dimension, ambient)
    axes.set_xticks(list(places.values()), names)
    axes.minorticks_off()
    axes.set_xlabel(label)
    drawn.legend(handles=handles, loc="outside lower center", ncols=4)
    return drawn


def draw_curves(axes: Axes, records: pd.DataFrame, places: Mapping[str, float]) -> list[Line2D]:
    """Mean over seeds and 95 % interval of each estimator, at the places of the manifolds.

    ``places`` are manifold label -> where on the horizontal axis. Where there is no estimate, the
    line is broken and a mark above the panel says why. Returns what the legend has to explain.
    """
    handles = [_curve(axes, records, estimator, places) for estimator in DRAWN]
    marked: dict[str, Line2D] = {}
    row = 0
    for estimator in reversed(DRAWN):
        gaps = {
            place: why
            for manifold, place in places.items()
            if (why := _gap(_cells(records, manifold, estimator)))
        }
        for place, why in gaps.items():
            axes.plot(
                place,
                LOWEST + APART * row,
                transform=axes.get_xaxis_transform(),
                color=LOOKS[estimator].colour,
                marker=REASONS[why],
                linestyle="none",
                clip_on=False,
                gid=f"{why}: {estimator}",
            )
            marked[why] = Line2D(
                [], [], color=NO_DATA, marker=REASONS[why], linestyle="none", label=why
            )
        row += bool(gaps)
    return [*handles, *marked.values()]


def _curve(
    axes: Axes, records: pd.DataFrame, estimator: str, places: Mapping[str, float]
) -> Line2D:
    look = LOOKS[estimator]
    found = []
    for manifold in places:
        rows = _cells(records, manifold, estimator)
        ok = rows.loc[rows["status"] == OK, "estimate"]
        found.append(mean_interval(ok.to_numpy(dtype=np.float64)))
    mean, _, half_width = np.array(found).T
    axes.errorbar(
        list(places.values()),
        mean,
        yerr=np.nan_to_num(half_width),
        color=look.colour,
        marker=look.marker,
        linestyle=look.line,
        markeredgecolor="white",
        markeredgewidth=0.3,
        elinewidth=0.8,
        capsize=1.5,
        gid=estimator,
    )
    return Line2D(
        [], [], color=look.colour, marker=look.marker, linestyle=look.line, label=estimator
    )


def _cells(records: pd.DataFrame, manifold: str, estimator: str) -> pd.DataFrame:
    return records[(records["manifold"] == manifold) & (records["estimator"] == estimator)]


def _gap(rows: pd.DataFrame) -> str:
    """Why there is no estimate; empty where there is one."""
    if rows.empty:
        return "not run"
    return "" if (rows["status"] == OK).any() else "failed"


def estimate_axis(axes: Axes, records: pd.DataFrame, dimension: int, ambient: int) -> None:
    """A logarithmic axis of estimates in plain numbers, with the truth.

    The dimension of the space is on it where an estimate comes near it.
    """
    estimates = records.loc[records["status"] == OK, "estimate"].to_numpy(dtype=np.float64)
    low, high = min(dimension, estimates.min()) / 1.4, max(dimension, estimates.max()) * 1.4
    _level(axes, dimension, f"$d$ = {dimension}", "truth")
    if high > ambient / 2:
        high = max(high, ambient * 1.2)
        _level(axes, ambient, f"$D$ = {ambient}", "ambient")
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    plain_ticks(axes.yaxis)
    axes.set_ylabel("estimated dimension")


def _level(axes: Axes, height: float, text: str, gid: str) -> None:
    """A horizontal line with its name beside the panel."""
    truth = gid == "truth"
    axes.axhline(
        height,
        color=TRUTH if truth else "0.5",
        linestyle="--" if truth else ":",
        linewidth=1.0,
        zorder=1,
        gid=gid,
    )
    axes.annotate(
        text,
        (1, height),
        (3, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        fontsize=SMALL,
        color=TRUTH if truth else "0.3",
        va="center",
    )
