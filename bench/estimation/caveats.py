"""What to bear in mind of answers for one's own points: from these, and from the suites' records.

The suites' records are in bench/evidence: estimates by estimators with their default parameters,
from tables ``accuracy.csv`` of runs; a union has a row for each of its dimensions. Such tables of
other results folders may be added; of these the rows count that are named as an estimator is
registered.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import estimators
from bench.format import number, percent
from estimators.aggregation import LOW
from estimators.diagnosis import diagnose
from estimators.rows import select_rows
from estimators.score.base import UNEVEN
from manifolds.datasets.columns import no_coordinates
from manifolds.datasets.reading import LoadedPoints

EVIDENCE = Path(__file__).parents[1] / "evidence"
#: Columns of an accuracy table that are read.
_NUMBERS = ["truth", "estimate", "ambient", "n"]
_COLUMNS = ["manifold", "estimator", *_NUMBERS]
#: A manifold is like the points where its dimension, ambient dimension and n are within these
#: factors of theirs.
NEAR_DIMENSION, NEAR_AMBIENT, NEAR_N = 2.0, 8.0, 8.0
#: Relative errors of a suite's estimate that are told.
WRONG = 0.15
#: Relative change from half the points to all, from which an estimate counts as not settled.
UNSETTLED = 0.1


@dataclass(frozen=True)
class Caveat:
    """A sentence, about an estimator or ("") all of them.

    Where several estimators have one of a kind, ``kind`` is what they have in common, ``own`` what
    is an estimator's, and ``reason`` why it is so.
    """

    estimator: str
    text: str
    kind: str = ""
    own: str = ""
    reason: str = ""


def evidence(folders: Iterable[Path] = ()) -> pd.DataFrame:
    """Rows of accuracy tables with a known truth: those that come along, and those of folders.

    A union's estimates are compared part by part: its rows are those of its truth levels. Rows
    count whose numbers are finite and above 0, of which alone there are relative errors. Raises
    ValueError where a folder has no such table, or text in a column of numbers.
    """
    tables = []
    for path in [*sorted(EVIDENCE.glob("*.csv")), *(folder / "accuracy.csv" for folder in folders)]:
        try:
            table = _by_part(pd.read_csv(path))[_COLUMNS]
            for column in _NUMBERS:
                table[column] = _numbers(table[column])
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise ValueError(f"{path} is no accuracy table of a run: {error}") from None
        usable = (table[_NUMBERS] > 0) & (table[_NUMBERS] < math.inf)
        tables.append(table[usable.all(axis=1)].assign(suite=path.stem))
    return pd.concat(tables, ignore_index=True)


def _numbers(column: pd.Series) -> pd.Series:
    """Return the column as float64, NaN where it is empty; ValueError names it where it is text."""
    try:
        return pd.to_numeric(column).astype(np.float64)
    except (ValueError, TypeError) as error:
        raise ValueError(f"column {column.name!r} must be numbers: {error}") from None


def _by_part(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each truth level, of tables that have the levels in a column "groups"."""
    if "groups" not in table:
        return table
    rows = []
    for row in table.to_dict("records"):
        parts = json.loads(row["groups"]) if isinstance(row["groups"], str) else []
        levels = [{"truth": part["truth"], "estimate": part["estimate"]} for part in parts]
        rows += [{**row, **level} for level in levels or [{}]]
    return pd.DataFrame(rows, columns=table.columns)


def consensus(answers: pd.DataFrame) -> float:
    """Median of the answers; NaN where there is none."""
    return float(answers["estimate"].median())


def caveats(own: LoadedPoints, answers: pd.DataFrame, known: pd.DataFrame) -> list[Caveat]:
    """All caveats: of the points, then of each estimator with an answer."""
    shape = len(own.distinct), own.points.shape[1]
    notes = [Caveat("", note) for note in own.notes]
    return [*notes, *of_points(own, answers), *of_estimators(shape, answers, known)]


