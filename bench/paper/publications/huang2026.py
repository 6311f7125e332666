"""Huang, Chen & Chung 2026: baselines on the 24 benchmark manifolds of scikit-dimension."""

from __future__ import annotations

from bench import suite
from bench.paper.comparison import Comparison, compare, dimensions_of
from bench.paper.publication import Cells, Item, Material, Publication

SUITE = "classical"
#: Column of Table S2 -> estimator of the suite.
COLUMNS = {
    "CorrInt": "corrint",
    "DANCo (MiND-Full)": "danco",
    "ESS": "ess",
    "FisherS": "fishers",
    "MADA": "mada",
    "MLE": "mle-20",
    "MiND_ML": "mind-ml-10",
    "TLE": "tle",
    "TwoNN": "twonn",
    "lPCA": "lpca-global",
}


def table(material: Material) -> Comparison:
    """Table S2 beside our numbers; its rows are the manifolds of the suite."""
    rows = tuple(suite.load(SUITE).manifolds)
    return compare(
        material,
        "Table S2",
        name="table-s2",
        title="Table S2 of Huang, Chen & Chung 2026, and here",
        places={(row, column): (row, label) for row in rows for column, label in COLUMNS.items()},
        dimensions=dimensions_of(SUITE, {row: row for row in rows}),
    )


PUBLICATION = Publication(
    name="huang2026",
    title=(
        "Interpretable intrinsic dimension estimation through componentwise calibration of "
        "distance and angle"
    ),
    source="Huang, Chen & Chung 2026",
    suite=SUITE,
    items=(
        Item(
            name="table-s2",
            title="Table S2, with our numbers",
            caption=(
                "Mean estimates of ten estimators on the 24 benchmark manifolds of "
                "scikit-dimension. In each cell: the true dimension, the published mean of 20 "
                "samples, and ours."
            ),
            kind="table",
            make=table,
            cells=(Cells(("*",), tuple(COLUMNS.values())),),
        ),
    ),
)
