"""Figure of the singular values of scores around points: a gap at D - d tells the dimension d."""

from __future__ import annotations

import math
import textwrap
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from bench.figures.style import MOST_PANELS, QUIET, first_of, headline
from bench.record import OK
from bench.store.arrays import load_arrays
from bench.summary.seeds import groups_of

#: One colour for each truth level, ascending.
LEVEL_COLOURS = ("#0173b2", "#de8f05", "#029e73", "#cc78bc", "#ca9161")
#: Points of each truth level whose spectra are drawn; the median is over all.
MAX_LINES = 40
#: Characters in a line of a panel's title: what the panel's width holds.
TITLE = 30
#: Part of a panel's width that what is said of the points takes.
ROOM = 0.6


@dataclass(frozen=True)
class Spectra:
    """Singular values (m, D) at m points, the dimension read at each and the true one (NaN).

    ``estimates`` (by truth level) and ``whole`` are the record's, of the sample. ``by_sigma``
    (S, m) is the dimension read at each of the noise levels ``sigmas`` (S,); without records of
    these, at the chosen one alone.
    """

    manifold: str
    estimator: str
    singular_values: NDArray[np.float64]
    dimension: NDArray[np.float64]
    truth: NDArray[np.float64]
    sigma: float
    estimates: Mapping[float, float]
    whole: float
    sigmas: NDArray[np.float64]
    by_sigma: NDArray[np.float64]
    #: Whether other estimators have spectra too, so that a title has to name this one.
    several: bool = False

    @property
    def title(self) -> str:
        """The manifold, and the estimator where that is not clear."""
        return f"{self.manifold}, {self.estimator}" if self.several else self.manifold

    @property
    def known(self) -> bool:
        """Whether the true dimension is known at any point."""
        return bool((~np.isnan(self.truth)).any())

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
    handles = [
        Line2D([], [], color=QUIET, linewidth=0.6, alpha=0.6, label="one point"),
        Line2D([], [], color=QUIET, linewidth=2.5, label="median over points"),
        Line2D([], [], color="black", linestyle=":", label="estimate of the sample"),
    ]
    if any(panel.known for panel in panels):
        handles.append(Line2D([], [], color=QUIET, linewidth=5, alpha=0.35, label="truth, D − d"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return figure


def read_spectra(records: pd.DataFrame, store_folder: Path) -> list[Spectra]:
    """The spectra of each manifold and estimator that kept some, of its first seed that is ok.

    Arrays that are missing or broken are left out with a warning.
    """
    kept = records[(records["status"] == OK) & (records["arrays"].fillna("") != "")]
    panels = []
    for (manifold, estimator), rows in kept.groupby(["manifold", "estimator"], sort=False):
        try:
            first = rows.sort_values("seed").iloc[[0]]
            arrays = load_arrays(store_folder, str(first["arrays"].iat[0]))
            if "singular_values" not in arrays:
                continue
            values = np.asarray(arrays["singular_values"], dtype=np.float64)
            dimension = np.asarray(arrays["dimension"], dtype=np.float64)
            truth = np.full(len(dimension), np.nan)
            if "truth" in arrays:
                truth = np.asarray(arrays["truth"], dtype=np.float64)
            sigma = float(arrays["chosen_sigma"].item())
            sigmas = np.asarray(arrays.get("sigmas", [sigma]), dtype=np.float64)
            by_sigma = np.asarray(arrays.get("dimension_by_sigma", [dimension]), dtype=np.float64)
        except (ValueError, KeyError) as error:
            warnings.warn(f"no spectra of {estimator} on {manifold}: {error}", stacklevel=2)
            continue
        estimates = {group["truth"]: group["estimate"] for group in groups_of(first)[0]}
        whole = float(first["estimate"].to_numpy(dtype=np.float64)[0])
        panels.append(
            Spectra(
                manifold=str(manifold),
                estimator=str(estimator),
                singular_values=values,
                dimension=dimension,
                truth=truth,
                sigma=sigma,
                estimates=estimates,
                whole=whole,
                sigmas=sigmas,
                by_sigma=by_sigma,
            )
        )
    several = len({panel.estimator for panel in panels}) > 1
    return [replace(panel, several=several) for panel in panels]


def _draw(axes: Axes, panel: Spectra) -> None:
    ambient = panel.singular_values.shape[1]
    spectra, groups = panel.relative, panel.groups
    index = np.arange(1, ambient + 1)
    start = _first_index(panel, ambient)
    # Below the values before the first drop; where that comes early, above those behind it.
    marks = [ambient - panel.estimate(level) for level, _ in groups]
    marks += [ambient - level for level, _ in groups if not math.isnan(level)]
    early = min(marks) < start + ROOM * (ambient - start)
    middle = 0.7 if early else 0.32
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
            text = f"d = {level:g}, {text}\n{agree} of {len(readings)} points are right"
            if early:
                text = text.replace(" are", "\nare")
        axes.axvline(ambient - reading, color="black", linestyle=":", linewidth=1.3, gid="reading")
        axes.text(
            0.97 if early else 0.03,
            middle + 0.22 * (len(groups) / 2 - order - 0.5),
            text,
            transform=axes.transAxes,
            ha="right" if early else "left",
            va="center",
            fontsize=8,
            color=colour,
            bbox={"facecolor": "white", "alpha": 0.8, "lw": 0, "pad": 1},
        )
    axes.set(xlim=(start, ambient + 1), ylim=(0, 1.04))
    title = f"{panel.title}, σ = {panel.sigma:.2g}"
    axes.set_title(textwrap.fill(title, TITLE), fontsize=10)
    axes.tick_params(labelsize=8)


def _first_index(panel: Spectra, ambient: int) -> float:
    """Where the axis starts: at 1, or where a gap would be lost in many normal directions."""
    known = np.concatenate([panel.truth, panel.dimension])
    known = known[np.isfinite(known)]
    return 1 if ambient <= 200 else max(1, ambient - max(60, 3 * float(known.max(initial=0))))
