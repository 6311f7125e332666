"""Whether the first line of a text file names its columns, where that line holds numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from manifolds.base import Array

#: Columns from which a first line in order is taken for names, where other rows are not in order:
#: by chance a row of six numbers is once in 360.
IN_ORDER = 6
#: Columns from which one in order of few digits is taken for names: a place has three.
BRIEF = 4
#: Share of the other rows that may be like the first line, if that is one of names.
ALIKE = 0.01


def counts(column: Array) -> bool:
    """Return whether a column counts its rows, from any number."""
    return len(column) > 2 and bool((np.diff(column) == 1).all())


def is_named(first: Array, rest: Any, brief: bool = False) -> tuple[bool, str]:
    """Return whether the numbers (D,) of a first line name the columns of the rows below.

    ``rest`` is a data frame of these. Numbers are names (wavelengths, years, quantiles) if they
    rise or fall all along, and the law of the rows below is another one: few of these are in order,
    or in even steps, or whole numbers; or the first line is beyond their range, or (of more columns
    than a place has) is ``brief``, of far fewer digits. Also returns a sentence that says so, ""
    where there is nothing to say.
    """
    if first[0] in (0.0, 1.0) and counts(first):
        return True, ""
    values = rest.select_dtypes("number").to_numpy(dtype=np.float64)
    columns = len(first)
    if values.shape[1] != columns or columns < 2 or not np.isfinite(values).any(axis=0).all():
        return False, ""
    ordered, even = _order(np.vstack([first, values]))
    outside = (first < np.nanmin(values, axis=0)) | (first > np.nanmax(values, axis=0))
    whole = (np.vstack([first, values]) % 1 == 0).all(axis=1)
    whole_alone = bool(whole[0] and whole[1:].mean() <= ALIKE)
    if columns == 2:
        named = bool(ordered[0] and outside.all() and whole_alone)
    else:
        alone = columns >= IN_ORDER and ordered[1:].mean() <= ALIKE
        stepped = even[0] > even[1:].mean() + 1 - ALIKE
        unlike = alone or stepped or whole_alone or outside.mean() > 0.5
        named = bool(ordered[0] and (unlike or (brief and columns >= BRIEF)))
    if not named:
        return False, ""
    some = ", ".join(f"{value:g}" for value in first[:3])
    return True, (
        f"the first line ({some}, ...) is in order, unlike the rows below, and was taken for names "
        "of columns; --no-header makes it a point"
    )


def _order(rows: Array) -> tuple[Array, Array]:
    """Return which rows (n, D) rise or fall all along (1.0 or 0.0), and which in even steps."""
    steps = np.diff(rows, axis=1)
    ordered = (steps > 0).all(axis=1) | (steps < 0).all(axis=1)
    uneven = np.abs(steps - steps[:, :1]).max(axis=1)
    even = ordered & (uneven <= 1e-6 * np.abs(rows).max(axis=1))
    return np.asarray(ordered, dtype=np.float64), np.asarray(even, dtype=np.float64)
