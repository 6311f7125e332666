"""Figure: estimates of a sphere whose points are blurred by noise in all directions."""

from __future__ import annotations

from matplotlib.figure import Figure

from bench.paper.figures.curves import cells_of, curve_figure
from bench.paper.publication import Item, Material
from bench.paper.style import styled

#: Label -> standard deviation of the noise in each coordinate.
LEVELS = {
    "10-sphere-n10000": 0.0,
    "noise-0.001": 0.001,
    "noise-0.003": 0.003,
    "noise-0.01": 0.01,
    "noise-0.03": 0.03,
    "noise-0.1": 0.1,
}
#: Where the sample without noise stands on a logarithmic axis.
NONE = 0.0003
DIMENSION, AMBIENT = 10, 100


@styled
def figure(material: Material) -> Figure | None:
    """Estimates against the noise; None where there is none."""
    return curve_figure(
        material.records,
        {label: level or NONE for label, level in LEVELS.items()},
        [f"{level:g}" if level else "none" for level in LEVELS.values()],
        limits=(NONE / 1.5, 0.15),
        label="noise, standard deviation in each coordinate (radius = 1)",
        dimension=DIMENSION,
        ambient=AMBIENT,
    )


ITEM = Item(
    name="noise",
    title="Robustness to ambient noise",
    caption=(
        "Estimates on 10 000 points of the unit 10-sphere in R^100 against the deviation of normal "
        "noise in each coordinate. The noise fills the ambient space, so that the dimension at "
        "scales below it is D, and d above. Where several seeds were run: mean and 95 % interval."
    ),
    kind="figure",
    make=figure,
    cells=cells_of(LEVELS),
)
