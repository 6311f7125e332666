"""From records, one a cell, to summaries of accuracy and cost. Nothing here reads or writes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

OK = "ok"
NOT_APPLICABLE = "not applicable"

#: Some records, by column.
Cells = dict[str, NDArray[Any]]

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

_TEXTS = ("manifold", "estimator", "family", "status", "message", "device", "groups")
_NUMBERS = (
    *("estimate", "truth", "error", "ambient", "n", "points_used", "points_read", "fit_seconds"),
    *("shared_seconds", "sample_seconds", "peak_memory_mib", "threads"),
)


def mean_interval(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float, float]:
    """Mean, standard deviation and half-width of the 95 % t-interval of the mean.

    The last two are NaN for a single value, and all three for none. Of equal values both are
    exactly 0, which is no interval: texts give the number of seeds instead.
    """
    array = np.asarray(values, dtype=np.float64)
    count = len(array)
    if count == 0:
        return math.nan, math.nan, math.nan
    if count > 1 and (array == array[0]).all():
        return float(array[0]), 0.0, 0.0
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
    numbered = records.groupby(pair, sort=False, dropna=False).ngroup().to_numpy()
    order = np.argsort(numbered, kind="stable")
    columns = {name: _column(records, name)[order] for name in (*_NUMBERS, *_TEXTS)}
    starts = [0, *(np.flatnonzero(np.diff(numbered[order])) + 1), len(order)]
    rows = [
        _summary({name: values[start:end] for name, values in columns.items()})
        for start, end in pairwise(starts)
        if end > start
    ]
    return pd.DataFrame(rows, columns=list(SUMMARY_TYPES)).astype(SUMMARY_TYPES)


def _column(records: pd.DataFrame, name: str) -> NDArray[Any]:
    """Texts, or numbers as float64: NaN where one is missing, or all."""
    if name not in records:
        return np.full(len(records), np.nan)
    if name in _TEXTS:
        return records[name].to_numpy(dtype=object)
    return pd.to_numeric(records[name]).to_numpy(dtype=np.float64, na_value=np.nan)


def _summary(cells: Cells) -> dict[str, Any]:
    """The summary of the seeds of one estimator on one manifold."""
    status = cells["status"]
    is_ok = status == OK
    (failed,) = np.nonzero(~is_ok & (status != NOT_APPLICABLE))
    count = len(status)
    ok = {name: values[is_ok] for name, values in cells.items()}
    seeds_ok = len(ok["status"])
    told = ok if seeds_ok else cells
    estimate, sd, half_width = mean_interval(_known(ok, "estimate"))
    truth, error = _over(np.mean, cells, "truth"), _over(np.mean, ok, "error")
    groups = groups_of(ok)
    return {
        "manifold": cells["manifold"][0],
        "estimator": cells["estimator"][0],
        "family": cells["family"][0],
        "truth": truth,
        "estimate": estimate,
        "sd": sd,
        "half_width": half_width,
        "mean_absolute_error": error,
        "mean_relative_error": error / truth if truth > 0 else math.nan,
        "exact": pd.NA if math.isnan(truth) else seeds_ok == count and _all_round(groups),
        "status": _status(seeds_ok, len(failed)),
        "seeds_planned": count,
        "seeds_ok": seeds_ok,
        "seeds_failed": len(failed),
        "failure": _failure(cells, int(failed[0])) if len(failed) else "",
        "ambient": _over(np.min, cells, "ambient"),
        "n": int(cells["n"][0]),
        "points_used": _over(np.min, told, "points_used"),
        "points_read": _over(np.min, told, "points_read"),
        "fit_seconds": _over(np.median, ok, "fit_seconds"),
        "shared_seconds": _over(np.median, ok, "shared_seconds"),
        "sample_seconds": _over(np.median, cells, "sample_seconds"),
        "core_seconds": _core_seconds(cells, "fit_seconds"),
        "shared_core_seconds": _core_seconds(cells, "shared_seconds"),
        "peak_memory_mib": _over(np.max, cells, "peak_memory_mib"),
        "threads": _over(np.min, cells, "threads"),
        "device": ", ".join(sorted({str(device) for device in cells["device"]})),
        "groups": _group_summaries(groups),
    }


def _status(ok: int, failed: int) -> str:
    if ok:
        return "partial" if failed else OK
    return "failed" if failed else NOT_APPLICABLE


def _failure(cells: Cells, which: int) -> str:
    """Message of a failed cell, after its kind where that says more."""
    kind = str(cells["status"][which])
    message = " ".join(str(cells["message"][which] or "").split())
    if not message:
        return kind
    return message if kind == "failed" else f"{kind}: {message}"


def _known(cells: Cells, column: str) -> NDArray[np.float64]:
    """The numbers of a column that are there."""
    values = cells[column]
    return values[~np.isnan(values)]


def _over(measure: Callable[[NDArray[np.float64]], Any], cells: Cells, column: str) -> float:
    """A measure of the numbers of a column that are there; NaN where there is none."""
    values = _known(cells, column)
    return float(measure(values)) if len(values) else math.nan


def _core_seconds(cells: Cells, column: str) -> float:
    """Seconds times threads, summed over the cells that tell both; NaN where none does."""
    products = cells[column] * cells["threads"]
    timed = products[~np.isnan(products)]
    return float(sum(timed.tolist())) if len(timed) else math.nan


def groups_of(ok: Mapping[str, Any] | pd.DataFrame) -> list[list[dict[str, Any]]]:
    """The groups of each ok record: at each truth level the sample's estimate and weight.

    ``ok`` has the columns "groups", "truth" and "estimate". A record without groups is one group,
    whose truth is None where it is unknown. Whatever shows a sample's estimate takes it from here.
    """
    # One JSON text for all is read faster than one for each.
    read = json.loads(f"[{','.join(groups or '[]' for groups in ok['groups'])}]")
    whole = zip(ok["truth"].tolist(), ok["estimate"].tolist(), strict=True)
    return [
        groups or [{"truth": None if pd.isna(t) else t, "weight": 1.0, "estimate": e}]
        for groups, (t, e) in zip(read, whole, strict=True)
    ]


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
    for row in summary.to_dict("records"):
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
