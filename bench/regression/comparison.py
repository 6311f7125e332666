"""Comparison of a run with a baseline, cell by cell: what changed, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from bench.format import percent_difference, plural
from bench.record import OK
from bench.regression import permutation_test
from bench.regression.baseline import Baseline, CellBaseline, check_same
from bench.regression.findings import CheckResult, Finding, Kind
from bench.regression.times import SLOWER, compare_times, has_other_training, untimed_reason
from estimators.points import Array

#: Relative difference at which deterministic estimates still agree: far above the rounding of
#: another machine, far below that of single precision.
TOLERANCE = 1e-9
#: What makes a change an improvement: the error falls on every sample, by this part of the
#: dimension in the mean.
BETTER = 0.01

Name = tuple[str, str]


def check_comparable(
    baseline: Baseline,
    *,
    suite: str,
    preset: str,
    seeds: Mapping[Name, int],
    samples: Mapping[Name, str],
) -> None:
    """Raise ValueError where a run cannot be compared with a baseline; needs no results.

    ``seeds`` and ``samples`` are how many seeds the run's cells have, and what their samples are.
    """
    check_same("suite", baseline.suite, suite)
    check_same("preset", baseline.preset, preset)
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
        most = len(was[pair].statuses)
        if seeds[pair] > most:
            raise ValueError(
                f"the baseline has {plural(most, 'seed')} of {pair[1]} on {pair[0]}, and this "
                f"run {seeds[pair]}; choose at most --seeds {most}, or save a new one"
            )
    tested = [pair for pair in both if was[pair].random]
    level = permutation_test.level(len(tested))
    for pair in tested:
        states = min(map(len, was[pair].statuses))
        if permutation_test.min_p_within(states, seeds[pair]) > level:
            needed = [k for k in range(1, 101) if permutation_test.min_p_within(states, k) <= level]
            raise ValueError(
                f"{plural(seeds[pair], 'seed')} against {plural(states, 'random state')} of each "
                f"in the baseline cannot show anything at the p-value {level:.1e} that so many "
                "cells need; choose "
                + (
                    f"at least --seeds {needed[0]}"
                    if needed and needed[0] <= len(was[pair].statuses)
                    else "a baseline of more states or seeds"
                )
            )


def compare(
    baseline: Baseline,
    current: Baseline,
    *,
    tolerance: float = TOLERANCE,
    slower: float = SLOWER,
    strict: bool = False,
    whole: bool = True,
    left_out: Sequence[Name] = (),
) -> CheckResult:
    """Compare a run with a baseline of the same suite, preset and samples.

    Where the run is not of the ``whole`` suite, cells of the baseline may be missing in it.
    ``left_out`` are cells that the baseline does not have and that were not run. Raises ValueError
    for another suite's baseline, or where the seeds are too few to find anything.
    """
    was, now = baseline.by_name(), current.by_name()
    both = [pair for pair in now if pair in was]
    check_comparable(
        baseline,
        suite=current.suite,
        preset=current.preset,
        seeds={pair: len(cell.statuses) for pair, cell in now.items()},
        samples={pair: cell.sample for pair, cell in now.items()},
    )
    level = permutation_test.level(sum(was[pair].random for pair in both))
    changes = [_change(was[pair], now[pair], tolerance, level) for pair in both]
    findings = [finding for finding in changes if finding is not None]
    by_estimator: dict[str, list[tuple[CellBaseline, CellBaseline]]] = {}
    for pair in both:
        by_estimator.setdefault(pair[1], []).append((was[pair], now[pair]))
    # Of times, faster ones count only as strict alarms.
    time_level = permutation_test.level(len(by_estimator) * (2 if strict else 1))
    why = untimed_reason(baseline, current, [(was[pair], now[pair]) for pair in both], time_level)
    reasons, timed = [f"times are not compared: {why}"] if why else [], []
    for name, pairs in {} if why else by_estimator.items():
        if has_other_training(pairs):
            reasons.append(f"times of {name} are not compared: only one of them is with a training")
            continue
        times = compare_times(name, pairs, slower=slower, level=time_level)
        if times is not None:
            timed.append(name)
            findings += times
    findings += [_new_cell(now[pair]) for pair in now if pair not in was]
    if whole:
        findings += [
            Finding("gone", *pair, was=was[pair].mean, why="only in the baseline")
            for pair in was
            if pair not in now
        ]
    return CheckResult(
        findings,
        both,
        timed,
        level,
        time_level,
        baseline,
        current,
        untimed=reasons,
        left_out=list(left_out),
        strict=strict,
    )


def _new_cell(cell: CellBaseline) -> Finding:
    why = "not in the baseline"
    if cell.failed:
        why += f"; {cell.failed} of {plural(cell.fits, 'seed')} failed: {cell.message}"
    return Finding("new", cell.manifold, cell.estimator, now=cell.mean, why=why)


def _change(was: CellBaseline, now: CellBaseline, tolerance: float, level: float) -> Finding | None:
    """Return what changed in the estimates of a cell; the worst comes first."""
    change = _status_change(was, now)
    if change is not None and change.kind == "failed":
        return change
    return _estimate_change(was, now, tolerance, level) or change


def _status_change(was: CellBaseline, now: CellBaseline) -> Finding | None:
    """Return whether seeds fail that did not, that fail no more, or that still fail."""
    pairs = [(old[0], new[0]) for old, new in zip(was.statuses, now.statuses, strict=False)]
    kinds: tuple[tuple[Kind, list[str]], ...] = (
        ("failed", [new for old, new in pairs if old == OK != new]),
        ("recovered", [old for old, new in pairs if new == OK != old]),
        ("still failed", [new for old, new in pairs if old != OK != new]),
    )
    for kind, statuses in kinds:
        if statuses:
            why = f"{len(statuses)} of {len(pairs)} seeds"
            why += " failed" if kind == "recovered" else f": {statuses[0]}: {now.message}"
            return Finding(kind, now.manifold, now.estimator, was.mean, now.mean, why=why)
    return None


def _estimate_change(
    was: CellBaseline, now: CellBaseline, tolerance: float, level: float
) -> Finding | None:
    """Return a change of estimates: by the tolerance, or by the test within samples."""
    estimates = was.known_estimates, was.first_estimates, now.first_estimates
    seeds = [
        (known, first, after)
        for known, first, after in zip(*estimates, strict=False)
        if after is not None and len(known) and (first is not None or was.random)
    ]
    if not seeds:
        return None
    after = np.array([new for _, _, new in seeds])
    if all(
        first is not None and np.isclose(new, first, rtol=tolerance, atol=0.0)
        for _, first, new in seeds
    ):
        return None
    old = [known for known, _, _ in seeds]
    before = np.array([known.mean() if was.random else known[0] for known in old])
    means = float(before.mean()), float(after.mean())
    why = []
    if was.method != now.method:
        why.append("its parameters are others")
    if was.version != now.version:
        why.append(f"version {was.version} became {now.version}")
    p = errors = math.nan
    kind = _direction(before, after, now.truth)
    if not was.random:
        why.append(
            f"on the same samples, by up to {percent_difference(np.abs(after / before - 1).max())}"
        )
    else:
        p = permutation_test.p_value_within(old, after)
        states = float(np.mean([len(known) for known in old]))
        error = was.spread * math.sqrt((1 + 1 / states) / len(after))
        errors = abs(means[1] - means[0]) / error if error > 0 else math.nan
        if p > level:
            kind = "other numbers"
            why.append("not beyond chance")
    return Finding(kind, now.manifold, now.estimator, *means, errors, p, "; ".join(why))


def _direction(before: Array, after: Array, truth: float | None) -> Kind:
    """Return how estimates (S,) changed: "improved" if on every sample, by more than an accident.

    "regressed" where the mean error has grown, else "changed".
    """
    if truth is None:
        return "changed"
    gain = np.abs(before - truth) - np.abs(after - truth)
    if (gain > 0).all() and gain.mean() >= BETTER * truth:
        return "improved"
    return "regressed" if gain.mean() < 0 else "changed"
