"""Columns of a table that are coordinates: those that a user selects, and those that look like it.

Columns of whole numbers may be row numbers, identifiers or labels of classes.
"""

from __future__ import annotations

import csv
import fnmatch
import math
import re
from collections.abc import Sequence

import numpy as np

from manifolds.base import Array
from manifolds.registry import nearest

#: Names that a message lists at most.
MAX_NAMES = 20

#: Logarithm of the probability of no duplicates below which a column of integers is an identifier.
LOG_CHANCE = -10.0
#: Most values of a label, and least mean number of rows for each.
MOST_CLASSES, ROWS_OF_CLASS = 100, 5
#: Ratio of values of other columns to those of a label, where all are integers.
MORE_VALUES = 5
#: Names of labels, for columns of few integers.
LABELS = re.compile(
    r"^(y|labels?|class(es)?|targets?|categor(y|ies)|clusters?|groups?|species|batch|fold|split|"
    r"digit)$|(_|\b)(label|class|target|cluster|category|id)$",
    re.IGNORECASE,
)
#: Names of identifiers, for any column.
IDENTIFIERS = re.compile(r"(?i:(^|[\W_])id$|^index$)|[a-z]I[dD]$")
_MAX_ROWS = 5000


def select_columns(
    names: Sequence[str], columns: Sequence[str], drop: Sequence[str], where: str
) -> list[int]:
    """Return the numbers of the selected columns, ascending, of those with ``names``.

    ``columns`` and ``drop`` are names, globs, numbers from 0, or ranges A-B of names or numbers,
    both ends included; a name comes before a number. Names that are numbers go by their values
    (400 is 400.0), ranges of them are intervals, and where at least half of the names are numbers,
    a number never means a position. No ``columns`` are all. Raises ValueError for a name that is
    not there, with the nearest one, and where nothing is left.
    """
    selection = _select(names, columns, where) if columns else set(range(len(names)))
    left = sorted(selection - _select(names, drop, where))
    if not left:
        raise ValueError(f"{where}: no column is left: {_format_names(names)} were there")
    return left


def split_names(values: Sequence[str]) -> tuple[str, ...]:
    """Split options at commas outside double quotes."""
    return tuple(
        part.strip() for line in csv.reader(values, skipinitialspace=True) for part in line if part
    )


def _select(names: Sequence[str], selection: Sequence[str], where: str) -> set[int]:
    values = [number_of(name.replace(",", ".")) for name in names]  # decimal commas
    return {number for one in selection for number in _match(names, values, one, where)}


def _match(
    names: Sequence[str], values: Sequence[float | None], one: str, where: str
) -> Sequence[int]:
    """Return the numbers of the columns that match a name, glob, number or range."""
    by_value = 2 * sum(value is not None for value in values) >= len(values)
    if exact := _find_name(names, values, one) or _find_position(names, one, by_value):
        return exact
    for dash in (match.start() for match in re.finditer("-", one)):
        ends = one[:dash].strip(), one[dash + 1 :].strip()
        if between := _match_range(names, values, ends, by_value):
            return between
    if matching := [i for i, name in enumerate(names) if fnmatch.fnmatchcase(name, one)]:
        return matching
    how = (
        "names that are numbers are meant by their values, not by positions; ranges and globs"
        if by_value
        else f"or their numbers, 0 to {len(names) - 1}, ranges such as 0-4, and globs"
    )
    raise ValueError(
        f"{where} has no column {one!r}; {nearest(one, names)}it has {_format_names(names)} ({how})"
    )


def number_of(text: str) -> float | None:
    """Return a text as a finite number; None where it is none."""
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _find_name(names: Sequence[str], values: Sequence[float | None], one: str) -> list[int]:
    """Return the column of this name, or else those whose names have its value."""
    if one in names:
        return [list(names).index(one)]
    value = number_of(one)
    return [i for i, other in enumerate(values) if value is not None and other == value]


def _find_position(names: Sequence[str], one: str, by_value: bool) -> list[int]:
    place = int(one) if one.isascii() and one.isdigit() else len(names)
    return [place] if place < len(names) and not by_value else []


def _match_range(
    names: Sequence[str],
    values: Sequence[float | None],
    ends: tuple[str, str],
    by_value: bool,
) -> list[int]:
    """Return the columns from one end to the other: two values, names or positions."""
    limits = [value for end in ends if (value := number_of(end)) is not None]
    both = [_find_name(names, values, end) for end in ends]
    if len(limits) < 2:
        return list(range(both[0][0], both[1][-1] + 1)) if all(both) else []
    places = [_find_position(names, end, by_value) for end in ends]
    if all(places) and not any(both):
        return list(range(places[0][0], places[1][0] + 1))
    low, high = sorted(limits)
    return [i for i, value in enumerate(values) if value is not None and low <= value <= high]


