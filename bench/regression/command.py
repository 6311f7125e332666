"""The commands ``baseline`` and ``check``: calibrated runs, saved and compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import estimators
from bench.cell import Cell
from bench.engine.complete import complete, records_of
from bench.engine.job import Job, prepare
from bench.files import check_writable, write_text
from bench.format import plural, print_lines
from bench.limits import check_count
from bench.regression import permutation_test, report
from bench.regression.baseline import Baseline, CellBaseline, load, save
from bench.regression.comparison import TOLERANCE, check_comparable, compare
from bench.regression.findings import CheckResult
from bench.regression.gather import gather, sample_hash
from bench.regression.times import SLOWER
from bench.store.store import FILE, Store
from bench.workers.timing import TIMED_STATES

#: Random states of a baseline's random estimators on a sample: with so many, an estimate that is
#: one too high on three of four seeds is found among thirty cells, p = 2 / 23^3, although one of
#: the baseline's states of a sample is as high.
STATES, MOST_STATES = 22, 1000


def default_folder(suite: str) -> Path:
    """Return the folder of a check's records where none is given."""
    return Path("results") / f"check-{Path(suite).stem}"


def save_baseline(
    path: Path,
    suite: str,
    *,
    run: bool,
    states: int = STATES,
    update: bool = False,
    console: Console,
    **options: Any,
) -> Baseline:
    """Run a suite and write its estimates and times to ``path``, as a baseline.

    With ``update``, other cells of the present baseline stay as they are. Raises ValueError
    for a wrong option, and where the two cannot be parts of one baseline.
    """
    check_count("states", states, MOST_STATES)
    try:
        check_writable(path)
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}") from None
    before = load(path) if update else None
    job = _job(suite, options, lambda cell: range(_states_of(cell, states)))
    baseline = _measure(job, run, console)
    if before is not None:
        baseline = before.merge(baseline)
    save(baseline, path)
    lines = [
        f"{plural(len(baseline.cells), 'cell')} of {plural(baseline.seeds, 'seed')}, of random "
        f"estimators {plural(baseline.states, 'state')} each, are in {path}"
    ]
    for cell in baseline.cells:
        if cell.failed:
            lines.append(
                f"{cell.estimator} on {cell.manifold}: {plural(cell.failed, 'fit')} failed: "
                f"{cell.message}"
            )
    print_lines(console, *lines)
    return baseline


def _states_of(cell: Cell, states: int) -> int:
    """Return the number of random states; deterministic fits are repeated for their times only."""
    deterministic = estimators.entry(cell.estimator_name).deterministic
    return min(states, TIMED_STATES) if deterministic else states


def check(
    path: Path,
    suite: str,
    *,
    run: bool,
    tolerance: float = TOLERANCE,
    slower: float = SLOWER,
    strict: bool = False,
    new: bool = False,
    state: int = 0,
    console: Console,
    **options: Any,
) -> CheckResult:
    """Run a suite, or read what was run, and compare with the baseline in ``path``.

    Only cells of the baseline are run, with ``new`` the others as well. ``state`` is the random
    state of the estimators; at the first one, unchanged code gives the baseline's numbers. Writes
    check.md, check.xml (JUnit) and check.json, which is a baseline of one state, into the folder of
    the run. Raises ValueError for a wrong option, and a missing or another suite's baseline.
    """
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance must be at least 0 and below 1, not {tolerance:g}")
    if not slower >= 1:
        raise ValueError(f"slower must be at least 1, not {slower:g}")
    baseline = load(path)
    job = _job(suite, options, lambda cell: [state])
    seeds: dict[tuple[str, str], int] = {}
    for cell in job.cells:
        pair = cell.manifold, cell.estimator
        seeds[pair] = seeds.get(pair, 0) + 1
    # Before anything is run, or records of before are removed.
    check_comparable(
        baseline,
        suite=job.cells[0].suite,
        preset=job.preset,
        seeds=seeds,
        samples={(cell.manifold, cell.estimator): sample_hash(cell) for cell in job.cells},
    )
    left_out = [] if new else [pair for pair in seeds if pair not in baseline.by_name()]
    job = replace(
        job,
        cells=[cell for cell in job.cells if (cell.manifold, cell.estimator) not in left_out],
    )
    current = _measure(job, run, console)
    part = any(options.get(chosen) for chosen in ("manifolds", "estimators"))
    result = compare(
        baseline,
        current,
        tolerance=tolerance,
        slower=slower,
        strict=strict,
        whole=not part,
        left_out=left_out,
    )
    save(current, job.out / "check.json")
    write_text(report.markdown(result), job.out / "check.md")
    write_text(report.junit(result), job.out / "check.xml")
    if result.findings:
        table = Table(box=None, pad_edge=False)
        for head in report.HEADS:
            table.add_column(head, no_wrap=head != "why", overflow="fold")
        for row, alarm in report.rows(result):
            table.add_row(*row, style="red" if alarm else "")
        console.print(table, markup=False)
    lines = [report.verdict(result), *report.notes(result), f"also in {job.out}/check.md"]
    print_lines(console, *lines)
    return result


