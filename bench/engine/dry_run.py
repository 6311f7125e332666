"""What a run would do, and a guess of what it costs, without doing it."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from bench.cell import Cell
from bench.engine.complete import missing_cells
from bench.engine.costs import predict
from bench.engine.job import Job
from bench.format import counted, duration
from bench.record import Timing
from bench.store.store import FILE, Store


@dataclass
class _Row:
    """Cells of one estimator, those done before, their sizes, and seconds of what is missing."""

    cells: int = 0
    done: int = 0
    sizes: set[int] = field(default_factory=set)
    seconds: float = 0.0


def preview(job: Job, console: Console, title: str | None = None) -> None:
    """Print what would run, and a guess of what it costs, under a title (default: the preset)."""
    timings: list[Timing] = []
    missing: list[Cell] = job.cells
    if (job.out / FILE).exists():
        with Store(job.out, writing=False) as store:
            timings = list(store.timings())
            missing = missing_cells(job, store)
    # Of all cells, as a run does: a model that was trained before need not be trained again.
    predicted = predict(job.cells, timings)
    seconds = {cell.key: predicted[cell.key] for cell in missing}
    rows: dict[str, _Row] = {}
    for cell in job.cells:
        row = rows.setdefault(cell.estimator, _Row())
        row.cells += 1
        row.done += cell.key not in seconds
        row.sizes.add(cell.n)
        row.seconds += seconds.get(cell.key, 0.0)
    table = Table(
        "estimator", "cells", "done", "points", "core time", title=title or f"preset {job.preset}"
    )
    for label, row in rows.items():
        sizes = sorted({min(row.sizes), max(row.sizes)})
        table.add_row(
            label,
            str(row.cells),
            str(row.done),
            " to ".join(map(str, sizes)),
            duration(row.seconds),
        )
    console.print(table)
    total = sum(seconds.values())
    console.print(
        f"{len(missing)} of {counted(len(job.cells), 'cell')} to run, "
        f"about {duration(total)} of core time, "
        f"about {duration(total / job.room.jobs)} with {counted(job.room.jobs, 'job')}; "
        "nothing was run",
        highlight=False,
    )
