"""One panel of singular values of scores, with the truth and what was read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from bench.figures.spectra import Spectra, read_spectra
from bench.paper.figures.missing import say, why_missing
from bench.paper.style import DARK, LIGHT, READING, TRUTH, Dashes

#: Points of a group whose spectra are drawn; the median is over all.
DRAWN = 30
#: Look of the groups of a union, one for each true dimension.
GROUPS: tuple[tuple[str, Dashes], ...] = ((DARK, "-"), (LIGHT, (0, (4, 1))))
#: Part of a panel's width that a text takes.
ROOM = 0.6
INDEX, VALUE = "index of singular value", "singular value / largest"


def spectra_of(records: pd.DataFrame, manifold: str, store_folder: Path) -> Spectra | str:
    """The spectra of a manifold, of its first seed that is ok, or why there are none."""
    rows = records[records["manifold"] == manifold]
    found = read_spectra(rows, store_folder)
    return found[0] if found else why_missing(rows)


def groups_of(panel: Spectra) -> list[tuple[float, NDArray[np.bool_]]]:
    """Each true dimension, descending, and which points (m,) have it; NaN where none is known."""
    return panel.groups[::-1]


def panels_of(
    records: pd.DataFrame, manifolds: Iterable[str], store_folder: Path
) -> dict[str, Spectra | str] | None:
    """The spectra of each manifold, or why there are none; None where no manifold has any."""
    found = {label: spectra_of(records, label, store_folder) for label in manifolds}
    return None if all(isinstance(panel, str) for panel in found.values()) else found


def draw_spectrum(axes: Axes, panel: Spectra | str, *, last: int = 0) -> list[Line2D]:
    """Singular values of each point over the largest one, and their median, by true dimension.

    The gap below the index D - d is where the truth is marked. Of many directions the ``last``
    ones alone are drawn. Returns a line for each true dimension, with what is read there.
    """
    axes.set_ylim(0, 1.05)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"])
    if isinstance(panel, str):
        say(axes, panel)
        return []
    ambient = panel.singular_values.shape[1]
    start = max(0, ambient - last) if last else 0
    spectra = panel.relative[:, start:]
    index = np.arange(start + 1, ambient + 1)
    handles = []
    for (level, members), (colour, line) in zip(groups_of(panel), GROUPS, strict=False):
        own = np.flatnonzero(members)
        shown = own[np.linspace(0, len(own) - 1, min(DRAWN, len(own))).astype(int)]
        lines = [np.column_stack([index, spectra[row]]) for row in shown]
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=0.3, alpha=0.35))
        axes.plot(index, np.median(spectra[own], axis=0), color=colour, linestyle=line, lw=1.6)
        estimate = panel.estimate(level)
        if math.isnan(level):
            text = f"estimate {estimate:.4g}"
        else:
            mark(axes, ambient - level, TRUTH, "--", "truth")
            text = reading_text(level, panel.dimension[own], estimate)
        if estimate != level:
            mark(axes, ambient - estimate, READING, ":", "reading")
        handles.append(Line2D([], [], color=colour, linestyle=line, lw=1.6, label=text))
    axes.set_xlim(start + 1 - 0.01 * len(index), ambient + 0.02 * len(index))
    return handles


def tell_readings(axes: Axes, panel: Spectra | str, handles: list[Line2D]) -> None:
    """What is read, in the part of a panel that its values leave empty."""
    if isinstance(panel, str):
        return
    ambient = panel.singular_values.shape[1]
    first = ambient - max(level for level, _ in groups_of(panel))
    # Below the values before the gap where it comes late, else above those behind it.
    early = first < ROOM * ambient
    axes.legend(
        handles=handles,
        loc="upper right" if early else "lower left",
        handlelength=1.4 if len(handles) > 1 else 0,
        handletextpad=0.5 if len(handles) > 1 else 0,
        borderaxespad=0.2,
        frameon=True,
        framealpha=0.85,
        edgecolor="none",
    )


def reading_text(level: float, readings: NDArray[np.float64], estimate: float) -> str:
    """How many points are read right, and the sample's estimate where that is not the truth."""
    right = int((readings == level).sum())
    text = f"$d$ = {level:g}, read at\n{right}/{len(readings)} points"
    return text if estimate == level else f"{text},\nestimate {estimate:.4g}"


def mark(axes: Axes, index: float, colour: str, line: str, gid: str) -> None:
    """A line in the gap between the singular value of an index and the next one."""
    axes.axvline(index + 0.5, color=colour, linestyle=line, linewidth=1.0, gid=gid, zorder=3)


def draw_key(figure: Figure, panels: Iterable[Spectra | str]) -> None:
    """What the lines mean, below all panels; the reading's where it is not the truth."""
    handles = [
        Line2D([], [], color="0.45", linewidth=0.5, label="one point"),
        Line2D([], [], color="0.3", linewidth=1.6, label="median"),
        Line2D([], [], color=TRUTH, linestyle="--", linewidth=1.0, label="truth, $D - d$"),
    ]
    if any(isinstance(panel, Spectra) and _misread(panel) for panel in panels):
        look = Line2D([], [], color=READING, linestyle=":", linewidth=1.0, label="estimate")
        handles.append(look)
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles),
        handlelength=1.8,
        handletextpad=0.5,
        columnspacing=1.0,
    )


def _misread(panel: Spectra) -> bool:
    return any(panel.estimate(level) != level for level, _ in groups_of(panel))
