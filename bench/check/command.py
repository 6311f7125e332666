"""The commands ``baseline`` and ``check``: cells run with calibrated times, kept, compared."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.check import law, telling
from bench.check.baseline import Baseline, CellBaseline, gather, load, sample_of, save
from bench.check.comparison import SLOWER, TOLERANCE, check_kin, compare, deviation
from bench.check.findings import ALARMS, Outcome
from bench.job import Job, prepare
from bench.outputs.files import write_text
from bench.progress import counted
from bench.store import FILE, Store

#: Seeds of a baseline: with these, four new ones can show something in fifty cells.
SEEDS = 20


def save_baseline(
    path: Path, suite: str, *, run: bool, console: Console, **options: Any
) -> Baseline:
    """Run a suite and keep what it gave as a baseline in ``path``."""
    _check_place(path)
    baseline = _measured(_job(suite, options), run, console)
    save(baseline, path)
    lines = [
        f"{counted(len(baseline.cells), 'cell')} of {counted(baseline.seeds, 'seed')} are in {path}"
    ]
    for cell in baseline.cells:
        if cell.failed:
            lines.append(
                f"{cell.estimator} on {cell.manifold} failed on {counted(cell.failed, 'seed')}: "
                f"{cell.message}"
            )
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    return baseline


def _check_place(path: Path) -> None:
    """A baseline can be written there; ValueError now rather than after the run."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise ValueError(f"cannot write {path}: {error.strerror}") from None
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a file for a baseline")


def check(
    path: Path,
    suite: str,
    *,
    run: bool,
    tolerance: float = TOLERANCE,
    slower: float = SLOWER,
    console: Console,
    **options: Any,
) -> Outcome:
    """Run a suite, or read what was run, and compare with the baseline in ``path``.

    Writes check.md, check.xml (JUnit) and check.json, which is what a baseline would be, into the
    folder of the run. Raises ValueError for a wrong option, and a missing or foreign baseline.
    """
    if not 0 <= tolerance < 1:
        raise ValueError(f"tolerance must be at least 0 and below 1, not {tolerance:g}")
    if not slower >= 1:
        raise ValueError(f"slower must be at least 1, not {slower:g}")
    baseline = load(path)
    job = _job(suite, options)
    seeds: dict[tuple[str, str], int] = {}
    for cell in job.cells:
        pair = cell.manifold, cell.estimator
        seeds[pair] = seeds.get(pair, 0) + 1
    # Before anything is run, or records of before are removed.
    check_kin(
        baseline,
        suite=job.cells[0].suite,
        preset=job.preset,
        seeds=min(seeds.values()),
        samples={(cell.manifold, cell.estimator): sample_of(cell) for cell in job.cells},
    )
    current = _measured(job, run, console)
    part = any(options.get(chosen) for chosen in ("manifolds", "estimators"))
    outcome = compare(baseline, current, tolerance=tolerance, slower=slower, whole=not part)
    save(current, job.out / "check.json")
    write_text(telling.markdown(outcome), job.out / "check.md")
    write_text(telling.junit(outcome), job.out / "check.xml")
    _tell(outcome, job.out, console)
    return outcome


def _job(suite: str, options: dict[str, Any]) -> Job:
    return replace(prepare(suite, **options), calibrated=True)


def _measured(job: Job, run: bool, console: Console) -> Baseline:
    """A job's cells, run with calibrated times, or as they were run before."""
    from bench.execution import records_of, run_cells

    if not run and not (job.out / FILE).exists():
        raise ValueError(f"there are no records in {job.out}; run without --no-run first")
    with Store(job.out, writing=run) as store:
        if run:
            store.remove(cell.key for cell in job.cells)
            run_cells(job, job.cells, store, console)
        records = records_of(job, store)
        facts = store.environments()
    return gather(job, records, facts.get(_last(records), {}))


def _last(records: Any) -> str:
    """The environment of the records."""
    return str(records["environment"].iloc[-1]) if len(records) else ""


def _tell(outcome: Outcome, folder: Path, console: Console) -> None:
    if outcome.findings:
        table = Table(box=None, pad_edge=False)
        for head in telling.HEADS:
            table.add_column(head, no_wrap=head != "why", overflow="fold")
        for row in telling.rows(outcome):
            table.add_row(*row, style="red" if row[0] in ALARMS else "")
        console.print(table, markup=False)
    for line in (telling.verdict(outcome), *telling.notes(outcome), f"also in {folder}/check.md"):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def show(path: Path, seeds: int, console: Console) -> None:
    """Print a baseline: estimates, spread, and the shift that a check of ``seeds`` seeds finds."""
    baseline = load(path)
    random = sum(not cell.deterministic for cell in baseline.cells)
    level = law.level(random)
    factor = law.found_shift(baseline.seeds, seeds, level) if random else 0.0
    table = Table("estimator", "manifold", "d", "mean", "deviation", "finds", "time")
    for cell in baseline.cells:
        times = [value for value in cell.times if value is not None]
        spread = deviation(cell.known)
        table.add_row(
            cell.estimator,
            cell.manifold,
            "" if cell.truth is None else f"{cell.truth:g}",
            _estimate_text(cell),
            f"{spread:.2g}",
            f"{factor * spread:.2g}" if spread and not cell.deterministic else "any change",
            f"{sorted(times)[len(times) // 2]:.3g}" if times else "",
        )
    console.print(table, markup=False)
    facts = {name: baseline.environment.get(name) for name in ("python", "processor", "revision")}
    for line in (
        f"suite {baseline.suite}, preset {baseline.preset}, {counted(baseline.seeds, 'seed')}, "
        f"{counted(baseline.jobs, 'cell')} at a time",
        (
            f"finds: the shift that {seeds} seeds find with 90 % power at p ≤ {level:.1e}, "
            f"{factor:.2g} deviations of a normal law; time: median, in units of the kernel"
            if random
            else "finds: on the same samples; time: median, in units of the kernel"
        ),
        f"made with {json.dumps({**facts, **baseline.environment.get('packages', {})})}",
    ):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _estimate_text(cell: CellBaseline) -> str:
    told = f"{cell.mean:.4g}" if len(cell.known) else ""
    return f"{told} ({counted(cell.failed, 'seed')} failed)".strip() if cell.failed else told
