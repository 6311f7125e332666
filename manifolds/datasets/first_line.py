"""Detection of a header in the first line of a text file, where that line holds numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from manifolds.base import Array
from manifolds.datasets.columns import number_of

#: Texts for a missing number, in lower case.
MISSING = frozenset("? - . * na n/a nan null none missing inf +inf -inf".split())
#: Columns from which a sorted first line is a header, where other rows are not sorted:
#: by chance one row of six numbers in 360 is.
IN_ORDER = 6
#: Columns from which a sorted one of few digits is a header: a position in space has three.
BRIEF = 4
#: Share of the other rows that may be like the first line, if that is a header; and if that
#: may be one.
ALIKE, RARE = 0.01, 0.1
_WHOLE = re.compile(r"[+-]?\d+")


def is_header(written: Sequence[str], rest: Any, lengths: Array) -> tuple[bool, str]:
    """Return whether the numbers of a first line name the columns of the rows below.

    ``written`` are the numbers (D,) with decimal points, ``rest`` is a data frame of the rows
    below, ``lengths`` are the mean lengths of a field in the first line and the next ones. Numbers
    are names (wavelengths, years, quantiles) if they are sorted, and the distribution of the
    rows below is another one: few of these are sorted, or in even steps, or integers; or the
    first line is beyond their range, or (of more columns than a place has) of far fewer digits.
    Those of pandas (0, 1, ...) are names over rows that are no integers. Also returns a
    message that says what the line was taken for, "" where it is like the others.
    """
    some = ", ".join(written[:3]) + (", ..." if len(written) > 3 else "")
    as_names = (
        f"the first line ({some}) is in order, unlike the rows below, and was taken for names "
        "of columns; --no-header makes it a point"
    )
    as_point = (
        f"the first line ({some}) may be names of columns, but was taken for a point; --header "
        "makes it names"
    )
    first = np.array(written, dtype=np.float64)
    brief = len(lengths) > 1 and bool(lengths[0] <= 0.5 * lengths[1:].min())
    shorter = len(lengths) > 1 and bool(lengths[0] < np.quantile(lengths[1:], RARE / 2))
    if rest.shape[1] != len(first):
        return False, ""
    if any(_is_text(rest.iloc[:, i]) for i in range(len(first))):
        return True, as_names.replace("is in order, unlike the rows below,", "stands over words")
    values = rest.select_dtypes("number").to_numpy(dtype=np.float64)
    columns = len(first)
    if values.shape[1] != columns or not np.isfinite(values).any(axis=0).all():
        return False, ""
    integers = all(map(_WHOLE.fullmatch, written))
    whole = float((np.floor(values) == values).all(axis=1).mean())
    from_start = first[0] in (0.0, 1.0) and bool((np.diff(first) == 1).all())
    counted = from_start and (first[0] == 0 or columns > 2)
    if counted and integers and whole <= RARE:
        return True, as_names.replace("is in order", "counts the columns")
    whole_alone = whole <= ALIKE and bool((first % 1 == 0).all())
    if columns == 1:
        return False, as_point if brief or (integers and whole_alone) else ""
    ordered, even = _order(np.vstack([first, values]))
    in_order = float(ordered[1:].mean())
    outside = (first < np.nanmin(values, axis=0)) | (first > np.nanmax(values, axis=0))
    distinctive = columns >= IN_ORDER and in_order <= ALIKE
    beyond = bool(outside.mean() > 0.5)
    stepped = bool(even[0] > even[1:].mean() + 1 - ALIKE)
    combinations = whole > RARE and in_order > 0.5
    if columns == 2:
        named = bool(ordered[0] and outside.all() and whole_alone)
    elif counted and whole > RARE:
        # Lattices, combinations and permutations begin like that.
        named = beyond or (distinctive and not _permuted(first, values))
    else:
        unlike = distinctive or (stepped and not combinations) or whole_alone or beyond
        named = bool(ordered[0] and (unlike or (brief and columns >= BRIEF)))
    if named:
        return True, as_names
    few = BRIEF <= columns < IN_ORDER and in_order <= RARE
    rare = brief or few or (shorter and columns > 2) or (stepped and combinations)
    undecided = (integers and (counted or whole_alone)) or (ordered[0] and rare)
    return False, as_point if undecided else ""


def is_header_with_words(
    fields: Sequence[str], below: Sequence[Sequence[str]], lengths: Array
) -> tuple[bool, str]:
    """Return whether a first line of which some ``fields`` are no numbers is a header.

    ``below`` are the fields of the next lines. The line is a point if most fields are numbers, or
    most of its words are also found below, and its words lie over words, or stand for a missing
    number; but not where its numbers are names (see ``is_header``). Empty fields at its beginning
    over words or integers are those of an index. Also returns a message, as ``is_header``.
    """
    import pandas as pd

    numbers = [i for i, field in enumerate(fields) if number_of(field) is not None]
    words = [i for i in range(len(fields)) if i not in numbers]
    if not numbers:
        return not all(field and is_missing(field) for field in fields), ""
    rows = [row for row in below if len(row) == len(fields)]
    columns = {i: [row[i] for row in rows] for i in words}
    repeated = [i for i in words if fields[i] in columns[i]]
    most = 2 * len(numbers) > len(fields)
    some = ", ".join(fields[:3]) + (", ..." if len(fields) > 3 else "")
    if not all(_may_be_point(fields[i], columns[i], i == words.index(i)) for i in words):
        note = (
            f"the first line ({some}) was taken for names of columns; --no-header makes it a point"
        )
        return True, note if most and any(fields[i] for i in words) else ""
    if not most and 2 * len(repeated) <= len(words):
        return True, ""
    if any(not is_missing(fields[i]) for i in repeated):
        return False, ""
    table = pd.DataFrame([[row[i] for i in numbers] for row in rows])
    named, note = is_header(
        [fields[i] for i in numbers], table.apply(pd.to_numeric, errors="coerce"), lengths
    )
    if not note and not all(is_missing(fields[i]) for i in words):
        note = (
            f"the first line ({some}) may be names of columns, but was taken for a point; --header "
            "makes it names"
        )
    return named, note


def _may_be_point(field: str, column: Sequence[str], leading: bool) -> bool:
    """Return whether a field that is no number may belong to a point, as those below it.

    ``leading`` says that there is no number before it.
    """
    words = 2 * sum(map(_is_word, column)) > len(column)
    if not field and leading:
        return not words and not all(_WHOLE.fullmatch(value) for value in column)
    return words or is_missing(field)


def is_missing(field: str) -> bool:
    """Return whether a field stands for a missing number."""
    return not field or field.lower() in MISSING


def _is_word(value: Any) -> bool:
    """Return whether a field is neither a number nor stands for a missing one."""
    return isinstance(value, str) and number_of(value) is None and not is_missing(value.strip())


def _is_text(column: Any) -> bool:
    return column.dtype.kind not in "buif" and bool(column.map(_is_word).mean() > 0.5)


def _permuted(first: Array, values: Array) -> bool:
    """Return whether rows (n, D) hold the numbers of the first line in other orders."""
    same = (np.sort(values, axis=1) == np.sort(first)).all(axis=1)
    return bool(same.mean() > ALIKE)


def _order(rows: Array) -> tuple[Array, Array]:
    """Return which rows (n, D) are sorted, up or down (1.0 or 0.0), and which in even steps."""
    with np.errstate(invalid="ignore"):  # of infinite numbers
        steps = np.diff(rows, axis=1)
        uneven = np.abs(steps - steps[:, :1]).max(axis=1)
    ordered = (steps > 0).all(axis=1) | (steps < 0).all(axis=1)
    even = ordered & (uneven <= 1e-6 * np.abs(rows).max(axis=1))
    return np.asarray(ordered, dtype=np.float64), np.asarray(even, dtype=np.float64)
