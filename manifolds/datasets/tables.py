"""Tables of numbers in text files (.csv, .tsv, .txt, .dat) and .parquet files."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from manifolds.base import Array
from manifolds.datasets.damage import check_memory

#: Endings of text files.
TEXTS = (".csv", ".tsv", ".txt", ".dat")
#: What may stand between the numbers of a line; the most frequent one is taken, else white space.
DELIMITERS = (",", ";", "\t")
#: What is written for a missing number.
MISSING = ("?", "-", ".", "NA", "N/A", "NaN", "nan", "null", "None", "none", "missing")
#: Columns from which a first line in order is taken for names, where other rows are not in order:
#: by chance a row of six numbers is once in 360.
IN_ORDER = 6
#: Share of the other rows that may be like the first line, if that is one of names.
ALIKE = 0.01


def read_table(
    path: Path, header: bool | None = None
) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """Return points (n, D) of a table, the names of its columns, if it has any, and notes.

    A text may have commas, semicolons, tabs or white space between numbers, decimal commas where
    these are not between numbers, comments after "#", and a line of names or none: ``header`` says
    so, or None to decide by the line. Raises ValueError, which names the file, what is wrong and
    where.
    """
    notes: tuple[str, ...] = ()
    if path.suffix.lower() == ".parquet":
        frame, named = _parquet(path), True
    else:
        frame, named, notes = _text(path, header)
    _check_columns(frame, path)
    points = frame.to_numpy(dtype=np.float64)
    names = tuple(map(str, frame.columns)) if named else ()
    first = names[0] if names else ""
    if named and (first.startswith(("Unnamed", "__index")) or first in {"", "index"}):
        if counts(points[:, 0]):
            raise ValueError(
                f"{path}: the first column counts the rows, and is no coordinate; leave it out "
                "(with pandas, to_csv(..., index=False))"
            )
    return points, names, notes


def counts(column: Array) -> bool:
    """Return whether a column counts its rows, from any number."""
    return len(column) > 2 and bool((np.diff(column) == 1).all())


def _check_columns(frame: Any, path: Path) -> None:
    """Raise ValueError where a column holds what is no number."""
    texts = [column for column in frame if frame[column].dtype.kind not in "buif"]
    for name in texts:
        column = frame[name]
        wrong = column.astype(str).str.strip().isin(MISSING)
        others = column[~wrong]
        if wrong.any() and not _no_numbers(others):
            row = int(np.flatnonzero(wrong)[0])
            raise ValueError(
                f"{path}: {int(wrong.sum())} values of column {str(name)!r} are missing "
                f"({column.iloc[row]!r}), the first in row {row} (from 0); fill them in or leave "
                "the rows out"
            )
    if texts:
        raise ValueError(
            f"{path}: every column must hold numbers, but {', '.join(map(repr, texts[:5]))} "
            f"{'does' if len(texts) == 1 else 'do'} not; leave out what is no coordinate"
        )


def _no_numbers(column: Any) -> bool:
    try:
        column.astype(np.float64)
    except (TypeError, ValueError):
        return True
    return False


def _parquet(path: Path) -> Any:
    import pandas as pd
    import pyarrow
    import pyarrow.parquet

    try:
        facts = pyarrow.parquet.read_metadata(path)
        size = 16 * facts.num_rows * facts.num_columns
        check_memory(size, f"{facts.num_rows} rows of {facts.num_columns} columns")
        return pd.read_parquet(path)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None


def _text(path: Path, header: bool | None) -> tuple[Any, bool, tuple[str, ...]]:
    """Return the table of a text file, whether its columns have names, and notes."""
    import pandas as pd

    try:
        check_memory(4 * path.stat().st_size, "the text")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        if not any(line.strip() for line in lines):
            raise ValueError("it is empty")
        comments = []
        while lines and (lines[0].startswith("#") or not lines[0].strip()):
            comments.append(lines.pop(0).lstrip("# "))
        start = "\n".join(lines[:2])
        counted = {mark: start.count(mark) for mark in DELIMITERS}
        # Decimal commas stand between digits, in every second place of lines that have others.
        if counted[";"] or counted["\t"]:
            counted[","] = 0
        delimiter = max(DELIMITERS, key=lambda mark: counted[mark])
        separator = delimiter if counted[delimiter] else r"\s+"
        decimal = "," if delimiter != "," and re.search(r"\d,\d", start) else "."
        # A separator at the end of every line separates nothing.
        if counted[delimiter] and all(line.rstrip().endswith(delimiter) for line in lines if line):
            lines = [line.rstrip()[: -len(delimiter)] for line in lines]
        names = _fields(comments[-1], separator) if comments else []
        if lines and len(names) == len(_fields(lines[0], separator)) and header is None:
            lines.insert(0, separator.join(names) if counted[delimiter] else " ".join(names))
            header = True
        with warnings.catch_warnings():
            # Lines of more numbers than there are names would lose some.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            options: dict[str, Any] = {
                "sep": separator,
                "decimal": decimal,
                "index_col": False,
                "skipinitialspace": True,
                "comment": "#",
            }
            text = "\n".join(lines)
            notes: tuple[str, ...] = ()
            named = bool(header)
            if header is None:
                below = "\n".join(lines[1:]) or lines[0]
                rest = pd.read_csv(io.StringIO(below), header=None, **options)
                named, notes = _names(lines[0], separator, decimal, rest)
            frame = pd.read_csv(io.StringIO(text), header=0 if named else None, **options)
        return frame, named, notes
    except (OSError, UnicodeError, ValueError, IndexError, pd.errors.ParserWarning) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None


def _fields(line: str, separator: str) -> list[str]:
    return [field.strip() for field in re.split(separator, line.strip())]


def _names(line: str, separator: str, decimal: str, rest: Any) -> tuple[bool, tuple[str, ...]]:
    """Return whether a first line names the columns of the ``rest``, and a note where it may not.

    It does if it has words, or counts. Numbers are names (wavelengths, years) if they are in order
    and those of other rows are not; or in order and beyond the range of the rows below.
    """
    fields = _fields(line, separator)
    try:
        first = np.array([float(field.replace(decimal, ".")) for field in fields])
    except ValueError:
        return not any(field in MISSING for field in fields), ()
    if first[0] in (0.0, 1.0) and counts(first):
        return True, ()
    values = rest.select_dtypes("number").to_numpy(dtype=np.float64)
    if values.shape[1] != len(first) or len(first) < 3 or not np.isfinite(values).any(axis=0).all():
        return False, ()
    ordered, even = _order(np.vstack([first, values]))
    outside = (first < np.nanmin(values, axis=0)) | (first > np.nanmax(values, axis=0))
    alone = len(first) >= IN_ORDER and ordered[1:].mean() <= ALIKE
    if not ordered[0] or not (
        alone or even[0] > even[1:].mean() + 1 - ALIKE or outside.mean() > 0.5
    ):
        return False, ()
    some = ", ".join(f"{value:g}" for value in first[:3])
    return True, (
        f"the first line ({some}, ...) is in order, unlike the rows below, and was taken for names "
        "of columns; --no-header makes it a point",
    )


def _order(rows: Array) -> tuple[Array, Array]:
    """Return which rows (n, D) rise or fall all along (1.0 or 0.0), and which in even steps."""
    steps = np.diff(rows, axis=1)
    ordered = (steps > 0).all(axis=1) | (steps < 0).all(axis=1)
    uneven = np.abs(steps - steps[:, :1]).max(axis=1)
    even = ordered & (uneven <= 1e-6 * np.abs(rows).max(axis=1))
    return np.asarray(ordered, dtype=np.float64), np.asarray(even, dtype=np.float64)
