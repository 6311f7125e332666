"""Figure of the estimates of a file of points."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.figures.style import BELOW, QUIET, family_look, headline, marker_key, plain_ticks


def answers_figure(answers: pd.DataFrame, title: str) -> Figure | None:
    """Draw estimates with their intervals, the largest first; None without any estimate."""
    rows = answers.dropna(subset="estimate").sort_values("estimate", ascending=True)
    if rows.empty:
        return None
    figure = Figure(figsize=(7.0, 0.28 * len(rows) + 1.9), layout="constrained")
    axes = figure.subplots()
    median = float(rows["estimate"].median())
    axes.axvline(median, color="0.8", linewidth=5, zorder=0)
    for y, row in enumerate(rows.to_dict("records")):
        colour, marker = family_look(row["family"])
        if not np.isnan(row["low"]):
            ends = [row["low"], row["high"]]
            axes.plot(ends, [y, y], color=colour, linewidth=2, solid_capstyle="butt")
        if not np.isnan(row["half_estimate"]):
            axes.plot(row["half_estimate"], y, "|", color="0.35", markersize=9)
        size = 10 if marker == "*" else 6
        edge: Any = {"markeredgecolor": "0.2", "markeredgewidth": 0.4, "linestyle": ""}
        axes.plot(row["estimate"], y, color=colour, marker=marker, markersize=size, **edge)
        beside: Any = {"xycoords": ("axes fraction", "data"), "va": "center", "fontsize": 8}
        axes.annotate(f"{row['estimate']:.3g}", (1.01, y), **beside)
    axes.set_yticks(range(len(rows)), list(rows["estimator"]))
    axes.set_ylim(-0.7, len(rows) - 0.3)
    shown = rows[["estimate", "half_estimate", "low", "high"]].to_numpy(dtype=float)
    axes.set(
        xscale="log",
        xlabel="estimated dimension; lines: 95 % prediction interval for another sample",
        xlim=(np.nanmin(shown) / 1.3, np.nanmax(shown) * 1.3),
    )
    plain_ticks(axes.xaxis)
    families = list(dict.fromkeys(rows["family"]))
    handles = [marker_key(family, family_look(family), mec="0.2") for family in families]
    handles.append(marker_key("half the points", ("0.35", "|")))
    handles.append(Line2D([], [], color="0.8", linewidth=5, label=f"median, {median:.3g}"))
    figure.legend(handles=handles, loc=BELOW, ncols=4, frameon=False, fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="0.92", zorder=-2)
    axes.spines["left"].set_color(QUIET)
    headline(figure, title)
    return figure
