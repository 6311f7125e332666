"""The one style of a publication's figures: a column wide, read in grey too, fonts embedded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import matplotlib
from matplotlib.figure import Figure

from bench.figures import style as figure_style

if TYPE_CHECKING:
    from bench.paper.publication import Material

FORMATS = (".pdf", ".png")
DPI = 200
#: Inches: one column of two, and as tall as half a page.
WIDTH, TALLEST = 3.4, 4.5
#: Points: of titles and axes, and of what is written into a panel.
SIZE, SMALL = 8.0, 7.0

TRUTH = "#c1121f"
#: What a reading looks like where it is not the truth.
READING = "black"
NO_DATA = "0.35"
#: Two groups in one panel, told apart in grey too.
DARK, LIGHT = "#173f73", "#e09f3e"

_SETTINGS: Any = {
    # Both come with matplotlib, so that a figure is the same everywhere.
    "font.family": "STIXGeneral",
    "mathtext.fontset": "stix",
    "text.hinting": "none",
    "font.size": SIZE,
    "axes.titlesize": SIZE,
    "axes.labelsize": SIZE,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "legend.columnspacing": 1.2,
    "legend.borderpad": 0.0,
    "axes.titlepad": 3.0,
    "axes.labelpad": 2.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.8,
    "hatch.linewidth": 0.6,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.02,
    # Whole outlines of TrueType, which publishers ask for.
    "pdf.fonttype": 42,
}


#: A line's style by name, or where it starts and the lengths of its dashes and gaps, in points.
Dashes = Literal["-", "--", "-.", ":"] | tuple[float, tuple[float, ...]]


@dataclass(frozen=True)
class Look:
    """How an estimator is drawn: the marker and the line tell it apart where colour does not."""

    colour: str
    marker: str
    line: Dashes


#: Estimator label -> look, from dark to light.
LOOKS: dict[str, Look] = {
    "score-svd": Look(DARK, "o", "-"),
    "mle-20": Look("#b5443c", "s", "--"),
    "lpca-local": Look("#4f9d8f", "D", "-."),
    "ess": Look(LIGHT, "^", ":"),
    "danco": Look("#9a78bd", "v", (0, (5, 1, 1, 1, 1, 1))),
}


@contextmanager
def style() -> Iterator[None]:
    """The style inside the block, and no trace of it after."""
    with matplotlib.rc_context():
        # A reader's own settings would make another figure.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def styled(
    make: Callable[[Material], Figure | None],
) -> Callable[[Material], Figure | None]:
    """A function that draws in the style."""

    @wraps(make)
    def drawn(material: Material) -> Figure | None:
        with style():
            return make(material)

    return drawn


def column(height: float) -> Figure:
    """An empty figure, a column wide and ``height`` inches tall."""
    # Laid out at the resolution of the picture: widths of texts depend on it.
    return Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")


def save(figure: Figure, stem: Path) -> list[Path]:
    """Save as PDF and PNG and return the paths; the same figure gives the same bytes."""
    with style():
        return figure_style.save(figure, stem, FORMATS, DPI)
