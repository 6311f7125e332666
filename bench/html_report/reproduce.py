"""The commands that reproduce the results."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

import pandas as pd

_PROGRAM = ("python", "-m", "bench", "run")


def commands_of(records: pd.DataFrame, folder: str) -> list[str]:
    """Return commands that plan the cells of ``records``, one for each suite and sample size.

    Records have suite, labels, size and number of seeds, but neither the preset nor the options of
    a run: these are the nearest commands where a store does not have the original one.
    """
    commands = []
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
        commands.append(shlex.join([*_PROGRAM, *parts]))
    return commands


def _names(labels: Iterable[object]) -> str:
    return ",".join(dict.fromkeys(map(str, labels)))
