"""What to bear in mind of answers for one's own points: from these, and from the suites' records.

The suites' records are the tables ``accuracy.csv`` of their quick presets, of which copies lie in
bench/evidence, and those of other results folders that are given.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import estimators
from bench.outputs.wording import number, percent
from manifolds.base import Array

EVIDENCE = Path(__file__).parents[1] / "evidence"
#: Columns of an accuracy table that are read.
_COLUMNS = ["manifold", "estimator", "truth", "estimate", "ambient", "n"]
#: A manifold is like the points where its dimension, ambient dimension and n are within these
#: factors of theirs.
NEAR_DIMENSION, NEAR_AMBIENT, NEAR_N = 2.0, 8.0, 8.0
#: Relative errors of a suite's estimate that are told.
WRONG = 0.15
#: Relative change from half the points to all, from which an estimate counts as not settled.
UNSETTLED = 0.1
#: Part of the rows that are the same as others, from which that is told.
REPEATED = 0.01


@dataclass(frozen=True)
class Caveat:
    """A sentence, about an estimator or ("") all of them."""

    estimator: str
    text: str


def evidence(folders: Iterable[Path] = ()) -> pd.DataFrame:
    """Rows of accuracy tables with a known truth: those that come along, and those of folders.

    Raises ValueError where a folder has no such table.
    """
    tables = []
    for path in [*sorted(EVIDENCE.glob("*.csv")), *(folder / "accuracy.csv" for folder in folders)]:
        try:
            table = pd.read_csv(path)[[*_COLUMNS, "estimator"]]
        except (OSError, ValueError, KeyError) as error:
            raise ValueError(f"{path} is no accuracy table of a run: {error}") from None
        tables.append(table.loc[:, ~table.columns.duplicated()].assign(suite=path.stem))
    if not tables:
        return pd.DataFrame(columns=[*_COLUMNS, "suite"])
    return pd.concat(tables, ignore_index=True).dropna(subset=["truth", "estimate"])


def consensus(answers: pd.DataFrame) -> float:
    """Median of the answers; NaN where there is none."""
    return float(answers["estimate"].median())


def caveats(points: Array, answers: pd.DataFrame, known: pd.DataFrame) -> list[Caveat]:
    """All caveats: of the points, then of each estimator with an answer."""
    return [*of_points(points, answers), *of_estimators(points.shape, answers, known)]


def of_points(points: Array, answers: pd.DataFrame) -> list[Caveat]:
    """What of the points themselves makes every answer doubtful."""
    n, ambient = points.shape
    found = []
    repeated = 1 - len(np.unique(points, axis=0)) / n
    if repeated >= REPEATED:
        found.append(
            f"{percent(repeated)} of the rows repeat others; each distinct one was used once"
        )
    values = len(np.unique(points[: min(n, 2000)]))
    if values <= 256:
        found.append(
            f"the coordinates take {values} values only: distances below the step between them "
            "tell nothing, and neighbour estimators read the grid where points are close"
        )
    spread = points.std(axis=0)
    constant = int((spread <= 1e-9 * spread.max()).sum())
    if constant:
        found.append(f"{constant} of {ambient} columns are constant")
    middle = consensus(answers)
    if not math.isnan(middle):
        if n < 10 * middle:
            found.append(
                f"{n} points are fewer than ten for each of the {middle:.0f} dimensions that are "
                "read: not enough for any of the estimators"
            )
        low, high = answers["estimate"].quantile([0.25, 0.75])
        if high > 1.5 * low:
            found.append(
                f"the estimators disagree (the middle half reads {number(low, 1)} to "
                f"{number(high, 1)}): that is usual of data of more than one scale, or of high "
                "dimension, where distances read too little and linear spans too much"
            )
    return [Caveat("", text) for text in found]


def of_estimators(
    shape: tuple[int, ...], answers: pd.DataFrame, known: pd.DataFrame
) -> list[Caveat]:
    """What is known of each estimator's answers on points such as these (n, D)."""
    middle = consensus(answers)
    found = []
    for row in answers.dropna(subset="estimate").itertuples():
        name = str(row.estimator)
        estimate, half = float(str(row.estimate)), float(str(row.half_estimate))
        if not math.isnan(half) and abs(estimate / half - 1) > UNSETTLED:
            found.append(
                Caveat(
                    name,
                    f"still changes with n: {number(half)} on half of the points, "
                    f"{number(estimate)} on all",
                )
            )
        confidence = float(str(row.confidence))
        if confidence < 0.3:
            found.append(Caveat(name, f"its own confidence is low ({confidence:.2f})"))
        told = _in_suites(name, shape, middle, known)
        if told:
            reason = estimators.entry(name).weakness if name in estimators.names() else ""
            found.append(Caveat(name, told + (f"; {reason}" if reason else "")))
    return found


def _in_suites(
    estimator: str, shape: tuple[int, ...], dimension: float, known: pd.DataFrame
) -> str:
    """How an estimator failed on manifolds like the points; "" where it did not."""
    n, ambient = shape
    like = known[
        (known["estimator"].map(_base) == _base(estimator))
        & _near(known["truth"], dimension, NEAR_DIMENSION)
        & _near(known["ambient"], ambient, NEAR_AMBIENT)
        & _near(known["n"], n, NEAR_N)
    ]
    if like.empty:
        return ""
    errors = like["estimate"] / like["truth"] - 1
    wrong = errors[errors.abs() > WRONG]
    if wrong.empty:
        return ""
    worst = like.iloc[int(errors.abs().to_numpy().argmax())]
    return (
        f"off by more than {percent(WRONG)} on {len(wrong)} of {len(like)} manifolds of similar "
        f"dimension, D and n in the suites, most on {worst['manifold']} "
        f"({number(worst['estimate'])} of {worst['truth']:g}, n = {worst['n']:g})"
    )


def _base(label: str) -> str:
    """The registered name in a suite's label: mle of mle-20."""
    return label.rstrip("0123456789").rstrip("-") if label[-1:].isdigit() else label


def _near(values: pd.Series, value: float, factor: float) -> pd.Series:
    """Which values are within a factor of one that is known."""
    if math.isnan(value) or value <= 0:
        return pd.Series(False, index=values.index)
    return values.between(value / factor, value * factor)
