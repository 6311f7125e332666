"""Statistics over the seeds of an estimator on a manifold, and over the manifolds."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from bench.record import COLUMNS, NOT_APPLICABLE, OK

#: A failed cell counts in the ranking as an estimate of zero would: 100 % off.
FAILURE_RELATIVE_ERROR = 1.0

#: Some records, or rows of a summary, by column.
Rows = dict[str, NDArray[Any]]


def mean_interval(values: Sequence[float] | NDArray[np.float64]) -> tuple[float, float, float]:
    """Return mean, standard deviation and half-width of the 95 % t-interval of the mean.

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


def groups_of(ok: Mapping[str, Any] | pd.DataFrame) -> list[list[dict[str, Any]]]:
    """Return the groups of each ok record: the sample's estimate and weight at each truth level.

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


def over(measure: Callable[[NDArray[np.float64]], Any], values: NDArray[np.float64]) -> float:
    """Return a measure of the numbers that are known; NaN where none is."""
    known = values[~np.isnan(values)]
    return float(measure(known)) if len(known) else math.nan


class Seeds:
    """The records of one estimator on one manifold, by column, and what columns are made from.

    ``ok`` are the records of those that are ok, and ``best`` these, or all where none is.
    """

    def __init__(self, cells: Rows) -> None:
        self.cells = cells
        status = cells["status"]
        self.count = len(status)
        self.ok = {name: values[status == OK] for name, values in cells.items()}
        self.count_ok = len(self.ok["status"])
        self.best = self.ok if self.count_ok else cells
        (self.failed,) = np.nonzero((status != OK) & (status != NOT_APPLICABLE))

    @cached_property
    def interval(self) -> tuple[float, float, float]:
        """Mean, standard deviation and half-width of the estimates."""
        estimates = self.ok["estimate"]
        return mean_interval(estimates[~np.isnan(estimates)])

    @cached_property
    def truth(self) -> float:
        """The mean true dimension."""
        return over(np.mean, self.cells["truth"])

    @cached_property
    def error(self) -> float:
        """The mean absolute error."""
        return over(np.mean, self.ok["error"])

    @property
    def relative_error(self) -> float:
        """The mean absolute error over the truth."""
        return self.error / self.truth if self.truth > 0 else math.nan

    @cached_property
    def levels(self) -> list[list[dict[str, Any]]]:
        """The groups of each ok record."""
        return groups_of(self.ok)

    @property
    def exact(self) -> Any:
        """True where every seed is ok and every estimate, rounded half up, is its truth; or NA."""
        if math.isnan(self.truth):
            return pd.NA
        return self.count_ok == self.count and all(
            math.floor(group["estimate"] + 0.5) == group["truth"]
            for groups in self.levels
            for group in groups
        )

    @property
    def status(self) -> str:
        """One status for all: ok, partial, failed or not applicable."""
        if self.count_ok:
            return "partial" if len(self.failed) else OK
        return "failed" if len(self.failed) else NOT_APPLICABLE

    @property
    def failure(self) -> str:
        """The message of the first failure, after its kind where that says more."""
        if not len(self.failed):
            return ""
        first = self.failed[0]
        kind = str(self.cells["status"][first])
        message = " ".join(str(self.cells["message"][first] or "").split())
        if not message:
            return kind
        return message if kind == "failed" else f"{kind}: {message}"

    @property
    def devices(self) -> str:
        """The devices of all fits."""
        return ", ".join(sorted({str(device) for device in self.cells["device"]}))

    def core_seconds(self, column: str) -> float:
        """Seconds times threads, summed over the records that have both; NaN where none has."""
        products = self.cells[column] * self.cells["threads"]
        timed = products[~np.isnan(products)]
        return float(sum(timed.tolist())) if len(timed) else math.nan

    @property
    def groups(self) -> str:
        """Mean and interval over the seeds at each truth level, as JSON with null for NaN."""
        levels: dict[float | None, list[dict[str, Any]]] = {}
        for groups in self.levels:
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


class Standing:
    """The rows of one estimator in a summary, by column, and what the ranking is made from.

    ``known`` are those of the manifolds of known dimension, and ``scored`` those of them with
    at least one ok seed.
    """

    def __init__(self, rows: Rows, manifolds: set[str]) -> None:
        self.rows = rows
        self.manifolds = len(manifolds)
        self.known = select(
            rows, np.array([name in manifolds for name in rows["manifold"]], dtype=bool)
        )
        self.scored = select(self.known, self.known["seeds_ok"] > 0)

    @property
    def ranking_error(self) -> float:
        """The mean over manifolds of the relative error, a failed seed counted as 100 %."""
        tried = select(self.known, self.known["seeds_ok"] + self.known["seeds_failed"] > 0)
        penalised = (
            np.where(tried["seeds_ok"] > 0, tried["mean_relative_error"], 0.0) * tried["seeds_ok"]
            + FAILURE_RELATIVE_ERROR * tried["seeds_failed"]
        ) / (tried["seeds_ok"] + tried["seeds_failed"])
        return over(np.mean, penalised)

    def count(self, status: str) -> int:
        """Return the number of manifolds of known dimension with a status."""
        return int((self.known["status"] == status).sum())


def select(rows: Rows, which: NDArray[np.bool_] | slice) -> Rows:
    """Return some of the rows."""
    return {name: values[which] for name, values in rows.items()}


def record_column(records: pd.DataFrame, name: str) -> NDArray[Any]:
    """Return texts, or numbers as float64: NaN where one is missing, or all."""
    if name not in records:
        return np.full(len(records), np.nan)
    if COLUMNS[name].type is str:
        return records[name].to_numpy(dtype=object)
    return pd.to_numeric(records[name]).to_numpy(dtype=np.float64, na_value=np.nan)
