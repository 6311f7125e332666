"""Ranking of estimators by accuracy over the manifolds of a summary."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.record import NOT_APPLICABLE
from bench.summary.columns import COLUMNS
from bench.summary.metrics import truth_levels
from bench.summary.seeds import over

#: A failed cell counts in the ranking as an estimate of zero would: 100 % off.
FAILURE_RELATIVE_ERROR = 1.0

#: Some rows of a summary, by column.
Rows = dict[str, NDArray[Any]]

#: The columns of a summary that a ranking has, and their measures over manifolds.
RANKED = {name: column.over_manifolds for name, column in COLUMNS.items() if column.over_manifolds}
_TEXTS = ("manifold", "estimator", "family", "status", "exact")
_NUMBERS = ("seeds_ok", "seeds_failed", "mean_absolute_error", "mean_relative_error", *RANKED)


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
    rows = [
        {"estimator": label, **_standing(_select(columns, columns["estimator"] == label), known)}
        for label in labels
    ]
    names = ["estimator", *_standing(_select(columns, slice(0)), known)]
    table = pd.DataFrame(rows, columns=names)
    table["without_score"] = table["scored"] == 0
    order = ["without_score", "ranking_error", "estimator"]
    table = table.sort_values(order, kind="stable", na_position="last")
    return table.drop(columns="without_score").reset_index(drop=True)


def _column(summary: pd.DataFrame, name: str) -> NDArray[Any]:
    kind = object if name in _TEXTS else np.float64
    return summary[name].to_numpy(dtype=kind)


def _select(rows: Rows, which: NDArray[np.bool_] | slice) -> Rows:
    return {name: values[which] for name, values in rows.items()}


def _standing(rows: Rows, known: set[str]) -> dict[str, Any]:
    """Return the line of one estimator, from its rows of the summary."""
    mine = _select(rows, np.array([name in known for name in rows["manifold"]], dtype=bool))
    scored = _select(mine, mine["seeds_ok"] > 0)
    tried = _select(mine, mine["seeds_ok"] + mine["seeds_failed"] > 0)
    penalised = (
        np.where(tried["seeds_ok"] > 0, tried["mean_relative_error"], 0.0) * tried["seeds_ok"]
        + FAILURE_RELATIVE_ERROR * tried["seeds_failed"]
    ) / (tried["seeds_ok"] + tried["seeds_failed"])
    return {
        "family": rows["family"][0] if len(rows["family"]) else "",
        "ranking_error": over(np.mean, penalised),
        "mean_relative_error": over(np.mean, scored["mean_relative_error"]),
        "within_half": int((scored["mean_absolute_error"] <= 0.5).sum()),
        "exact": sum(exact is True for exact in scored["exact"]),
        "manifolds": len(known),
        "scored": len(scored["manifold"]),
        "failed": int((mine["status"] == "failed").sum()),
        "not_applicable": int((mine["status"] == NOT_APPLICABLE).sum()),
        "not_run": len(known) - len(mine["manifold"]),
        "seeds_failed": int(rows["seeds_failed"].sum()),
        **{name: over(measure, rows[name]) for name, measure in RANKED.items()},
    }
