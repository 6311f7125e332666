"""A publication of one's own, written into a folder: numbers, a suite, and one small file."""

NUMBERS = """\
publication,table,row,column,metric,value,dimension,n,source,note
own2025,Table 1,plane,TwoNN,estimate,2.0,2,300,https://example.org/own2025,
own2025,Table 1,plane,PCA,estimate,2,2,300,https://example.org/own2025,
own2025,Table 1,plane,another,estimate,1.5,2,300,https://example.org/own2025,
own2025,Table 1,circle,TwoNN,estimate,1.00,1,300,https://example.org/own2025,
own2025,Table 1,circle,PCA,estimate,1,1,300,https://example.org/own2025,wrong in the publication
own2025,Table 1,circle,another,estimate,1.1,1,300,https://example.org/own2025,
"""

NOTES = """\
table,row,column,when,note
Table 1,circ*,PCA,differs,"PCA counts the plane of the circle, which has 2 directions."
"""

SUITE = """\
about = "For tests."
[manifolds.plane]
manifold = "affine-subspace"
parameters = { dimension = 2, ambient = 3 }
[manifolds.circle]
manifold = "circles"
parameters = { count = 1, ambient = 3 }
[estimators.twonn]
estimator = "twonn"
[estimators.lpca-global]
estimator = "lpca-global"
[presets.smoke]
n = 60
seeds = 2
[presets.quick]
n = 80
seeds = 1
[presets.full]
n = 100
seeds = 3
"""

FILE = """\
from pathlib import Path

from matplotlib.figure import Figure

from bench.paper.comparison import compare, dimensions_of
from bench.paper.publication import Cells, Item, Publication

HERE = Path(__file__).parent
SUITE = str(HERE / "own2025.toml")
COLUMNS = {"TwoNN": "twonn", "PCA": "lpca-global"}
ROWS = ("plane", "circle")


def table(material):
    return compare(
        material,
        "Table 1",
        name="table1",
        title="Table 1 of Own 2025",
        places={(row, column): (row, name) for row in ROWS for column, name in COLUMNS.items()},
        dimensions=dimensions_of(SUITE, {row: row for row in ROWS}),
    )


def points(material):
    if material.records.empty:
        return None
    figure = Figure(figsize=(3, 2))
    figure.subplots().plot(material.records["estimate"])
    return figure


def broken(material):
    raise RuntimeError("no ink")


PUBLICATION = Publication(
    name="own2025",
    title="A publication of one's own",
    source="https://example.org/own2025",
    suite=SUITE,
    data=HERE / "own2025.csv",
    items=(
        Item("table1", "Table 1", "What came out.", "table", table, (
            Cells(("*",), tuple(COLUMNS.values())),
            Cells(("mnist",), ("twonn",), suite="torchvision", optional=True),
        )),
        Item("points", "Estimates", "One a cell.", "figure", points,
             (Cells(("plane",), ("twonn",)),)),
        BROKEN
    ),
)
"""
BROKEN = 'Item("broken", "Broken", "Never there.", "figure", broken),'


def write_publication(folder, broken=False):
    """Write its files; return the path of the Python file, by which it is requested."""
    (folder / "notes").mkdir(parents=True)
    (folder / "own2025.csv").write_text(NUMBERS)
    (folder / "notes" / "own2025.csv").write_text(NOTES)
    (folder / "own2025.toml").write_text(SUITE)
    path = folder / "own2025.py"
    path.write_text(FILE.replace("BROKEN", BROKEN if broken else ""))
    return path
