"""The main job as a function: plan, run what is missing, write tables and plots."""

from __future__ import annotations

import ctypes
import datetime
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from bench import __version__, environment, plan, suite
from bench.plan import Cell
from bench.plugins import REGISTRIES, load_file
from bench.progress import Display, duration
from bench.store import Store

if TYPE_CHECKING:
    import pandas as pd

DEVICES = ("auto", "cpu", "cuda")
_STAMP = "outputs"


@dataclass(frozen=True)
class Job:
    """A run that has been checked and is ready to start."""

    cells: list[Cell]
    preset: str
    device: str
    jobs: int
    threads: int
    timeout: float | None
    out: Path
    plugins: tuple[str, ...]


def prepare(
    suite_name: str = "euclidean",
    *,
    preset: str | None = None,
    manifolds: Sequence[str] = (),
    estimators: Sequence[str] = (),
    seeds: int | None = None,
    n: int | None = None,
    jobs: int | None = None,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
    plugins: Sequence[str] = (),
) -> Job:
    """Check every option and plan the cells; ValueError says what is wrong and what is allowed."""
    for option, value in (("seeds", seeds), ("n", n), ("jobs", jobs)):
        if value is not None and value < 1:
            raise ValueError(f"{option} must be at least 1, not {value}")
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout must be more than 0 seconds, not {timeout:g}")
    device = _device(device)
    own = suite.load(suite_name)
    added: dict[str, list[str]] = {"manifold": [], "estimator": []}
    for plugin in plugins:
        for kind, names in load_file(plugin).items():
            added[kind] += names
    preset = preset or ("full" if device == "cuda" else "quick")
    cells = plan.build(
        own,
        preset,
        manifold_patterns=manifolds,
        estimator_patterns=estimators,
        seeds=seeds,
        n=n,
        added_manifolds=added["manifold"],
        added_estimators=added["estimator"],
    )
    cores = environment.cores()
    width = min(jobs or cores, cores)
    return Job(
        cells=cells,
        preset=preset,
        device=device,
        jobs=width,
        threads=max(1, cores // width),
        timeout=timeout,
        out=Path(out) if out is not None else Path("results") / own.name,
        plugins=tuple(str(Path(plugin).resolve()) for plugin in plugins),
    )


def run(
    suite_name: str = "euclidean",
    *,
    fresh: bool = False,
    console: Console | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Run a suite; returns the records, one row a cell.

    ``options`` are those of ``prepare``. ``fresh`` runs cells again that have a record. Results
    and tables are printed to ``console``.
    """
    job = prepare(suite_name, **options)
    with open_store(job) as store:
        return execute(job, store, fresh=fresh, console=console or Console())


def open_store(job: Job) -> Store:
    """The store of the job's folder; ValueError where it cannot be written."""
    return Store(job.out)


def execute(job: Job, store: Store, *, fresh: bool, console: Console) -> pd.DataFrame:
    """Run the cells of a job that have no record yet, then write and print tables and plots.

    On KeyboardInterrupt the finished cells are kept.
    """
    if fresh:
        store.remove(cell.key for cell in job.cells)
    missing = _missing(job, store)
    console.print(
        f"{len(job.cells)} cells at preset {job.preset}: {len(job.cells) - len(missing)} done "
        f"before, {len(missing)} to run, {job.jobs} at a time with "
        f"{_count(job.threads, 'thread')} each, on {job.device}",
        highlight=False,
        soft_wrap=True,
    )
    if missing:
        _run_missing(job, missing, store, console)
    records = store.frame([cell.key for cell in job.cells])
    _write(job, store, records, console)
    return records


def _run_missing(job: Job, missing: list[Cell], store: Store, console: Console) -> None:
    from bench import runner
    from bench.lane import Setup

    identity, facts = environment.describe(job.device)
    store.add_environment(identity, facts)
    costs = plan.costs(missing, store.seconds())
    events = runner.run(
        plan.batches(missing, costs),
        Setup(job.threads, job.plugins, *_extras()),
        jobs=job.jobs,
        device=job.device,
        timeout=job.timeout,
    )
    try:
        with Display(console, costs, job.jobs) as display:
            for event in events:
                if isinstance(event, runner.Started):
                    display.started(event.cell)
                    continue
                record = replace(
                    event.record,
                    environment=identity,
                    finished=datetime.datetime.now(datetime.timezone.utc).isoformat(),
                )
                display.finished(store.add(record, event.arrays))
    finally:
        events.close()


def _missing(job: Job, store: Store) -> list[Cell]:
    """Cells without a record, and those stopped by a shorter time limit than the present one."""
    outcomes = store.outcomes()

    def settled(cell: Cell) -> bool:
        status, limit = outcomes.get(cell.key, (None, None))
        if status == "timeout" and limit is not None:
            return job.timeout is not None and job.timeout <= limit
        return status is not None

    return [cell for cell in job.cells if not settled(cell)]


def _write(job: Job, store: Store, records: pd.DataFrame, console: Console) -> None:
    """Write tables and plots where they are not there yet for these records; print the tables."""
    from bench.outputs.terminal import terminal_tables

    state = hashlib.sha256(
        "\n".join([__version__, job.preset, *records["key"], *records["finished"]]).encode()
    ).hexdigest()
    written = (store.meta(_STAMP) or "").split("\n")
    if written[0] != state or not all((job.out / name).exists() for name in written[1:]):
        from bench.outputs.plots import write_plots
        from bench.outputs.tables import write_tables

        files = [
            *write_tables(records, job.out, job.preset),
            *write_plots(records, job.out, job.out),
        ]
        names = [str(Path(file).relative_to(job.out)) for file in files]
        store.set_meta(_STAMP, "\n".join([state, *names]))
    terminal_tables(records, console, job.preset)
    console.print(f"tables and plots are in {job.out}", highlight=False, soft_wrap=True)


def _extras() -> tuple[tuple[str, ...], bytes]:
    """What a worker has to import or be sent, because the packages do not have it.

    Classes of an importable module are imported there; those of the running program (a notebook)
    are sent by value.
    """
    import cloudpickle

    modules, entries = [], []
    for kind, registry in REGISTRIES.items():
        for entry in registry.entries():
            module = entry.cls.__module__
            if module == "__main__":
                entries.append((kind, entry))
            elif not module.startswith((f"{registry.package}.", "bench_plugin_")):
                modules.append(module)
    return tuple(dict.fromkeys(modules)), cloudpickle.dumps(entries)


def _device(asked: str) -> str:
    """ "cpu" or "cuda"; ValueError for a device that is not there."""
    if asked not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, not {asked!r}")
    if asked == "cpu":
        return "cpu"
    available = _cuda_available()
    if asked == "cuda" and not available:
        raise ValueError("device 'cuda' was asked for, but PyTorch finds no CUDA device here")
    return "cuda" if available else "cpu"


def _cuda_available() -> bool:
    try:
        # Without the driver there is no device, and no need to import PyTorch to find out.
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    import torch

    return bool(torch.cuda.is_available())


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def dry_run(job: Job, console: Console) -> None:
    """Print what would run, and a guess of what it costs."""
    from rich.table import Table

    seconds: dict[tuple[str, str, int], float] = {}
    done: set[str] = set()
    if (job.out / "records.sqlite").exists():
        with Store(job.out) as store:
            seconds = store.seconds()
            done = {cell.key for cell in job.cells} - {c.key for c in _missing(job, store)}
    missing = [cell for cell in job.cells if cell.key not in done]
    costs = plan.costs(missing, seconds)
    table = Table("estimator", "cells", "done", "points", "core time", title=f"preset {job.preset}")
    for label in dict.fromkeys(cell.estimator for cell in job.cells):
        own = [cell for cell in job.cells if cell.estimator == label]
        sizes = sorted({cell.n for cell in own})
        cost = sum(costs.get(cell.key, 0.0) for cell in own)
        table.add_row(
            label,
            str(len(own)),
            str(sum(cell.key in done for cell in own)),
            " to ".join(str(size) for size in dict.fromkeys([sizes[0], sizes[-1]])),
            duration(cost),
        )
    console.print(table)
    total = sum(costs.values())
    console.print(
        f"{len(missing)} of {len(job.cells)} cells to run, about {duration(total)} of core time, "
        f"about {duration(total / job.jobs)} with {_count(job.jobs, 'job')}; nothing was run",
        highlight=False,
    )
