"""Caveats of estimates for the user's points: from the points, and from the suites' records.

The suites' records are in bench/evidence: estimates by estimators with their default parameters,
from tables ``accuracy.csv`` of runs; a union has a row for each of its dimensions. Such tables of
other results folders may be added; of these the rows count whose label is the registered name of
an estimator.
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
from estimators.score.features import UNEVEN
from manifolds.datasets.columns import no_coordinates
from manifolds.datasets.reading import LoadedPoints

EVIDENCE = Path(__file__).parents[1] / "evidence"
#: Columns of an accuracy table that are read.
_NUMBERS = ["truth", "estimate", "ambient", "n"]
_COLUMNS = ["manifold", "estimator", *_NUMBERS]
#: A manifold is like the points where its dimension, ambient dimension and n are within these
#: factors of theirs.
NEAR_DIMENSION, NEAR_AMBIENT, NEAR_N = 2.0, 8.0, 8.0
#: Relative error above which a suite's estimate counts as wrong.
WRONG = 0.15
#: Relative change from half the points to all, from which an estimate counts as not settled.
UNSETTLED = 0.1


@dataclass(frozen=True)
class Caveat:
    """A sentence about an estimator, or ("") all of them.

    Where several estimators have caveats of one ``kind``, ``own`` is the part that differs between
    them, and ``reason`` the explanation.
    """

    text: str
    estimator: str = ""
    kind: str = ""
    own: str = ""
    reason: str = ""


def load_evidence(folders: Iterable[Path] = ()) -> pd.DataFrame:
    """Return rows of accuracy tables with a known truth: the package's own, and those of folders.

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
    """Return a row for each truth level, of tables with a column "groups" of levels."""
    if "groups" not in table:
        return table
    rows = []
    for row in table.to_dict("records"):
        parts = json.loads(row["groups"]) if isinstance(row["groups"], str) else []
        levels = [{"truth": part["truth"], "estimate": part["estimate"]} for part in parts]
        rows += [{**row, **level} for level in levels or [{}]]
    return pd.DataFrame(rows, columns=table.columns)


def median_estimate(rows: pd.DataFrame) -> float:
    """Return the median of the estimates; NaN where there is none."""
    return float(rows["estimate"].median())


def caveats(data: LoadedPoints, rows: pd.DataFrame, known: pd.DataFrame) -> list[Caveat]:
    """Return all caveats of a table of estimates: of the points, then of each estimator."""
    shape = len(data.distinct), data.points.shape[1]
    notes = map(Caveat, data.notes)
    return [*notes, *point_caveats(data, rows), *estimator_caveats(shape, rows, known)]


def point_caveats(data: LoadedPoints, rows: pd.DataFrame) -> list[Caveat]:
    """Return properties of the points that make every estimate doubtful."""
    points = data.points
    usable = select_rows(points)
    n, ambient = len(usable.used), points.shape[1]
    diagnosis = diagnose(points[usable.used], usable)
    texts = [
        *usable.warnings(data.names),
        *filter(
            None,
            (
                diagnosis.ties_message,
                diagnosis.sequence_message,
                diagnosis.coarse_message(data.columns),
            ),
        ),
    ]
    spread = np.ptp(points, axis=0)
    varying = spread > 1e-9 * spread.max()
    if not varying.all():
        texts.append(f"{int((~varying).sum())} of {ambient} columns are constant")
    if len(data.shape) == 1 and spread.max() > UNEVEN * spread[varying].min():
        texts.append(
            f"the columns vary over {spread[varying].min():.2g} to {spread.max():.2g}: distances "
            "depend only on the largest; rescale the columns (--standardize) if their units are "
            "arbitrary"
        )
    if len(data.shape) == 1:
        texts += no_coordinates(points, data.columns)
    middle = median_estimate(rows)
    if not math.isnan(middle):
        if n < 10 * middle:
            texts.append(
                f"{n} points are fewer than ten for each of the {middle:.0f} dimensions that are "
                "read: not enough for any of the estimators"
            )
        low, high = rows["estimate"].quantile([0.25, 0.75])
        if high > 1.5 * low:
            texts.append(
                f"the estimators disagree (the middle half reads {number(low, 1)} to "
                f"{number(high, 1)}): that is usual of data of more than one scale, or of high "
                "dimension, where distances read too little and linear spans too much"
            )
    return [Caveat(text) for text in texts]


