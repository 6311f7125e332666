"""Figure of the dimension of each class of a set of real images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.figures.paper_style import LOOKS, column, paper_style
from bench.figures.style import BELOW, plain_ticks
from bench.paper.publication import Cells, Item, Material
from bench.record import OK
from bench.store.arrays import load_arrays

CLASS_NUMBERS = range(10)
BASELINES = ("mle-20", "lpca-local", "ess", "danco")
ESTIMATORS = ("score-svd", *BASELINES)
#: Prefix of labels -> name of the set; of the first two, the first that was run.
SETS = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "digits": "digits of 8 x 8 pixels"}
LARGE = ("mnist", "fashion-mnist")
#: Names of the classes of a set, where they are not digits.
NAMES = {
    "fashion-mnist": (
        *("T-shirt", "trousers", "pullover", "dress", "coat"),
        *("sandal", "shirt", "trainer", "bag", "boot"),
    )
}
#: Horizontal distance between the estimators of a class.
APART = 0.15


@paper_style()
def _figure(material: Material) -> Figure | None:
    """Draw a panel a set of images, the small one last; None where there is no estimate."""
    records = material.records
    sets = {name: records[records["manifold"].isin(_labels(name))] for name in SETS}
    sets = {name: rows for name, rows in sets.items() if (rows["status"] == OK).any()}
    if "mnist" in sets:
        sets.pop("fashion-mnist", None)
    if not sets:
        return None
    figure = column(1.75 * len(sets) + 0.6)
    panels = figure.subplots(len(sets), 1, sharey=True, squeeze=False)[:, 0]
    for axes, (name, rows) in zip(panels, sets.items(), strict=True):
        _panel(axes, name, rows, material.store_folder)
    plain_ticks(panels[0].yaxis)
    run = set(pd.concat(sets.values())["estimator"])
    handles = [
        LOOKS[name].key(name if name in run else f"{name} (not run)", linestyle="none")
        for name in ESTIMATORS
    ]
    handles.append(Line2D([], [], color="0.4", linewidth=0.8, label="middle half of images"))
    figure.legend(handles=handles, loc=BELOW, ncols=3)
    return figure


def _labels(name: str) -> list[str]:
    return [f"{name}-{number}" for number in CLASS_NUMBERS]


def _panel(axes: Axes, name: str, records: pd.DataFrame, store_folder: Path) -> None:
    sizes = sorted({int(records["n"].min()), int(records["n"].max())})
    axes.set_title(f"{SETS[name]}, {' to '.join(map(str, sizes))} images a class")
    for number in CLASS_NUMBERS[1::2]:
        axes.axvspan(number - 0.5, number + 0.5, color="0.94", linewidth=0, zorder=0)
    shown = [estimator for estimator in ESTIMATORS if (records["estimator"] == estimator).any()]
    for order, estimator in enumerate(shown):
        shift = APART * (order - (len(shown) - 1) / 2)
        for number, label in zip(CLASS_NUMBERS, _labels(name), strict=True):
            own = records[(records["manifold"] == label) & (records["estimator"] == estimator)]
            if len(own):
                _estimate(axes, number + shift, estimator, own, store_folder)
    axes.set(xlim=(-0.5, len(CLASS_NUMBERS) - 0.5), yscale="log", ylabel="estimated dimension")
    if name in NAMES:
        turned: Any = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(list(CLASS_NUMBERS), NAMES[name], **turned)
    else:
        axes.set_xticks(list(CLASS_NUMBERS))
        axes.set_xlabel("digit")
    axes.tick_params(axis="x", length=0)


def _estimate(axes: Axes, x: float, estimator: str, rows: pd.DataFrame, store_folder: Path) -> None:
    """Draw the median over seeds, and the middle half of the images of the first one."""
    look = LOOKS[estimator]
    ok = rows[rows["status"] == OK].sort_values("seed")
    if ok.empty:
        bottom: Any = {"transform": axes.get_xaxis_transform(), "gid": "failed"}
        axes.plot(x, 0.03, "x", color=look.colour, **bottom)
        return
    span = _middle_half(str(ok["arrays"].iat[0] or ""), store_folder)
    axes.plot([x, x], span, color=look.colour, linewidth=0.8, gid="middle half")
    edge: Any = {"markersize": 3.6, "markeredgecolor": "white", "markeredgewidth": 0.2}
    median = float(ok["estimate"].median())
    axes.plot(x, median, color=look.colour, marker=look.marker, gid=estimator, **edge)


def _middle_half(arrays: str, store_folder: Path) -> tuple[float, float]:
    """Return quartiles over the points with a pointwise estimate; NaN where there are none."""
    try:
        dimension = load_arrays(store_folder, arrays)["dimension"] if arrays else np.array([])
    except (ValueError, KeyError):
        dimension = np.array([])
    dimension = dimension[np.isfinite(dimension)]
    if not len(dimension):
        return np.nan, np.nan
    low, high = np.quantile(dimension, [0.25, 0.75])
    return float(low), float(high)


CLASSES = Item(
    name="classes",
    title="Dimension by class",
    caption=(
        "Estimated dimension of each class of real images, of which nobody knows the true one: "
        "MNIST where its files are available, else Fashion-MNIST, and the digits that come with "
        "scikit-learn. Bars are the middle half of the pointwise estimates at images, where an "
        "estimator has them. The score of the large images is run at the full preset only, whose "
        "trainings need a GPU."
    ),
    kind="figure",
    make=_figure,
    cells=(
        Cells(tuple(_labels("digits")), ESTIMATORS, seeds=1, suite="digits"),
        *(
            Cells(
                *(tuple(_labels(name)), estimators),
                seeds=1,
                suite="torchvision",
                optional=True,
                presets=presets,
            )
            for name in LARGE
            for estimators, presets in ((BASELINES, ("smoke", "quick")), (ESTIMATORS, ("full",)))
        ),
    ),
)
