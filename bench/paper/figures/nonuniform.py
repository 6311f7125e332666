"""Figure: spheres whose mass is near a pole, at three deviations of the angles."""

from __future__ import annotations

from matplotlib.figure import Figure

from bench.paper.figures.histograms import draw_histogram
from bench.paper.figures.spectra import ESTIMATOR
from bench.paper.figures.spectrum import INDEX, draw_key, draw_spectrum, panels_of
from bench.paper.publication import Cells, Item, Material
from bench.paper.style import column, styled

#: Label -> deviation of the angles, in radians.
DEVIATIONS = {"nonuniform-1": 1.0, "nonuniform-0.75": 0.75, "nonuniform-0.5": 0.5}
#: Singular values that are drawn, from the last one back: all before are of normal directions.
LAST = 30


@styled
def figure(material: Material) -> Figure | None:
    """Spectra above what is read of them, a column a deviation; None where none has spectra."""
    found = panels_of(material.records, DEVIATIONS, material.store_folder)
    if found is None:
        return None
    drawn = column(3.3)
    grid = drawn.subplots(2, 3, sharex="row", sharey="row")
    for order, (label, panel) in enumerate(found.items()):
        above, below = grid[:, order]
        above.set_title(f"angles: {DEVIATIONS[label]:g} rad")
        draw_spectrum(above, panel, last=LAST)
        draw_histogram(below, panel)
    grid[0, 0].set_ylabel("value / largest")
    grid[1, 0].set_ylabel("points (%)")
    grid[0, 1].set_xlabel(INDEX)
    grid[1, 1].set_xlabel("dimension read at a point")
    draw_key(drawn, found.values())
    return drawn


ITEM = Item(
    name="nonuniform",
    title="Non-uniform spheres",
    caption=(
        "The 10-sphere in R^100 where all angles are normal, of three deviations: the smaller, the "
        "more mass is near a pole. Above, the last singular values of the scores around points, "
        "with the drop that belongs to the true dimension (dashed) and the one that is read "
        "(dotted, where it is another). Below, what is read at each point; dashed, the truth."
    ),
    kind="figure",
    make=figure,
    cells=(Cells(tuple(DEVIATIONS), (ESTIMATOR,), seeds=1),),
)
