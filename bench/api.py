"""The main job as a function: plan, run what is missing, write tables and plots."""

from __future__ import annotations

import datetime
import hashlib
import inspect
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from bench import __version__, devices, environment, plan, suite
from bench.plan import Cell
from bench.plugins import REGISTRIES, load_file
from bench.progress import Display, counted
from bench.store import Store
from manifolds.registry import nearest

if TYPE_CHECKING:
    import pandas as pd

_STAMP = "outputs"
_STATE = ["key", "manifold", "estimator", "finished"]
_LONGEST_TIMEOUT = 1_000_000


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
    manifolds: str | Sequence[str] = (),
    estimators: str | Sequence[str] = (),
    seeds: int | None = None,
    n: int | None = None,
    jobs: int | None = None,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
    plugins: str | Sequence[str] = (),
) -> Job:
    """Check every option and plan the cells; ValueError says what is wrong and what is allowed."""
    for option, value in (("seeds", seeds), ("n", n), ("jobs", jobs)):
        if value is not None and not (isinstance(value, int) and value >= 1):
            raise ValueError(f"{option} must be a whole number of at least 1, not {value!r}")
    if timeout is not None and not 0 < timeout <= _LONGEST_TIMEOUT:
        raise ValueError(
            f"timeout must be more than 0 and at most {_LONGEST_TIMEOUT} seconds, not {timeout!r}"
        )
    manifolds, estimators, plugins = map(_several, (manifolds, estimators, plugins))
    device = devices.choose(device)
    added: dict[str, list[str]] = {"manifold": [], "estimator": []}
    for plugin in plugins:
        for kind, names in load_file(plugin).items():
            added[kind] += names
    own = suite.load(suite_name)
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
    known = inspect.signature(prepare).parameters
    for option in options:
        if option not in known:
            hint = nearest(option, known)
            raise ValueError(f"unknown option {option!r}; {hint}it takes: {', '.join(known)}")
    job = prepare(suite_name, **options)
    with open_store(job) as store:
        return execute(job, store, fresh=fresh, console=console or Console())


def open_store(job: Job) -> Store:
    """The store of the job's folder; ValueError where it cannot be written."""
    return Store(job.out)


def _several(names: str | Sequence[str]) -> list[str]:
    """A list of names; one may be given as it is."""
    return [names] if isinstance(names, str) else list(names)


def execute(job: Job, store: Store, *, fresh: bool, console: Console) -> pd.DataFrame:
    """Run the cells of a job that have no record yet, then write and print tables and plots.

    On KeyboardInterrupt the finished cells are kept.
    """
    if fresh:
        store.remove(cell.key for cell in job.cells)
    missing = missing_cells(job, store)
    console.print(
        f"{counted(len(job.cells), 'cell')} at preset {job.preset}: "
        f"{len(job.cells) - len(missing)} done before, {len(missing)} to run, {job.jobs} at a time "
        f"with {counted(job.threads, 'thread')} each, on {job.device}",
        highlight=False,
        soft_wrap=True,
    )
    if missing:
        _runmissing_cells(job, missing, store, console)
    records = store.frame([cell.key for cell in job.cells])
    # Labels belong to the suite of this run; the record may come from another one's.
    for label in ("suite", "manifold", "estimator"):
        labels = {cell.key: getattr(cell, label) for cell in job.cells}
        records[label] = records["key"].map(labels)
    _write(job, store, records, console)
    return records


def _runmissing_cells(job: Job, missing: list[Cell], store: Store, console: Console) -> None:
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
                if isinstance(event, runner.Told):
                    display.told(event.cell, event.text)
                    continue
                record = replace(
                    event.record,
                    environment=identity,
                    finished=datetime.datetime.now(datetime.timezone.utc).isoformat(),
                )
                display.finished(store.add(record, event.arrays))
    finally:
        events.close()


def missing_cells(job: Job, store: Store) -> list[Cell]:
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
        "\n".join(
            [__version__, job.preset, *records[_STATE].astype(str).agg("|".join, axis=1)]
        ).encode()
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
    where = f"tables and plots are in {job.out}"
    console.print(where, highlight=False, soft_wrap=True, markup=False)


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
