"""Stanczuk et al. 2024: Table 2 and the figures."""

from __future__ import annotations

from bench.paper.comparison import Comparison, compare, dimensions_of
from bench.paper.figures import FIGURES
from bench.paper.publication import Cells, Item, Material, Publication

SUITE = "stanczuk2024"
SCORE = ("score SVD", "score-svd")
#: Column of Table 2 -> estimator of the suite; ID-NF is none of ours.
BASELINES = {"MLE m=5": "mle-5", "MLE m=20": "mle-20", "local PCA": "lpca-global", "PPCA": "ppca"}
#: Row of Table 2 -> manifold that the score reads, and the one for the baselines. These have as
#: many images as the published numbers speak of.
ROWS = {
    "10-sphere": ("10-sphere", "10-sphere"),
    "50-sphere": ("50-sphere", "50-sphere"),
    "line": ("line", "line"),
    "squares-10": ("squares-10", "squares-10-n4000"),
    "squares-20": ("squares-20", "squares-20-n4000"),
    "squares-100": ("squares-100", "squares-100-n8000"),
    "blobs-10": ("blobs-10", "blobs-10-n4000"),
    "blobs-20": ("blobs-20", "blobs-20-n4000"),
    "blobs-100": ("blobs-100", "blobs-100-n8000"),
    "MNIST": ("mnist", "mnist"),
}
#: Of another suite, where its files are.
REAL = "MNIST"
#: Left out by quick: a training takes half an hour of a core.
LONG = "blobs-100"


def table(material: Material) -> Comparison:
    """Table 2 beside our numbers."""
    places = {}
    for row, (for_score, for_baselines) in ROWS.items():
        places[row, SCORE[0]] = (for_score, SCORE[1])
        for column, estimator in BASELINES.items():
            places[row, column] = (for_baselines, estimator)
    known = {row: labels[0] for row, labels in ROWS.items() if row != REAL}
    return compare(
        material,
        "Table 2",
        name="table2",
        title="Table 2 of Stanczuk et al. 2024, and here",
        places=places,
        dimensions={**dimensions_of(SUITE, known), REAL: None},
    )


_SCORED = tuple(labels[0] for row, labels in ROWS.items() if row not in (REAL, LONG))
_BASES = tuple(labels[1] for row, labels in ROWS.items() if row != REAL)

TABLE_2 = Item(
    name="table2",
    title="Table 2, with our numbers",
    caption=(
        "Estimated dimension of manifolds of known dimension, and of MNIST. In each cell: the "
        "true dimension, the published number, and ours."
    ),
    kind="table",
    make=table,
    cells=(
        Cells(_SCORED, (SCORE[1],)),
        Cells((LONG,), (SCORE[1],), presets=("full",)),
        Cells(_BASES, tuple(BASELINES.values())),
        Cells(("mnist",), tuple(BASELINES.values()), suite="torchvision", optional=True),
        Cells(("mnist",), (SCORE[1],), suite="torchvision", optional=True, presets=("full",)),
    ),
)

PUBLICATION = Publication(
    name="stanczuk2024",
    title="Your diffusion model secretly knows the dimension of the data manifold",
    source="Stanczuk et al. 2024, arXiv 2212.12611",
    suite=SUITE,
    items=(TABLE_2, *FIGURES),
)