def _job(suite: str, options: dict[str, Any], states: Callable[[Cell], Any]) -> Job:
    """Return the job of a suite, with each cell at some random states."""
    job = prepare(suite, **options)
    cells = [replace(cell, state=state) for cell in job.cells for state in states(cell)]
    return replace(job, cells=cells, calibrated=True)


def _measure(job: Job, run: bool, console: Console) -> Baseline:
    """Return the results of a job's cells, run with calibrated times, or run before."""
    if not run and not (job.out / FILE).exists():
        raise ValueError(f"there are no records in {job.out}; run without --no-run first")
    with Store(job.out, writing=run) as store:
        if run:
            records = complete(job, store, fresh=True, headline=False, console=console)
        else:
            records = records_of(job.cells, store)
        facts = store.environments()
    return gather(job, records, facts.get(_last(records), {}))


def _last(records: Any) -> str:
    """Return the environment of the records."""
    return str(records["environment"].iloc[-1]) if len(records) else ""


def show(path: Path, seeds: int | None, console: Console) -> None:
    """Print a baseline: estimates, spread, and the shift that a check of so many seeds detects."""
    baseline = load(path)
    seeds = seeds or baseline.seeds
    random = sum(cell.random for cell in baseline.cells)
    level = permutation_test.level(random)
    factor = permutation_test.detectable_shift(baseline.states, seeds, level) if random else 0.0
    table = Table("estimator", "manifold", "d", "mean", "deviation", "finds", "time")
    for cell in baseline.cells:
        times = sorted(value for value in cell.all_times if value is not None)
        table.add_row(
            cell.estimator,
            cell.manifold,
            "" if cell.truth is None else f"{cell.truth:g}",
            _estimate_text(cell),
            f"{cell.spread:.2g}" if cell.random else "",
            f"{factor * cell.spread:.2g}" if cell.random and cell.spread > 0 else "any change",
            f"{times[len(times) // 2]:.3g}" if times else "",
        )
    console.print(table, markup=False)
    facts = {name: baseline.environment.get(name) for name in ("python", "processor", "revision")}
    print_lines(
        console,
        f"suite {baseline.suite}, preset {baseline.preset}, "
        f"{plural(baseline.seeds, 'seed')}, {plural(baseline.states, 'random state')}, "
        f"{plural(baseline.jobs, 'cell')} at a time",
        (
            f"deviation: over the random states of a sample; finds: the shift that "
            f"{plural(seeds, 'seed')} find with 90 % power at p ≤ {level:.1e}, {factor:.2g} "
            "deviations of a normal distribution; time: median, in units of the kernel"
            if random
            else "finds: on the same samples; time: median, in units of the kernel"
        ),
        f"made with {json.dumps({**facts, **baseline.environment.get('packages', {})})}",
    )


def _estimate_text(cell: CellBaseline) -> str:
    text = "" if cell.failed == cell.fits else f"{cell.mean:.4g}"
    return f"{text} ({plural(cell.failed, 'fit')} failed)".strip() if cell.failed else text
