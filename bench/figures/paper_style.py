"""The style of a publication's figures: a column wide, legible in grey, fonts embedded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.figures import style

FORMATS = (".pdf", ".png")
DPI = 200
#: Inches: one column of two, and half a page.
WIDTH, TALLEST = 3.4, 4.5
#: Font sizes in points: titles and axes, and texts in a panel.
SIZE, SMALL = 8.0, 7.0

TRUTH = "#c1121f"
NO_DATA = "0.35"
#: Two groups in one panel, distinct in grey too.
DARK, LIGHT = "#173f73", "#e09f3e"

_SETTINGS: Any = {
    # Both come with matplotlib: a figure is the same everywhere.
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
    # TrueType outlines, which publishers require.
    "pdf.fonttype": 42,
}


#: A line style by name, or the offset and the lengths of dashes and gaps in points.
Dashes = Literal["-", "--", "-.", ":"] | tuple[float, tuple[float, ...]]


@dataclass(frozen=True)
class Look:
    """Colour, marker and line of an estimator; marker and line differ where colours are alike."""

    colour: str
    marker: str
    line: Dashes

    def key(self, label: str, **options: Any) -> Line2D:
        """Return a legend entry."""
        look: Any = {"color": self.colour, "marker": self.marker, "linestyle": self.line}
        return Line2D([], [], label=label, **{**look, **options})


#: Estimator label -> look, from dark to light.
LOOKS: dict[str, Look] = {
    "score-svd": Look(DARK, "o", "-"),
    "mle-20": Look("#b5443c", "s", "--"),
    "lpca-local": Look("#4f9d8f", "D", "-."),
    "ess": Look(LIGHT, "^", ":"),
    "danco": Look("#9a78bd", "v", (0, (5, 1, 1, 1, 1, 1))),
}


@contextmanager
def paper_style() -> Iterator[None]:
    """Set the style inside the block, also as a decorator, whatever the user's settings are."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def column(height: float) -> Figure:
    """Return an empty figure, a column wide and ``height`` inches tall."""
    # The layout depends on the resolution: so do widths of texts.
    return Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")


def write_missing(axes: Axes, reason: str) -> None:
    """Write into an empty panel why it is empty."""
    axes.text(
        *(0.5, 0.5, reason),
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=SMALL,
        style="italic",
        color=NO_DATA,
        gid="missing",
    )


def save(figure: Figure, stem: Path) -> list[Path]:
    """Save as PDF and PNG and return the paths; the same figure gives the same bytes."""
    with paper_style():
        return style.save(figure, stem, FORMATS, DPI)
