"""Tables of numbers in text files (.csv, .tsv, .txt, .dat) and .parquet files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from manifolds.base import Array
from manifolds.datasets.columns import numbers_rows, select_columns
from manifolds.datasets.errors import check_memory
from manifolds.datasets.first_line import MISSING
from manifolds.datasets.text_file import COMPRESSED, read_text

#: Endings of text files; these may be compressed.
TEXTS = (".csv", ".tsv", ".txt", ".dat")
PARQUET = ".parquet"
#: Names of columns that have none of their own.
_UNNAMED = re.compile(r"(Unnamed: \d.*|__index.*)?$")


def file_ending(path: Path) -> str:
    """Return the ending of a file's name in lower case: ".csv" for "a.csv.gz"."""
    inner = Path(path.stem) if path.suffix.lower() in COMPRESSED else path
    kind = inner.suffix.lower()
    return kind if inner is path or kind in TEXTS else path.suffix.lower()


def read_table(
    path: Path,
    header: bool | None = None,
    columns: Sequence[str] = (),
    drop: Sequence[str] = (),
) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """Return points (n, D) of a table, the names of its columns, if it has any, and notes.

    A text may have commas, semicolons, tabs or white space between numbers, decimal commas where
    these are not between numbers, comments after "#", and a line of names or none: ``header`` says
    which, or None to decide by the line. ``columns`` and ``drop`` select columns (see
    ``columns.select_columns``). Without ``columns``, first columns that have no name and hold
    integers or names of the rows, as an index of pandas does, are left out. Notes say this, and
    which columns without a name are read. Raises ValueError, which names the file, what is wrong
    and where.
    """
    notes: tuple[str, ...] = ()
    if file_ending(path) == PARQUET:
        frame, named = _parquet(path), True
    else:
        frame, named, notes = read_text(path, header)
    names = tuple(str(name).strip() if named else str(i) for i, name in enumerate(frame.columns))
    which = select_columns(names, columns, drop, str(path))
    if named:
        which, about = _drop_index(frame, names, which, read_all=not columns)
        notes += about
    frame = frame.iloc[:, which]
    _check_columns(frame, path)
    names_read = tuple(names[i] for i in which) if named or columns or drop else ()
    try:
        points = frame.to_numpy(dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    return points, names_read, notes


def _drop_index(
    frame: Any, names: Sequence[str], which: list[int], read_all: bool
) -> tuple[list[int], tuple[str, ...]]:
    """Return the columns without those of an index, and notes on columns that have no name."""
    left, notes = list(which), []
    while read_all and len(left) > 1 and left[0] == len(which) - len(left):
        if not _is_index(frame.iloc[:, left[0]], names[left[0]]):
            break
        name = names[left.pop(0)]
        notes.append(
            f"column {name!r} has no name of its own and numbers or names the rows: it was "
            f"taken for an index and left out; --columns {name!r},... makes it a coordinate"
        )
    if unnamed := [names[i] for i in left if read_all and _UNNAMED.match(names[i])]:
        some = ", ".join(map(repr, unnamed[:5])) + (", ..." if len(unnamed) > 5 else "")
        notes.append(
            f"column {some} has no name of its own and is read as a coordinate; if it is an index "
            f"of the rows, leave it out with --drop {','.join(map(repr, unnamed[:5]))}"
        )
    return left, tuple(notes)


def _is_index(column: Any, name: str) -> bool:
    """Return whether a first column is an index: without a name, with numbers of the rows.

    An index of pandas holds each number several times after a concatenation or a bootstrap.
    """
    if not (_UNNAMED.match(name) or name == "index"):
        return False
    if column.dtype.kind not in "buif":
        return _is_not_numeric(column)
    values = column.to_numpy(dtype=np.float64)
    whole = name != "index" and bool(((np.floor(values) == values) | np.isnan(values)).all())
    return whole or numbers_rows(values)


def _check_columns(frame: Any, path: Path) -> None:
    """Raise ValueError where a column holds anything but numbers."""
    texts = [column for column in frame if frame[column].dtype.kind not in "buif"]
    for name in texts:
        column = frame[name]
        written = column.astype(str).str.strip()
        wrong = written.str.lower().isin(MISSING)
        others = column[~wrong]
        if wrong.any() and len(others) and not _is_not_numeric(others):
            row = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                f"{path}: {int(wrong.sum())} values of column {str(name)!r} are missing "
                f"({column.iloc[row]!r}), the first in row {row} (from 0); fill them in or leave "
                "the rows out"
            )
        commas = written[written.str.fullmatch(r"[+-]?\d+(,\d+)+(\.\d*)?")]
        if len(commas):
            raise ValueError(
                f"{path}: column {str(name)!r} has numbers with commas ({commas.iloc[0]!r}), "
                "which may be decimals or thousands: write them with decimal points and nothing "
                "else, or put semicolons between columns for decimal commas"
            )
    if texts:
        some = ", ".join(repr(str(name)) for name in texts[:5])
        raise ValueError(
            f"{path}: every column must hold numbers, but {some} "
            f"{'does' if len(texts) == 1 else 'do'} not; leave out what is no coordinate "
            f"(--drop {','.join(map(str, texts))[:200]})"
        )


def _is_not_numeric(column: Any) -> bool:
    try:
        column.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        return True
    return False


def _parquet(path: Path) -> Any:
    import pandas as pd
    import pyarrow
    import pyarrow.parquet

    try:
        # Arrow takes no path whose name is not valid UTF-8, but any open file.
        with open(path, "rb") as file:
            facts = pyarrow.parquet.read_metadata(file)
            size = 16 * facts.num_rows * facts.num_columns
            check_memory(size, f"{facts.num_rows} rows of {facts.num_columns} columns")
            file.seek(0)
            return pd.read_parquet(file)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
