"""Benchmark of intrinsic-dimension estimators: suites of manifolds crossed with estimators.

>>> import bench
>>> bench.run("euclidean", preset="smoke")      # records of a suite, a row a cell
>>> bench.estimate(X)                           # every estimator's dimension of points (n, D)
>>> bench.check("baseline.json", "ci").alarms   # regressions
>>> bench.report("results/euclidean")           # the path of an HTML file
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from bench.api import check, estimate, report

    __all__ = ["check", "estimate", "report", "run"]

#: The only place of the version: pyproject.toml reads it here.
__version__ = "0.1.0"

_COMMANDS = ("check", "estimate", "report")


def run(suite: str = "euclidean", **options: Any) -> pd.DataFrame:
    """Run a suite and return its records, one row a cell; finished cells are not run again.

    ``suite`` is a name or the path of a TOML file. Options are those of the command line, as in
    ``bench.run("euclidean", preset="quick", estimators=["mle-5"], jobs=2)``; ``bench.api.run``
    lists them. Raises ValueError for a name, parameter or option that does not exist.
    """
    check_packages()
    from bench.api import run as run_suite

    return run_suite(suite, **options)


def __getattr__(name: str) -> Any:
    """Import the other commands when they are used, as they need much that ``run`` does not."""
    if name in _COMMANDS:
        check_packages()
        from bench import api

        return getattr(api, name)
    raise AttributeError(f"module 'bench' has no attribute {name!r}")


def check_packages() -> None:
    """Raise ImportError if a user's package has the name of one that belongs to this one."""
    for name in ("estimators", "manifolds"):
        own, spec = Path(__file__).parents[1] / name / "__init__.py", find_spec(name)
        if spec is None or spec.origin is None or not own.samefile(spec.origin):
            raise ImportError(
                f"bench needs its own package {name!r}, in {own.parent}, but imports "
                f"{spec and spec.origin}: rename that, or run elsewhere"
            )


def __dir__() -> list[str]:
    return sorted([*globals(), *_COMMANDS])
