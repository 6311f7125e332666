"""Figure: singular values of scores at points of the Euclidean manifolds."""

from __future__ import annotations

from matplotlib.figure import Figure

from bench.paper.figures.spectrum import (
    INDEX,
    VALUE,
    draw_key,
    draw_spectrum,
    panels_of,
    tell_readings,
)
from bench.paper.publication import Cells, Item, Material
from bench.paper.style import column, styled

#: Label -> title of its panel.
MANIFOLDS = {
    "10-sphere": "10-sphere",
    "50-sphere": "50-sphere",
    "line": "line",
    "union-10-30": "10- and 30-sphere",
}
ESTIMATOR = "score-svd-100"


@styled
def figure(material: Material) -> Figure | None:
    """A panel a manifold; None where none has spectra."""
    found = panels_of(material.records, MANIFOLDS, material.store_folder)
    if found is None:
        return None
    drawn = column(3.3)
    grid = drawn.subplots(2, 2, sharex=True, sharey=True, gridspec_kw={"wspace": 0.08})
    for axes, (label, panel) in zip(grid.flat, found.items(), strict=True):
        tell_readings(axes, panel, draw_spectrum(axes, panel))
        axes.set_title(MANIFOLDS[label])
    for axes in grid[-1]:
        axes.set_xlabel(INDEX)
    for axes in grid[:, 0]:
        axes.set_ylabel(VALUE)
    draw_key(drawn, found.values())
    return drawn


ITEM = Item(
    name="spectra",
    title="Score spectra",
    caption=(
        "Singular values of the scores around points of four manifolds in R^100, each over the "
        "largest at its point. They drop after index D - d, where d is the dimension of the "
        "manifold at the point: as many directions are normal to it. On the union of two spheres "
        "the drop is in another place at points of each. Told in each panel: at how many points "
        "the dimension that is read is the true one."
    ),
    kind="figure",
    make=figure,
    cells=(Cells(tuple(MANIFOLDS), (ESTIMATOR,), seeds=1),),
)
