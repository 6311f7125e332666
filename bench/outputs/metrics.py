"""From records, one a cell, to summaries of accuracy and cost. Nothing here reads or writes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

OK = "ok"
NOT_APPLICABLE = "not applicable"

#: One record, by column.
Fields = dict[str, Any]

#: Column of a summary -> its pandas type.
SUMMARY_TYPES: dict[str, str] = {
    "manifold": "str",
    "estimator": "str",
    "family": "str",
    "truth": "float64",
    "estimate": "float64",
    "sd": "float64",
    "half_width": "float64",
    "mean_absolute_error": "float64",
    "mean_relative_error": "float64",
    "exact": "boolean",
    "status": "str",
    "seeds_planned": "int64",
    "seeds_ok": "int64",
    "seeds_failed": "int64",
    "failure": "str",
    "ambient": "Int64",
    "n": "int64",
    "points_used": "Int64",
    "points_read": "Int64",
    "fit_seconds": "float64",
    "shared_seconds": "float64",
    "sample_seconds": "float64",
    "core_seconds": "float64",
    "shared_core_seconds": "float64",
    "peak_memory_mib": "float64",
    "threads": "Int64",
    "device": "str",
    "groups": "str",
}


def mean_interval(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean, standard deviation and half-width of the 95 % t-interval of the mean.

    The last two are NaN for a single value, and all three for none.
    """
    array = np.asarray(values, dtype=np.float64)
    count = len(array)
    if count == 0:
        return math.nan, math.nan, math.nan
    mean = float(array.mean())
    if count == 1:
        return mean, math.nan, math.nan
    sd = float(array.std(ddof=1))
    return mean, sd, float(stdtrit(count - 1, 0.975)) * sd / math.sqrt(count)


