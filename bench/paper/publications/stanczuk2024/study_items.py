"""Figures of studies: exact against learned scores, and validation with an autoencoder."""

from __future__ import annotations

import tempfile
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from bench import studies
from bench.figures.paper_style import LOOKS, SMALL, column, paper_style
from bench.figures.style import BELOW
from bench.files import write_csv
from bench.paper.publication import Cells, Item, Material
from bench.paper.publications.stanczuk2024.image_classes import BASELINES, ESTIMATORS, SETS
from bench.record import OK
from bench.studies import ablation

#: Deviation of the noise at which the publication reads.
PUBLISHED_SIGMA = 0.01
#: Part of the study that is trained and read at a preset.
BUDGETS = {"smoke": 0.02}
#: Sets of images of the autoencoder: the first with estimates.
SOURCES = ("mnist", "digits")
#: Most images, and training steps of a bottleneck.
IMAGES, STEPS = 10_000, 3000
SMOKE_STEPS = 20


@paper_style()
def _ablation(material: Material) -> Figure | None:
    """Draw the study's table at the published noise and of the published code."""
    budget = BUDGETS.get(material.preset, 1.0)

    def run(folder: Path) -> pd.DataFrame:
        studies.run("ablation", folder, budget, material.console)
        return pd.read_csv(folder / "ablation.csv")

    table = _saved_table(material, "ablation", "budget", budget, run)
    if table is None:
        return None
    figure = column(3.2)
    published = table[np.isclose(table["sigma"], PUBLISHED_SIGMA)]
    code = table[table["read-out"] == ablation.PUBLISHED]
    blocks = {
        rf"by read-out, $\sigma$ = {PUBLISHED_SIGMA:g}": ("read-out", published),
        ablation.READ_OUT_NAMES[ablation.PUBLISHED]: ("sigma", code),
    }
    ablation.draw_estimates(figure, blocks)
    return figure


@paper_style()
def _autoencoder(material: Material) -> Figure | None:
    """Draw errors against bottlenecks; None without an estimate, or without a trained table."""
    from bench.studies import autoencoder
    from bench.studies.elbow import supported

    ok = material.records[material.records["status"] == OK]
    source = next((label for label in SOURCES if (ok["manifold"] == label).any()), None)
    if source is None:
        return None
    own = ok[(ok["manifold"] == source) & ok["estimator"].isin(ESTIMATORS)]
    estimates = {
        str(name): float(rows.median())
        for name, rows in own.groupby("estimator", sort=False)["estimate"]
    }
    steps = SMOKE_STEPS if material.preset == "smoke" else STEPS

    def train(folder: Path) -> pd.DataFrame:
        median = float(np.median(list(estimates.values())))
        size: Any = {"n": IMAGES, "steps": steps, "dimension": median}
        return autoencoder.check(source, out=folder, console=material.console, **size)

    table = _saved_table(material, f"autoencoder-{source}", "steps", steps, train)
    if table is None:
        return None
    figure = column(3.1)
    axes = figure.subplots()
    span = min(estimates.values()), max(estimates.values())
    axes.axvspan(*span, color="0.9", linewidth=0, zorder=0, gid="estimates")
    handles = autoencoder.draw_errors(axes, table, ("error", "linear"))
    for name, estimate in estimates.items():
        look = LOOKS[name]
        top: Any = {"transform": axes.get_xaxis_transform(), "clip_on": False, "gid": name}
        axes.plot(estimate, 1.0, color=look.colour, marker=look.marker, **top)
        handles.append(look.key(name, linestyle="none"))
    result = textwrap.wrap(supported(table), 62)
    title = f"{SETS[source]}, {int(own['n'].min())} images"
    axes.set_title("\n".join([title, *result]), pad=6, fontsize=SMALL)
    figure.legend(handles=handles, loc=BELOW, ncols=3)
    return figure


def _saved_table(
    material: Material, name: str, effort: str, least: float, make: Callable[[Path], pd.DataFrame]
) -> pd.DataFrame | None:
    """Return the table NAME.csv of the publication's folder, else that of ``make``, and save it.

    The column ``effort`` says what was spent on it, such as steps: a table of less than ``least``
    is made again. ``make`` is given a temporary folder. None where nothing is to be run.
    """
    path = material.folder / f"{name}.csv"
    table = pd.read_csv(path) if path.is_file() else None
    if not material.running or (table is not None and (table[effort] >= least).all()):
        return table
    with tempfile.TemporaryDirectory() as folder:
        table = make(Path(folder)).assign(**{effort: least})
    write_csv(table, path)
    return table


ABLATION = Item(
    name="ablation",
    title="Exact against learned scores",
    caption=(
        "Estimated dimension (median over points) from the exact score of a sphere in R^100, and "
        "from scores learned in so many steps. White: the truth at all points; the darker, at the "
        "fewer. Above, the read-outs at the published noise of 0.01; below, the publication's "
        "read-out by noise. Where the estimate of a learned score is wrong and that of the exact "
        "one is not, the score is wrong, and not the read-out. The learned scores are of our "
        "network and recipe: of the published ones they show nothing by themselves."
    ),
    kind="figure",
    make=_ablation,
)

AUTOENCODER = Item(
    name="autoencoder",
    title="Validation with an autoencoder",
    caption=(
        "Part of the variance of held-out images that is not rebuilt from a bottleneck, by "
        "autoencoders and by the best linear map of the same size. The markers on top are "
        "estimates, and the grey band goes from the least to the largest. An error that falls up "
        "to the dimension of the images and is flat beyond would support an estimate: the panel "
        "says whether it does."
    ),
    kind="figure",
    make=_autoencoder,
    cells=(
        *(
            Cells(
                *(("mnist",), estimators),
                seeds=1,
                suite="torchvision",
                optional=True,
                presets=presets,
            )
            for estimators, presets in ((BASELINES, ("smoke", "quick")), (ESTIMATORS, ("full",)))
        ),
        Cells(("digits",), ESTIMATORS, seeds=1, suite="digits"),
    ),
)
