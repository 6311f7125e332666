"""Figure: the dimension of each class of a set of real images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.figures.style import plain_ticks
from bench.paper.publication import Cells, Item, Material
from bench.paper.style import LOOKS, column, styled
from bench.record import OK
from bench.store.arrays import load_arrays

CLASSES = range(10)
BASELINES = ("mle-20", "lpca-local", "ess", "danco")
DRAWN = ("score-svd", *BASELINES)
#: Prefix of labels -> what the set is called; of the first two, the first that there is.
SETS = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST", "digits": "digits of 8 x 8 pixels"}
LARGE = ("mnist", "fashion-mnist")
#: What the classes of a set are, where they are not digits.
NAMES = {
    "fashion-mnist": (
        *("T-shirt", "trousers", "pullover", "dress", "coat"),
        *("sandal", "shirt", "trainer", "bag", "boot"),
    )
}
#: Sideways distance between the estimators of a class.
APART = 0.15


@styled
def figure(material: Material) -> Figure | None:
    """A panel a set of images, the small one last; None where there is no estimate."""
    records = material.records
    found = {name: records[records["manifold"].isin(_labels(name))] for name in SETS}
    there = [name for name, rows in found.items() if (rows["status"] == OK).any()]
    if "mnist" in there and "fashion-mnist" in there:
        there.remove("fashion-mnist")
    if not there:
        return None
    drawn = column(1.75 * len(there) + 0.6)
    panels = drawn.subplots(len(there), 1, sharey=True, squeeze=False)[:, 0]
    for axes, name in zip(panels, there, strict=True):
        _panel(axes, name, found[name], material.store_folder)
    plain_ticks(panels[0].yaxis)
    run = set(pd.concat([found[name] for name in there])["estimator"])
    drawn.legend(handles=_key(run), loc="outside lower center", ncols=3)
    return drawn


def _key(run: set[str]) -> list[Line2D]:
    looks = {name: LOOKS[name] for name in DRAWN}
    return [
        Line2D(
            [],
            [],
            color=look.colour,
            marker=look.marker,
            linestyle="none",
            label=name if name in run else f"{name} (not run)",
        )
        for name, look in looks.items()
    ] + [Line2D([], [], color="0.4", linewidth=0.8, label="middle half of images")]


def _labels(name: str) -> list[str]:
    return [f"{name}-{number}" for number in CLASSES]


def _panel(axes: Axes, name: str, records: pd.DataFrame, store_folder: Path) -> None:
    axes.set_title(f"{SETS[name]}, {_images(records)} images a class")
    for number in CLASSES[1::2]:
        axes.axvspan(number - 0.5, number + 0.5, color="0.94", linewidth=0, zorder=0)
    shown = [estimator for estimator in DRAWN if (records["estimator"] == estimator).any()]
    for order, estimator in enumerate(shown):
        for number, label in zip(CLASSES, _labels(name), strict=True):
            own = records[(records["manifold"] == label) & (records["estimator"] == estimator)]
            place = number + APART * (order - (len(shown) - 1) / 2)
            _estimate(axes, place, own, store_folder)
    axes.set_xlim(-0.5, len(CLASSES) - 0.5)
    axes.set_yscale("log")
    axes.set_ylabel("estimated dimension")
    names = NAMES.get(name)
    if names is None:
        axes.set_xticks(list(CLASSES))
        axes.set_xlabel("digit")
    else:
        axes.set_xticks(list(CLASSES), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="x", length=0)


def _estimate(axes: Axes, place: float, rows: pd.DataFrame, store_folder: Path) -> None:
    """The median over seeds and the middle half of what is read at points of the first one."""
    ok = rows[rows["status"] == OK].sort_values("seed")
    estimator = str(rows["estimator"].iat[0]) if len(rows) else ""
    if ok.empty:
        if len(rows):
            colour = LOOKS[estimator].colour
            axes.plot(
                place, 0.03, "x", color=colour, transform=axes.get_xaxis_transform(), gid="failed"
            )
        return
    look = LOOKS[estimator]
    low, high = _middle_half(str(ok["arrays"].iat[0] or ""), store_folder)
    axes.plot([place, place], [low, high], color=look.colour, linewidth=0.8, gid="middle half")
    axes.plot(
        place,
        float(ok["estimate"].median()),
        color=look.colour,
        marker=look.marker,
        markersize=3.6,
        markeredgecolor="white",
        markeredgewidth=0.2,
        gid=estimator,
    )


def _middle_half(arrays: str, store_folder: Path) -> tuple[float, float]:
    """Quartiles over the points at which an estimator reads; NaN where it reads none."""
    try:
        readings = load_arrays(store_folder, arrays)["dimension"] if arrays else np.array([])
    except (ValueError, KeyError):
        readings = np.array([])
    readings = readings[np.isfinite(readings)]
    if not len(readings):
        return np.nan, np.nan
    low, high = np.quantile(readings, [0.25, 0.75])
    return float(low), float(high)


def _images(records: pd.DataFrame) -> str:
    low, high = int(records["n"].min()), int(records["n"].max())
    return str(low) if low == high else f"{low} to {high}"


ITEM = Item(
    name="classes",
    title="Dimension by class",
    caption=(
        "Estimated dimension of each class of real images, of which nobody knows the true one: "
        "MNIST where its files are there, else Fashion-MNIST, and the digits that come with "
        "scikit-learn. Bars are the middle half of what an estimator reads at single images, where "
        "it reads them. The score of the large images is read at the full preset alone, whose "
        "trainings want a GPU."
    ),
    kind="figure",
    make=figure,
    cells=(
        Cells(tuple(_labels("digits")), DRAWN, seeds=1, suite="digits"),
        *(
            Cells(
                tuple(_labels(name)),
                estimators,
                seeds=1,
                suite="torchvision",
                optional=True,
                presets=presets,
            )
            for name in LARGE
            for estimators, presets in ((BASELINES, ("smoke", "quick")), (DRAWN, ("full",)))
        ),
    ),
)
