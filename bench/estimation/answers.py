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

from bench.estimation.plan import ALL
from bench.outputs.arrays import kept_arrays
from bench.outputs.metrics import OK
from estimators.score.whole_sample import LOW

#: Resamples of the points that a score estimator reads.
RESAMPLES = 1000

COLUMNS = [
    *("estimator", "family", "estimate", "low", "high", "interval", "half_estimate"),
    *("confidence", "seconds", "status", "message"),
]


def answers(records: pd.DataFrame, store_folder: Path) -> pd.DataFrame:
    """One row an estimator, in the order of the records.

    ``low`` and ``high`` are a 95 % interval around ``estimate`` for what another sample would give;
    a bias of the estimator is in all of them. ``interval`` says what it is from. "10 halves": a
    half without replacement is a jackknife that leaves half of the points out, with a factor of
    (n - d) / d = 1 for d = n / 2: the deviation of estimates on halves is that of the estimate on
    all (Shao & Wu 1989, Annals of Statistics 17, 1176, for smooth statistics; where distances to
    neighbours are read it is a guide). It is Student's interval of the logarithm. "24 points", of
    estimators without halves: a bootstrap of the points at which a model was read, which leaves
    out that another training would differ. ``half_estimate`` is the geometric mean over halves:
    where it is far from ``estimate``, the answer still changes with n. Where halves failed,
    ``message`` says why.
    """
    rows = []
    for estimator, own in records.groupby("estimator", sort=False):
        whole = own[own["manifold"] == ALL].iloc[0]
        halves = own[own["manifold"] != ALL]
        rows.append({**_answer(whole, halves, store_folder), "estimator": estimator})
    return pd.DataFrame(rows, columns=COLUMNS)


def _answer(whole: Any, halves: pd.DataFrame, store_folder: Path) -> dict[str, Any]:
    logs = np.log(halves.loc[halves["status"] == OK, "estimate"].to_numpy(dtype=np.float64))
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
    estimate = float(whole["estimate"])
    row["estimate"] = estimate
    try:
        details = kept_arrays(store_folder, whole["arrays"]) if whole["arrays"] else {}
    except ValueError:
        details = {}
    if "confidence" in details:
        row["confidence"] = float(np.median(details["confidence"]))
    if len(halves):
        row["interval"] = f"{len(logs)} halves"
    if len(logs) < len(halves):
        failed = halves[halves["status"] != OK].iloc[0]
        row["interval"] = f"{len(logs)} of {len(halves)} halves"
        row["message"] = f"on a half: {failed['status']}: {failed['message']}"
    if len(logs) > 1:
        reach = float(stdtrit(len(logs) - 1, 0.975)) * float(np.std(logs, ddof=1))
        row |= {"low": estimate * math.exp(-reach), "high": estimate * math.exp(reach)}
    elif "confidence" in details and "dimension" in details:
        low, high, count = _over_points(details["dimension"], details["confidence"])
        row |= {"low": low, "high": high, "interval": f"{count} points"}
    return row


def _over_points(
    dimension: NDArray[np.float64], confidence: NDArray[np.float64]
) -> tuple[float, float, int]:
    """Bootstrap interval of the lower median over points, and of how many points."""
    sure = dimension[confidence >= LOW]
    used = np.sort(sure if len(sure) else dimension)
    rng = np.random.default_rng(0)
    drawn = np.sort(rng.choice(used, (RESAMPLES, len(used))), axis=1)
    medians = drawn[:, (len(used) - 1) // 2]
    low, high = np.quantile(medians, [0.025, 0.975])
    return float(low), float(high), len(used)


def as_json(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The answers for programs: numbers that are not there are null."""
    found: list[dict[str, Any]] = json.loads(rows.to_json(orient="records", double_precision=6))
    return found
