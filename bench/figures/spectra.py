"""Score spectra: singular values of scores around points, with the gap at index D - d."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from bench.figures.paper_style import DARK, LIGHT, TRUTH, Dashes
from bench.figures.spectra_data import Spectra, read_spectra
from bench.figures.style import BELOW, MOST_PANELS, first_of, headline, panel_grid

INDEX, VALUE = "index of singular value", "value / largest"
#: Colour and line of the points of each truth level, the largest first.
LEVELS: tuple[tuple[str, Dashes], ...] = (
    (DARK, "-"),
    (LIGHT, (0, (4, 1))),
    ("#029e73", (0, (2, 1))),
    ("#cc78bc", "-."),
    ("#ca9161", ":"),
)
#: Most single points of a level whose spectra are drawn; the median is over all.
MAX_LINES = 30
#: Characters of a line of a panel's title.
TITLE = 30
#: Part of a panel's width that a text takes.
ROOM = 0.6


def spectra_figure(records: pd.DataFrame, store_folder: Path) -> Figure | None:
    """Draw score spectra of the first seed, a panel a manifold; None where there are none.

    At most ``MOST_PANELS`` are drawn, and the title says so.
    """
    every = read_spectra(records, store_folder)
    panels = every[:MOST_PANELS]
    if not panels:
        return None
    columns = min(len(panels), 4)
    size = max(3 * columns, 6), 2.5 * math.ceil(len(panels) / columns) + 1.2
    figure = Figure(figsize=size, layout="constrained")
    grid = panel_grid(figure, len(panels), columns, INDEX, VALUE, sharey=True)
    for axes, panel in zip(grid, panels, strict=True):
        write_estimates(axes, panel, draw_spectrum(axes, panel, panel.last))
        axes.set_title(textwrap.fill(f"{panel.title}, σ = {panel.sigma:.2g}", TITLE), fontsize=10)
    seeds = " (of the first seed)" if records["seed"].nunique() > 1 else ""
    title = f"Singular values of scores around points{seeds}: the gap follows index D − d"
    headline(figure, title + first_of(len(panels), len(every)))
    draw_key(figure, panels)
    return figure


def draw_spectrum(axes: Axes, panel: Spectra, last: int) -> list[Line2D]:
    """Draw the ``last`` singular values of points over their largest, and medians by truth level.

    The true dimension is marked in the gap below index D - d, and the estimate where it differs.
    Returns a legend entry for each truth level, which states its estimate.
    """
    axes.set_ylim(0, 1.05)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    start = max(0, panel.ambient - last)
    spectra = panel.relative[:, start:]
    index = np.arange(start + 1, panel.ambient + 1)
    width = 1.4 * matplotlib.rcParams["lines.linewidth"]
    handles = []
    for order, (level, members) in enumerate(panel.groups):
        colour, line = LEVELS[order % len(LEVELS)]
        own = spectra[members]
        some = own[np.linspace(0, len(own) - 1, min(MAX_LINES, len(own))).astype(int)]
        points = [np.column_stack([index, spectrum]) for spectrum in some]
        axes.add_collection(
            LineCollection(points, colors=colour, linewidths=width / 5, alpha=0.35, rasterized=True)
        )
        axes.plot(index, np.median(own, axis=0), color=colour, linestyle=line, lw=width)
        estimate = panel.estimate(level)
        if not math.isnan(level):
            _mark(axes, panel.ambient - level, TRUTH, "--", "truth")
        if estimate != level:
            _mark(axes, panel.ambient - estimate, "black", ":", "estimate")
        text = _estimate_text(level, panel.dimension[members], estimate)
        handles.append(Line2D([], [], color=colour, linestyle=line, lw=width, label=text))
    axes.set_xlim(start + 1 - 0.01 * len(index), panel.ambient + 0.02 * len(index))
    return handles


def write_estimates(axes: Axes, panel: Spectra, handles: list[Line2D]) -> None:
    """Write legend entries of a panel where its values leave room: below early or above late."""
    far = max(np.fmax(level, panel.estimate(level)) for level, _ in panel.groups)
    start, end = axes.get_xlim()
    early = panel.ambient - far < start + ROOM * (end - start)
    several = len(handles) > 1
    axes.legend(
        handles=handles,
        loc="upper right" if early else "lower left",
        handlelength=1.4 if several else 0,
        handletextpad=0.5 if several else 0,
        borderaxespad=0.2,
        fontsize=matplotlib.rcParams["xtick.labelsize"],
        frameon=True,
        framealpha=0.85,
        edgecolor="none",
    )


def draw_key(figure: Figure, panels: Iterable[Spectra]) -> None:
    """Draw the legend of lines below all panels; that of the estimate where it is not the truth."""
    width = matplotlib.rcParams["lines.linewidth"]
    handles = [
        Line2D([], [], color="0.45", linewidth=0.4 * width, label="one point"),
        Line2D([], [], color="0.3", linewidth=1.4 * width, label="median"),
    ]
    levels = [(panel.estimate(level), level) for panel in panels for level, _ in panel.groups]
    if any(not math.isnan(level) for _, level in levels):
        label = "truth, $D - d$"
        handles.append(Line2D([], [], color=TRUTH, linestyle="--", linewidth=1.0, label=label))
    if any(estimate != level for estimate, level in levels):
        handles.append(
            Line2D([], [], color="black", linestyle=":", linewidth=1.0, label="estimate")
        )
    figure.legend(handles=handles, loc=BELOW, ncols=4, handlelength=1.8, columnspacing=1.0)


def _estimate_text(level: float, dimension: NDArray[np.float64], estimate: float) -> str:
    """Return at how many points the dimension is right, and the estimate where it is not."""
    if math.isnan(level):
        return f"estimate {estimate:.4g}"
    right = int((dimension == level).sum())
    text = f"$d$ = {level:g}, right at\n{right}/{len(dimension)} points"
    return text if estimate == level else f"{text},\nestimate {estimate:.4g}"


def _mark(axes: Axes, index: float, colour: str, line: str, gid: str) -> None:
    """Draw a line in the gap between the singular value of an index and the next one."""
    axes.axvline(index + 0.5, color=colour, linestyle=line, linewidth=1.0, gid=gid, zorder=3)
