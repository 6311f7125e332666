"""Cells of a job that have no record yet are run, and all records returned: ``complete``."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import cloudpickle
from rich.console import Console

from bench import environment
from bench.cell import Cell
from bench.engine import costs, local, plan
from bench.engine.events import CellEnd, CellReport, CellStart, Event
from bench.engine.heartbeat import Heartbeat
from bench.engine.job import Job
from bench.engine.local import Batch
from bench.engine.progress import Display
from bench.format import LONGEST, plural, print_lines, printable
from bench.plugins import PREFIX, REGISTRIES, read_source
from bench.record import Record
from bench.store.store import PlannedCell, Store
from bench.store.validation import validate_outcome
from bench.workers.process import Setup
from bench.workers.samples import SampleCache
from manifolds.registry import Entry

if TYPE_CHECKING:
    import pandas as pd


def complete(
    job: Job,
    store: Store,
    *,
    fresh: bool = False,
    retry: bool = False,
    headline: bool = True,
    silent: Callable[[Record], bool] = lambda record: False,
    console: Console,
) -> pd.DataFrame:
    """Run the cells of a job that have no record in the store; return the records of all.

    ``fresh`` runs all again, ``retry`` those that failed. Results are printed as they arrive, but
    for ``silent`` ones, below a ``headline`` that says how much there is to run. The number of
    cells that were run is in ``.attrs["new"]``. On KeyboardInterrupt finished cells are saved.
    """
    if fresh:
        store.remove(cell.key for cell in job.cells)
    missing = missing_cells(job, store, retry=retry)
    if headline:
        print_lines(console, _headline(job, len(missing)))
    if missing:
        run_cells(job, missing, store, console, silent)
    records = records_of(job.cells, store)
    records.attrs["new"] = len(missing)
    return records


def _headline(job: Job, missing: int) -> str:
    cells, capacity = len(job.cells), job.capacity
    return (
        f"{plural(cells, 'cell')} at preset {job.preset}: {cells - missing} done before, "
        f"{missing} to run, {capacity.jobs} at a time with {plural(capacity.threads, 'thread')} "
        f"each, on {job.device}"
        + (f", on the cluster at {job.scheduler}" if job.scheduler is not None else "")
    )


def missing_cells(job: Job, store: Store, *, retry: bool = False) -> list[Cell]:
    """Return cells without a record, and those that tighter limits than the present ones stopped.

    With ``retry`` also those whose record is not "ok".
    """
    outcomes = store.outcomes()

    def is_missing(cell: Cell) -> bool:
        if cell.key not in outcomes:
            return True
        status, limits = outcomes[cell.key]
        if retry and status != "ok":
            return True
        if status == "timeout":
            return _looser(cell.limits.timeout, limits.timeout)
        return status == "memory" and _looser(cell.limits.memory, limits.memory)

    return list(filter(is_missing, job.cells))


def _looser(now: float | None, then: float | None) -> bool:
    """Return whether a limit is looser than it was; if there was none, it cannot be."""
    return then is not None and (now is None or now > then)


def records_of(cells: Sequence[Cell], store: Store) -> pd.DataFrame:
    """Return the records of cells, one row each.

    Labels are those of the cells; a record may have been made for another suite.
    """
    records = store.frame([cell.key for cell in cells])
    for label in ("suite", "manifold", "estimator"):
        records[label] = records["key"].map({cell.key: getattr(cell, label) for cell in cells})
    return records


def run_cells(
    job: Job,
    missing: list[Cell],
    store: Store,
    console: Console,
    silent: Callable[[Record], bool] = lambda record: False,
) -> None:
    """Run cells of a job and save their records; tests replace this function.

    Results are printed as they arrive, but for ``silent`` ones.
    """
    # What a cluster's workers are comes with their records.
    here, facts = environment.describe("cpu" if job.scheduler else job.device)
    store.add_environment(here, facts)
    predicted = costs.predict(job.cells, store.timings())
    store.set_plan(
        PlannedCell(c.key, c.manifold, c.estimator, c.n, c.seed, predicted[c.key])
        for c in job.cells
    )
    missing_costs = {cell.key: predicted[cell.key] for cell in missing}
    batches = plan.batches(missing, missing_costs)
    _warn_of_unused_limit(job, console)
    with (
        _events(job, missing, batches) as events,
        Display(console, missing_costs, _groups(job, batches), silent) as display,
        Heartbeat(job.out, display.seconds_left) as heartbeat,
    ):
        for received in events:
            valid = [_validated(event) for event in received]
            _save_and_show(valid, store, display, here)
            heartbeat.update(valid)


def _warn_of_unused_limit(job: Job, console: Console) -> None:
    """Say so if OMP_NUM_THREADS asks for another number of threads than cells get.

    Times are compared between estimators and runs, so that the plan sets the threads of each cell.
    """
    limit, threads = os.environ.get("OMP_NUM_THREADS", "").strip(), job.capacity.threads
    if job.scheduler is None and limit not in ("", str(threads)):
        print_lines(
            console,
            f"OMP_NUM_THREADS={limit} is not used: each cell runs on {plural(threads, 'thread')}, "
            "the cores divided by --jobs",
        )


def _groups(job: Job, batches: list[list[Cell]]) -> list[tuple[int, Sequence[Batch]]]:
    """Return batches that have workers of their own, with how many cells of them run at a time."""
    if job.scheduler is not None:
        return [(job.capacity.jobs, batches)]
    shares = local.shares(batches, job.capacity, job.device)
    return [(share.width, share.batches) for share in shares]


def _validated(event: Event) -> Event:
    if isinstance(event, CellEnd):
        record, arrays = validate_outcome(event.result.record, event.result.arrays)
        return replace(event, result=replace(event.result, record=record, arrays=arrays))
    if isinstance(event, CellReport):
        return replace(event, text=printable(" ".join(event.text[:LONGEST].split())))
    return event


def _save_and_show(events: list[Event], store: Store, display: Display, here: str) -> None:
    """Save records, then show the events: what is shown as done is saved."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    ended = []
    for event in events:
        if isinstance(event, CellEnd):
            result, identity = event.result, here
            if result.environment is not None:
                identity, facts = result.environment
                store.add_environment(identity, facts)
            record = replace(result.record, environment=identity, finished=now)
            ended.append((record, result.arrays))
    saved = iter(store.add_all(ended)) if ended else iter(())
    for event in events:
        if isinstance(event, CellEnd):
            display.finish(next(saved))
        elif isinstance(event, CellStart):
            display.start(event.cell)
        else:
            display.report(event.cell, event.text)


