"""The dimension at each point, as a table with a column for each estimator that has it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from bench.estimation.plan import ALL
from bench.record import OK
from bench.store.arrays import load_arrays
from manifolds.datasets.reading import Found

FILE = "estimate-points.csv"


def points_table(found: Found, records: pd.DataFrame, folder: Path) -> pd.DataFrame | None:
    """Return a row for each point with what estimators read there; None where none does.

    ``row`` is the point's number in the file, from 0; images have a ``name``. Points that repeat
    others have the numbers of these; a point that an estimator did not read has none. The arrays
    of the records are read from ``folder``.
    """
    columns = {}
    whole = records[(records["manifold"] == ALL) & (records["status"] == OK)]
    for row in whole.to_dict("records"):
        try:
            arrays = load_arrays(folder, row["arrays"]) if row["arrays"] else {}
            dimension = np.asarray(arrays["dimension"], dtype=np.float64)
            query = np.asarray(arrays["query"], dtype=np.int64)
            at = np.full(len(found.distinct), np.nan)
            at[query] = np.round(dimension, 6)
        except (ValueError, KeyError, IndexError, TypeError):
            # Nothing is read at points, or what was is lost.
            continue
        columns[row["estimator"]] = at[found.place]
    if not columns:
        return None
    n = len(found.points)
    index = {"row": np.arange(n) if found.rows is None else found.rows}
    if found.names:
        index["name"] = np.array(found.names)
    return pd.DataFrame({**index, **columns})