def of_points(own: LoadedPoints, answers: pd.DataFrame) -> list[Caveat]:
    """What of the points themselves makes every answer doubtful."""
    points = own.points
    rows = select_rows(points)
    n, ambient = len(rows.used), points.shape[1]
    diagnosis = diagnose(points[rows.used], rows)
    found = [
        *rows.warnings(own.names),
        *filter(
            None,
            (
                diagnosis.ties_message,
                diagnosis.sequence_message,
                diagnosis.coarse_message(own.columns),
            ),
        ),
    ]
    spread = np.ptp(points, axis=0)
    varying = spread > 1e-9 * spread.max()
    if not varying.all():
        found.append(f"{int((~varying).sum())} of {ambient} columns are constant")
    if len(own.shape) == 1 and spread.max() > UNEVEN * spread[varying].min():
        found.append(
            f"the columns vary over {spread[varying].min():.2g} to {spread.max():.2g}: distances "
            "see the largest alone; bring them to one unit if theirs mean nothing (estimators of "
            "the score family do so themselves)"
        )
    if len(own.shape) == 1:
        found += no_coordinates(points, own.columns)
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
    like = like_points(shape, middle, known)
    found = []
    if like.empty and not math.isnan(middle):
        found.append(
            Caveat(
                "",
                f"the suites have no records near n = {shape[0]}, D = {shape[1]} and dimension "
                f"{number(middle, 1)}: nothing is known of how estimators fail there",
            )
        )
    for row in answers.dropna(subset="estimate").itertuples():
        name = str(row.estimator)
        estimate, half = float(str(row.estimate)), float(str(row.half_estimate))
        if not math.isnan(half) and abs(estimate / half - 1) > UNSETTLED:
            text = (
                f"still changes with n: {number(half)} on half of the points, "
                f"{number(estimate)} on all"
            )
            kind = "still change with n (on half of the points, on all)"
            found.append(Caveat(name, text, kind, f"{number(half)}, {number(estimate)}"))
        confidence = float(str(row.confidence))
        if confidence < LOW:
            text = f"its own confidence is low ({confidence:.2f})"
            found.append(Caveat(name, text, "their own confidence is low", f"{confidence:.2f}"))
        if wrong := _in_suites(name, like[like["estimator"] == name]):
            found.append(wrong)
    return found


def like_points(shape: tuple[int, ...], dimension: float, known: pd.DataFrame) -> pd.DataFrame:
    """Records of manifolds like the points (n, D) of that dimension."""
    if math.isnan(dimension):
        return known.iloc[:0]
    n, ambient = shape
    like = pd.Series(True, index=known.index)
    for column, value, factor in (
        ("truth", dimension, NEAR_DIMENSION),
        ("ambient", ambient, NEAR_AMBIENT),
        ("n", n, NEAR_N),
    ):
        like &= known[column].between(value / factor, value * factor)
    return known[like]


def _in_suites(name: str, like: pd.DataFrame) -> Caveat | None:
    """How an estimator failed on manifolds like the points; None where it did not."""
    errors = (like["estimate"] / like["truth"] - 1).to_numpy(dtype=float)
    wrong = int((np.abs(errors) > WRONG).sum())
    if not wrong:
        return None
    worst = like.iloc[int(np.abs(errors).argmax())]
    count = f"{wrong} of {len(like)}"
    most = (
        f"{worst['manifold']} ({number(worst['estimate'])} of {worst['truth']:g}, "
        f"n = {worst['n']:g})"
    )
    off = f"off by more than {percent(WRONG)} on"
    where = "samples or parts of unions of similar dimension, D and n in the suites"
    reason = estimators.entry(name).weakness if name in estimators.names() else ""
    text = f"{off} {count} {where}, most on {most}" + (f"; {reason}" if reason else "")
    return Caveat(name, text, f"{off} {where} (how many of them, most on)", f"{count}, {most}",
                  reason)  # fmt: skip


def lines(told: Iterable[Caveat]) -> list[str]:
    """One line a caveat, of whichever estimator."""
    return [
        f"{caveat.estimator}: {caveat.text}" if caveat.estimator else caveat.text for caveat in told
    ]


def short_lines(told: Iterable[Caveat]) -> list[str]:
    """One line for all caveats of a kind, and one for all estimators with one reason."""
    kinds: dict[str, list[Caveat]] = {}
    for caveat in told:
        kinds.setdefault(caveat.kind or f"{caveat.estimator}: {caveat.text}", []).append(caveat)
    found = []
    for kind, own in kinds.items():
        if len(own) == 1:
            found += lines(own)
            continue
        found.append(f"{kind}: " + "; ".join(f"{one.estimator} {one.own}" for one in own))
        reasons: dict[str, list[str]] = {}
        for one in own:
            if one.reason:
                reasons.setdefault(one.reason, []).append(one.estimator)
        found += [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return found
