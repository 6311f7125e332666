"""Tables of numbers in .csv and .parquet files."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from manifolds.base import Array

#: What may stand between the numbers of a line; the most frequent one is taken.
DELIMITERS = (",", ";", "\t")


def read_table(path: Path) -> tuple[Array, tuple[int, ...]]:
    """Points (n, D) of a table, and the shape of one.

    A CSV may have a line of names or none, commas, semicolons or tabs between numbers, and decimal
    commas where these are not between numbers. Raises ValueError, which names what is wrong.
    """
    frame = _parquet(path) if path.suffix.lower() == ".parquet" else _csv(path)
    texts = [str(name) for name, column in frame.items() if column.dtype.kind not in "buif"]
    if texts:
        raise ValueError(
            f"{path}: every column must hold numbers, but {', '.join(map(repr, texts[:5]))} "
            f"{'does' if len(texts) == 1 else 'do'} not; leave out what is no coordinate"
        )
    points = frame.to_numpy(dtype=np.float64)
    first = str(frame.columns[0]) if frame.shape[1] else ""
    if (first.startswith(("Unnamed", "__index")) or first in {"", "index"}) and counts(
        points[:, 0]
    ):
        raise ValueError(
            f"{path}: the first column counts the rows, and is no coordinate; leave it out "
            "(with pandas, to_csv(..., index=False))"
        )
    return points, (frame.shape[1],)


def counts(column: Array) -> bool:
    """Whether a column counts its rows, from any number."""
    return len(column) > 2 and bool((np.diff(column) == 1).all())


def _parquet(path: Path) -> Any:
    import pandas as pd
    import pyarrow

    try:
        return pd.read_parquet(path)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None


def _csv(path: Path) -> Any:
    import pandas as pd

    try:
        with path.open(encoding="utf-8-sig") as file:
            first, second = file.readline(), file.readline()
        delimiter = max(DELIMITERS, key=first.count)
        decimal = "," if delimiter != "," and re.search(r"\d,\d", first + second) else "."
        with warnings.catch_warnings():
            # Lines of more numbers than there are names would lose some.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(
                path,
                sep=delimiter,
                decimal=decimal,
                header=0 if _names(first, delimiter, decimal) else None,
                index_col=False,
                encoding="utf-8-sig",
            )
    except (OSError, UnicodeError, ValueError, pd.errors.ParserWarning) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None


def _names(line: str, delimiter: str, decimal: str) -> bool:
    """Whether a first line names columns: it has what is no number, or counts them."""
    try:
        fields = [float(field.replace(decimal, ".")) for field in line.strip().split(delimiter)]
    except ValueError:
        return True
    return fields[:1] in ([0.0], [1.0]) and counts(np.array(fields))
