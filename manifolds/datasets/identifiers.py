"""Columns of whole numbers that are no coordinates: row numbers, identifiers, labels of classes."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from manifolds.base import Array
from manifolds.datasets.first_line import counts

#: Logarithm of the probability below which it is no chance that no whole number occurs twice.
BY_CHANCE = -10.0
#: Most values of a label, and rows for each of them on average, at least.
MOST_CLASSES, ROWS_OF_CLASS = 100, 5
#: Other columns have this many times as many values, where these are whole numbers as well.
MORE_VALUES = 5
#: Names by which a column of few whole numbers is a label.
LABELS = re.compile(
    r"^(y|labels?|class(es)?|targets?|categor(y|ies)|clusters?|groups?|species|batch|fold|split|"
    r"digit)$|(_|\b)(label|class|target|cluster|category|id)$",
    re.IGNORECASE,
)
#: Names by which a column is an identifier, whatever numbers it holds.
IDENTIFIERS = re.compile(r"(?i:(^|[\W_])id$|^index$)|[a-z]I[dD]$")
_ROWS = 5000


def numbers_rows(column: Array) -> bool:
    """Return whether a column (n,) numbers its rows: in even steps, or by whole numbers.

    So many draws from a range of whole numbers would have two alike, but for a small probability
    (that of no common birthday): those of a column without any were given out.
    """
    n = len(column)
    if n < 3:
        return False
    steps = np.diff(column)
    if np.ptp(steps) <= 1e-9 * np.abs(column).max():
        return bool(abs(steps[0]) > 1e-6 * np.abs(column).max() / n)
    whole = bool((column % 1 == 0).all())
    span = float(np.ptp(column)) + 1
    return whole and n * (n - 1) / (2 * span) > -BY_CHANCE and len(np.unique(column)) == n


def identifiers(points: Array) -> list[int]:
    """Return the columns of points (n, D) that number the rows, unlike most others."""
    found = [i for i in range(points.shape[1]) if numbers_rows(points[:, i])]
    return found if len(found) <= points.shape[1] / 2 or points.shape[1] == 1 else []


def labels(points: Array, names: Sequence[str] = ()) -> list[int]:
    """Return the columns of points (n, D) that look like labels of classes.

    They hold few whole numbers, each of them often, and have the name of a label, or most other
    columns hold other numbers than whole ones, or the others have far more values than these,
    which are all from the least to the largest.
    """
    some = points[:: -(-len(points) // _ROWS)]
    if some.shape[1] < 2:
        return []
    whole = (some % 1 == 0).all(axis=0)
    values = 1 + np.count_nonzero(np.diff(np.sort(some, axis=0), axis=0), axis=0)
    usual = float(np.median(values))
    found = []
    for i in map(int, np.flatnonzero(whole)):
        column, count = some[:, i], int(values[i])
        if not 2 <= count <= min(MOST_CLASSES, len(some) / ROWS_OF_CLASS):
            continue
        named = bool(names and LABELS.search(names[i]))
        apart = whole.mean() <= 0.5 and np.median(values[~whole]) > count
        if named or apart or (usual > MORE_VALUES * count and _all_in_between(column, count)):
            found.append(i)
    return found


def no_coordinates(points: Array, names: Sequence[str] = ()) -> list[str]:
    """Return sentences on columns that number the rows, are named as if, or are labels."""
    found = []
    numbering = identifiers(points)
    for column in numbering:
        name = f" ({names[column]!r})" if names else ""
        does = "counts the rows" if counts(points[:, column]) else "numbers the rows"
        if (points[:, column] % 1 != 0).any():
            does = "goes in even steps, as numbers of rows or times do"
        found.append(
            f"column {column}{name} (from 0) {does}: is it a coordinate? If not, leave it out with "
            f"--drop {names[column] if names else column}"
        )
    classes = labels(points, names)
    for column, name in enumerate(names):
        if IDENTIFIERS.search(name) and column not in (*numbering, *classes):
            found.append(
                f"column {column} ({name!r}) (from 0) has the name of an identifier or an index: "
                f"is it a coordinate? If not, leave it out with --drop {name}"
            )
    if classes:
        some = [repr(names[c]) if names else f"{c} (from 0)" for c in classes[:5]]
        which = ", ".join(some) + (", ..." if len(classes) > 5 else "")
        values = max(len(np.unique(points[:, c])) for c in classes)
        what, take = ("column", "takes") if len(classes) == 1 else ("columns", "take")
        found.append(
            f"{what} {which} {take} few whole numbers (at most {values}), unlike other columns: "
            "labels of classes, or coordinates? Leave labels out with --drop "
            f"{','.join(names[c] if names else str(c) for c in classes[:5])}"
        )
    return found


def _all_in_between(column: Array, count: int) -> bool:
    """Return whether values are all whole numbers of their range, each of them often."""
    often = np.unique(column, return_counts=True)[1]
    return bool(np.ptp(column) + 1 == count and often.min() >= 0.1 * often.mean())


def matrix_of_pairs(points: Array) -> str:
    """Return a sentence if points (n, D) look like a matrix of pairs of points, else ""."""
    n, columns = points.shape
    if n != columns or n < 3 or not np.allclose(points, points.T, rtol=1e-6, atol=0):
        return ""
    diagonal = np.diagonal(points)
    largest = float(np.abs(points).max())
    if np.abs(diagonal).max() <= 1e-9 * largest and points.min() >= 0:
        what = "distances (square, symmetric, zeros on the diagonal)"
    elif np.ptp(diagonal) <= 1e-6 * largest and diagonal[0] >= largest * (1 - 1e-6):
        what = "similarities (square, symmetric, its largest number all along the diagonal)"
    else:
        return ""
    return (
        f"this looks like a matrix of {what}: its rows are taken for points here, which they are "
        "not; give the coordinates"
    )
