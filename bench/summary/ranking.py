"""Ranking of estimators by accuracy over the manifolds of a summary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.summary.columns import COLUMNS, RANKING
from bench.summary.statistics import Standing, select
from bench.summary.summarise import truth_levels

_TEXTS = ("manifold", "estimator", "family", "status", "exact")
_NUMBERS = (
    *("seeds_ok", "seeds_failed", "mean_absolute_error", "mean_relative_error"),
    *(name for name, column in COLUMNS.items() if column.over_manifolds),
)


def rank(summary: pd.DataFrame) -> pd.DataFrame:
    """Return estimators, best first, by ``ranking_error``; ties by label; without a score last.

    ``ranking_error`` is the mean over the manifolds of known dimension of the relative error, in
    which a failed seed counts as 100 %; ``mean_relative_error`` leaves failed seeds out. Of the
    ``manifolds`` of known dimension in the summary, ``scored`` have at least one ok seed,
    ``failed`` were tried and have none, and ``not_applicable`` and ``not_run`` are the others.
    ``within_half`` counts those with a mean absolute error of at most 0.5, ``exact`` those where
    every seed rounds to the truth. ``fit_seconds`` is the median over manifolds, ``core_seconds``
    the sum and ``peak_memory_mib`` the maximum.
    """
    known = {manifold for manifold, levels in truth_levels(summary).items() if levels}
    columns = {name: _column(summary, name) for name in (*_NUMBERS, *_TEXTS)}
    labels = sorted(set(columns["estimator"]))
    standings = (
        Standing(select(columns, columns["estimator"] == label), known) for label in labels
    )
    rows = [[column.value(standing) for column in RANKING.values()] for standing in standings]
    table = pd.DataFrame(rows, columns=list(RANKING))
    table.insert(0, "estimator", labels)
    table["without_score"] = table["scored"] == 0
    order = ["without_score", "ranking_error", "estimator"]
    table = table.sort_values(order, kind="stable", na_position="last")
    return table.drop(columns="without_score").reset_index(drop=True)


def _column(summary: pd.DataFrame, name: str) -> NDArray[Any]:
    kind = object if name in _TEXTS else np.float64
    return summary[name].to_numpy(dtype=kind)
