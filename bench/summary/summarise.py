"""From records, one a cell, to summaries of accuracy and cost. Nothing here reads or writes."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pandas as pd

from bench.record import COLUMNS as RECORD_COLUMNS
from bench.summary.columns import COLUMNS
from bench.summary.statistics import Seeds, record_column


def summarise(records: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each manifold and estimator, in the order in which ``records`` name them.

    ``estimate``, ``sd``, ``half_width`` (of the 95 % t-interval; NaN with one seed), the errors
    and ``fit_seconds`` (median) are over the seeds that are ok, of which there are ``seeds_ok``
    of ``seeds_planned``. ``mean_relative_error`` is the absolute error over the truth. ``exact``
    says whether every seed was ok and rounds to the truth at each truth level. ``status`` is
    ok, partial, failed or not applicable, and ``failure`` the first failure's kind and message.
    ``core_seconds`` sums fit seconds times threads over all seeds, failed ones included where
    their time is known. The ``shared`` times count a neighbour graph that other cells use too as
    theirs; they are NaN where no record has them.
    ``groups`` is JSON: for each truth level its weight and the mean, sd, half_width and seeds.

    Raises ValueError where a manifold, estimator and seed occur twice, as when samples of
    different sizes are mixed.
    """
    pair = ["manifold", "estimator"]
    repeated = records.duplicated([*pair, "seed"])
    if repeated.any():
        first = records.loc[repeated, [*pair, "seed"]].iloc[0]
        raise ValueError(
            f"records hold more than one cell of {first['estimator']} on {first['manifold']} with "
            f"seed {first['seed']}; summarise one plan at a time"
        )
    numbered = records.groupby(pair, sort=False, dropna=False).ngroup().to_numpy()
    order = np.argsort(numbered, kind="stable")
    cells = {name: record_column(records, name)[order] for name in RECORD_COLUMNS}
    starts = [0, *(np.flatnonzero(np.diff(numbered[order])) + 1), len(order)]
    groups = [
        Seeds({name: values[start:end] for name, values in cells.items()})
        for start, end in pairwise(starts)
        if end > start
    ]
    summary = pd.DataFrame(
        {name: [column.over_seeds(seeds) for seeds in groups] for name, column in COLUMNS.items()}
    )
    return summary.astype({name: column.dtype for name, column in COLUMNS.items()})


def truth_levels(summary: pd.DataFrame) -> dict[str, tuple[float, ...]]:
    """Return the true dimensions of each manifold, ascending; none where they are unknown."""
    levels: dict[str, set[float]] = {}
    means: dict[str, float] = {}
    for manifold, groups, truth in zip(
        summary["manifold"], summary["groups"], summary["truth"], strict=True
    ):
        known = levels.setdefault(manifold, set())
        known.update(group["truth"] for group in json.loads(groups) if group["truth"] is not None)
        if not math.isnan(truth):
            means.setdefault(manifold, truth)
    return {
        manifold: tuple(sorted(known or {means[manifold]})) if manifold in means else ()
        for manifold, known in levels.items()
    }


def by_level(summary: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each manifold, truth level and estimator; none of unknown truth.

    ``signed_error`` is (estimate - truth) / truth of the mean estimate at that level. Where no
    seed is ok, the numbers are NaN.
    """
    levels = truth_levels(summary)
    rows = []
    for row in summary.to_dict("records"):
        groups = {group["truth"]: group for group in json.loads(row["groups"])}
        for truth in levels[row["manifold"]]:
            group = groups.get(truth, {})
            numbers = truth, group.get("estimate"), group.get("half_width")
            rows.append((row["manifold"], row["estimator"], row["family"], *numbers, row["status"]))
    names = ["manifold", "estimator", "family", "truth", "estimate", "half_width", "status"]
    table = pd.DataFrame(rows, columns=names)
    table = table.astype(dict.fromkeys(("truth", "estimate", "half_width"), "float64"))
    signed = (table["estimate"] - table["truth"]) / table["truth"].where(table["truth"] > 0)
    table.insert(len(names) - 1, "signed_error", signed)
    return table
