"""A run held against a baseline, cell by cell: what moved, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.check import law
from bench.check.baseline import Baseline, CellBaseline
from bench.check.law import Array

#: Relative difference at which deterministic estimates still agree: far above the rounding of
#: another machine, far below that of single precision.
TOLERANCE = 1e-9
#: How many times as long as before a fit may take without an alarm.
SLOWER = 1.2
#: What makes a move an improvement: the error falls by this part of the dimension, on every seed.
BETTER = 0.01

Kind = Literal[
    "regressed", "failed", "slower", "improved", "mended", "faster", "other numbers", "new", "gone"
]
ALARMS: frozenset[Kind] = frozenset({"regressed", "failed", "slower"})


@dataclass(frozen=True)
class Finding:
    """What happened to a cell, or ("slower", "faster": no manifold) to an estimator's time.

    ``was`` and ``now`` are means over seeds (of times: in units of the calibration kernel);
    ``standard_errors`` is their distance over its standard error from the spread over seeds, NaN
    where there is none; ``p`` is the p-value of the test, NaN where there is none.
    """

    kind: Kind
    manifold: str
    estimator: str
    was: float = math.nan
    now: float = math.nan
    standard_errors: float = math.nan
    p: float = math.nan
    why: str = ""

    @property
    def alarm(self) -> bool:
        """Whether it makes the check fail."""
        return self.kind in ALARMS


@dataclass(frozen=True)
class Outcome:
    """All findings of a check, and what was compared."""

    findings: list[Finding]
    compared: list[tuple[str, str]]
    same: int
    level: float
    time_level: float
    baseline: Baseline
    current: Baseline

    @property
    def alarms(self) -> list[Finding]:
        """The findings that make the check fail."""
        return [finding for finding in self.findings if finding.alarm]


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
    _check_kin(baseline, current, [(was[pair], now[pair]) for pair in both])
    random = [pair for pair in both if not now[pair].deterministic]
    level = law.level(len(random))
    names = list(dict.fromkeys(estimator for _, estimator in both))
    time_level = law.level(len(names))
    _check_seeds(baseline, current, min(level, time_level) if random else time_level)
    findings: list[Finding] = []
    same = 0
    for pair in both:
        moved = _moved(was[pair], now[pair], tolerance, level)
        same += not moved
        findings += moved
    for name in names:
        mine = [(was[pair], now[pair]) for pair in both if pair[1] == name]
        findings += _times(name, mine, slower, time_level)
    findings += [
        Finding("new", *pair, now=_mean(now[pair]), why="not in the baseline")
        for pair in now
        if pair not in was
    ]
    if whole:
        lost = (pair for pair in was if pair not in now)
        findings += [
            Finding("gone", *pair, was=_mean(was[pair]), why="only in the baseline")
            for pair in lost
        ]
    return Outcome(findings, both, same, level, time_level, baseline, current)


def _check_kin(
    baseline: Baseline, current: Baseline, both: list[tuple[CellBaseline, CellBaseline]]
) -> None:
    for what in ("suite", "preset"):
        there, here = getattr(baseline, what), getattr(current, what)
        if there != here:
            raise ValueError(f"the baseline is of {what} {there!r}, and this run of {here!r}")
    if not both:
        raise ValueError("the baseline has none of the cells of this run")
    for old, new in both:
        if old.sample != new.sample:
            raise ValueError(
                f"the baseline is of other samples of {new.manifold!r}: the manifold's parameters, "
                "n or the suite's seed are not those of this run; save a new one"
            )


def _check_seeds(baseline: Baseline, current: Baseline, level: float) -> None:
    m, k = baseline.seeds, current.seeds
    if law.least_p(m, k) > level:
        needed = law.seeds_needed(m, level)
        what = f"at least {needed} seeds" if needed else "a baseline of more seeds"
        raise ValueError(
            f"{k} seeds against {m} of the baseline cannot show anything at the p-value "
            f"{level:.1e} that so many cells need; this takes {what}"
        )


def _moved(was: CellBaseline, now: CellBaseline, tolerance: float, level: float) -> list[Finding]:
    """What happened to the estimates of a cell: nothing, or one finding."""
    found = _status_change(was, now) or _estimate_change(was, now, tolerance, level)
    return [] if found is None else [found]


def _status_change(was: CellBaseline, now: CellBaseline) -> Finding | None:
    """Seeds that fail and did not, or the other way round."""
    pairs = list(zip(was.statuses, now.statuses, strict=False))
    worse = sum(old == "ok" != new for old, new in pairs)
    better = sum(new == "ok" != old for old, new in pairs)
    told = f"{worse or better} of {len(pairs)} seeds"
    if worse:
        status = next(new for old, new in pairs if old == "ok" != new)
        return Finding(
            "failed", now.manifold, now.estimator, _mean(was), _mean(now),
            why=f"{told}: {status}: {now.message}",
        )  # fmt: skip
    if better:
        return Finding(
            "mended", now.manifold, now.estimator, _mean(was), _mean(now), why=f"{told} failed"
        )
    return None


def _estimate_change(
    was: CellBaseline, now: CellBaseline, tolerance: float, level: float
) -> Finding | None:
    """Estimates that are not those of before: by the tolerance, or by the test over seeds."""
    old, new = _estimates(was), _estimates(now)
    shared = [
        (a, b) for a, b in zip(was.estimates, now.estimates, strict=False) if a and b is not None
    ]
    before, after = np.array(shared).reshape(-1, 2).T
    if not len(new) or not len(old) or np.allclose(before, after, rtol=tolerance, atol=0.0):
        return None
    why = []
    if was.method != now.method:
        why.append("its parameters are others")
    if was.version != now.version:
        why.append(f"version {was.version} became {now.version}")
    if now.deterministic:
        spread = _deviation(old)
        error = spread / math.sqrt(len(after))
        p = math.nan
        gap = float(np.mean(after - before))
        largest = float(np.max(np.abs(after / before - 1)))
        why.append(f"on the same samples, by up to {largest:.1e} of the estimate")
        means = float(np.mean(before)), float(np.mean(after))
    else:
        p = law.p_value(old, new)
        error = _deviation(old) * math.sqrt(1 / len(old) + 1 / len(new))
        gap = float(np.mean(new) - np.mean(old))
        means = float(np.mean(old)), float(np.mean(new))
    errors = abs(gap) / error if error > 0 else math.nan
    kind: Kind = "regressed"
    if not now.deterministic and p > level:
        kind = "other numbers"
        why.append("within what other seeds give")
    elif _improved(before, after, now.truth):
        kind = "improved"
    return Finding(kind, now.manifold, now.estimator, *means, errors, p, "; ".join(why))


def _improved(before: Array, after: Array, truth: float | None) -> bool:
    """Whether every seed is nearer to the truth, and by enough to be no accident."""
    if truth is None:
        return False
    gain = np.abs(before - truth) - np.abs(after - truth)
    return bool((gain > 0).all() and gain.mean() >= BETTER * truth)


def _times(
    name: str, cells: list[tuple[CellBaseline, CellBaseline]], slower: float, level: float
) -> Iterator[Finding]:
    """Whether an estimator's fits take longer or shorter than before, over all its manifolds."""
    usable = [pair for pair in cells if None not in pair[0].times and None not in pair[1].times]
    if not usable:
        return
    # The mean over manifolds of the logarithm: one number a seed.
    old, new = (_log_times([pair[which] for pair in usable]) for which in (0, 1))
    margin = math.log(slower)
    gap = float(new.mean() - old.mean())
    spread = _deviation(old) * math.sqrt(1 / len(old) + 1 / len(new))
    kinds: tuple[tuple[Kind, float], ...] = (("slower", 1.0), ("faster", -1.0))
    for kind, sign in kinds:
        p = law.p_value(sign * old, sign * new - margin, greater=True)
        if p <= level:
            yield Finding(
                kind,
                "",
                name,
                float(np.exp(old.mean())),
                float(np.exp(new.mean())),
                abs(gap) / spread if spread > 0 else math.nan,
                p,
                f"takes {math.exp(gap):.2f} times as long",
            )


def _log_times(cells: list[CellBaseline]) -> Array:
    """Means over cells of the logarithm of a fit's time, a number a seed."""
    seeds = min(len(cell.times) for cell in cells)
    times = np.array([cell.times[:seeds] for cell in cells], dtype=np.float64)
    means: Array = np.log(times).mean(axis=0)
    return means


def _estimates(cell: CellBaseline) -> Array:
    return np.array([value for value in cell.estimates if value is not None], dtype=np.float64)


def _mean(cell: CellBaseline) -> float:
    values = _estimates(cell)
    return float(values.mean()) if len(values) else math.nan


def _deviation(values: Array) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0
