"""Figures of a suite's results, written as PNG and SVG."""

from __future__ import annotations

import math
import textwrap
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from bench.outputs.figure_style import (
    FAILED_COLOUR,
    FORMATS,
    QUIET,
    headline,
    manifold_looks,
    plain_ticks,
    save,
    style,
)
from bench.outputs.metrics import NOT_APPLICABLE, by_level, summarise, truth_levels
from bench.outputs.ranking import rank
from bench.outputs.sample_size import sample_size_figure
from bench.outputs.spectra import spectra_figure
from bench.outputs.tradeoff import tradeoff_figure
from bench.outputs.wording import percent, seeds_text, sizes_text, subset_text

#: Sideways distance, in units of ln d, between manifolds of one dimension.
SPREAD = 0.1


def write_plots(records: pd.DataFrame, folder: Path, store_folder: Path) -> list[Path]:
    """Write each figure that the records have data for, and remove older files of the others.

    Arrays of the records are read from ``store_folder``. Returns the paths written. Raises
    ValueError as ``summarise`` does.
    """
    summary = summarise(records)
    written: list[Path] = []
    with style():
        for name, figure in (
            ("estimate-against-truth", estimate_figure(summary)),
            ("error-heatmap", heatmap_figure(summary)),
            ("accuracy-against-runtime", tradeoff_figure(summary)),
            ("score-spectra", spectra_figure(records, store_folder)),
            ("estimate-against-sample-size", sample_size_figure(records)),
        ):
            if figure is None:
                for suffix in FORMATS:
                    (folder / f"{name}{suffix}").unlink(missing_ok=True)
            else:
                written += save(figure, folder / name)
    return written


def estimate_figure(summary: pd.DataFrame) -> Figure | None:
    """Estimate against truth, a panel an estimator, best first; None where no truth is known."""
    levels = by_level(summary)
    if levels.empty:
        return None
    estimators = list(rank(summary)["estimator"])
    columns = min(len(estimators), 6 if len(estimators) > 12 else 4)
    lines = math.ceil(len(estimators) / columns)
    looks = manifold_looks(list(dict.fromkeys(levels["manifold"])))
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
        for truth, names in levels.groupby("truth")["manifold"].unique().items():
            _truth_box(axes, float(str(truth)), len(names))
        for row in levels[levels["estimator"] == estimator].dropna(subset="estimate").itertuples():
            colour, marker = looks[str(row.manifold)]
            low, high = float(str(row.estimate)), float(str(row.half_width))
            axes.errorbar(
                positions[str(row.manifold), float(str(row.truth))],
                max(low, smallest * 1.05),
                yerr=None if math.isnan(high) else high,
                color=colour,
                marker=marker,
                markersize=8 if marker == "*" else 5,
                markeredgecolor="0.2",
                markeredgewidth=0.4,
                elinewidth=1,
                capsize=1.5,
            )
        _panel_text(axes, estimator, summary[summary["estimator"] == estimator])
        plain_ticks(axes.xaxis, *axes.get_xlim())
        plain_ticks(axes.yaxis, *axes.get_ylim())
        axes.tick_params(labelsize=8, labelbottom=True)
        axes.set_xlabel("true dimension d" if order + columns >= len(estimators) else "")
        axes.set_ylabel("estimate" if order % columns == 0 else "")
    for axes in list(grid.flat)[len(estimators) :]:
        axes.remove()
    handles = [
        Line2D(
            [], [], linestyle="", color=colour, marker=marker, mec="0.2", mew=0.4, label=manifold
        )
        for manifold, (colour, marker) in looks.items()
    ]
    handles.append(Line2D([], [], color=QUIET, linewidth=1.2, label="estimate = d"))
    band = Patch(facecolor="0.87", label="within 10 % of d")
    figure.legend(
        handles=[*handles, band],
        loc="outside lower center",
        ncols=legend_columns,
        frameon=False,
    )
    headline(
        figure,
        f"Estimate against truth: mean and 95 % interval, {seeds_text(summary)}; manifolds of "
        "one d stand side by side",
    )
    return figure


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


