"""Figure of the singular values of scores around points: a gap at D - d tells the dimension d."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from bench.outputs.arrays import kept_arrays
from bench.outputs.figure_style import MOST_PANELS, QUIET, first_of, headline
from bench.outputs.metrics import OK, groups_of

#: One colour for each truth level, ascending.
LEVEL_COLOURS = ("#0173b2", "#de8f05", "#029e73", "#cc78bc", "#ca9161")
#: Points of each truth level whose spectra are drawn; the median is over all.
MAX_LINES = 40


@dataclass(frozen=True)
class Spectra:
    """Singular values (m, D) at m points, the dimension read at each and the true one (NaN).

    ``estimates`` (by truth level) and ``whole`` are the record's, of the sample.
    """

    title: str
    singular_values: NDArray[np.float64]
    dimension: NDArray[np.float64]
    truth: NDArray[np.float64]
    sigma: float
    estimates: Mapping[float, float]
    whole: float

    def estimate(self, level: float) -> float:
        """The sample's estimate at a truth level, as in tables; not made anew from the points."""
        return self.estimates.get(level, self.whole)

    @property
    def relative(self) -> NDArray[np.float64]:
        """Singular values (m, D) over the largest at their point."""
        largest = self.singular_values.max(axis=1, keepdims=True)
        values: NDArray[np.float64] = self.singular_values / np.maximum(
            largest, np.finfo(float).tiny
        )
        return values

    @property
    def groups(self) -> list[tuple[float, NDArray[np.bool_]]]:
        """Each true dimension, ascending, and which points (m,) have it; NaN if none is known."""
        levels = np.unique(self.truth[~np.isnan(self.truth)])
        if not len(levels):
            return [(math.nan, np.ones(len(self.truth), dtype=bool))]
        return [(float(level), self.truth == level) for level in levels]


def spectra_figure(records: pd.DataFrame, store_folder: Path) -> Figure | None:
    """Score spectra, a panel a manifold; the first seed is shown. None where there are none.

    Of more than ``MOST_PANELS`` the first ones are shown, and the title says so.
    """
    found = read_spectra(records, store_folder)
    if not found:
        return None
    panels = found[:MOST_PANELS]
    columns = min(len(panels), 4)
    lines = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(max(3 * columns, 6), 2.5 * lines + 1.2), layout="constrained")
    grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
    for order, (axes, panel) in enumerate(zip(grid.flat, panels, strict=False)):
        _draw(axes, panel)
        axes.set_xlabel("index of singular value" if order + columns >= len(panels) else "")
        axes.set_ylabel("value / largest" if order % columns == 0 else "")
    for axes in list(grid.flat)[len(panels) :]:
        axes.remove()
    seeds = " (of the first seed)" if records["seed"].nunique() > 1 else ""
    title = f"Singular values of scores around points{seeds}: the gap stands at index D − d"
    headline(figure, title + first_of(len(panels), len(found)))
    figure.legend(
        handles=[
            Line2D([], [], color=QUIET, linewidth=0.6, alpha=0.6, label="one point"),
            Line2D([], [], color=QUIET, linewidth=2.5, label="median over points"),
            Line2D([], [], color=QUIET, linewidth=5, alpha=0.35, label="truth, D − d"),
            Line2D([], [], color="black", linestyle=":", label="estimate of the sample"),
        ],
        loc="outside lower center",
        ncols=4,
        frameon=False,
    )
    return figure


def read_spectra(records: pd.DataFrame, store_folder: Path) -> list[Spectra]:
    """The spectra of each manifold and estimator that kept some, of its first seed that is ok.

    Arrays that are missing or broken are left out with a warning.
    """
    kept = records[(records["status"] == OK) & (records["arrays"].fillna("") != "")]
    several = kept["estimator"].nunique() > 1
    panels = []
    for (manifold, estimator), rows in kept.groupby(["manifold", "estimator"], sort=False):
        try:
            first = rows.sort_values("seed").iloc[[0]]
            arrays = kept_arrays(store_folder, str(first["arrays"].iat[0]))
            if "singular_values" not in arrays:
                continue
            values = np.asarray(arrays["singular_values"], dtype=np.float64)
            dimension = np.asarray(arrays["dimension"], dtype=np.float64)
            truth = np.full(len(dimension), np.nan)
            if "truth" in arrays:
                truth = np.asarray(arrays["truth"], dtype=np.float64)
            sigma = float(arrays["chosen_sigma"].item())
        except (ValueError, KeyError) as error:
            warnings.warn(f"no spectra of {estimator} on {manifold}: {error}", stacklevel=2)
            continue
        title = f"{manifold}, {estimator}" if several else str(manifold)
        estimates = {group["truth"]: group["estimate"] for group in groups_of(first)[0]}
        whole = float(first["estimate"].to_numpy(dtype=np.float64)[0])
        panels.append(Spectra(title, values, dimension, truth, sigma, estimates, whole))
    return panels


def _draw(axes: Axes, panel: Spectra) -> None:
    ambient = panel.singular_values.shape[1]
    spectra, groups = panel.relative, panel.groups
    index = np.arange(1, ambient + 1)
    for order, (level, members) in enumerate(groups):
        colour = LEVEL_COLOURS[order % len(LEVEL_COLOURS)]
        shown = spectra[members][:MAX_LINES]
        segments = [np.column_stack([index, spectrum]) for spectrum in shown]
        axes.add_collection(
            LineCollection(segments, colors=colour, linewidths=0.6, alpha=0.3, rasterized=True)
        )
        axes.plot(index, np.median(spectra[members], axis=0), color=colour, linewidth=2.5)
        readings = panel.dimension[members]
        reading = panel.estimate(level)
        text = f"estimate {reading:.4g}"
        if not math.isnan(level):
            axes.axvline(ambient - level, color=colour, linewidth=5, alpha=0.35, gid="truth")
            agree = int((readings == level).sum())
            text = f"d = {level:g}, {text}\n({agree} of {len(readings)} points)"
        axes.axvline(ambient - reading, color="black", linestyle=":", linewidth=1.3, gid="reading")
        axes.text(
            0.03,
            0.32 + 0.19 * (len(groups) / 2 - order - 0.5),
            text,
            transform=axes.transAxes,
            va="center",
            fontsize=8,
            color=colour,
            bbox={"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1},
        )
    axes.set(xlim=(_first_index(panel, ambient), ambient + 1), ylim=(0, 1.04))
    axes.set_title(f"{panel.title}, σ = {panel.sigma:.2g}", fontsize=10)
    axes.tick_params(labelsize=8)


def _first_index(panel: Spectra, ambient: int) -> float:
    """Where the axis starts: at 1, or where a gap would be lost in many normal directions."""
    known = np.concatenate([panel.truth, panel.dimension])
    known = known[np.isfinite(known)]
    return 1 if ambient <= 200 else max(1, ambient - max(60, 3 * float(known.max(initial=0))))