def _format_names(names: Sequence[str]) -> str:
    more = f", ... ({len(names)} columns)" if len(names) > MAX_NAMES else ""
    return ", ".join(map(repr, names[:MAX_NAMES])) + more


def is_counter(column: Array) -> bool:
    """Return whether a column counts its rows, from any number on."""
    return len(column) > 2 and bool((np.diff(column) == 1).all())


def numbers_rows(column: Array) -> bool:
    """Return whether a column (n,) numbers its rows: in even steps, or by whole numbers.

    So many draws from a range of integers would have duplicates, but for a small probability
    (that of no common birthday): a column without any numbers its rows.
    """
    n = len(column)
    if n < 3:
        return False
    steps = np.diff(column)
    if np.ptp(steps) <= 1e-9 * np.abs(column).max():
        return bool(abs(steps[0]) > 1e-6 * np.abs(column).max() / n)
    whole = bool((column % 1 == 0).all())
    span = float(np.ptp(column)) + 1
    return whole and n * (n - 1) / (2 * span) > -LOG_CHANCE and len(np.unique(column)) == n


def identifiers(points: Array) -> list[int]:
    """Return the columns of points (n, D) that number the rows, unlike most others."""
    columns = [i for i in range(points.shape[1]) if numbers_rows(points[:, i])]
    return columns if len(columns) <= points.shape[1] / 2 or points.shape[1] == 1 else []


def labels(points: Array, names: Sequence[str] = ()) -> list[int]:
    """Return the columns of points (n, D) that look like labels of classes.

    They hold few integers, each of them often, and have the name of a label, or most other
    columns hold numbers that are no integers, or the others have far more values than these,
    which are all integers of their range.
    """
    some = points[:: -(-len(points) // _MAX_ROWS)]
    if some.shape[1] < 2:
        return []
    whole = (some % 1 == 0).all(axis=0)
    values = 1 + np.count_nonzero(np.diff(np.sort(some, axis=0), axis=0), axis=0)
    usual = float(np.median(values))
    columns = []
    for i in map(int, np.flatnonzero(whole)):
        column, count = some[:, i], int(values[i])
        if not 2 <= count <= min(MOST_CLASSES, len(some) / ROWS_OF_CLASS):
            continue
        named = bool(names and LABELS.search(names[i]))
        apart = whole.mean() <= 0.5 and np.median(values[~whole]) > count
        if named or apart or (usual > MORE_VALUES * count and _covers_range(column, count)):
            columns.append(i)
    return columns


def no_coordinates(points: Array, names: Sequence[str] = ()) -> list[str]:
    """Return messages on columns that number the rows, are named so, or are labels."""
    messages = []
    numbering = identifiers(points)
    for column in numbering:
        name = f" ({names[column]!r})" if names else ""
        does = "counts the rows" if is_counter(points[:, column]) else "numbers the rows"
        if (points[:, column] % 1 != 0).any():
            does = "goes in even steps, as numbers of rows or times do"
        messages.append(
            f"column {column}{name} (from 0) {does}: is it a coordinate? If not, leave it out with "
            f"--drop {names[column] if names else column}"
        )
    classes = labels(points, names)
    for column, name in enumerate(names):
        if IDENTIFIERS.search(name) and column not in (*numbering, *classes):
            messages.append(
                f"column {column} ({name!r}) (from 0) has the name of an identifier or an index: "
                f"is it a coordinate? If not, leave it out with --drop {name}"
            )
    if classes:
        some = [repr(names[c]) if names else f"{c} (from 0)" for c in classes[:5]]
        which = ", ".join(some) + (", ..." if len(classes) > 5 else "")
        values = max(len(np.unique(points[:, c])) for c in classes)
        what, take = ("column", "takes") if len(classes) == 1 else ("columns", "take")
        messages.append(
            f"{what} {which} {take} few whole numbers (at most {values}), unlike other columns: "
            "labels of classes, or coordinates? Leave labels out with --drop "
            f"{','.join(names[c] if names else str(c) for c in classes[:5])}"
        )
    return messages


def _covers_range(column: Array, count: int) -> bool:
    """Return whether values are all integers of their range, each of them often."""
    often = np.unique(column, return_counts=True)[1]
    return bool(np.ptp(column) + 1 == count and often.min() >= 0.1 * often.mean())


def matrix_of_pairs(points: Array) -> str:
    """Return a message if points (n, D) look like a matrix of pairs of points, else ""."""
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
