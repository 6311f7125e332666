"""The command that makes the results again."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

import pandas as pd

_PROGRAM = ("python", "-m", "bench", "run")


def commands_of(records: pd.DataFrame, folder: str) -> list[str]:
    """The commands that plan the cells of ``records``, one for each suite and size of samples.

    Suite, labels, size and number of seeds are known of records, a preset and the options of a run
    are not: these are the nearest commands where a store does not hold the one that was typed.
    """
    found = []
    for (suite, n), rows in records.groupby(["suite", "n"], sort=False):
        options = {
            "--suite": str(suite),
            "--n": str(n),
            "--seeds": str(int(rows["seed"].max()) + 1),
            "--manifolds": _names(rows["manifold"]),
            "--estimators": _names(rows["estimator"]),
            "--out": folder,
        }
        parts = [part for option in options.items() for part in option]
        found.append(shlex.join([*_PROGRAM, *parts]))
    return found


def _names(labels: Iterable[object]) -> str:
    return ",".join(dict.fromkeys(map(str, labels)))
