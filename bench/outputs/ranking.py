"""Estimators in order of accuracy over the manifolds of a summary."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from bench.outputs.metrics import NOT_APPLICABLE, truth_levels

#: A failed cell counts in the ranking as an estimate of zero would: 100 % off.
FAILURE_RELATIVE_ERROR = 1.0


def rank(summary: pd.DataFrame) -> pd.DataFrame:
    """Estimators, best first, by ``ranking_error``; ties by label; those without a score last.

    ``ranking_error`` is the mean over the manifolds of known dimension of the relative error, in
    which a failed seed counts as 100 %; ``mean_relative_error`` leaves failed seeds out. Of the
    ``manifolds`` of known dimension in the summary, ``scored`` have at least one ok seed,
    ``failed`` were tried and have none, and ``not_applicable`` and ``not_run`` are the others.
    ``within_half`` counts those with a mean absolute error of at most 0.5, ``exact`` those where
    every seed rounds to the truth. ``fit_seconds`` is the median over manifolds, ``core_seconds``
    the sum and ``peak_memory_mib`` the maximum.
    """
    known = {manifold for manifold, levels in truth_levels(summary).items() if levels}
    rows = [
        {"estimator": estimator, **_standing(group, known)}
        for estimator, group in summary.groupby("estimator", sort=True)
    ]
    columns = ["estimator", *_standing(summary.iloc[:0], known)]
    table = pd.DataFrame(rows, columns=columns)
    table["without_score"] = table["scored"] == 0
    order = ["without_score", "ranking_error", "estimator"]
    table = table.sort_values(order, kind="stable", na_position="last")
    return table.drop(columns="without_score").reset_index(drop=True)


def _standing(rows: pd.DataFrame, known: set[str]) -> dict[str, Any]:
    """How one estimator did, from its rows of the summary."""
    mine = rows[rows["manifold"].isin(known)]
    scored = mine[mine["seeds_ok"] > 0]
    tried = mine[mine["seeds_ok"] + mine["seeds_failed"] > 0]
    penalised = (
        tried["mean_relative_error"].where(tried["seeds_ok"] > 0, 0.0) * tried["seeds_ok"]
        + FAILURE_RELATIVE_ERROR * tried["seeds_failed"]
    ) / (tried["seeds_ok"] + tried["seeds_failed"])
    return {
        "family": rows["family"].iloc[0] if len(rows) else "",
        "ranking_error": float(penalised.mean()) if len(tried) else math.nan,
        "mean_relative_error": float(scored["mean_relative_error"].mean()),
        "within_half": int((scored["mean_absolute_error"] <= 0.5).sum()),
        "exact": int(scored["exact"].fillna(False).sum()),
        "manifolds": len(known),
        "scored": len(scored),
        "failed": int((mine["status"] == "failed").sum()),
        "not_applicable": int((mine["status"] == NOT_APPLICABLE).sum()),
        "not_run": len(known) - len(mine),
        "seeds_failed": int(rows["seeds_failed"].sum()),
        "fit_seconds": float(rows["fit_seconds"].dropna().median()),
        "core_seconds": float(rows["core_seconds"].sum(min_count=1)),
        "shared_core_seconds": float(rows["shared_core_seconds"].sum(min_count=1)),
        "peak_memory_mib": float(rows["peak_memory_mib"].max()) if len(rows) else math.nan,
    }
