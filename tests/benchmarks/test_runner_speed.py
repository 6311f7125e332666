"""Overhead of the runner: ``tox -e bench``. Printed, not asserted.

Limit of the issue: 10 ms a cell beyond plain joblib.
"""

import io
import itertools
import statistics
import time
from pathlib import Path

import pytest
from joblib import Parallel, delayed
from rich.console import Console

import estimators
import manifolds
from bench.engine import complete
from bench.engine.job import prepare
from bench.plugins import load_file
from bench.store.store import Store

pytestmark = pytest.mark.benchmark

NOOP = str(Path(__file__).parent / "noop.py")
CELLS, FEW, JOBS, POINTS = 1000, 10, 2, 50


def through_runner(cells: int, out: Path) -> float:
    """Seconds of a run of no-op cells, records in the store included."""
    job = prepare(
        "euclidean", preset="smoke", manifolds="line", estimators="no-op", n=POINTS, seeds=cells,
        jobs=JOBS, out=out, plugins=NOOP, device="cpu",
    )  # fmt: skip
    with Store(job.out) as store:
        start = time.perf_counter()
        complete.run_cells(job, job.cells, store, Console(file=io.StringIO()))
        return time.perf_counter() - start


def one(seed: int) -> float:
    """The same as a plain function."""
    if "no-op" not in estimators.names():
        load_file(NOOP)
    points = manifolds.get("spaghetti-line", ambient=100).sample(POINTS, seed).points
    estimator = estimators.get("no-op")
    estimator.fit(points)
    return estimator.dimension_


def through_joblib(cells: int) -> float:
    start = time.perf_counter()
    Parallel(n_jobs=JOBS, batch_size=1)(delayed(one)(seed) for seed in range(cells))
    return time.perf_counter() - start


def test_overhead_of_a_cell(tmp_path, capsys):
    load_file(NOOP)
    ours, theirs = [], []
    for turn in range(3):
        # What starting workers takes is in both, and out of the difference.
        few = through_runner(FEW, tmp_path / f"few-{turn}")
        ours.append(through_runner(CELLS, tmp_path / f"many-{turn}") - few)
        few = through_joblib(FEW)
        theirs.append(through_joblib(CELLS) - few)
    per_cell = [1000 * statistics.median(times) / (CELLS - FEW) for times in (ours, theirs)]
    with capsys.disabled():
        print(
            f"\n{CELLS} no-op cells, {JOBS} at a time, median of {len(ours)}: "
            f"{per_cell[0]:.2f} ms a cell through the runner and into the store, "
            f"{per_cell[1]:.2f} ms through joblib alone; overhead "
            f"{per_cell[0] - per_cell[1]:.2f} ms"
        )


@pytest.mark.benchmark(group="no-op cells through the runner")
@pytest.mark.parametrize("cells", [FEW, 500])
def test_no_op_cells(cells, timed, tmp_path):
    load_file(NOOP)
    folders = (tmp_path / str(turn) for turn in itertools.count())
    timed(lambda: through_runner(cells, next(folders)), cells=cells)
