"""Reports of a run: what it would do (``--dry-run``), and where it stands (``status``)."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.engine import heartbeat
from bench.engine.complete import missing_cells
from bench.engine.costs import predict
from bench.engine.job import Job
from bench.format import duration, plural, print_lines
from bench.record import OK
from bench.store.lock import in_use
from bench.store.store import FILE, Store


def preview(job: Job, console: Console, title: str | None = None) -> None:
    """Print what a job would run, and a guess of what it costs (default title: the preset)."""
    timings, missing = [], job.cells
    if (job.out / FILE).exists():
        with Store(job.out, writing=False) as store:
            timings = list(store.timings())
            missing = missing_cells(job, store)
    # Of all cells, as a run does: a model that was trained before need not be trained again.
    predicted = predict(job.cells, timings)
    seconds = {cell.key: predicted[cell.key] for cell in missing}
    table = Table(
        "estimator", "cells", "done", "points", "core time", title=title or f"preset {job.preset}"
    )
    for label in dict.fromkeys(cell.estimator for cell in job.cells):
        cells = [cell for cell in job.cells if cell.estimator == label]
        left = [seconds[cell.key] for cell in cells if cell.key in seconds]
        sizes = [cell.n for cell in cells]
        points = " to ".join(map(str, sorted({min(sizes), max(sizes)})))
        done = str(len(cells) - len(left))
        table.add_row(label, str(len(cells)), done, points, duration(sum(left)))
    console.print(table)
    total, jobs = sum(seconds.values()), job.capacity.jobs
    console.print(
        f"{len(missing)} of {plural(len(job.cells), 'cell')} to run, "
        f"about {duration(total)} of core time, "
        f"about {duration(total / jobs)} with {plural(jobs, 'job')}; "
        "nothing was run",
        highlight=False,
    )


@dataclass
class Tally:
    """Cells of one estimator: by status of their record, and those without one."""

    estimator: str
    statuses: dict[str, int] = field(default_factory=dict)
    left: int = 0


@dataclass(frozen=True)
class Status:
    """Where a run stands.

    ``active`` is True while it is going on; ``running`` are its cells of this moment, with seconds
    so far; ``seconds`` is how long the run has been going on, ``seconds_left`` how long it will
    still take by its own estimate; without one (``core_time`` is True) the predicted seconds of
    core time of all cells that have no record.
    """

    folder: str
    active: bool
    process: int | None
    host: str | None
    cells: int
    statuses: dict[str, int]
    left: int
    running: list[tuple[heartbeat.Running, float]]
    seconds: float | None
    seconds_left: float
    core_time: bool
    estimators: list[Tally]


def status_of(folder: Path) -> Status:
    """Return the status of the last run into a folder; ValueError if there was none."""
    if not (folder / FILE).exists():
        raise ValueError(f"there are no results in {folder}: it has no {FILE}")
    active = in_use(folder)
    now = time.time()
    with Store(folder, writing=False) as store:
        progress = store.progress()
    facts = heartbeat.read(folder) if active else None
    # The heartbeat is written a moment later than the records.
    done = {cell.key for cell, status in progress if status is not None}
    running = [
        # A clock that was set back makes no time negative.
        (one, max(0.0, now - one.start))
        for one in (facts.running if facts else ())
        if one.key not in done
    ]
    eta = facts.seconds_left(now) if facts else None
    tallies: dict[str, Tally] = {}
    for cell, status in progress:
        tally = tallies.setdefault(cell.estimator, Tally(cell.estimator))
        if status is None:
            tally.left += 1
        else:
            tally.statuses[status] = tally.statuses.get(status, 0) + 1
    return Status(
        folder=str(folder),
        active=active,
        process=facts.process if facts else None,
        host=facts.host if facts else None,
        cells=len(progress),
        statuses=dict(Counter(status for _, status in progress if status is not None)),
        left=sum(tally.left for tally in tallies.values()),
        running=running,
        seconds=max(0.0, now - facts.start) if facts else None,
        seconds_left=sum(cell.seconds for cell, status in progress if status is None)
        if eta is None
        else eta,
        core_time=eta is None,
        estimators=list(tallies.values()),
    )


def report(status: Status, console: Console, *, as_json: bool = False) -> None:
    """Print a status, for people or (JSON) for programs."""
    if as_json:
        running = [{**asdict(one), "seconds": seconds} for one, seconds in status.running]
        for one in running:
            one["told"] = one.pop("report")
        estimators = [asdict(tally) for tally in status.estimators]
        facts = {**vars(status), "running": running, "estimators": estimators}
        console.print_json(json.dumps(facts))
        return
    print_lines(console, _headline(status))
    failing = sorted({name for tally in status.estimators for name in tally.statuses} - {OK})
    table = Table("estimator", "done", *failing, "left")
    for tally in status.estimators:
        failed = [str(tally.statuses.get(name, "")) for name in failing]
        table.add_row(
            tally.estimator, str(tally.statuses.get(OK, 0)), *failed, str(tally.left or "")
        )
    console.print(table)
    for cell, seconds in status.running:
        message = f" ({cell.report})" if cell.report else ""
        print_lines(
            console,
            f"running for {duration(seconds)}: {cell.estimator} on {cell.manifold} "
            f"(seed {cell.seed}){message}",
        )


def _headline(status: Status) -> str:
    done, running = status.statuses.get(OK, 0), len(status.running)
    counts = (
        f"{plural(status.cells, 'cell')}: {done} done, {sum(status.statuses.values()) - done} "
        f"failed, {running} running, {max(0, status.left - running)} left"
    )
    left = f"about {duration(status.seconds_left)}" + " of core time" * status.core_time
    if status.active and status.seconds is not None:
        return (
            f"{counts}; going on for {duration(status.seconds)} (process {status.process} on "
            f"{status.host}), {left} left"
        )
    if status.active:
        return f"{counts}; a run is starting or writing its tables"
    if status.left:
        return f"{counts}; not running: run the same command to resume, {left}"
    return f"{counts}; finished"
