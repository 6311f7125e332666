"""What of a run is done, failed, running and left; of one that is going on, too."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.engine import heartbeat
from bench.engine.eta import seconds_said
from bench.format import counted, duration
from bench.store.lock import in_use
from bench.store.store import FILE, Planned, Store


@dataclass
class Tally:
    """Cells of one estimator: by status of their record, and those without one."""

    estimator: str
    statuses: dict[str, int] = field(default_factory=dict)
    left: int = 0


@dataclass(frozen=True)
class Status:
    """Where a run stands.

    ``active`` says whether it is going on; ``running`` are its cells of this moment, with seconds
    so far; ``seconds`` is how long the run has been going on, ``seconds_left`` how long it will
    take yet (if it is not going on: would take).
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
    estimators: list[Tally]


def status_of(folder: Path) -> Status:
    """The status of the last run into a folder; ValueError where there was none."""
    if not (folder / FILE).exists():
        raise ValueError(f"there are no results in {folder}: it has no {FILE}")
    active = in_use(folder)
    now = time.time()
    with Store(folder, writing=False) as store:
        progress = store.progress()
    facts = heartbeat.read(folder) if active else None
    # What runs is written a moment later than what is done.
    done = {cell.key for cell, found, _ in progress if found is not None}
    running = [
        # A clock that was set back makes no time negative.
        (one, max(0.0, now - one.start))
        for one in (facts.running if facts else ())
        if one.key not in done
    ]
    tallies: dict[str, Tally] = {}
    for cell, found, _ in progress:
        tally = tallies.setdefault(cell.estimator, Tally(cell.estimator))
        if found is None:
            tally.left += 1
        else:
            tally.statuses[found] = tally.statuses.get(found, 0) + 1
    return Status(
        folder=str(folder),
        active=active,
        process=facts.process if facts else None,
        host=facts.host if facts else None,
        cells=len(progress),
        statuses=dict(Counter(found for _, found, _ in progress if found is not None)),
        left=sum(tally.left for tally in tallies.values()),
        running=running,
        seconds=max(0.0, now - facts.start) if facts else None,
        seconds_left=_left(progress, running, facts.jobs if facts else 1),
        estimators=list(tallies.values()),
    )


def _left(
    progress: list[tuple[Planned, str | None, float | None]],
    running: list[tuple[heartbeat.Running, float]],
    jobs: int,
) -> float:
    """Seconds that cells without a record will take, so many at a time.

    The run's own predictions, scaled by how they did on the cells that are done, or what a running
    cell says of itself; never less than any of these will take.
    """
    done = [(cell.seconds, took) for cell, found, took in progress if found == "ok" and took]
    predicted, taken = (sum(column) for column in zip(*done, strict=True)) if done else (0.0, 0.0)
    # A few cells say little about the others.
    trust = 10.0
    scale = (taken + trust) / (predicted + trust)
    so_far = {one.key: seconds for one, seconds in running}
    left = {
        cell.key: max(0.0, cell.seconds * scale - so_far.get(cell.key, 0.0))
        for cell, found, _ in progress
        if found is None
    }
    for one, _ in running:
        if one.key in left:
            left[one.key] = seconds_said(one.told, left[one.key])
    longest = max((left.get(one.key, 0.0) for one, _ in running), default=0.0)
    return max(sum(left.values()) / jobs, longest)


def report(status: Status, console: Console, *, as_json: bool = False) -> None:
    """Print a status, for people or (JSON) for programs."""
    if as_json:
        facts = {
            **vars(status),
            "running": [{**asdict(one), "seconds": seconds} for one, seconds in status.running],
            "estimators": [asdict(tally) for tally in status.estimators],
        }
        console.print_json(json.dumps(facts))
        return
    console.print(_headline(status), highlight=False, soft_wrap=True, markup=False)
    failing = sorted({name for tally in status.estimators for name in tally.statuses} - {"ok"})
    table = Table("estimator", "done", *failing, "left")
    for tally in status.estimators:
        failed = [str(tally.statuses.get(name, "")) for name in failing]
        table.add_row(
            tally.estimator, str(tally.statuses.get("ok", 0)), *failed, str(tally.left or "")
        )
    console.print(table)
    for one, seconds in status.running:
        told = f" ({one.told})" if one.told else ""
        console.print(
            f"running for {duration(seconds)}: {one.estimator} on {one.manifold} "
            f"(seed {one.seed}){told}",
            highlight=False,
            soft_wrap=True,
            markup=False,
        )


def _headline(status: Status) -> str:
    failed = sum(status.statuses.values()) - status.statuses.get("ok", 0)
    counts = (
        f"{counted(status.cells, 'cell')}: {status.statuses.get('ok', 0)} done, {failed} failed, "
        f"{len(status.running)} running, {max(0, status.left - len(status.running))} left"
    )
    if status.active and status.seconds is not None:
        return (
            f"{counts}; going on for {duration(status.seconds)} (process {status.process} on "
            f"{status.host}), about {duration(status.seconds_left)} left"
        )
    if status.active:
        return f"{counts}; a run is starting or writing its tables"
    if status.left:
        return (
            f"{counts}; not running: the same run command goes on, for about "
            f"{duration(status.seconds_left)} of core time"
        )
    return f"{counts}; finished"
