"""From records of all points and of halves to one answer of each estimator, with an interval."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from bench.estimation.plan import ALL, HALF
from bench.format import plain_number
from bench.record import OK
from bench.store.arrays import load_arrays

#: Probability that another sample's estimate is in an interval.
LEVEL = 0.95
#: What an interval is, for those who read it.
MEANING = (
    "Another sample (95 %): where the same estimator would be on another sample of as many points, "
    "with about 95 % probability, from random halves of these. Its bias is in both. None where "
    "all halves read the same, and for estimators that train a model, which run on all points only."
)

COLUMNS = [
    *("estimator", "family", "estimate", "low", "high", "interval", "half_estimate"),
    *("confidence", "seconds", "status", "message"),
]


def answers(records: pd.DataFrame, store_folder: Path) -> pd.DataFrame:
    """One row an estimator, in the order of the records.

    ``low`` and ``high`` are a 95 % prediction interval for the estimate on another sample of the
    same size; a bias of the estimator is in both. It is Student's, of the logarithm, from
    estimates on halves without replacement: their deviation is that of the estimate on all (a
    jackknife that leaves d = n / 2 points out has the factor (n - d) / d = 1; Shao & Wu 1989,
    Annals of Statistics 17, 1176), and that of the difference of two samples the root of 2 as
    large. For means the coverage is 95 %. Where distances to neighbours are read it is a guide:
    these can differ more between halves than between samples, up to 1.4 times, and 90 % to 99.5 %
    were measured on spheres (tests/bench/estimation/test_coverage.py).

    ``interval`` says what it is from: "10 halves". Halves that all read the same say nothing of
    other samples; "10 halves, all 12" has no interval. Neither have estimators without halves.
    ``half_estimate`` is the geometric mean over halves: where it is far from ``estimate``, the
    answer still changes with n. Where halves failed, ``message`` says why.
    """
    rows = []
    for estimator, own in records.groupby("estimator", sort=False):
        whole = own[own["manifold"] == ALL].iloc[0]
        halves = own[own["manifold"].str.startswith(HALF)]
        rows.append({**_answer(whole, halves, store_folder), "estimator": estimator})
    return pd.DataFrame(rows, columns=COLUMNS)


def _answer(whole: Any, halves: pd.DataFrame, store_folder: Path) -> dict[str, Any]:
    readings = halves.loc[halves["status"] == OK, "estimate"].to_numpy(dtype=np.float64)
    logs = np.log(readings)
    alike = len(readings) > 1 and bool((readings == readings[0]).all())
    row = {
        "family": whole["family"],
        "estimate": math.nan,
        "low": math.nan,
        "high": math.nan,
        "interval": "",
        "half_estimate": _geometric_mean(readings),
        "confidence": math.nan,
        "seconds": whole["fit_seconds"],
        "status": whole["status"],
        "message": whole["message"],
    }
    if whole["status"] != OK:
        return row
    estimate = float(whole["estimate"])
    row["estimate"] = estimate
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
    if alike:
        row["interval"] += f", all {plain_number(readings[0])}"
    elif len(logs) > 1:
        reach = math.sqrt(2) * float(np.std(logs, ddof=1)) * _students(len(logs) - 1)
        # No estimate is above the ambient dimension.
        most = float(whole.get("ambient", math.inf))
        row |= {"low": estimate * math.exp(-reach), "high": min(estimate * math.exp(reach), most)}
    return row


def _geometric_mean(values: NDArray[np.float64]) -> float:
    """NaN where there are none."""
    return float(np.exp(np.log(values).mean())) if len(values) else math.nan


def _students(freedom: int) -> float:
    """How many deviations to either side hold ``LEVEL`` of Student's distribution."""
    return float(stdtrit(freedom, (1 + LEVEL) / 2))


def as_json(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The answers for programs: numbers that are not there are null."""
    found: list[dict[str, Any]] = json.loads(rows.to_json(orient="records", double_precision=6))
    return found
