"""Figure of the relative errors, estimators by manifolds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from bench.figures.style import BELOW, FAILED_COLOUR, QUIET, headline
from bench.format import percent
from bench.record import NOT_APPLICABLE
from bench.summary.ranking import rank
from bench.summary.summarise import by_level, truth_levels
from bench.summary.wording import sizes_text

#: Most columns with a number in each cell; more are narrow, and show colours only.
MOST_COLUMNS = 24
#: Colours of relative errors.
COLOURS, SCALE = matplotlib.colormaps["RdBu_r"], Normalize(-1, 1, clip=True)


def heatmap_figure(summary: pd.DataFrame) -> Figure | None:
    """Draw relative errors of mean estimates in per cent, estimators by manifolds, best first."""
    levels = by_level(summary)
    if levels.empty:
        return None
    standings = rank(summary)
    columns = [(name, truth) for name, truths in truth_levels(summary).items() for truth in truths]
    numbers = len(columns) <= MOST_COLUMNS
    pitch = 0.72 if numbers else 0.28
    size = (max(6.0, pitch * len(columns) + 3.4), 0.34 * max(len(standings), 4) + 2.4)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots()
    grid = _grid(levels, columns, list(standings["estimator"]))
    (_numbers if numbers else _colours)(axes, grid)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(standings) - 0.5, -0.5))
    between, turn = ("\n", 40) if numbers else (", ", 60)
    heads = [f"{manifold}{between}d = {truth:g}" for manifold, truth in columns]
    axes.set_xticks(range(len(columns)), heads, rotation=turn, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(standings)), list(standings["estimator"]))
    axes.set(xlabel="manifold and true dimension d", ylabel="estimator, best first")
    axes.tick_params(length=0, labelsize=9)
    axes.spines[:].set_visible(False)
    for y, standing in enumerate(standings.to_dict("records")):
        text = f"{percent(standing['ranking_error'])}, {standing['scored']}/{standing['manifolds']}"
        axes.text(len(columns) - 0.4, y, text, va="center", fontsize=8, color=QUIET)
    axes.text(len(columns) - 0.4, -0.6, "mean error,\nscored", va="bottom", fontsize=8, color=QUIET)
    scale = matplotlib.cm.ScalarMappable(SCALE, COLOURS)
    shrink = 0.6 if len(standings) > 8 else 1.0
    bar = figure.colorbar(scale, ax=axes, shrink=shrink, pad=0.02, extend="both")
    bar.set_label("(estimate − d) / d, in %")
    bar.set_ticks([-1, -0.5, 0, 0.5, 1], labels=["−100", "−50", "0", "+50", "+100"])
    empty = "not applicable (n/a) or not run (–)" if numbers else "not applicable or not run"
    handles = [
        Patch(facecolor="white", edgecolor=FAILED_COLOUR, hatch="////", label="failed"),
        Patch(facecolor="0.9", label=empty),
    ]
    if any(cell.partial for row in grid for cell in row):
        handles.append(Patch(facecolor="white", label="* some seeds failed"))
    figure.legend(handles=handles, loc=BELOW, ncols=3)
    headline(figure, f"Relative error in %; {sizes_text(summary)}")
    return figure


@dataclass(frozen=True)
class _Cell:
    """The signed relative error, NaN without one; status None where the cell was not run."""

    error: float = math.nan
    status: str | None = None

    @property
    def partial(self) -> bool:
        """Return whether some seeds are missing from the error."""
        return self.status == "partial" and not math.isnan(self.error)


def _grid(
    levels: pd.DataFrame, columns: list[tuple[str, float]], estimators: list[str]
) -> list[list[_Cell]]:
    """Return rows of estimators, with a cell for each manifold and truth level."""
    cells = {
        (row["manifold"], row["truth"], row["estimator"]): _Cell(row["signed_error"], row["status"])
        for row in levels.to_dict("records")
    }
    missing = _Cell()
    return [[cells.get((*column, name), missing) for column in columns] for name in estimators]


def _numbers(axes: Axes, grid: list[list[_Cell]]) -> None:
    """Draw coloured cells with a number in each."""
    for y, row in enumerate(grid):
        for x, cell in enumerate(row):
            if math.isnan(cell.error):
                text = _empty_cell(axes, x, y, cell.status)
                box = {"facecolor": "white", "lw": 0, "pad": 1}
                axes.text(x, y, text, color="black", bbox=box, **_CENTRED)
                continue
            shade = COLOURS(SCALE(cell.error))
            axes.add_patch(
                Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=shade, edgecolor="white", lw=0.5)
            )
            ink = "white" if np.dot(shade[:3], (0.299, 0.587, 0.114)) < 0.5 else "black"
            axes.text(x, y, _signed(cell.error) + "*" * cell.partial, color=ink, **_CENTRED)


def _colours(axes: Axes, grid: list[list[_Cell]]) -> None:
    """Draw coloured cells as one mesh: there are many."""
    errors = np.ma.masked_invalid([[cell.error for cell in row] for row in grid])
    axes.pcolormesh(
        np.arange(errors.shape[1] + 1) - 0.5,
        np.arange(errors.shape[0] + 1) - 0.5,
        errors,
        cmap=COLOURS,
        norm=SCALE,
        edgecolor="white",
        linewidth=0.5,
    )
    for y, x in np.argwhere(np.ma.getmaskarray(errors)).tolist():
        _empty_cell(axes, x, y, grid[y][x].status)
    rows, columns = np.nonzero([[cell.partial for cell in row] for row in grid])
    axes.scatter(columns, rows, marker=r"$\ast$", s=14, color="0.3", linewidth=0)


_CENTRED: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8}


def _empty_cell(axes: Axes, x: int, y: int, status: str | None) -> str:
    """Draw a cell without a number: hatched after a failure, grey where it was not run.

    Returns the text of the cell.
    """
    box = Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor="0.9", edgecolor="white", linewidth=0)
    text = "–" if status is None else "n/a"
    if status not in (None, NOT_APPLICABLE):
        box.set(facecolor="white", edgecolor=FAILED_COLOUR, hatch="////", gid="failed")
        text = "failed"
    axes.add_patch(box)
    return text


def _signed(error: float) -> str:
    """Return a fraction in per cent with its sign, without a unit: +12, −3, 0."""
    return f"{100 * error:+.0f}".replace("-", "−").replace("−0", "0") if round(100 * error) else "0"
