"""Figure: estimates of a sphere against the number of its points."""

from __future__ import annotations

from matplotlib.figure import Figure

from bench.paper.figures.curves import cells_of, curve_figure
from bench.paper.publication import Item, Material
from bench.paper.style import styled

SIZES = {f"10-sphere-n{n}": n for n in (10, 100, 250, 500, 1000, 10_000)}
DIMENSION, AMBIENT = 10, 100


@styled
def figure(material: Material) -> Figure | None:
    """Estimates against n; None where there is none."""
    return curve_figure(
        material.records,
        SIZES,
        [f"{n:,}".replace(",", " ") for n in SIZES.values()],
        limits=(7, 14_000),
        label="points in the sample, $n$",
        dimension=DIMENSION,
        ambient=AMBIENT,
    )


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
    cells=cells_of(SIZES),
)
