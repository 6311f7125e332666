"""Which columns of a table are coordinates: those that a user names, by names or numbers."""

from __future__ import annotations

import csv
import fnmatch
import math
import re
from collections.abc import Sequence

from manifolds.registry import nearest

#: Names that a message lists at most.
LISTED = 20


def chosen(
    names: Sequence[str], columns: Sequence[str], drop: Sequence[str], where: str
) -> list[int]:
    """Return the numbers of the columns to read, ascending, of those with ``names``.

    ``columns`` and ``drop`` are names, globs, numbers from 0, or ranges A-B of names or numbers,
    both ends included; a name comes before a number. Names that are numbers go by their values
    (400 is 400.0), ranges of them are intervals, and where at least half of the names are numbers,
    a number never means a position. No ``columns`` are all. Raises ValueError for what is not
    there, with the nearest name, and where nothing is left.
    """
    wanted = _numbers(names, columns, where) if columns else set(range(len(names)))
    left = sorted(wanted - _numbers(names, drop, where))
    if not left:
        raise ValueError(f"{where}: no column is left: {_listed(names)} were there")
    return left


def parts(values: Sequence[str]) -> tuple[str, ...]:
    """Split options at commas, but for those within double quotes."""
    return tuple(
        part.strip() for line in csv.reader(values, skipinitialspace=True) for part in line if part
    )


def _numbers(names: Sequence[str], wanted: Sequence[str], where: str) -> set[int]:
    values = [number_of(name.replace(",", ".")) for name in names]  # decimal commas
    return {number for one in wanted for number in _meant(names, values, one, where)}


def _meant(
    names: Sequence[str], values: Sequence[float | None], one: str, where: str
) -> Sequence[int]:
    """Return the numbers of the columns that a name, glob, number or range means."""
    by_value = 2 * sum(value is not None for value in values) >= len(values)
    if found := _named(names, values, one) or _position(names, one, by_value):
        return found
    for dash in (match.start() for match in re.finditer("-", one)):
        ends = one[:dash].strip(), one[dash + 1 :].strip()
        if found := _between(names, values, ends, by_value):
            return found
    if matching := [i for i, name in enumerate(names) if fnmatch.fnmatchcase(name, one)]:
        return matching
    how = (
        "names that are numbers are meant by their values, not by positions; ranges and globs"
        if by_value
        else f"or their numbers, 0 to {len(names) - 1}, ranges such as 0-4, and globs"
    )
    raise ValueError(
        f"{where} has no column {one!r}; {nearest(one, names)}it has {_listed(names)} ({how})"
    )


def number_of(text: str) -> float | None:
    """Return the finite number that a text is; None where it is none."""
    try:
        value = float(text) if "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _named(names: Sequence[str], values: Sequence[float | None], one: str) -> list[int]:
    """Return the column of this name, else those whose names have its value."""
    if one in names:
        return [list(names).index(one)]
    value = number_of(one)
    return [i for i, other in enumerate(values) if value is not None and other == value]


def _position(names: Sequence[str], one: str, by_value: bool) -> list[int]:
    place = int(one) if one.isascii() and one.isdigit() else len(names)
    return [place] if place < len(names) and not by_value else []


def _between(
    names: Sequence[str],
    values: Sequence[float | None],
    ends: tuple[str, str],
    by_value: bool,
) -> list[int]:
    """Return the columns from one end to the other: both are values, or names, or positions."""
    limits = [value for end in ends if (value := number_of(end)) is not None]
    both = [_named(names, values, end) for end in ends]
    if len(limits) < 2:
        return list(range(both[0][0], both[1][-1] + 1)) if all(both) else []
    places = [_position(names, end, by_value) for end in ends]
    if all(places) and not any(both):
        return list(range(places[0][0], places[1][0] + 1))
    low, high = sorted(limits)
    return [i for i, value in enumerate(values) if value is not None and low <= value <= high]


def _listed(names: Sequence[str]) -> str:
    more = f", ... ({len(names)} columns)" if len(names) > LISTED else ""
    return ", ".join(map(repr, names[:LISTED])) + more
