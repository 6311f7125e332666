"""One look for all figures, and how they are saved."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import seaborn as sns
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from bench.files import replace_file
from bench.format import printable

DPI = 150
FORMATS = (".png", ".svg")
#: What formats would say of when and by what a file was written, left out.
_UNDATED: dict[str, dict[str, None]] = {
    ".svg": {"Date": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
FAILED_COLOUR = "#b2182b"
QUIET = "0.45"

_PALETTE = list(sns.color_palette("colorblind").as_hex())
#: Chosen one after another from seaborn's palettes, each as far as can be (in OKLab) from all
#: before it and from those above, two of which are closer to each other than any of these.
_FURTHER = (
    *("#592f0d", "#001c7f", "#8b2be2", "#023eff", "#7b4173", "#6acc64", "#12711c", "#e7298a"),
    *("#9edae5", "#8c613c", "#ffb482", "#8172b3", "#591e71", "#8c0800", "#8ca252", "#006374"),
    *("#e8000b", "#cedb9c", "#b3b3b3", "#a55194"),
)
_COLOURS = (*_PALETTE, *_FURTHER)
_MARKERS = "osD^vP*XdphH<>8"
#: Panels that a figure has at most, where there is one for each manifold.
MOST_PANELS = 16
#: Manifolds that have a colour of their own.
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
    """Seaborn's look inside the block, and no trace of it after."""
    settings: Any = {
        **sns.axes_style("ticks"),
        **sns.plotting_context("notebook", font_scale=0.85),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.hashsalt": "intrinsic dimension",
        "hatch.linewidth": 0.6,
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
    """Colour and marker of a family of estimators."""
    return FAMILIES.get(family, FAMILIES["other"])


def manifold_looks(manifolds: list[str]) -> dict[str, tuple[str, str]]:
    """Colour and marker of each manifold; no two of one colour for the first ``DISTINCT``."""
    return {
        manifold: (_COLOURS[index % DISTINCT], _MARKERS[index % len(_MARKERS)])
        for index, manifold in enumerate(manifolds)
    }


#: Places of ticks in a decade, from few to many.
_STEPS = (
    (1,),
    (1, 2, 5),
    (1, 1.5, 2, 3, 5, 7),
    (1, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9),
)
#: Ticks that an axis has at least, and about as many as it has at most.
_FEWEST, _MOST = 4, 10


def plain_ticks(
    axis: Axis,
    low: float | None = None,
    high: float | None = None,
    say: Callable[[float], str] = "{:g}".format,
) -> None:
    """As few ticks between two numbers, or all along it, as tell the scale of a logarithmic axis.

    They are plain numbers without exponents, or what ``say`` makes of them.
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
        # Less than any of these tells apart.
        evenly = MaxNLocator(5).tick_values(low, high)
        ticks = [float(tick) for tick in evenly if low <= tick <= high]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter(FuncFormatter(lambda value, _: say(value)))
    axis.set_minor_locator(NullLocator())


def first_of(shown: int, found: int) -> str:
    """What a title says where a figure shows some of the panels alone."""
    return f"; the first {shown} of {found}" if found > shown else ""


def headline(figure: Figure, text: str) -> None:
    """A title above all panels, in lines that the figure's width holds."""
    # A dollar sign, of a file's name say, begins no formula.
    text = printable(text).replace("$", r"\$")
    figure.suptitle(textwrap.fill(text, int(10 * figure.get_figwidth())), fontsize=12)
