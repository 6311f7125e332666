"""Runs what a job lacks: cells to the runner, records to the store, news to the display."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cloudpickle
from rich.console import Console

from bench import environment
from bench.cell import Cell
from bench.engine import costs, local, plan
from bench.engine.acceptance import accepted
from bench.engine.capacity import unused_thread_limit
from bench.engine.heartbeat import Live
from bench.engine.job import Job
from bench.engine.leftovers import claimed, reclaim
from bench.engine.local import Batch, Event, Finished, Started, Told
from bench.engine.progress import Display
from bench.format import LONGEST, printable
from bench.plugins import REGISTRIES, read_source
from bench.record import Record
from bench.store.store import Planned, Store
from bench.workers.process import Setup
from bench.workers.samples import SampleCache
from manifolds.registry import Entry

if TYPE_CHECKING:
    import pandas as pd


def missing_cells(job: Job, store: Store, *, retry: bool = False) -> list[Cell]:
    """Cells without a record, and those that tighter limits than the present ones stopped.

    With ``retry`` also those whose record is not "ok".
    """
    outcomes = store.outcomes()

    def settled(cell: Cell) -> bool:
        if cell.key not in outcomes:
            return False
        status, limits = outcomes[cell.key]
        if status != "ok" and retry:
            return False
        if status == "timeout":
            return not _looser(cell.limits.timeout, limits.timeout)
        if status == "memory":
            return not _looser(cell.limits.memory, limits.memory)
        return True

    return [cell for cell in job.cells if not settled(cell)]


def _looser(now: float | None, then: float | None) -> bool:
    """Whether a limit is looser than it was; where there was none, it cannot be."""
    return then is not None and (now is None or now > then)


def records_of(job: Job, store: Store) -> pd.DataFrame:
    """The records of a job's cells, one row each.

    Labels belong to the suite of this job; a record may come from another one's.
    """
    records = store.frame([cell.key for cell in job.cells])
    for label in ("suite", "manifold", "estimator"):
        labels = {cell.key: getattr(cell, label) for cell in job.cells}
        records[label] = records["key"].map(labels)
    return records


def run_cells(
    job: Job,
    missing: list[Cell],
    store: Store,
    console: Console,
    silent: Callable[[Record], bool] = lambda record: False,
) -> None:
    """Run cells and keep their records; on KeyboardInterrupt the finished ones are kept.

    Results are shown as they arrive, but for those that are ``silent``.
    """
    # What a cluster's workers are comes with their records.
    identity, facts = environment.describe("cpu" if job.scheduler else job.device)
    store.add_environment(identity, facts)
    predicted = costs.predict(job.cells, store.timings())
    store.set_plan(
        Planned(c.key, c.manifold, c.estimator, c.n, c.seed, predicted[c.key]) for c in job.cells
    )
    wanted = {cell.key: predicted[cell.key] for cell in missing}
    batches = plan.batches(missing, wanted)
    if job.scheduler is None and (note := unused_thread_limit(job.room.cores, job.room.jobs)):
        console.print(note, highlight=False, soft_wrap=True, markup=False)
    with (
        _events(job, missing, batches) as events,
        Live(job.out, job.room.jobs) as live,
        Display(console, wanted, _groups(job, batches), silent) as display,
    ):
        for together in map(_sound, events):
            live.note(together)
            _keep(together, store, display, identity)


def _groups(job: Job, batches: list[list[Cell]]) -> list[tuple[int, Sequence[Batch]]]:
    """Batches that have workers of their own, with how many cells of them run at a time."""
    if job.scheduler is not None:
        return [(job.room.jobs, batches)]
    shares = local.shares(batches, job.room, job.device)
    return [(share.width, share.batches) for share in shares]


def _sound(together: list[Event]) -> list[Event]:
    """Events whose records, arrays and texts were checked: see ``accepted``."""
    sound: list[Event] = []
    for event in together:
        if isinstance(event, Finished):
            record, arrays = accepted(event.record, event.arrays)
            sound.append(replace(event, record=record, arrays=arrays))
        elif isinstance(event, Told):
            text = " ".join(event.text[:LONGEST].split())
            sound.append(replace(event, text=printable(text)))
        else:
            sound.append(event)
    return sound


def _keep(together: list[Event], store: Store, display: Display, identity: str) -> None:
    """Records first, then the news of them: what is shown as done is kept."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    ended = []
    for event in together:
        if isinstance(event, Finished):
            where = identity
            if event.environment is not None:
                where, facts = event.environment
                store.add_environment(where, facts)
            ended.append((replace(event.record, environment=where, finished=now), event.arrays))
    kept = iter(store.add_all(ended)) if ended else iter(())
    for event in together:
        if isinstance(event, Finished):
            display.finished(next(kept))
        elif isinstance(event, Started):
            display.started(event.cell)
        else:
            display.told(event.cell, event.text)


@contextlib.contextmanager
def _events(
    job: Job, cells: list[Cell], batches: list[list[Cell]]
) -> Iterator[Iterator[list[Event]]]:
    """The events of a run, whose processes and files are gone when it is left."""
    setup = _setup(job)
    if job.scheduler is not None:
        from bench.engine import cluster

        with contextlib.closing(cluster.run(batches, setup, job.scheduler, job.device)) as events:
            yield events
        return
    reclaim()
    shelf = SampleCache(cells)
    claim = claimed(Path(shelf.scratch))
    try:
        setup = replace(setup, scratch=shelf.scratch)
        with contextlib.closing(local.run(batches, setup, job.room, job.device)) as events:
            yield _shelved(events, shelf)
    finally:
        shelf.close()
        claim.close()


def _shelved(
    events: Generator[list[Event], None, None], shelf: SampleCache
) -> Iterator[list[Event]]:
    """The events, while samples that nobody needs any more are put away."""
    for together in events:
        for event in together:
            if isinstance(event, Finished):
                shelf.release(event.cell)
        yield together


def _setup(job: Job) -> Setup:
    """What a worker has to import or be sent, because the packages do not have it.

    Plug-ins go as text, for a worker may be where the file is not; classes of an importable module
    are imported there; those of the running program (a notebook) are sent by value.
    """
    modules, entries = [], []
    for kind, registry in REGISTRIES.items():
        for entry in registry.entries():
            module = entry.cls.__module__
            if module == "__main__":
                entries.append((kind, entry))
            elif not module.startswith((f"{registry.package}.", "bench_plugin_")):
                modules.append(module)
    return Setup(
        plugins=tuple((path, read_source(path)) for path in job.plugins),
        modules=tuple(dict.fromkeys(modules)),
        entries=cloudpickle.dumps([_sendable(*entry) for entry in entries]),
        calibrated=job.calibrated,
    )


def _sendable(kind: str, entry: Entry) -> tuple[str, Entry]:
    """A class of the running program; ValueError where it cannot go to another process."""
    try:
        cloudpickle.dumps(entry)
    except Exception as error:
        raise ValueError(
            f"{kind} {entry.name!r} of the running program cannot be sent to the processes that "
            f"run cells ({error}); put the class into a file, and run it as a plug-in"
        ) from error
    return kind, entry
