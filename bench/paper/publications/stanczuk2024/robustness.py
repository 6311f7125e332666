"""Figures of estimates of a sphere against the noise and against the number of its points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.figures.paper_style import LOOKS, NO_DATA, SMALL, TRUTH, column, paper_style
from bench.figures.sample_size_curves import draw_curve
from bench.figures.style import BELOW, plain_ticks
from bench.paper.publication import Cells, Item, Material
from bench.record import OK
from bench.summary.statistics import mean_interval

#: Label -> number of points.
SIZES = {f"10-sphere-n{n}": n for n in (10, 100, 250, 500, 1000, 10_000)}
#: Label -> standard deviation of the noise in each coordinate.
LEVELS = {"10-sphere-n10000": 0.0} | {
    f"noise-{level}": level for level in (0.001, 0.003, 0.01, 0.03, 0.1)
}
#: Position of the sample without noise on a logarithmic axis.
NONE = 0.0003
DIMENSION, AMBIENT = 10, 100
SCORE, BASELINES = ("score-svd",), ("mle-20", "lpca-local", "ess")
ESTIMATORS = SCORE + BASELINES
#: Marker of a cell without an estimate, by the reason.
REASONS = {"failed": "x", "not run": "_"}
#: Height of the first row of these markers above the panel and their distance, as parts of it.
LOWEST, APART = 1.03, 0.055


@paper_style()
def _sample_size(material: Material) -> Figure | None:
    names = [f"{n:,}".replace(",", " ") for n in SIZES.values()]
    return _curves(material, SIZES, names, "points in the sample, $n$", (7, 14_000))


@paper_style()
def _noise(material: Material) -> Figure | None:
    positions = {label: level or NONE for label, level in LEVELS.items()}
    names = [f"{level:g}" if level else "none" for level in LEVELS.values()]
    label = "noise, standard deviation in each coordinate (radius = 1)"
    return _curves(material, positions, names, label, (NONE / 1.5, 0.15))


def _curves(
    material: Material,
    positions: Mapping[str, float],
    names: Sequence[str],
    label: str,
    limits: tuple[float, float],
) -> Figure | None:
    """Draw estimates at the positions of manifolds, ``names`` on the axis; None without any."""
    records = material.records
    records = records[records["estimator"].isin(ESTIMATORS) & records["manifold"].isin(positions)]
    if not (records["status"] == OK).any():
        return None
    figure = column(2.5)
    axes = figure.subplots()
    axes.set(xscale="log", xlim=limits, xlabel=label)
    handles = [_curve(axes, records, estimator, positions) for estimator in ESTIMATORS]
    handles += _mark_gaps(axes, records, positions)
    _estimate_axis(axes, records)
    axes.set_xticks(list(positions.values()), names)
    axes.minorticks_off()
    figure.legend(handles=handles, loc=BELOW, ncols=4)
    return figure


def _curve(
    axes: Axes, records: pd.DataFrame, estimator: str, positions: Mapping[str, float]
) -> Line2D:
    """Draw means over seeds with 95 % intervals; returns a legend entry."""
    own = records[(records["estimator"] == estimator) & (records["status"] == OK)]
    estimates = {label: rows.to_numpy(float) for label, rows in own.groupby("manifold")["estimate"]}
    intervals = [mean_interval(estimates.get(manifold, ())) for manifold in positions]
    mean, _, half_width = np.array(intervals).T
    look = LOOKS[estimator]
    marks: Any = {
        "color": look.colour,
        "marker": look.marker,
        "linestyle": look.line,
        "gid": estimator,
    }
    draw_curve(axes, list(positions.values()), mean, np.nan_to_num(half_width), **marks)
    return look.key(estimator)


def _mark_gaps(axes: Axes, records: pd.DataFrame, positions: Mapping[str, float]) -> list[Line2D]:
    """Mark above the panel where an estimator has no estimate, and why; returns legend entries."""
    cells = records.groupby(["manifold", "estimator"])["status"].agg(lambda own: OK in set(own))
    reasons: dict[str, None] = {}
    row = 0
    for estimator in reversed(ESTIMATORS):
        gaps = {
            position: "failed" if (manifold, estimator) in cells.index else "not run"
            for manifold, position in positions.items()
            if not cells.get((manifold, estimator), False)
        }
        for position, reason in gaps.items():
            axes.plot(
                *(position, LOWEST + APART * row, REASONS[reason]),
                transform=axes.get_xaxis_transform(),
                color=LOOKS[estimator].colour,
                clip_on=False,
                gid=f"{reason}: {estimator}",
            )
        reasons |= dict.fromkeys(gaps.values())
        row += bool(gaps)
    return [
        Line2D([], [], color=NO_DATA, marker=REASONS[reason], linestyle="none", label=reason)
        for reason in reasons
    ]


def _estimate_axis(axes: Axes, records: pd.DataFrame) -> None:
    """Set a logarithmic axis of estimates with the truth, and D where an estimate comes near it."""
    estimates = records.loc[records["status"] == OK, "estimate"].to_numpy(dtype=np.float64)
    low, high = min(DIMENSION, estimates.min()) / 1.4, max(DIMENSION, estimates.max()) * 1.4
    _level(axes, DIMENSION, "d", "truth", TRUTH, "--")
    if high > AMBIENT / 2:
        high = max(high, AMBIENT * 1.2)
        _level(axes, AMBIENT, "D", "ambient", "0.3", ":")
    axes.set(yscale="log", ylim=(low, high), ylabel="estimated dimension")
    plain_ticks(axes.yaxis)


def _level(axes: Axes, height: float, name: str, gid: str, colour: str, line: str) -> None:
    """Draw a horizontal line with its name beside the panel."""
    axes.axhline(height, color=colour, linestyle=line, linewidth=1.0, zorder=1, gid=gid)
    axes.annotate(
        f"${name}$ = {height:g}",
        (1, height),
        (3, 0),
        xycoords=axes.get_yaxis_transform(),
        textcoords="offset points",
        fontsize=SMALL,
        color=colour,
        va="center",
    )


def _cells(labels: Mapping[str, float]) -> tuple[Cells, ...]:
    """Return the cells on these manifolds: of the score one seed below the full preset."""
    return (
        Cells(tuple(labels), SCORE, seeds=1, presets=("smoke", "quick")),
        Cells(tuple(labels), SCORE, presets=("full",)),
        Cells(tuple(labels), BASELINES),
    )


NOISE = Item(
    name="noise",
    title="Robustness to ambient noise",
    caption=(
        "Estimates on 10 000 points of the unit 10-sphere in R^100 against the deviation of normal "
        "noise in each coordinate. The noise fills the ambient space, so that the dimension at "
        "scales below it is D, and d above. Where several seeds were run: mean and 95 % interval."
    ),
    kind="figure",
    make=_noise,
    cells=_cells(LEVELS),
)

SAMPLE_SIZE = Item(
    name="sample-size",
    title="Sample complexity",
    caption=(
        "Estimates on the 10-sphere in R^100 against the number of points. The dashed line is the "
        "truth. Marks above the panel stand for cells without an estimate, as where there are "
        "fewer points than an estimator needs. Where several seeds were run: mean and 95 % "
        "interval."
    ),
    kind="figure",
    make=_sample_size,
    cells=_cells(SIZES),
)
