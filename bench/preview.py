"""What a run would do, and a guess of what it costs, without doing it."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from bench import plan
from bench.api import Job, missing_cells
from bench.progress import counted, duration
from bench.store import FILE, Store


def preview(job: Job, console: Console) -> None:
    """Print what would run, and a guess of what it costs."""
    seconds: dict[tuple[str, str, int], float] = {}
    done: set[str] = set()
    if (job.out / FILE).exists():
        with Store(job.out, writing=False) as store:
            seconds = store.seconds()
            done = {cell.key for cell in job.cells} - {c.key for c in missing_cells(job, store)}
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
        f"{len(missing)} of {counted(len(job.cells), 'cell')} to run, "
        f"about {duration(total)} of core time, "
        f"about {duration(total / job.jobs)} with {counted(job.jobs, 'job')}; nothing was run",
        highlight=False,
    )
