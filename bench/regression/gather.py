"""A baseline from the records of a run."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

import estimators
from bench.cell import Cell
from bench.engine.job import Job
from bench.record import OK
from bench.regression.baseline import FORMAT, Baseline, CellBaseline
from bench.workers.timing import TIMED_STATES

if TYPE_CHECKING:
    import pandas as pd


def gather(job: Job, records: pd.DataFrame, environment: dict[str, Any]) -> Baseline:
    """Return the records of a job as a baseline.

    Raises ValueError where some cells have no record, or no calibrated time.
    """
    missing = {cell.key for cell in job.cells} - set(records["key"])
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(job.cells)} fits have no record in {job.out}; run them first "
            "(without --no-run)"
        )
    ok = records["status"] == OK
    if (ok & records["kernel_seconds"].isna()).any():
        raise ValueError(
            f"records in {job.out} were made by another command and have no calibrated times; "
            "run them again (without --no-run), or choose another --out"
        )
    rows = {row["key"]: row for row in records.to_dict("records")}
    pairs: dict[tuple[str, str], list[Cell]] = {}
    for cell in job.cells:
        pairs.setdefault((cell.manifold, cell.estimator), []).append(cell)
    cells = [_cell_baseline(mine, rows) for mine in pairs.values()]
    return Baseline(
        format=FORMAT,
        suite=job.cells[0].suite,
        preset=job.preset,
        seeds=min(len(cell.statuses) for cell in cells),
        states=max(len(cell.statuses[0]) for cell in cells),
        jobs=job.capacity.jobs,
        environment=environment,
        cells=cells,
    )


def _cell_baseline(cells: list[Cell], rows: dict[str, Any]) -> CellBaseline:
    """Return the fits of an estimator on a manifold, from the records by key."""
    first = cells[0]
    entry = estimators.entry(first.estimator_name)
    seeds: dict[int, list[Any]] = {}
    for cell in sorted(cells, key=lambda cell: (cell.seed, cell.state)):
        seeds.setdefault(cell.seed, []).append(cell)
    results = [[rows[cell.key] for cell in mine] for mine in seeds.values()]
    good = [row for mine in results for row in mine if row["status"] == OK]
    bad = [row for mine in results for row in mine if row["status"] != OK]
    truths = {_truth(row["groups"]) for row in good}
    return CellBaseline(
        manifold=first.manifold,
        estimator=first.estimator,
        sample=sample_hash(first),
        method=_digest(first.estimator_name, first.estimator_parameters),
        version=first.estimator_version,
        deterministic=entry.deterministic,
        # Nothing was saved by a model that another estimator had trained.
        trains=entry.shares_model
        and all(row["shared_seconds"] == row["fit_seconds"] for row in good),
        truth=truths.pop() if len(truths) == 1 else None,
        statuses=[[row["status"] for row in mine] for mine in results],
        estimates=[[_number(row["estimate"]) for row in mine] for mine in results],
        times=[
            [
                _number(rows[cell.key]["shared_seconds"] / rows[cell.key]["kernel_seconds"])
                for cell in mine
                if cell.state < TIMED_STATES
            ]
            for mine in seeds.values()
        ],
        message=bad[0]["message"] if bad else "",
    )


def sample_hash(cell: Cell) -> str:
    """Return a hash of the samples of a cell, but for their seeds."""
    return _digest(
        cell.manifold_name, cell.manifold_version, cell.manifold_parameters, cell.n, cell.entropy
    )


def _truth(groups: str) -> float | None:
    """Return the dimension of a sample, from a record's groups; None for several, or none known."""
    levels = json.loads(groups or "[]")
    return float(levels[0]["truth"]) if len(levels) == 1 else None


def _digest(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
