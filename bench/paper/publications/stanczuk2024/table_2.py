"""Table 2 of Stanczuk et al. 2024, with our numbers."""

from __future__ import annotations

from bench.paper.comparison import compare, dimensions_of
from bench.paper.publication import Cells, Item, Material
from bench.paper.table import Comparison

SUITE = "stanczuk2024"
#: Column of Table 2 -> estimator of the suite; ID-NF is none of ours.
SCORE = {"score SVD": "score-svd"}
BASELINES = {"MLE m=5": "mle-5", "MLE m=20": "mle-20", "local PCA": "lpca-global", "PPCA": "ppca"}
#: Beside the published columns: the score before any training.
UNTRAINED = "untrained"
#: Row of Table 2 -> manifold of the suite, at the size that the preset says.
ROWS = {
    **{name: name for name in ("10-sphere", "50-sphere", "line")},
    **{f"{things}-{k}": f"{things}-{k}" for things in ("squares", "blobs") for k in (10, 20, 100)},
    "MNIST": "mnist",
}
#: Row -> the same images, of the size inferred from the published numbers of MLE.
INFERRED = {
    **{f"{things}-{k}": f"{things}-{k}-n4000" for things in ("squares", "blobs") for k in (10, 20)},
    **{f"{things}-100": f"{things}-100-n8000" for things in ("squares", "blobs")},
}
#: Smoke has other sizes.
INFERRED_PRESETS = ("quick", "full")
INFERRED_REMARK = (
    "Baselines on images have a second number of ours (n inferred), of 4000 images of 10 and 20 "
    "things and 8000 of 100, but at the preset smoke. These sizes were inferred from the published "
    "numbers of MLE: 80 % of 5000 and 10 000, since ours are within 3 % of them there. So the "
    "second number is no evidence of agreement, and has no verdict. The configurations of the "
    "publication say 400 000 images of squares, 40 000 of 100 blobs, and 4000 of 10 and 20 blobs, "
    "with 400 000 in a comment."
)
UNTRAINED_REMARK = (
    "Column untrained, which is not published: the same read-out as ours of score SVD, of the "
    "network before its first training step, which is the linear denoiser in the principal axes of "
    "the sample. Where it is right, the principal axes are enough."
)
#: Of another suite, where its files are available.
REAL = "MNIST"
_KNOWN = {row: manifold for row, manifold in ROWS.items() if row != REAL}
#: Not in quick: a training takes half an hour of a core.
LONG = "blobs-100"


def table(material: Material) -> Comparison:
    """Return Table 2 with our numbers."""
    places = {
        (row, column): (manifold, estimator)
        for row, manifold in ROWS.items()
        for column, estimator in {**SCORE, **BASELINES, UNTRAINED: UNTRAINED}.items()
        if (row, column) != (REAL, UNTRAINED)
    }
    return compare(
        material,
        "Table 2",
        name="table2",
        title="Table 2 of Stanczuk et al. 2024, and here",
        places=places,
        dimensions={**dimensions_of(SUITE, _KNOWN), REAL: None},
        inferred={
            (row, column): (manifold, estimator)
            for row, manifold in INFERRED.items()
            for column, estimator in BASELINES.items()
            if material.preset in INFERRED_PRESETS
        },
        added=(UNTRAINED,),
        remarks=(INFERRED_REMARK, UNTRAINED_REMARK),
    )


_BASELINES = tuple(BASELINES.values())

TABLE_2 = Item(
    name="table2",
    title="Table 2, with our numbers",
    caption=(
        "Estimated dimension of manifolds of known dimension, and of MNIST: the published "
        "number, and ours; of baselines on images ours a second time."
    ),
    kind="table",
    make=table,
    cells=(
        Cells(tuple(manifold for manifold in _KNOWN.values() if manifold != LONG), ("score-svd",)),
        Cells((LONG,), ("score-svd",), presets=("full",)),
        Cells(tuple(_KNOWN.values()), (*_BASELINES, UNTRAINED)),
        Cells(tuple(INFERRED.values()), _BASELINES, presets=INFERRED_PRESETS),
        Cells(("mnist",), _BASELINES, suite="torchvision", optional=True),
        Cells(("mnist",), ("score-svd",), suite="torchvision", optional=True, presets=("full",)),
    ),
)
