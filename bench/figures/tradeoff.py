"""Figure of accuracy against runtime, with labels that do not overlap."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from bench.figures.style import (
    BELOW,
    FAMILIES,
    QUIET,
    family_look,
    headline,
    marker_key,
    plain_ticks,
)
from bench.summary.ranking import rank
from estimators.points import Array

#: Factors by which axes extend beyond the points: room for labels.
BEYOND, ABOVE = 2.5, 1.8
#: Candidate distances from point to label, in points, and directions, as unit vectors.
DISTANCES = (7, 13, 20, 28, 38, 50, 64, 80)
_ANGLES = np.radians([0, 180, 90, 270, *range(15, 90, 15), *range(105, 180, 15)])
_ANGLES = np.concatenate([_ANGLES, -_ANGLES[4:]])
DIRECTIONS = np.column_stack([np.cos(_ANGLES), np.sin(_ANGLES)])


def tradeoff_figure(summary: pd.DataFrame) -> Figure | None:
    """Draw mean relative errors against median seconds of a fit, a point an estimator.

    The line is the Pareto front. None where no estimator has both numbers.
    """
    everyone = rank(summary)
    standings = everyone.dropna(subset=["ranking_error", "fit_seconds"])
    if standings.empty:
        return None
    absent = [name for name in everyone["estimator"] if name not in set(standings["estimator"])]
    points = [
        (max(time, 1e-3), error)
        for time, error in zip(standings["fit_seconds"], standings["ranking_error"], strict=True)
    ]
    figure = Figure(figsize=(8.5, 6), layout="constrained")
    axes = figure.subplots()
    times, errors = [time for time, _ in points], [error for _, error in points]
    axes.set_xscale("log")
    axes.set_xlim(min(times) / BEYOND, max(times) * BEYOND)
    _error_axis(axes, errors)
    front = pareto_front(points)
    corners = [(front[0][0], axes.get_ylim()[1]), *front, (axes.get_xlim()[1], front[-1][1])]
    axes.plot(
        [time for time, _ in corners],
        [error for _, error in corners],
        drawstyle="steps-post",
        color=QUIET,
        linewidth=1.2,
        linestyle="--",
        zorder=1,
        gid="front",
    )
    for (time, error), family, failed in zip(
        points, standings["family"], standings["seeds_failed"], strict=True
    ):
        colour, marker = family_look(family)
        face = "white" if failed else colour
        size = 90 if marker == "*" else 45
        axes.scatter(time, error, s=size, marker=marker, facecolor=face, color=colour)
    plain_ticks(axes.xaxis)
    axes.set_xlabel("median time of a fit (seconds)")
    axes.set_ylabel("mean relative error (%)")
    title = "Accuracy against runtime: lower left is better"
    headline(figure, title + (f"; without an estimate: {', '.join(absent)}" if absent else ""))
    axes.grid(color="0.93", zorder=0)
    axes.set_axisbelow(True)
    _legend(figure, standings)
    place_labels(axes, points, list(standings["estimator"]), corners)
    return figure


def _error_axis(axes: Axes, errors: list[float]) -> None:
    """Set a logarithmic axis that ends at the data; linear below it where an error is zero."""

    def text(value: float) -> str:
        return f"{100 * value:g}"

    positive = [error for error in errors if error > 0]
    if not positive:
        axes.set(ylim=(-0.01, 0.1), yticks=[0, 0.05, 0.1], yticklabels=["0", "5", "10"])
        return
    low, high = min(positive) / ABOVE, max(positive) * ABOVE
    if min(errors) > 0:
        axes.set(yscale="log", ylim=(low, high))
        plain_ticks(axes.yaxis, low, high, text)
        return
    axes.set_yscale("symlog", linthresh=low, linscale=0.5)
    axes.set_ylim(-0.5 * low, high)
    plain_ticks(axes.yaxis, low, high, text)
    axes.yaxis.set_major_locator(FixedLocator([0, *axes.yaxis.get_majorticklocs()]))


def pareto_front(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points (time, error) that no other one beats in both, fastest first."""
    front: list[tuple[float, float]] = []
    for time, error in sorted(points):
        if not front or error < front[-1][1]:
            front.append((time, error))
    return front


def _legend(figure: Figure, standings: pd.DataFrame) -> None:
    present = set(standings["family"])
    handles = [
        marker_key(family, look, markersize=8)
        for family, look in FAMILIES.items()
        if family in present or (family == "other" and present - set(FAMILIES))
    ]
    if (standings["seeds_failed"] > 0).any():
        label = "hollow: some seeds failed, each counts as 100 %"
        handles.append(marker_key(label, (QUIET, "o"), markerfacecolor="white"))
    handles.append(Line2D([], [], color=QUIET, linestyle="--", label="Pareto front"))
    figure.legend(handles=handles, loc=BELOW, ncols=4)


