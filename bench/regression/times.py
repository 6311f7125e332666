"""Comparison of times with a baseline: those of an estimator's fits over all its manifolds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from bench.format import percent_difference
from bench.regression import permutation_test
from bench.regression.baseline import Baseline, CellBaseline
from bench.regression.findings import Finding, Kind
from estimators.points import Array

#: How many times as long as before a fit may take without an alarm.
SLOWER = 1.25
#: Fits that take less, in units of the calibration kernel, are too short to be timed well.
SHORT = 0.1
_DIRECTIONS: tuple[tuple[Kind, float], ...] = (("slower", 1.0), ("faster", -1.0))

Pair = tuple[CellBaseline, CellBaseline]


def untimed_reason(
    baseline: Baseline, current: Baseline, pairs: Sequence[Pair], level: float
) -> str:
    """Return why times of fits cannot be compared; "" where they can."""
    if baseline.jobs != current.jobs:
        return f"{baseline.jobs} cells at a time in the baseline, {current.jobs} now"
    old, new = (one.environment.get("device") for one in (baseline, current))
    if old != new:
        return f"on {old} in the baseline, on {new} now"
    least = min(
        (permutation_test.min_p(_count(was), _count(now)) for was, now in pairs), default=0.0
    )
    if least > level:
        return f"so few seeds cannot show anything at p ≤ {level:.1e}"
    return ""


def _count(cell: CellBaseline) -> int:
    return sum(time is not None for time in cell.all_times)


def has_other_training(pairs: Sequence[Pair]) -> bool:
    """Return whether a shared model was trained by an estimator's fits in only one of the runs."""
    return any(was.trains != now.trains for was, now in pairs if now.failed < now.fits)


def compare_times(
    name: str, pairs: Sequence[Pair], *, slower: float, level: float
) -> list[Finding] | None:
    """Return the findings that an estimator's fits take longer, or shorter, on all manifolds.

    None where its fits are too short, or none has a time.
    """
    times = _log_times(pairs)
    return None if times is None else list(_changes(name, *times, slower, level))


def _changes(
    name: str, old: list[Array], new: list[Array], slower: float, level: float
) -> Iterator[Finding]:
    """Yield a change of times; ``old`` and ``new`` are logarithms, those of a manifold each.

    What else a machine does only ever adds to a time, so that the least over manifolds is the one
    to hold against the margin; and only where the longest has become shorter, all have.
    """
    margin = math.log(slower)
    for kind, sign in _DIRECTIONS:
        before, after = (sign * np.nanmin(sign * _table(rows), axis=0) for rows in (old, new))
        p = permutation_test.p_value(sign * before, sign * after - margin)
        if p <= level:
            gap = float(after.mean() - before.mean())
            spread = float(before.std(ddof=1)) * math.sqrt(1 / len(before) + 1 / len(after))
            yield Finding(
                kind,
                "",
                name,
                float(np.exp(before.mean())),
                float(np.exp(after.mean())),
                abs(gap) / spread if spread > 0 else math.nan,
                p,
                f"takes {percent_difference(abs(math.expm1(gap)))} "
                f"{'more' if gap > 0 else 'less'} time",
            )


def _log_times(pairs: Sequence[Pair]) -> tuple[list[Array], list[Array]] | None:
    """Return logarithms of times, old and new, on each manifold at the mean level of all.

    None where its fits are too short, or no fit has a time.
    """
    old_rows, new_rows, levels = [], [], []
    for was, now in pairs:
        before, after = (
            np.log(np.array([time or np.nan for time in cell.all_times])) for cell in (was, now)
        )
        if np.isnan(before).all() or np.isnan(after).all():
            continue
        # The level of a manifold is that of its less disturbed fits.
        level = float(np.nanquantile(before, 0.25))
        levels.append(level)
        old_rows.append(before - level)
        new_rows.append(after - level)
    if not levels or max(levels) < math.log(SHORT):
        return None
    mean = float(np.mean(levels))
    return [row + mean for row in old_rows], [row + mean for row in new_rows]


def _table(rows: list[Array]) -> Array:
    """Return rows of manifolds as an array of those fits that any of them has."""
    fits = min(len(row) for row in rows)
    table = np.array([row[:fits] for row in rows])
    return table[:, ~np.isnan(table).all(axis=0)]
