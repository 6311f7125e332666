"""Figure: what an autoencoder rebuilds from bottlenecks around the estimated dimension."""

from __future__ import annotations

import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.autoencoder.elbow import FLOOR, supported
from bench.figures.style import plain_ticks
from bench.paper.figures.kept import kept_table
from bench.paper.publication import Cells, Item, Material
from bench.paper.style import DARK, LIGHT, LOOKS, SMALL, column, styled
from bench.record import OK

#: Label -> what the set is called; the first that there are estimates of.
SETS = {"mnist": "MNIST", "digits": "digits of 8 x 8 pixels"}
BASELINES = ("mle-20", "lpca-local", "ess", "danco")
DRAWN = ("score-svd", *BASELINES)
#: Images at most, and steps of training of a bottleneck.
IMAGES, STEPS = 10_000, 3000
SMOKE_STEPS = 20


@styled
def figure(material: Material) -> Figure | None:
    """Error against the bottleneck; None where no dimension is estimated, or nothing trained."""
    ok = material.records[material.records["status"] == OK]
    source = next((label for label in SETS if (ok["manifold"] == label).any()), None)
    if source is None:
        return None
    own = ok[(ok["manifold"] == source) & ok["estimator"].isin(DRAWN)]
    estimates = {
        str(name): float(rows["estimate"].median())
        for name, rows in own.groupby("estimator", sort=False)
    }
    table = _errors(material, source, float(np.median(list(estimates.values()))))
    if table is None:
        return None
    drawn = column(3.1)
    axes = drawn.subplots()
    _draw(axes, table, estimates)
    said = textwrap.wrap(supported(table), 62)
    title = f"{SETS[source]}, {int(own['n'].min())} images"
    axes.set_title("\n".join([title, *said]), pad=6, fontsize=SMALL)
    drawn.legend(handles=_key(estimates), loc="outside lower center", ncols=3)
    return drawn


def _errors(material: Material, source: str, dimension: float) -> pd.DataFrame | None:
    """A row a bottleneck, as kept in the publication's folder, else trained now and kept there."""
    steps = SMOKE_STEPS if material.preset == "smoke" else STEPS

    def trained() -> pd.DataFrame:
        from bench.autoencoder.command import check

        with tempfile.TemporaryDirectory() as folder:  # its own table and picture are not wanted
            return check(
                source,
                dimension=dimension,
                n=IMAGES,
                steps=steps,
                out=Path(folder),
                console=material.console,
            )

    return kept_table(material, f"autoencoder-{source}", "steps", steps, trained)


def _draw(axes: Axes, table: pd.DataFrame, estimates: dict[str, float]) -> None:
    axes.axvspan(
        min(estimates.values()),
        max(estimates.values()),
        color="0.9",
        linewidth=0,
        zorder=0,
        gid="estimates",
    )
    for column_name, colour, marker, line in (
        ("linear", LIGHT, "s", "--"),
        ("error", DARK, "o", "-"),
    ):
        axes.plot(
            table["bottleneck"],
            100 * table[column_name].clip(lower=FLOOR),
            color=colour,
            marker=marker,
            linestyle=line,
            gid=column_name,
        )
    axes.set(xscale="log", yscale="log")
    plain_ticks(axes.xaxis)
    plain_ticks(axes.yaxis)
    for name, estimate in estimates.items():
        look = LOOKS[name]
        axes.plot(
            estimate,
            1.0,
            color=look.colour,
            marker=look.marker,
            transform=axes.get_xaxis_transform(),
            clip_on=False,
            gid=name,
        )
    axes.set_xlabel("size of the bottleneck")
    axes.set_ylabel("variance not rebuilt (%)")


def _key(estimates: dict[str, float]) -> list[Line2D]:
    return [
        Line2D([], [], color=DARK, marker="o", label="autoencoder"),
        Line2D([], [], color=LIGHT, marker="s", linestyle="--", label="linear (PCA)"),
        *(
            Line2D([], [], color=LOOKS[name].colour, marker=LOOKS[name].marker, ls="", label=name)
            for name in estimates
        ),
    ]


ITEM = Item(
    name="autoencoder",
    title="Autoencoder check",
    caption=(
        "Part of the variance of held-out images that is not rebuilt from a bottleneck, by "
        "autoencoders and by the best linear map of the same size. The markers on top are what "
        "estimators read, and the grey band goes from the least to the largest. An error that "
        "falls up to the dimension of the images and is flat beyond would bear an estimate out: "
        "the panel says whether it does."
    ),
    kind="figure",
    make=figure,
    cells=(
        Cells(
            ("mnist",),
            BASELINES,
            seeds=1,
            suite="torchvision",
            optional=True,
            presets=("smoke", "quick"),
        ),
        Cells(("mnist",), DRAWN, seeds=1, suite="torchvision", optional=True, presets=("full",)),
        Cells(("digits",), DRAWN, seeds=1, suite="digits"),
    ),
)
