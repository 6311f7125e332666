"""Which columns of a table are coordinates: those that a user names, by names or numbers."""

from __future__ import annotations

import csv
import fnmatch
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
    both ends included; a name comes before a number. No ``columns`` are all. Raises ValueError for
    what is not there, with the nearest name, and where nothing is left.
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
    return {number for one in wanted for number in _meant(names, one, where)}


def _meant(names: Sequence[str], one: str, where: str) -> Sequence[int]:
    """Return the numbers of the columns that a name, glob, number or range means."""
    number = _number(names, one)
    if number is not None:
        return [number]
    for dash in (match.start() for match in re.finditer("-", one)):
        first, last = (_number(names, end.strip()) for end in (one[:dash], one[dash + 1 :]))
        if first is not None and last is not None and first <= last:
            return range(first, last + 1)
    if matching := [i for i, name in enumerate(names) if fnmatch.fnmatchcase(name, one)]:
        return matching
    raise ValueError(
        f"{where} has no column {one!r}; {nearest(one, names)}it has {_listed(names)} "
        f"(or their numbers, 0 to {len(names) - 1}, ranges such as 0-4, and globs)"
    )


def _number(names: Sequence[str], one: str) -> int | None:
    if one in names:
        return list(names).index(one)
    return int(one) if one.isascii() and one.isdigit() and int(one) < len(names) else None


def _listed(names: Sequence[str]) -> str:
    more = f", ... ({len(names)} columns)" if len(names) > LISTED else ""
    return ", ".join(map(repr, names[:LISTED])) + more
