"""A run held against a baseline, cell by cell: what moved, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from bench.check import law
from bench.check.baseline import Baseline, CellBaseline
from bench.check.findings import Finding, Kind, Outcome
from bench.check.law import Array
from bench.progress import counted

#: Relative difference at which deterministic estimates still agree: far above the rounding of
#: another machine, far below that of single precision.
TOLERANCE = 1e-9
#: How many times as long as before a fit may take without an alarm.
SLOWER = 1.25
#: Fits that take less, in units of the calibration kernel, are too short to be timed well.
SHORT = 0.1
_DIRECTIONS: tuple[tuple[Kind, float], ...] = (("slower", 1.0), ("faster", -1.0))
#: What makes a move an improvement: the error falls by this part of the dimension, on every seed.
BETTER = 0.01


def check_kin(
    baseline: Baseline,
    *,
    suite: str,
    preset: str,
    seeds: int,
    samples: dict[tuple[str, str], str],
) -> None:
    """Raise ValueError where a run cannot be compared with a baseline; needs no results.

    ``samples`` are the run's cells with what their samples are.
    """
    for what, there, here in (
        ("suite", baseline.suite, suite),
        ("preset", baseline.preset, preset),
    ):
        if there != here:
            raise ValueError(f"the baseline is of {what} {there!r}, and this run of {here!r}")
    was = baseline.by_name()
    both = [pair for pair in samples if pair in was]
    if not both:
        raise ValueError("the baseline has none of the cells of this run")
    for pair in both:
        if was[pair].sample != samples[pair]:
            raise ValueError(
                f"the baseline is of other samples of {pair[0]!r}: the manifold's parameters or "
                "version, n or the suite's seed are not those of this run; save a new one"
            )
    tests = sum(not was[pair].deterministic for pair in both)
    level = law.level(tests)
    if tests and law.least_p(baseline.seeds, seeds) > level:
        needed = law.seeds_needed(baseline.seeds, level)
        raise ValueError(
            f"{counted(seeds, 'seed')} against {baseline.seeds} of the baseline cannot show "
            f"anything at the p-value {level:.1e} that so many cells need; choose "
            + (f"at least --seeds {needed}" if needed else "a baseline of more seeds")
        )


def compare(
    baseline: Baseline,
    current: Baseline,
    *,
    tolerance: float = TOLERANCE,
    slower: float = SLOWER,
    whole: bool = True,
) -> Outcome:
    """Compare a run with a baseline of the same suite, preset and samples.

    Where the run is not of the ``whole`` suite, cells of the baseline may be missing in it.
    Raises ValueError for a foreign baseline, or where the seeds are too few to find anything.
    """
    was, now = baseline.by_name(), current.by_name()
    both = [pair for pair in now if pair in was]
    check_kin(
        baseline,
        suite=current.suite,
        preset=current.preset,
        seeds=current.seeds,
        samples={pair: now[pair].sample for pair in now},
    )
    level = law.level(sum(not was[pair].deterministic for pair in both))
    names = list(dict.fromkeys(estimator for _, estimator in both))
    time_level = law.level(len(names))
    findings: list[Finding] = []
    same = 0
    for pair in both:
        found = _moved(was[pair], now[pair], tolerance, level)
        same += found is None
        findings += [] if found is None else [found]
    untimed = _untimed(baseline, current, time_level)
    timed = []
    for name in [] if untimed else names:
        mine = [(was[pair], now[pair]) for pair in both if pair[1] == name]
        times = _log_times(mine)
        if times is not None:
            timed.append(name)
            findings += _times(name, *times, slower, time_level)
    findings += [
        Finding("new", *pair, now=now[pair].mean, why="not in the baseline")
        for pair in now
        if pair not in was
    ]
    if whole:
        findings += [
            Finding("gone", *pair, was=was[pair].mean, why="only in the baseline")
            for pair in was
            if pair not in now
        ]
    return Outcome(findings, both, timed, same, level, time_level, baseline, current, untimed)


def _untimed(baseline: Baseline, current: Baseline, level: float) -> str:
    """Why times of fits cannot be compared; "" where they can."""
    if baseline.jobs != current.jobs:
        return f"{baseline.jobs} cells at a time in the baseline, {current.jobs} now"
    old, new = (one.environment.get("device") for one in (baseline, current))
    if old != new:
        return f"on {old} in the baseline, on {new} now"
    if law.least_p(baseline.seeds, current.seeds) > level:
        return f"{counted(current.seeds, 'seed')} cannot show anything at p ≤ {level:.1e}"
    return ""


def _moved(was: CellBaseline, now: CellBaseline, tolerance: float, level: float) -> Finding | None:
    """What happened to the estimates of a cell; the worst comes first."""
    change = _status_change(was, now)
    if change is not None and change.alarm:
        return change
    return _estimate_change(was, now, tolerance, level) or change


def _status_change(was: CellBaseline, now: CellBaseline) -> Finding | None:
    """Seeds that fail and did not, that fail no more, or still."""
    pairs = list(zip(was.statuses, now.statuses, strict=False))
    worse = [new for old, new in pairs if old == "ok" != new]
    better = [old for old, new in pairs if new == "ok" != old]
    still = [new for old, new in pairs if old != "ok" != new]
    kinds: tuple[tuple[Kind, list[str]], ...] = (
        ("failed", worse),
        ("mended", better),
        ("still failed", still),
    )
    for kind, statuses in kinds:
        if statuses:
            why = f"{len(statuses)} of {len(pairs)} seeds"
            why += " failed" if kind == "mended" else f": {statuses[0]}: {now.message}"
            return Finding(kind, now.manifold, now.estimator, was.mean, now.mean, why=why)
    return None


def _estimate_change(
    was: CellBaseline, now: CellBaseline, tolerance: float, level: float
) -> Finding | None:
    """Estimates that are not those of before: by the tolerance, or by the test over seeds."""
    old, new = was.known, now.known
    shared = [
        (a, b)
        for a, b in zip(was.estimates, now.estimates, strict=False)
        if a is not None and b is not None
    ]
    before, after = np.array(shared).reshape(-1, 2).T
    if not len(new) or not len(old):
        return None
    agree = np.allclose(before, after, rtol=tolerance, atol=0.0)
    # Of a deterministic estimator, nothing else can be compared.
    if agree and (was.deterministic or len(shared) == len(new)):
        return None
    why = []
    if was.method != now.method:
        why.append("its parameters are others")
    if was.version != now.version:
        why.append(f"version {was.version} became {now.version}")
    if was.deterministic:
        p = math.nan
        means = float(np.mean(before)), float(np.mean(after))
        error = deviation(old) / math.sqrt(len(after))
        largest = float(np.max(np.abs(after / before - 1)))
        why.append(f"on the same samples, by up to {largest:.1e} of the estimate")
    else:
        p = law.p_value(old, new)
        means = float(np.mean(old)), float(np.mean(new))
        error = deviation(old) * math.sqrt(1 / len(old) + 1 / len(new))
    errors = abs(means[1] - means[0]) / error if error > 0 else math.nan
    kind: Kind = "regressed"
    if not was.deterministic and p > level:
        kind = "other numbers"
        why.append("not beyond chance")
        if new.min() < old.min() or new.max() > old.max():
            why.append(
                f"{new.min():.4g} to {new.max():.4g}, was {old.min():.4g} to {old.max():.4g}"
            )
    elif len(shared) and _improved(before, after, now.truth):
        kind = "improved"
    return Finding(kind, now.manifold, now.estimator, *means, errors, p, "; ".join(why))


def _improved(before: Array, after: Array, truth: float | None) -> bool:
    """Whether every seed is nearer to the truth, and by enough to be no accident."""
    if truth is None:
        return False
    gain = np.abs(before - truth) - np.abs(after - truth)
    return bool((gain > 0).all() and gain.mean() >= BETTER * truth)


def _times(
    name: str, old: list[Array], new: list[Array], slower: float, level: float
) -> Iterator[Finding]:
    """Whether an estimator's fits take longer, or shorter, than before on all its manifolds.

    ``old`` and ``new`` are logarithms of times, seeds of a manifold each. What else a machine does
    only ever adds to a time, so that the least over manifolds is the one to hold against the
    margin; and only where the longest has become shorter, all have.
    """
    margin = math.log(slower)
    for kind, sign in _DIRECTIONS:
        before, after = (sign * np.nanmin(sign * _table(rows), axis=0) for rows in (old, new))
        p = law.p_value(sign * before, sign * after - margin, greater=True)
        if p <= level:
            gap = float(after.mean() - before.mean())
            spread = deviation(before) * math.sqrt(1 / len(before) + 1 / len(after))
            yield Finding(
                kind,
                "",
                name,
                float(np.exp(before.mean())),
                float(np.exp(after.mean())),
                abs(gap) / spread if spread > 0 else math.nan,
                p,
                f"takes {math.exp(gap):.2f} times as long",
            )


def _log_times(
    cells: list[tuple[CellBaseline, CellBaseline]],
) -> tuple[list[Array], list[Array]] | None:
    """Logarithms of an estimator's times, old and new, on each manifold at the mean level of all.

    None where its fits are too short, or no seed has a time.
    """
    old_rows, new_rows, levels = [], [], []
    for was, now in cells:
        before, after = (
            np.log(np.array([time or np.nan for time in cell.times])) for cell in (was, now)
        )
        if np.isnan(before).all() or np.isnan(after).all():
            continue
        # The level of a manifold is that of its less disturbed seeds.
        level = float(np.nanquantile(before, 0.25))
        levels.append(level)
        old_rows.append(before - level)
        new_rows.append(after - level)
    if not levels or max(levels) < math.log(SHORT):
        return None
    mean = float(np.mean(levels))
    return [row + mean for row in old_rows], [row + mean for row in new_rows]


def _table(rows: list[Array]) -> Array:
    """Rows of manifolds as an array of those seeds that any of them has."""
    seeds = min(len(row) for row in rows)
    table = np.array([row[:seeds] for row in rows])
    return table[:, ~np.isnan(table).all(axis=0)]


def deviation(values: Array) -> float:
    """Standard deviation over seeds; 0 for fewer than two."""
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0
