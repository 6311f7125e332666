"""Benchmark of intrinsic-dimension estimators: suites of manifolds crossed with estimators.

>>> import bench
>>> bench.run("euclidean", preset="smoke")      # records of a suite, a row a cell
>>> bench.estimate(X)                           # every estimator's dimension of points (n, D)
>>> bench.check("baseline.json", "ci").alarms   # regressions
>>> bench.report("results/euclidean")           # the path of an HTML file
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from bench.api import check, estimate, report

    __all__ = ["check", "estimate", "report", "run"]

__version__ = "0.1.0"

_COMMANDS = ("check", "estimate", "report")


def run(suite: str = "euclidean", **options: Any) -> pd.DataFrame:
    """Run a suite and return its records, one row a cell; finished cells are not run again.

    ``suite`` is a name or the path of a TOML file. Options are those of the command line, as in
    ``bench.run("euclidean", preset="quick", estimators=["mle-5"], jobs=2)``; ``bench.api.run``
    lists them. Raises ValueError for a name, parameter or option that does not exist.
    """
    from bench.api import run as run_suite

    return run_suite(suite, **options)


def __getattr__(name: str) -> Any:
    """Import the other commands when they are used, as they need much that ``run`` does not."""
    if name in _COMMANDS:
        from bench import api

        return getattr(api, name)
    raise AttributeError(f"module 'bench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_COMMANDS])
