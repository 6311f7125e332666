"""The commands ``baseline`` and ``check``: cells run with calibrated times, kept, compared."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.check import law, telling
from bench.check.baseline import Baseline, gather, load, save
from bench.check.comparison import SLOWER, TOLERANCE, Outcome, compare
from bench.job import prepare
from bench.outputs.files import write_text
from bench.store import Store

#: Seeds of a baseline: with these, four new ones can show something in a hundred cells.
SEEDS = 20


def save_baseline(
    path: Path, suite: str, *, run: bool, console: Console, **options: Any
) -> Baseline:
    """Run a suite and keep what it gave as a baseline in ``path``."""
    baseline = measured(suite, run=run, console=console, **options)
    save(baseline, path)
    console.print(
        f"{len(baseline.cells)} cells of {baseline.seeds} seeds are in {path}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    return baseline


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
    current, folder = _measured(suite, run=run, console=console, **options)
    part = any(options.get(chosen) for chosen in ("manifolds", "estimators"))
    outcome = compare(baseline, current, tolerance=tolerance, slower=slower, whole=not part)
    save(current, folder / "check.json")
    write_text(telling.markdown(outcome), folder / "check.md")
    write_text(telling.junit(outcome), folder / "check.xml")
    _tell(outcome, folder, console)
    return outcome


def measured(suite: str, *, run: bool, console: Console, **options: Any) -> Baseline:
    """A suite's cells, run with calibrated times, or as they were run before."""
    return _measured(suite, run=run, console=console, **options)[0]


def _measured(suite: str, *, run: bool, console: Console, **options: Any) -> tuple[Baseline, Path]:
    from bench.execution import records_of, run_cells

    job = replace(prepare(suite, **options), calibrated=True)
    with Store(job.out) as store:
        if run:
            store.remove(cell.key for cell in job.cells)
            with _no_old_models():
                run_cells(job, job.cells, store, console)
        records = records_of(job, store)
        facts = store.environments()
    return gather(job, records, facts.get(_last(records), {})), job.out


def _last(records: Any) -> str:
    """The environment of the records."""
    return str(records["environment"].iloc[-1]) if len(records) else ""


@contextlib.contextmanager
def _no_old_models() -> Iterator[None]:
    """Trained models of before would hide what has changed in how they are trained."""
    before = os.environ.get("BENCH_CACHE")
    with tempfile.TemporaryDirectory(prefix="bench-check-") as folder:
        os.environ["BENCH_CACHE"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["BENCH_CACHE"]
            else:
                os.environ["BENCH_CACHE"] = before


def _tell(outcome: Outcome, folder: Path, console: Console) -> None:
    if outcome.findings:
        table = Table(*telling.heads())
        for row in telling.rows(outcome):
            table.add_row(*row, style="red" if row[0] in ("regressed", "failed", "slower") else "")
        console.print(table, markup=False)
    for line in (telling.verdict(outcome), *telling.notes(outcome), f"also in {folder}/check.md"):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def show(path: Path, seeds: int, console: Console) -> None:
    """Print a baseline: estimates, spread, and the shift that a check of ``seeds`` seeds finds."""
    baseline = load(path)
    level = law.level(sum(not cell.deterministic for cell in baseline.cells))
    factor = law.found_shift(baseline.seeds, seeds, level)
    table = Table("estimator", "manifold", "d", "mean", "deviation", "finds", "time")
    for cell in baseline.cells:
        values = [value for value in cell.estimates if value is not None]
        times = [value for value in cell.times if value is not None]
        mean = sum(values) / len(values) if values else None
        deviation = _deviation(values)
        table.add_row(
            cell.estimator,
            cell.manifold,
            "" if cell.truth is None else f"{cell.truth:g}",
            "failed" if mean is None else f"{mean:.4g}",
            f"{deviation:.2g}",
            f"{factor * deviation:.2g}" if deviation and not cell.deterministic else "any change",
            f"{sorted(times)[len(times) // 2]:.3g}" if times else "",
        )
    console.print(table, markup=False)
    facts = {name: baseline.environment.get(name) for name in ("python", "processor", "revision")}
    for line in (
        f"suite {baseline.suite}, preset {baseline.preset}, {baseline.seeds} seeds",
        f"finds: the shift that {seeds} seeds find with 90 % power at p ≤ {level:.1e}, "
        f"{factor:.2g} deviations of a normal law; time: median, in units of the kernel",
        f"made with {json.dumps({**facts, **baseline.environment.get('packages', {})})}",
    ):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _deviation(values: list[float]) -> float:
    import statistics

    return statistics.stdev(values) if len(values) > 1 else 0.0