def summarise(records: pd.DataFrame) -> pd.DataFrame:
    """One row for each manifold and estimator, in the order in which ``records`` name them.

    ``estimate``, ``sd``, ``half_width`` (of the 95 % t-interval; NaN with one seed), the errors
    and ``fit_seconds`` (median) are over the seeds that are ok, of which there are ``seeds_ok``
    of ``seeds_planned``. ``mean_relative_error`` is the absolute error over the truth. ``exact``
    says whether every seed was ok and rounds to the truth at each truth level. ``status`` is
    ok, partial, failed or not applicable, and ``failure`` the first failure's kind and message.
    ``core_seconds`` sums fit seconds times threads over all seeds, failed ones included where
    their time is known. The ``shared`` times count a neighbour graph that other cells use too as
    theirs; they are NaN where the records do not tell.
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
    cells: dict[tuple[str, str], list[Fields]] = {}
    for cell in cast(list[Fields], records.to_dict("records")):
        cells.setdefault((cell["manifold"], cell["estimator"]), []).append(cell)
    rows = [_summary(seeds) for seeds in cells.values()]
    return pd.DataFrame(rows, columns=list(SUMMARY_TYPES)).astype(SUMMARY_TYPES)


def _summary(cells: list[Fields]) -> dict[str, Any]:
    """The summary of the seeds of one estimator on one manifold."""
    ok = [cell for cell in cells if cell["status"] == OK]
    failed = [cell for cell in cells if cell["status"] not in (OK, NOT_APPLICABLE)]
    told = ok or cells
    estimate, sd, half_width = mean_interval(_known(ok, "estimate"))
    truth, error = _mean(cells, "truth"), _mean(ok, "error")
    groups = [_groups_of(cell) for cell in ok]
    return {
        "manifold": cells[0]["manifold"],
        "estimator": cells[0]["estimator"],
        "family": cells[0]["family"],
        "truth": truth,
        "estimate": estimate,
        "sd": sd,
        "half_width": half_width,
        "mean_absolute_error": error,
        "mean_relative_error": error / truth if truth > 0 else math.nan,
        "exact": pd.NA if math.isnan(truth) else len(ok) == len(cells) and _all_round(groups),
        "status": _status(len(ok), len(failed)),
        "seeds_planned": len(cells),
        "seeds_ok": len(ok),
        "seeds_failed": len(failed),
        "failure": _failure(failed[0]) if failed else "",
        "ambient": _least(cells, "ambient"),
        "n": int(cells[0]["n"]),
        "points_used": _least(told, "points_used"),
        "points_read": _least(told, "points_read"),
        "fit_seconds": _median(ok, "fit_seconds"),
        "shared_seconds": _median(ok, "shared_seconds"),
        "sample_seconds": _median(cells, "sample_seconds"),
        "core_seconds": _core_seconds(cells, "fit_seconds"),
        "shared_core_seconds": _core_seconds(cells, "shared_seconds"),
        "peak_memory_mib": max(_known(cells, "peak_memory_mib"), default=math.nan),
        "threads": _least(cells, "threads"),
        "device": ", ".join(sorted({str(cell["device"]) for cell in cells})),
        "groups": _group_summaries(groups),
    }


def _status(ok: int, failed: int) -> str:
    if ok:
        return "partial" if failed else OK
    return "failed" if failed else NOT_APPLICABLE


def _failure(cell: Fields) -> str:
    """Message of a failed cell, after its kind where that says more."""
    kind, message = str(cell["status"]), " ".join(str(cell["message"] or "").split())
    if not message:
        return kind
    return message if kind == "failed" else f"{kind}: {message}"


def _known(cells: list[Fields], column: str) -> list[float]:
    """The numbers of a column that are there."""
    return [float(cell[column]) for cell in cells if not pd.isna(cell.get(column))]


def _mean(cells: list[Fields], column: str) -> float:
    values = _known(cells, column)
    return float(np.mean(values)) if values else math.nan


def _median(cells: list[Fields], column: str) -> float:
    values = _known(cells, column)
    return float(np.median(values)) if values else math.nan


def _least(cells: list[Fields], column: str) -> Any:
    values = _known(cells, column)
    return int(min(values)) if values else pd.NA


def _core_seconds(cells: list[Fields], column: str) -> float:
    """Seconds times threads, summed over the cells that tell both; NaN where none does."""
    timed = [cell for cell in cells if _known([cell], column) and _known([cell], "threads")]
    return sum(cell[column] * cell["threads"] for cell in timed) if timed else math.nan


def _groups_of(cell: Fields) -> list[dict[str, Any]]:
    """The groups of an ok record; a record without any is one group."""
    groups = json.loads(cell["groups"] or "[]")
    if groups:
        return list(groups)
    truth: float | None = None if pd.isna(cell["truth"]) else cell["truth"]
    return [{"truth": truth, "weight": 1.0, "estimate": cell["estimate"]}]


def _all_round(seeds: Iterable[list[dict[str, Any]]]) -> bool:
    """Whether every estimate, rounded half up, is its truth."""
    return all(
        math.floor(group["estimate"] + 0.5) == group["truth"]
        for groups in seeds
        for group in groups
    )


def _group_summaries(seeds: Sequence[list[dict[str, Any]]]) -> str:
    """Mean and interval over the seeds at each truth level, as JSON with null for NaN."""
    levels: dict[float | None, list[dict[str, Any]]] = {}
    for groups in seeds:
        for group in groups:
            levels.setdefault(group["truth"], []).append(group)
    rows = []
    for truth, members in sorted(levels.items(), key=lambda item: item[0] or 0):
        mean, sd, half_width = mean_interval([group["estimate"] for group in members])
        rows.append(
            {
                "truth": truth,
                "weight": float(np.mean([group["weight"] for group in members])),
                "estimate": mean,
                "sd": None if math.isnan(sd) else sd,
                "half_width": None if math.isnan(half_width) else half_width,
                "seeds": len(members),
            }
        )
    return json.dumps(rows)


def truth_levels(summary: pd.DataFrame) -> dict[str, tuple[float, ...]]:
    """The true dimensions of each manifold, ascending; none where they are unknown."""
    levels: dict[str, set[float]] = {}
    means: dict[str, float] = {}
    for manifold, groups, truth in zip(
        summary["manifold"], summary["groups"], summary["truth"], strict=True
    ):
        found = levels.setdefault(manifold, set())
        found.update(group["truth"] for group in json.loads(groups) if group["truth"] is not None)
        if not math.isnan(truth):
            means.setdefault(manifold, truth)
    return {
        manifold: tuple(sorted(found or {means[manifold]})) if manifold in means else ()
        for manifold, found in levels.items()
    }


def by_level(summary: pd.DataFrame) -> pd.DataFrame:
    """One row for each manifold, truth level and estimator; manifolds of unknown truth have none.

    ``signed_error`` is (estimate - truth) / truth of the mean estimate at that level. Where no
    seed is ok, the numbers are NaN.
    """
    levels = truth_levels(summary)
    rows = []
    for _, row in summary.iterrows():
        found = {group["truth"]: group for group in json.loads(row["groups"])}
        for truth in levels[row["manifold"]]:
            group = found.get(truth, {})
            estimate = group.get("estimate", math.nan)
            half_width = group.get("half_width")
            rows.append(
                {
                    "manifold": row["manifold"],
                    "estimator": row["estimator"],
                    "family": row["family"],
                    "truth": float(truth),
                    "estimate": estimate,
                    "half_width": math.nan if half_width is None else half_width,
                    "signed_error": (estimate - truth) / truth if truth > 0 else math.nan,
                    "status": row["status"],
                }
            )
    columns = ["manifold", "estimator", "family", "truth", "estimate", "half_width"]
    return pd.DataFrame(rows, columns=[*columns, "signed_error", "status"])