def estimator_caveats(
    shape: tuple[int, ...], rows: pd.DataFrame, known: pd.DataFrame
) -> list[Caveat]:
    """Return caveats of each estimator on points such as these (n, D), from ``known`` records."""
    middle = median_estimate(rows)
    near = records_near(shape, middle, known)
    notes = []
    if near.empty and not math.isnan(middle):
        notes.append(
            Caveat(
                f"the suites have no records near n = {shape[0]}, D = {shape[1]} and dimension "
                f"{number(middle, 1)}: nothing is known of how estimators fail there",
            )
        )
    for row in rows.dropna(subset="estimate").itertuples():
        name = str(row.estimator)
        estimate, half = float(str(row.estimate)), float(str(row.half_estimate))
        if not math.isnan(half) and abs(estimate / half - 1) > UNSETTLED:
            text = (
                f"still changes with n: {number(half)} on half of the points, "
                f"{number(estimate)} on all"
            )
            kind = "still change with n (on half of the points, on all)"
            notes.append(Caveat(text, name, kind, f"{number(half)}, {number(estimate)}"))
        confidence = float(str(row.confidence))
        if confidence < LOW:
            text = f"its own confidence is low ({confidence:.2f})"
            notes.append(Caveat(text, name, "their own confidence is low", f"{confidence:.2f}"))
        if wrong := _suite_caveat(name, near[near["estimator"] == name]):
            notes.append(wrong)
    return notes


def records_near(shape: tuple[int, ...], dimension: float, known: pd.DataFrame) -> pd.DataFrame:
    """Return the records of manifolds like the points (n, D) of that dimension."""
    if math.isnan(dimension):
        return known.iloc[:0]
    n, ambient = shape
    near = pd.Series(True, index=known.index)
    for column, value, factor in (
        ("truth", dimension, NEAR_DIMENSION),
        ("ambient", ambient, NEAR_AMBIENT),
        ("n", n, NEAR_N),
    ):
        near &= known[column].between(value / factor, value * factor)
    return known[near]


def _suite_caveat(name: str, near: pd.DataFrame) -> Caveat | None:
    """Return how an estimator failed on manifolds like the points; None where it did not."""
    errors = (near["estimate"] / near["truth"] - 1).to_numpy(dtype=float)
    wrong = int((np.abs(errors) > WRONG).sum())
    if not wrong:
        return None
    worst = near.iloc[int(np.abs(errors).argmax())]
    count = f"{wrong} of {len(near)}"
    most = (
        f"{worst['manifold']} ({number(worst['estimate'])} of {worst['truth']:g}, "
        f"n = {worst['n']:g})"
    )
    off = f"off by more than {percent(WRONG)} on"
    where = "samples or parts of unions of similar dimension, D and n in the suites"
    reason = estimators.entry(name).weakness if name in estimators.names() else ""
    text = f"{off} {count} {where}, most on {most}" + (f"; {reason}" if reason else "")
    return Caveat(text, name, f"{off} {where} (how many of them, most on)", f"{count}, {most}",
                  reason)  # fmt: skip


def caveat_lines(notes: Iterable[Caveat]) -> list[str]:
    """Return a line for each caveat."""
    return [f"{note.estimator}: {note.text}" if note.estimator else note.text for note in notes]


def grouped_lines(notes: Iterable[Caveat]) -> list[str]:
    """Return a line for all caveats of a kind, and one for all estimators with one reason."""
    kinds: dict[str, list[Caveat]] = {}
    for note in notes:
        kinds.setdefault(note.kind or f"{note.estimator}: {note.text}", []).append(note)
    lines = []
    for kind, group in kinds.items():
        if len(group) == 1:
            lines += caveat_lines(group)
            continue
        lines.append(f"{kind}: " + "; ".join(f"{note.estimator} {note.own}" for note in group))
        reasons: dict[str, list[str]] = {}
        for note in group:
            if note.reason:
                reasons.setdefault(note.reason, []).append(note.estimator)
        lines += [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return lines
