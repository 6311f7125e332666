"""Tables of estimates: a row for each estimator with its interval, and a row for each point."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from bench.estimation.caveats import median_estimate, records_near
from bench.estimation.plan import ALL, HALF
from bench.format import plain_number
from bench.record import OK
from bench.store.arrays import load_arrays
from manifolds.datasets.reading import LoadedPoints

#: Probability that another sample's estimate is in an interval.
LEVEL = 0.95
#: Explanation of the intervals, for readers.
INTERVALS = (
    "Another sample (95 %): range of the same estimator's estimate on another sample of as many "
    "points, with about 95 % probability, computed from random halves of the points. It does not "
    "correct the bias of the estimator. Empty where all halves give the same estimate, and for "
    "estimators that train a model, which run on all points only."
)
#: Explanation of the order, for readers.
ORDER = (
    "Order: by the typical error in the suites on manifolds of similar dimension, D and n, least "
    "first; estimators without such records come last."
)
COLUMNS = [
    *("estimator", "family", "estimate", "low", "high", "interval", "half_estimate"),
    *("confidence", "seconds", "status", "message"),
]
#: Further column, of ``sort_by_error``: the typical relative error in the suites.
ERROR = "suite_error"


def estimate_table(records: pd.DataFrame, store_folder: Path) -> pd.DataFrame:
    """Return a row for each estimator, in the order of the records.

    ``low`` and ``high`` are a 95 % prediction interval for the estimate on another sample of the
    same size; a bias of the estimator is in both. It is Student's, of the logarithm, from
    estimates on halves without replacement: their deviation is that of the estimate on all (a
    jackknife that leaves d = n / 2 points out has the factor (n - d) / d = 1; Shao & Wu 1989,
    Annals of Statistics 17, 1176), and that of the difference of two samples the root of 2 as
    large. For means the coverage is 95 %. For estimators that use distances to neighbours it is a
    guide: these can differ more between halves than between samples, up to 1.4 times, and 90 % to
    99.5 % were measured on spheres (tests/bench/estimation/test_coverage.py).

    ``interval`` is its source: "10 halves". Halves with one and the same estimate hold no
    information on other samples: "10 halves, all 12" has no interval, nor have estimators without
    halves. ``half_estimate`` is the geometric mean over halves: where it is far from ``estimate``,
    the estimate still changes with n. Where halves failed, ``message`` has the reason.
    """
    rows = []
    for estimator, own in records.groupby("estimator", sort=False):
        whole = own[own["manifold"] == ALL].iloc[0]
        halves = own[own["manifold"].str.startswith(HALF)]
        rows.append({**_estimate_row(whole, halves, store_folder), "estimator": estimator})
    return pd.DataFrame(rows, columns=COLUMNS)


def _estimate_row(whole: Any, halves: pd.DataFrame, store_folder: Path) -> dict[str, Any]:
    on_halves = halves.loc[halves["status"] == OK, "estimate"].to_numpy(dtype=np.float64)
    logs = np.log(on_halves)
    row = {
        "family": whole["family"],
        "estimate": math.nan,
        "low": math.nan,
        "high": math.nan,
        "interval": "",
        "half_estimate": float(np.exp(logs.mean())) if len(logs) else math.nan,
        "confidence": math.nan,
        "seconds": whole["fit_seconds"],
        "status": whole["status"],
        "message": whole["message"],
    }
    if whole["status"] != OK:
        return row
    row["estimate"] = estimate = float(whole["estimate"])
    try:
        details = load_arrays(store_folder, whole["arrays"]) if whole["arrays"] else {}
    except ValueError:
        details = {}
    if "confidence" in details:
        row["confidence"] = float(np.median(details["confidence"]))
    if len(logs) < len(halves):
        failed = halves[halves["status"] != OK].iloc[0]
        row["interval"] = f"{len(logs)} of {len(halves)} halves"
        row["message"] = f"on a half: {failed['status']}: {failed['message']}"
    elif len(halves):
        row["interval"] = f"{len(halves)} halves"
    if len(logs) > 1:
        if (on_halves == on_halves[0]).all():
            row["interval"] += f", all {plain_number(on_halves[0])}"
        else:
            # No estimate is above the ambient dimension.
            ambient = float(whole.get("ambient", math.inf))
            width = _half_width(logs)
            row["low"] = estimate * math.exp(-width)
            row["high"] = min(estimate * math.exp(width), ambient)
    return row


def _half_width(logs: NDArray[np.float64]) -> float:
    """Return half the width of Student's prediction interval of a logarithm."""
    quantile = float(stdtrit(len(logs) - 1, (1 + LEVEL) / 2))
    return math.sqrt(2) * float(np.std(logs, ddof=1)) * quantile


def as_json(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows for programs: missing numbers are null."""
    values: list[dict[str, Any]] = json.loads(rows.to_json(orient="records", double_precision=6))
    return values


def sort_by_error(shape: tuple[int, int], rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``estimate_table`` for points (n, D), those of the best estimators first.

    Their column ``ERROR`` is exp(mean |ln(estimate / truth)|) - 1 over the records ``known`` of
    the estimator on manifolds like the points; NaN where there are none, which come last in the
    order that they had, before those without an estimate.
    """
    near = records_near(shape, median_estimate(rows), known)
    logs = (near["estimate"] / near["truth"]).map(np.log).abs()
    error = np.expm1(logs.groupby(near["estimator"]).mean())
    rows = rows.assign(**{ERROR: rows["estimator"].map(error).astype(float)})
    order = rows[ERROR].fillna(np.inf).where(rows["estimate"].notna(), np.nan)
    return rows.loc[order.sort_values(kind="stable", na_position="last").index].reset_index(
        drop=True
    )


def point_table(
    data: LoadedPoints, records: pd.DataFrame, store_folder: Path
) -> pd.DataFrame | None:
    """Return a row for each point with its pointwise estimates; None where there are none.

    ``row`` is the point's number in the file, from 0; images have a ``name``. Points that repeat
    others have the values of these; a point for which an estimator has no value is empty.
    """
    columns = {}
    whole = records[(records["manifold"] == ALL) & (records["status"] == OK)]
    for row in whole.to_dict("records"):
        try:
            arrays = load_arrays(store_folder, row["arrays"]) if row["arrays"] else {}
            dimension = np.asarray(arrays["dimension"], dtype=np.float64)
            query = np.asarray(arrays["query"], dtype=np.int64)
            values = np.full(len(data.distinct), np.nan)
            values[query] = np.round(dimension, 6)
        except (ValueError, KeyError, IndexError, TypeError):
            # There are no pointwise estimates, or their file is lost.
            continue
        columns[row["estimator"]] = values[data.place]
    if not columns:
        return None
    index = {"row": np.arange(len(data.points)) if data.rows is None else data.rows}
    if data.names:
        index["name"] = np.array(data.names)
    return pd.DataFrame({**index, **columns})
