"""Synthetic baselines: no cell is run."""

import json

import numpy as np
import pandas as pd

from bench.regression.baseline import FORMAT, Baseline, CellBaseline

SEEDS, STATES = 4, 22
SUITE = """
about = "Small."
seed = 3
[manifolds.line]
manifold = "sphere"
parameters = { dimension = 1, ambient = 3 }
[estimators.twonn]
estimator = "twonn"
[estimators.knn]
estimator = "knn"
[estimators.svd]
estimator = "score-svd"
[presets.smoke]
n = 100
seeds = 2
[presets.quick]
n = 100
seeds = 2
[presets.full]
n = 100
seeds = 2
"""


def nested(values):
    """Estimates as lists of lists, one a seed; a flat list is one state a seed."""
    rows = [row if isinstance(row, list | np.ndarray) else [row] for row in values]
    return [[None if value is None else float(value) for value in row] for row in rows]


def cell(estimates, *, name="fast", manifold="sphere", times=None, statuses=None, **more):
    estimates = nested(estimates)
    facts = {
        "manifold": manifold,
        "estimator": name,
        "sample": "sample",
        "method": "method",
        "version": 1,
        "deterministic": True,
        "trains": False,
        "truth": 5.0,
        "statuses": statuses or [["failed" if v is None else "ok" for v in r] for r in estimates],
        "estimates": estimates,
        "times": nested(np.full((len(estimates), 1), 2.0) if times is None else times),
    }
    return CellBaseline(**{**facts, **more})


def random_cell(estimates, **more):
    return cell(estimates, **{"deterministic": False, **more})


def baseline(*cells, suite="ci", preset="quick", jobs=2, environment=None):
    return Baseline(
        format=FORMAT,
        suite=suite,
        preset=preset,
        jobs=jobs,
        seeds=min(len(one.statuses) for one in cells),
        states=max(len(one.statuses[0]) for one in cells),
        environment=environment or {},
        cells=list(cells),
    )


def timed(factor, *, fits, name="fast", manifold="sphere", spread=0.05, seed=0):
    """A cell of four seeds whose fits take about twice ``factor`` the kernel's time."""
    rng = np.random.default_rng(seed)
    times = 2 * factor * np.exp(spread * rng.standard_normal((4, fits)))
    return cell([5.0] * 4, name=name, manifold=manifold, times=times)


def records(job, **changes):
    """Return the results of a run, without running it; ``changes`` by estimator, seed and state."""
    rows = []
    for cell in job.cells:
        row = {
            "key": cell.key,
            "status": "ok",
            "estimate": 1.0 + cell.seed + cell.state / 10,
            "kernel_seconds": 0.5,
            "fit_seconds": 3.0 + cell.state,
            "shared_seconds": 3.0 + cell.state,
            "groups": json.dumps([{"truth": 1, "weight": 1.0}]),
            "message": "",
        }
        row.update(changes.get(f"{cell.estimator}_{cell.seed}_{cell.state}", {}))
        rows.append(row)
    # In whatever order.
    return pd.DataFrame(rows[::-1])