def place_labels(
    axes: Axes,
    points: list[tuple[float, float]],
    labels: list[str],
    line: list[tuple[float, float]],
) -> None:
    """Label points (data coordinates) without overlaps of labels, points, frame and a step line.

    Each label in turn takes the candidate position around its point of least cost, and gets a
    line to its point where it is not beside it.
    """
    figure = axes.figure
    assert isinstance(figure, Figure)
    figure.draw_without_rendering()
    unit = figure.dpi / 72
    pixels = axes.transData.transform(points)
    dots = _boxes(pixels, 11 * unit, 11 * unit)
    taken = np.vstack([dots, _steps(axes.transData.transform(line), unit)])
    labelled, leaders = np.empty((0, 4)), np.empty((0, 4))
    frame = np.array([axes.get_window_extent().extents])
    for index, label in enumerate(labels):
        pixel = pixels[index]
        text = axes.annotate(
            label,
            points[index],
            (0, 0),
            textcoords="offset points",
            ha="center",
            va="center",
            fontsize=9,
            arrowprops={"arrowstyle": "-", "color": "0.6", "lw": 0.7, "shrinkA": 1, "shrinkB": 4},
        )
        text.set_in_layout(False)
        size = text.get_window_extent()
        width, height = size.width + 2 * unit, size.height
        half = np.array([width, height]) / 2
        offsets = np.concatenate([(distance * unit + half) * DIRECTIONS for distance in DISTANCES])
        places = _boxes(pixel + offsets, width, height)
        others = np.delete(dots, index, axis=0)
        cost = np.linalg.norm(np.maximum(abs(offsets) - half, 0), axis=1)
        cost += 10 * _overlaps(places, taken).sum(axis=1)
        cost += 10 * (width * height - _overlaps(places, frame)[:, 0])
        cost += 60 * unit * _crossed(pixel, offsets, np.vstack([others, labelled]))
        cost += 30 * unit * _crossings(pixel, offsets, leaders)
        best = int(np.argmin(cost))
        text.set_position(tuple(offsets[best] / unit))
        if best < len(DIRECTIONS) and text.arrow_patch is not None:
            text.arrow_patch.set_visible(False)
        labelled = np.vstack([labelled, places[best]])
        leaders = np.vstack([leaders, [*pixel, *(pixel + offsets[best])]])
        way = pixel + np.linspace(0.3, 1, 12)[:, None] * offsets[best]
        taken = np.vstack([taken, places[best], _boxes(way, 3 * unit, 3 * unit)])


def _boxes(centres: Array, width: float | Array, height: float | Array) -> Array:
    """Return boxes (k, 4) as left, bottom, right, top around centres (k, 2)."""
    half = np.column_stack(np.broadcast_arrays(width, height)) / 2
    return np.hstack([centres - half, centres + half])


def _steps(corners: Array, unit: float) -> Array:
    """Return thin boxes along a line that goes across, then down, to each next corner."""
    start, end = corners[:-1], corners[1:]
    middle = (start + end) / 2
    length = abs(end - start)
    across = _boxes(np.column_stack([middle[:, 0], start[:, 1]]), length[:, 0], 2 * unit)
    down = _boxes(np.column_stack([end[:, 0], middle[:, 1]]), 2 * unit, length[:, 1])
    return np.vstack([across, down])


def _overlaps(one: Array, other: Array) -> Array:
    """Return the common area (k, l) of each box of one with each of the other."""
    low = np.maximum(one[:, None, :2], other[None, :, :2])
    high = np.minimum(one[:, None, 2:], other[None, :, 2:])
    return np.asarray(np.maximum(high - low, 0).prod(axis=2))


def _crossed(start: Array, offsets: Array, boxes: Array) -> Array:
    """Return how many boxes (l, 4) the straight lines from a start to offsets (k, 2) cross."""
    steps = np.linspace(0, 1, 12)[1:, None, None]
    way = (start + steps * offsets)[:, :, None, :]
    inside = (way >= boxes[:, :2]) & (way <= boxes[:, 2:])
    return np.asarray(inside.all(axis=3).any(axis=0).sum(axis=1))


def _crossings(start: Array, offsets: Array, lines: Array) -> Array:
    """Return how many lines (l, 4), two ends each, those from a start to offsets (k, 2) cross."""

    def side(one: Array, other: Array, point: Array) -> Array:
        """Return on which side of the line from one to the other a point lies."""
        along, away = other - one, point - one
        return np.sign(along[..., 0] * away[..., 1] - along[..., 1] * away[..., 0])

    ends = (start + offsets)[:, None, :]
    first, second = lines[None, :, :2], lines[None, :, 2:]
    apart = side(start, ends, first) * side(start, ends, second) < 0
    across = side(first, second, start) * side(first, second, ends) < 0
    return np.asarray((apart & across).sum(axis=1))
