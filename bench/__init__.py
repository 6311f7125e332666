"""Benchmark of intrinsic-dimension estimators: suites of manifolds crossed with estimators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__version__ = "0.1.0"


def run(suite: str = "euclidean", **options: Any) -> pd.DataFrame:
    """Run a suite and return its records, one row a cell; finished cells are not run again.

    ``suite`` is a name or the path of a TOML file. Options are those of the command line, as in
    ``bench.run("euclidean", preset="quick", estimators=["mle-5"], jobs=2)``; ``bench.api.run``
    lists them. Raises ValueError for a name, parameter or option that does not exist.
    """
    from bench.api import run as run_suite

    return run_suite(suite, **options)
