"""Figure of the estimates of a manifold against the number of points, and curves of estimates."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
from numpy.typing import ArrayLike

from bench.figures.style import (
    BELOW,
    FAILED_COLOUR,
    MOST_PANELS,
    QUIET,
    distinct_looks,
    first_of,
    headline,
    panel_grid,
)
from bench.format import truth_text
from bench.record import NOT_APPLICABLE, OK
from bench.summary.statistics import groups_of
from bench.summary.wording import label_text, seeds_text

#: Least number of sizes of a manifold that is drawn.
FEWEST_SIZES = 3


@dataclass(frozen=True)
class _Panel:
    """A manifold, or one truth level of a union (NaN: unknown), at several sizes.

    ``estimates`` has a row for each estimate: estimator, n, truth, estimate.
    """

    title: str
    sizes: list[int]
    truth: float
    estimates: pd.DataFrame
    failures: str


def sample_size_figure(records: pd.DataFrame) -> Figure | None:
    """Draw estimates against n, a panel a manifold or truth level of a union, a line an estimator.

    One name and parameters are one manifold, whatever its labels. None where no manifold has
    three or more sizes. At most ``MOST_PANELS`` panels are drawn, and the title says so.
    """
    groups = [
        rows
        for _, rows in records.groupby(["manifold_name", "manifold_parameters"], sort=False)
        if rows["n"].nunique() >= FEWEST_SIZES
    ]
    if not groups:
        return None
    every = [panel for rows in groups for panel in _panels(rows)]
    panels = every[:MOST_PANELS]
    shown = pd.concat(groups)
    looks = distinct_looks(list(dict.fromkeys(shown["estimator"])))
    columns = min(len(panels), 2 if len(panels) <= 4 else 3)
    lines = math.ceil(len(panels) / columns)
    wide = max(3.6 * columns, 6.0)
    labels = {
        estimator: label_text(estimator, shown[shown["estimator"] == estimator])
        for estimator in looks
    }
    legend_columns = max(1, int(wide / (0.6 + 0.063 * max(map(len, labels.values())))))
    tall = 2.7 * lines + 1.0 + 0.22 * math.ceil((len(looks) + 2) / legend_columns)
    figure = Figure(figsize=(wide, tall), layout="constrained")
    labels_of_axes = "points in the sample, n", "estimate"
    spaced: Any = {"hspace": 0.05}
    grid = panel_grid(figure, len(panels), columns, *labels_of_axes, gridspec_kw=spaced)
    for axes, panel in zip(grid, panels, strict=True):
        _draw(axes, panel, looks)
        _size_ticks(axes, panel.sizes)
    handles = [
        Line2D([], [], color=colour, marker=marker, label=labels[estimator])
        for estimator, (colour, marker) in looks.items()
    ]
    handles.append(Line2D([], [], color="black", linestyle="--", linewidth=1.2, label="truth"))
    span: Any = {"color": QUIET, "linestyle": "", "marker": "|", "markersize": 9}
    handles.append(Line2D([], [], **span, label="range over seeds"))
    figure.legend(handles=handles, loc=BELOW, ncols=legend_columns, fontsize=8)
    counts = shown.groupby(["manifold", "estimator"])["seed"].nunique()
    seeds = seeds_text(counts.to_frame("seeds_planned"))
    title = f"Estimate against n: median and range over seeds, {seeds}"
    headline(figure, title + first_of(len(panels), len(every)))
    return figure


def _panels(rows: pd.DataFrame) -> list[_Panel]:
    """Return the panels of one manifold: one for each truth level, one where none is known."""
    sizes = sorted(int(n) for n in rows["n"].unique())
    ok = rows[rows["status"] == OK]
    points = []
    for estimator, n, groups in zip(ok["estimator"], ok["n"], groups_of(ok), strict=True):
        for level in groups:
            known = math.nan if pd.isna(level["truth"]) else float(level["truth"])
            points.append((estimator, int(n), known, float(level["estimate"])))
    estimates = pd.DataFrame(points, columns=["estimator", "n", "truth", "estimate"])
    # Where nothing succeeded, only the mean truth is known.
    truths = estimates["truth"] if points else rows["truth"].astype("float64").head(1)
    panels = []
    for truth in sorted(truths.unique()):
        unknown = math.isnan(truth)
        title = f"{_name(rows)}, {truth_text(() if unknown else (truth,))}"
        here = estimates["truth"].isna() if unknown else estimates["truth"] == truth
        panels.append(_Panel(title, sizes, truth, estimates[here], _failures(rows)))
    return panels


def _name(rows: pd.DataFrame) -> str:
    """Return the common part of the labels of all sizes: "sphere" of sphere-n500, sphere-n1000.

    That is the manifold's registered name where labels do not end in their n.
    """
    pairs = rows[["manifold", "n"]].drop_duplicates().itertuples(index=False)
    stems = {re.sub(rf"[-_.+]?n?{n}$", "", str(label)) for label, n in pairs}
    return stems.pop() if len(stems) == 1 and "" not in stems else str(rows["manifold_name"].iat[0])


def _failures(rows: pd.DataFrame) -> str:
    """Return where seeds failed: "failed: danco at n = 500, 1k"."""
    failed = rows[~rows["status"].isin([OK, NOT_APPLICABLE])]
    texts = []
    for estimator, cells in failed.groupby("estimator", sort=False):
        sizes = [_short(n) for n in sorted(cells["n"].unique().tolist())]
        if len(sizes) > 3:
            sizes = [f"{len(sizes)} sizes"]
        texts.append(f"{estimator} at n = {', '.join(sizes)}")
    return f"failed: {'; '.join(texts)}" if texts else ""


def _draw(axes: Axes, panel: _Panel, looks: dict[str, tuple[str, str]]) -> None:
    if not math.isnan(panel.truth):
        axes.axhline(
            panel.truth, color="black", linestyle="--", linewidth=1.2, zorder=1, gid="truth"
        )
    estimates = panel.estimates.groupby(["estimator", "n"])["estimate"]
    table = estimates.agg(["min", "median", "max"])
    for estimator in [estimator for estimator in looks if estimator in table.index.unique(0)]:
        colour, marker = looks[estimator]
        low, middle, high = table.loc[estimator].to_numpy(dtype=float).T
        span = middle - low, high - middle
        draw_curve(axes, table.loc[estimator].index, middle, span, color=colour, marker=marker)
    axes.grid(axis="y", color="0.93")
    axes.set_axisbelow(True)
    failed = textwrap.fill(panel.failures, 52)
    lines = failed.count("\n") + bool(failed)
    axes.set_title(panel.title, fontsize=10, pad=6 + 10 * lines)
    axes.annotate(
        failed,
        (0.5, 1),
        (0, 3),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        fontsize=7,
        color=FAILED_COLOUR,
    )


def draw_curve(axes: Axes, x: ArrayLike, y: ArrayLike, yerr: ArrayLike, **look: Any) -> None:
    """Draw estimates with their spread over seeds, joined by a line."""
    edge: Any = {"markeredgecolor": "white", "markeredgewidth": 0.3}
    axes.errorbar(x, y, yerr=yerr, **edge, elinewidth=0.8, capsize=1.5, **look)


def _size_ticks(axes: Axes, sizes: Sequence[int]) -> None:
    """Set a logarithmic axis with a tick at each n that has room for one."""
    low, high = sizes[0] / 1.15, sizes[-1] * 1.15
    room = (high / low) ** (1 / 10)
    ticks = [sizes[0]]
    for n in sizes[1:]:
        if n > ticks[-1] * room:
            ticks.append(n)
    axes.set(xscale="log", xlim=(low, high))
    axes.xaxis.set_major_locator(FixedLocator([float(n) for n in ticks]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda n, _: _short(n)))
    axes.xaxis.set_minor_locator(NullLocator())


def _short(n: float) -> str:
    """Return a size in few characters: 500, 2.5k, 50k, 1M."""
    for unit, suffix in ((1e6, "M"), (1e3, "k")):
        if n >= unit:
            return f"{n / unit:g}{suffix}"
    return f"{n:g}"