@contextlib.contextmanager
def _events(
    job: Job, cells: list[Cell], batches: list[list[Cell]]
) -> Iterator[Iterator[list[Event]]]:
    """Yield the events of a run, whose processes and files are gone at the end of the block."""
    setup = _setup(job)
    if job.scheduler is not None:
        from bench.engine import cluster

        with contextlib.closing(cluster.run(batches, setup, job.scheduler, job.device)) as events:
            yield events
        return
    samples = SampleCache(cells)
    try:
        setup = replace(setup, scratch=samples.scratch)
        with contextlib.closing(local.run(batches, setup, job.capacity, job.device)) as events:
            yield _releasing(events, samples)
    finally:
        samples.close()


def _releasing(
    events: Generator[list[Event], None, None], samples: SampleCache
) -> Iterator[list[Event]]:
    """Pass on events, while samples that no cell needs any more are removed."""
    for received in events:
        for event in received:
            if isinstance(event, CellEnd):
                samples.release(event.cell)
        yield received


def _setup(job: Job) -> Setup:
    """Return what a worker has to import or be sent, because the packages do not have it.

    Plug-ins go as text, for a worker may be where the file is not; classes of an importable module
    are imported there; those of the running program (a notebook) are sent by value.
    """
    modules, entries = [], []
    for kind, registry in REGISTRIES.items():
        for entry in registry.entries():
            module = entry.cls.__module__
            if module == "__main__":
                _check_sendable(kind, entry)
                entries.append((kind, entry))
            elif not module.startswith((f"{registry.package}.", PREFIX)):
                modules.append(module)
    return Setup(
        plugins=tuple((path, read_source(path)) for path in job.plugins),
        modules=tuple(dict.fromkeys(modules)),
        entries=cloudpickle.dumps(entries),
        calibrated=job.calibrated,
    )


def _check_sendable(kind: str, entry: Entry) -> None:
    """Raise ValueError if a class of the running program cannot go to another process."""
    try:
        cloudpickle.dumps(entry)
    except Exception as error:
        raise ValueError(
            f"{kind} {entry.name!r} of the running program cannot be sent to the processes that "
            f"run cells ({error}); put the class into a file, and run it as a plug-in"
        ) from error