def heatmap_figure(summary: pd.DataFrame) -> Figure | None:
    """Relative error of the mean estimate in per cent, estimators by manifolds, best first."""
    levels = by_level(summary)
    if levels.empty:
        return None
    standings = rank(summary)
    truths = truth_levels(summary)
    columns = [(manifold, truth) for manifold, found in truths.items() for truth in found]
    size = (max(6.0, 0.72 * len(columns) + 3.4), 0.34 * max(len(standings), 4) + 2.4)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    colours = matplotlib.colormaps["RdBu_r"]
    scale = Normalize(-1, 1, clip=True)
    cells = {(row["manifold"], row["truth"], row["estimator"]): row for _, row in levels.iterrows()}
    partial = False
    for y, estimator in enumerate(standings["estimator"]):
        for x, (manifold, truth) in enumerate(columns):
            row = cells.get((manifold, truth, estimator))
            error = math.nan if row is None else float(row["signed_error"])
            if math.isnan(error):
                _empty_cell(axes, x, y, None if row is None else str(row["status"]))
                continue
            shade = colours(scale(error))
            axes.add_patch(
                Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=shade, edgecolor="white", lw=0.5)
            )
            some = row is not None and row["status"] == "partial"
            partial |= some
            ink = "white" if np.dot(shade[:3], (0.299, 0.587, 0.114)) < 0.5 else "black"
            axes.text(x, y, _signed(error) + "*" * some, color=ink, **_CENTRED)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(standings) - 0.5, -0.5))
    heads = [f"{manifold}\nd = {truth:g}" for manifold, truth in columns]
    axes.set_xticks(range(len(columns)), heads, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(standings)), list(standings["estimator"]))
    axes.set(xlabel="manifold and true dimension d", ylabel="estimator, best first")
    axes.tick_params(length=0, labelsize=9)
    axes.spines[:].set_visible(False)
    for standing in standings.to_dict("records"):
        y = list(standings["estimator"]).index(standing["estimator"])
        text = f"{percent(standing['ranking_error'])}, {standing['scored']}/{standing['manifolds']}"
        axes.text(len(columns) - 0.4, y, text, va="center", fontsize=8, color=QUIET)
    axes.text(len(columns) - 0.4, -0.6, "mean error,\nscored", va="bottom", fontsize=8, color=QUIET)
    shrink = 0.6 if len(standings) > 8 else 1.0
    bar = figure.colorbar(
        matplotlib.cm.ScalarMappable(scale, colours),
        ax=axes,
        shrink=shrink,
        pad=0.02,
        extend="both",
    )
    bar.set_label("(estimate − d) / d, in %")
    bar.set_ticks([-1, -0.5, 0, 0.5, 1], labels=["−100", "−50", "0", "+50", "+100"])
    handles = [
        Patch(facecolor="white", edgecolor=FAILED_COLOUR, hatch="////", label="failed"),
        Patch(facecolor="0.9", label="not applicable (n/a) or not run (–)"),
    ]
    if partial:
        handles.append(Patch(facecolor="white", label="* some seeds failed"))
    figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    headline(figure, f"Relative error in %; {sizes_text(summary)}")
    return figure


_CENTRED: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8}


def _empty_cell(axes: Axes, x: int, y: int, status: str | None) -> None:
    """A cell without a number: hatched where the estimator failed, grey where it was not run."""
    box = Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor="0.9", edgecolor="white", linewidth=0)
    text = "–" if status is None else "n/a"
    if status not in (None, NOT_APPLICABLE):
        box.set(facecolor="white", edgecolor=FAILED_COLOUR, hatch="////", gid="failed")
        text = "failed"
    axes.add_patch(box)
    axes.text(x, y, text, color="black", bbox={"facecolor": "white", "lw": 0, "pad": 1}, **_CENTRED)


def _signed(error: float) -> str:
    """A fraction in per cent with its sign, without a unit: +12, −3, 0."""
    return f"{100 * error:+.0f}".replace("-", "−").replace("−0", "0") if round(100 * error) else "0"
