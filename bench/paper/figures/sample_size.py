"""Figure: estimates of a sphere against the number of its points."""

from __future__ import annotations

from matplotlib.figure import Figure

from bench.outputs.metrics import OK
from bench.paper.figures.curves import (
    BASELINES,
    DRAWN,
    SCORE,
    draw_curves,
    estimate_axis,
)
from bench.paper.publication import Cells, Item, Material
from bench.paper.style import column, styled

SIZES = {f"10-sphere-n{n}": n for n in (10, 100, 250, 500, 1000, 10_000)}
DIMENSION, AMBIENT = 10, 100


@styled
def figure(material: Material) -> Figure | None:
    """Estimates against n; None where there is none."""
    records = material.records
    if not ((records["status"] == OK) & records["estimator"].isin(DRAWN)).any():
        return None
    drawn = column(2.5)
    axes = drawn.subplots()
    axes.set(xscale="log", xlim=(7, 14_000))
    handles = draw_curves(axes, records, {label: float(n) for label, n in SIZES.items()})
    estimate_axis(axes, records, DIMENSION, AMBIENT)
    axes.set_xticks(list(SIZES.values()), [f"{n:,}".replace(",", " ") for n in SIZES.values()])
    axes.minorticks_off()
    axes.set_xlabel("points in the sample, $n$")
    drawn.legend(handles=handles, loc="outside lower center", ncols=4)
    return drawn


ITEM = Item(
    name="sample-size",
    title="Sample complexity",
    caption=(
        "Estimates on the 10-sphere in R^100 against the number of points. The dashed line is the "
        "truth. Marks above the panel stand for cells without an estimate, as where there are "
        "fewer points than an estimator needs. Where several seeds were run: mean and 95 % "
        "interval."
    ),
    kind="figure",
    make=figure,
    cells=(
        Cells(tuple(SIZES), SCORE, seeds=1, presets=("smoke", "quick")),
        Cells(tuple(SIZES), SCORE, presets=("full",)),
        Cells(tuple(SIZES), BASELINES),
    ),
)
