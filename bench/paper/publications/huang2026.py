"""Huang, Chen & Chung 2026: baselines on the 24 benchmark manifolds of scikit-dimension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bench.paper.comparison import compare, dimensions_of
from bench.paper.publication import Cells, Item, Material, Publication
from bench.paper.table import Comparison
from bench.suites import schema

SUITE = "classical"
TABLE, DANCO = "Table S2", "DANCo (MiND-Full)"
#: Column of Table S2 -> estimator of the suite.
COLUMNS = {
    "CorrInt": "corrint",
    DANCO: "danco",
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
    """Return Table S2 with our numbers; its rows are the manifolds of the suite."""
    title = "Table S2 of Huang, Chen & Chung 2026, and here"
    return _compared(material, COLUMNS, "table-s2", title)


def of_scikit_dimension(material: Material) -> Comparison:
    """Return the column of DANCo with scikit-dimension's class, fault included."""
    published = material.published
    return _compared(
        replace(material, published=published[published["column"] == DANCO]),
        {DANCO: "danco-skdim"},
        "table-s2-danco-skdim",
        "DANCo in Table S2 of Huang, Chen & Chung 2026, and scikit-dimension's",
    )


def _compared(material: Material, columns: Mapping[str, str], name: str, title: str) -> Comparison:
    rows = tuple(schema.load(SUITE).manifolds)
    return compare(
        material,
        TABLE,
        name=name,
        title=title,
        places={(row, column): (row, label) for row in rows for column, label in columns.items()},
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
                "scikit-dimension: the published mean of 20 samples, and ours."
            ),
            kind="table",
            make=table,
            cells=(Cells(("*",), tuple(COLUMNS.values())),),
        ),
        Item(
            name="table-s2-danco-skdim",
            title="DANCo of Table S2, with scikit-dimension's",
            caption=(
                "The column of DANCo beside the class of scikit-dimension, which turns directions "
                "of angles round (results/reported/scikit-dimension/danco.md): the published mean "
                "of 20 samples, and ours."
            ),
            kind="table",
            make=of_scikit_dimension,
            cells=(Cells(("*",), ("danco-skdim",)),),
        ),
    ),
)
