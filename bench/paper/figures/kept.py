"""Tables that are not of records: kept beside the pictures, and made anew only where they lack."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from bench.files import write_csv
from bench.paper.publication import Material


def kept_table(
    material: Material, name: str, effort: str, wanted: float, make: Callable[[], pd.DataFrame]
) -> pd.DataFrame | None:
    """The table NAME.csv in the publication's folder, else what ``make`` gives, kept there.

    The column ``effort`` says what was spent on it, such as steps; a table of less than is
    ``wanted`` is made anew. None where there is none and nothing is to be run.
    """
    path = material.folder / f"{name}.csv"
    if path.is_file():
        table = pd.read_csv(path)
        if not material.running or (table[effort] >= wanted).all():
            return table
    if not material.running:
        return None
    table = make().assign(**{effort: wanted})
    write_csv(table, path)
    return table
