"""The style of figures of a run, and what all figures share: saving, ticks, panels, titles."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import matplotlib
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from bench.files import replace_file
from bench.format import printable

DPI = 150
FORMATS = (".png", ".svg")
#: Metadata of dates and programs that each format leaves out.
_UNDATED: dict[str, dict[str, None]] = {
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
FAILED_COLOUR = "#b2182b"
QUIET = "0.45"
#: Placement of a legend below all panels.
BELOW: Final = "outside lower center"

_PALETTE = list(sns.color_palette("colorblind").as_hex())
#: From seaborn's palettes, each as far as possible (in OKLab) from all before it and those above.
_FURTHER = (
    *("#592f0d", "#001c7f", "#8b2be2", "#023eff", "#7b4173", "#6acc64", "#12711c", "#e7298a"),
    *("#9edae5", "#8c613c", "#ffb482", "#8172b3", "#591e71", "#8c0800", "#8ca252", "#006374"),
    *("#e8000b", "#cedb9c", "#b3b3b3", "#a55194"),
)
_COLOURS = (*_PALETTE, *_FURTHER)
_MARKERS = "osD^vP*XdphH<>8"
#: Most panels of a figure that has one for each manifold.
MOST_PANELS = 16
#: Number of distinct colours.
DISTINCT = len(_COLOURS)
#: Family of estimators -> colour and marker.
FAMILIES = {
    "neighbours": (_PALETTE[0], "o"),
    "angles": (_PALETTE[1], "s"),
    "linear": (_PALETTE[2], "D"),
    "score": (_PALETTE[3], "*"),
    "topology": (_PALETTE[4], "^"),
    "other": (_PALETTE[7], "X"),
}


@contextmanager
def style() -> Iterator[None]:
    """Set the style of figures of a run inside the block, also as a decorator."""
    settings: Any = {
        **sns.axes_style("ticks"),
        **sns.plotting_context("notebook", font_scale=0.85),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.hashsalt": "intrinsic dimension",
        "hatch.linewidth": 0.6,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "lines.markersize": 5,
        "xtick.labelsize": 8,
        "ytick.labelsize": 8,
    }
    with matplotlib.rc_context(settings):
        yield


def save(
    figure: Figure, stem: Path, formats: Sequence[str] = FORMATS, dpi: int = DPI
) -> list[Path]:
    """Save in each format and return the paths; the same figure gives the same bytes."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine("none")  # laid out once for all formats
    paths = []
    for suffix in formats:
        path = stem.with_name(stem.name + suffix)
        metadata = _UNDATED.get(suffix, {})
        with replace_file(path) as part:
            figure.savefig(part, format=suffix[1:], dpi=dpi, metadata=metadata)
        paths.append(path)
    return paths


def family_look(family: str) -> tuple[str, str]:
    """Return colour and marker of a family of estimators."""
    return FAMILIES.get(family, FAMILIES["other"])


def distinct_looks(names: list[str]) -> dict[str, tuple[str, str]]:
    """Return colour and marker of each name; the first ``DISTINCT`` differ in colour."""
    return {
        name: (_COLOURS[index % DISTINCT], _MARKERS[index % len(_MARKERS)])
        for index, name in enumerate(names)
    }


def marker_key(label: str, look: tuple[str, str], **options: Any) -> Line2D:
    """Return a legend entry of a marker without a line; ``look`` is its colour and marker."""
    colour, marker = look
    return Line2D([], [], linestyle="", color=colour, marker=marker, label=label, **options)


def panel_grid(
    figure: Figure, count: int, columns: int, xlabel: str, ylabel: str, **options: Any
) -> list[Axes]:
    """Return ``count`` axes in rows of ``columns``; the outer ones have the labels."""
    lines = math.ceil(count / columns)
    grid = list(figure.subplots(lines, columns, squeeze=False, **options).flat)
    for order, axes in enumerate(grid[:count]):
        axes.set_xlabel(xlabel if order + columns >= count else "")
        axes.set_ylabel(ylabel if order % columns == 0 else "")
    for axes in grid[count:]:
        axes.remove()
    return grid[:count]


#: Ticks of a decade, from few to many.
_STEPS = (
    (1,),
    (1, 2, 5),
    (1, 1.5, 2, 3, 5, 7),
    (1, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9),
)
#: Least and about the largest number of ticks of an axis.
_FEWEST, _MOST = 4, 10


def plain_ticks(
    axis: Axis,
    low: float | None = None,
    high: float | None = None,
    text: Callable[[float], str] = "{:g}".format,
) -> None:
    """Set few ticks of a logarithmic axis between two numbers, by default along all of it.

    Labels are plain numbers without exponents, or the result of ``text``.
    """
    if low is None or high is None:
        low, high = axis.get_view_interval()
    ticks: list[float] = []
    for steps in _STEPS:
        every = (step * 10.0**power for power in range(-9, 10) for step in steps)
        finer = [round(tick, 12) for tick in every if low <= tick <= high]
        if len(ticks) >= _FEWEST or (len(ticks) > 1 and len(finer) > _MOST):
            break
        ticks = finer
    if len(ticks) < _FEWEST - 1:
        # The axis spans less than the finest steps.
        evenly = MaxNLocator(5).tick_values(low, high)
        ticks = [float(tick) for tick in evenly if low <= tick <= high]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    axis.set_minor_locator(NullLocator())


def first_of(shown: int, total: int) -> str:
    """Return the note of a title where a figure shows some of the panels only."""
    return f"; the first {shown} of {total}" if total > shown else ""


def headline(figure: Figure, text: str) -> None:
    """Set a title above all panels, wrapped to the figure's width."""
    # A dollar sign, as in a file's name, would begin a formula.
    text = printable(text).replace("$", r"\$")
    figure.suptitle(textwrap.fill(text, int(10 * figure.get_figwidth())), fontsize=12)
