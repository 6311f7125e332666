"""Figure: what is read of the exact score and of learned ones, by read-out and by noise level."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from bench.paper.figures.kept import kept_table
from bench.paper.figures.missing import say
from bench.paper.publication import Item, Material
from bench.paper.style import SIZE, SMALL, column, styled

#: Deviation of the noise at which the publication reads.
PUBLISHED_SIGMA = 0.01
#: How much of the study is trained and read at a preset.
BUDGETS = {"smoke": 0.02}
#: Read-out of the study -> what it is called here.
READ_OUTS = {
    "paper's code: centred, first gap skipped": "paper's code",
    "paper's Algorithm 1: neither": "Algorithm 1",
    "centred": "centred",
    "centred, 2 scores per dimension": "... of 2 $D$ scores",
    "centred, 15 scores per dimension": "... of 15 $D$ scores",
    "balanced noise": "balanced noise",
}
PAPER = next(iter(READ_OUTS))
#: Share of right points below which a number is written in white.
DARK_BELOW = 0.35
#: From all points read right to none: white to dark.
SHADES = LinearSegmentedColormap.from_list("shares", ["white", "0.25"])


@styled
def figure(material: Material) -> Figure | None:
    """Tables of readings as pictures, a column a sphere; None where the study was not run."""
    table = _readings(material)
    if table is None:
        return None
    dimensions = sorted(set(table["dimension"]))
    drawn = column(3.2)
    published = table[np.isclose(table["sigma"], PUBLISHED_SIGMA)]
    of_code = table[table["read-out"] == PAPER]
    lines = (published["read-out"].nunique(), of_code["sigma"].nunique())
    grid = drawn.subplots(2, len(dimensions), height_ratios=lines, squeeze=False, sharex="col")
    for order, dimension in enumerate(dimensions):
        for axes, part, by in (
            (grid[0, order], published, "read-out"),
            (grid[1, order], of_code, "sigma"),
        ):
            _cells(axes, part[part["dimension"] == dimension], by, named=not order)
        grid[0, order].set_title(f"{dimension}-sphere")
    grid[0, 0].set_ylabel(rf"by read-out, $\sigma$ = {PUBLISHED_SIGMA:g}")
    grid[1, 0].set_ylabel("paper's code")
    drawn.align_ylabels(grid[:, 0])
    drawn.legend(
        handles=[
            Patch(facecolor=SHADES(1 - share), edgecolor="black", lw=0.4, label=text)
            for share, text in (
                (1.0, "read right at all points"),
                (0.5, "at half"),
                (0.0, "at none"),
            )
        ],
        title="score: exact, or learned in so many steps",
        title_fontsize=SIZE,
        loc="outside lower center",
        ncols=3,
    )
    return drawn


def _readings(material: Material) -> pd.DataFrame | None:
    """The study's table, as kept in the publication's folder, else made now and kept there."""
    budget = BUDGETS.get(material.preset, 1.0)

    def studied() -> pd.DataFrame:
        from bench import studies

        with tempfile.TemporaryDirectory() as folder:  # its own picture is not wanted
            studies.run("ablation", Path(folder), budget, material.console)
            return pd.read_csv(Path(folder) / "ablation.csv")

    return kept_table(material, "ablation", "budget", budget, studied)


def _cells(axes: Axes, part: pd.DataFrame, by: str, *, named: bool) -> None:
    """A line a read-out or noise level, a column a score: readings on shares of right points."""
    scores = list(dict.fromkeys(part["score"]))
    lines = list(dict.fromkeys(part[by]))
    if part.empty:
        say(axes, "not run")
        return
    right, reading = (
        part.pivot(index=by, columns="score", values=value).loc[lines, scores].to_numpy(np.float64)
        for value in ("right", "reading")
    )
    axes.imshow(1 - right, cmap=SHADES, vmin=0, vmax=1, aspect="auto", gid="shares")
    for line in range(len(lines)):
        for order in range(len(scores)):
            axes.text(
                order,
                line,
                f"{reading[line, order]:g}",
                ha="center",
                va="center",
                fontsize=SMALL,
                color="black" if right[line, order] > DARK_BELOW else "white",
            )
    axes.axvline(0.5, color="0.6", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(True)
    budget = float(part["budget"].to_numpy(np.float64)[0])
    axes.set_xticks(range(len(scores)), [_short(score, budget) for score in scores])
    names = (
        [READ_OUTS.get(str(line), str(line)) for line in lines]
        if by == "read-out"
        else [rf"$\sigma$ = {line:g}" for line in lines]
    )
    axes.set_yticks(range(len(lines)), names if named else [""] * len(lines))
    axes.tick_params(length=0)


def _short(score: str, budget: float) -> str:
    """The name of a score in few characters: "exact", or the steps that it was trained for."""
    steps = re.search(r"\d+", score)
    return f"{budget * int(steps.group()):.0f}" if steps else score


ITEM = Item(
    name="ablation",
    title="Exact against learned scores",
    caption=(
        "Dimension that is read (median over points) of the exact score of a sphere in R^100, and "
        "of scores learned in so many steps. White: the truth at all points; the darker, at the "
        "fewer. Above, the read-outs at the published noise of 0.01; below, the publication's "
        "read-out by noise. Where a learned score is read wrong and the exact one is not, it is "
        "the score that is wrong, and not the read-out. The learned scores are of our network and "
        "recipe: of the published ones they show nothing by themselves."
    ),
    kind="figure",
    make=figure,
)
