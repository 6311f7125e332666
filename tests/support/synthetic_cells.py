"""A double of the function that runs cells, for tests of the commands in one process."""

import io
import json
from dataclasses import replace

from rich.console import Console

from bench.regression.command import check, save_baseline
from bench.workers.outcome import empty_record

SUITE = """
about = "Small."
[manifolds.line]
manifold = "sphere"
parameters = { dimension = 1, ambient = 3 }
[manifolds.ball]
manifold = "sphere"
parameters = { dimension = 1, ambient = 4 }
[estimators.twonn]
estimator = "twonn"
[estimators.knn]
estimator = "knn"
[presets.smoke]
n = 60
seeds = 4
[presets.quick]
n = 60
seeds = 4
[presets.full]
n = 60
seeds = 4
"""
HERE = {
    "python": "3.1",
    "processor": "chip [fast]",
    "revision": "r1",
    "device": "cpu",
    "packages": {"numpy": "2.0"},
}


_READ = dict.fromkeys(("estimate", "low", "high"), 1.0)


class Runner:
    """A double of the function that runs cells: synthetic results, as records in the store.

    ``change`` has the values that differ for a cell, by label of its estimator and manifold. The
    cells of the last run are in ``ran``.
    """

    def __init__(self):
        self.change, self.ran, self.jobs = {}, [], []

    def __call__(self, job, cells, store, console, silent=None):
        assert isinstance(console, Console)
        # What was run before is no result of this run.
        assert not {cell.key for cell in cells} & store.outcomes().keys()
        self.jobs.append(job)
        self.ran.append([(c.manifold, c.estimator, c.seed, c.state) for c in cells])
        store.add_environment("here", HERE)
        store.add_all([(self.record(cell), {}) for cell in cells])

    def record(self, cell):
        values = {
            "status": "ok",
            "estimate": 1 + 0.1 * cell.seed + (0.01 * cell.state if cell.estimator == "knn" else 0),
            "fit_seconds": 3.0 + cell.seed,
            "shared_seconds": 3.0 + cell.seed,
            "kernel_seconds": 0.5,
            "groups": json.dumps([{"truth": 1, "weight": 1.0, **_READ}]),
            "environment": "here",
        }
        change = self.change.get((cell.estimator, cell.manifold), {})
        return replace(empty_record(cell), **{**values, **(change(values) if change else {})})


class Screen:
    def __init__(self, **more):
        self.file = io.StringIO()
        self.console = Console(file=self.file, width=300, **more)

    @property
    def lines(self):
        return [line.rstrip() for line in self.file.getvalue().splitlines()]


def saved(suite, *, to="b.json", states=7, screen=None, **more):
    return save_baseline(
        suite.parent / to, str(suite), run=True, states=states,
        console=(screen or Screen()).console, preset="smoke", out=suite.parent / "saved", jobs=1,
        **more,
    )  # fmt: skip


def checked(suite, *, run=True, screen=None, **more):
    return check(
        suite.parent / "b.json", str(suite), run=run, console=(screen or Screen()).console,
        **{"preset": "smoke", "out": suite.parent / "run", "jobs": 1, **more},
    )  # fmt: skip


def moved(by, times=1.0):
    """A result that is further from, or nearer to, the truth than before."""
    return lambda was: {
        "estimate": was["estimate"] + by,
        "shared_seconds": times * was["shared_seconds"],
    }


def failed(message):
    nothing = dict.fromkeys(("estimate", "fit_seconds", "shared_seconds", "kernel_seconds"))
    return lambda was: {**nothing, "status": "failed", "message": message}
