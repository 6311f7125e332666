"""Tables of estimators by manifolds, as cells of text, before any format."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from bench.format import NOT_RUN
from bench.summary.columns import RANKING, RankingColumn
from bench.summary.ranking import rank
from bench.summary.summarise import truth_levels
from bench.summary.wording import (
    estimate_text,
    failure_texts,
    label_text,
    runtime_text,
    seeds_text,
    sizes_text,
)


@dataclass(frozen=True)
class TextCell:
    """Text of a cell, and whether it is the best of its column or a failure."""

    text: str
    kind: Literal["plain", "best", "failed"] = "plain"


@dataclass(frozen=True)
class Row:
    """One estimator: its label with the part of the samples it used, overall and other cells."""

    estimator: str
    label: str
    overall: tuple[TextCell, ...]
    cells: tuple[TextCell, ...]


@dataclass(frozen=True)
class CrossTable:
    """Rows of estimators, best first.

    ``overall`` heads the columns before those of ``manifolds``, which have their truth levels.
    """

    name: str
    title: str
    overall: tuple[str, ...]
    manifolds: dict[str, tuple[float, ...]]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def accuracy_table(summary: pd.DataFrame, preset: str | None = None) -> CrossTable:
    """Return estimates with intervals and seeds; the best of a manifold has the least error."""
    headings, overall = _overall(summary, "accuracy")
    notes = (
        _setting(summary, preset),
        "Cells: mean over seeds ± half-width of its 95 % t-interval (seeds in brackets); no "
        "interval from one seed, nor where all read the same (3 of 3 seeds); a union has an "
        "estimate for each of its dimensions.",
        "Error: mean over manifolds of |estimate − d| / d; a failed seed counts as 100 %, what "
        "was not run or is not applicable (n/a) is left out. Within ½: manifolds with a mean "
        "absolute error of at most 0.5. Exact: every seed rounds to d. Scored: manifolds of "
        "known d with at least one estimate.",
        *_subset_note(summary),
        *failure_texts(summary),
    )
    return CrossTable(
        "accuracy",
        "Estimated intrinsic dimension",
        headings,
        truth_levels(summary),
        _rows(summary, overall, estimate_text, "mean_absolute_error"),
        notes,
    )


def runtime_table(summary: pd.DataFrame, preset: str | None = None) -> CrossTable:
    """Return median fit seconds; the best of each manifold is the fastest."""
    headings, overall = _overall(summary, "runtime")
    shared = RANKING["shared_core_seconds"].label in headings
    devices = ", ".join(sorted({device for device in summary["device"] if device}))
    notes = (
        _setting(summary, preset) + f" Device: {devices or 'unknown'}.",
        "Cells: median over seeds of the seconds of a fit, alone; median: over manifolds. Core "
        "time: seconds × threads, summed over all fits, failed ones included where timed."
        + (" Shared: the same where a neighbour graph is built once for all." if shared else ""),
        *_subset_note(summary),
        *failure_texts(summary),
    )
    return CrossTable(
        "runtime",
        "Seconds of a fit",
        headings,
        truth_levels(summary),
        _rows(summary, overall, runtime_text, "fit_seconds"),
        notes,
    )


def _overall(
    summary: pd.DataFrame, table: str
) -> tuple[tuple[str, ...], dict[str, tuple[TextCell, ...]]]:
    """Return the headings of the ranking's columns in a table, and their cells by estimator."""
    ranking = rank(summary)
    columns = [
        column
        for column in RANKING.values()
        if column.table == table
        and column.label
        and (ranking[column.name].notna().any() or not column.optional)
    ]

    def cell(column: RankingColumn, standing: Mapping[Hashable, Any]) -> TextCell:
        text = column.text(standing[column.name])
        if column.kind == "count":
            text += f"/{standing['manifolds']}"
        failed = column.name == "scored" and standing["failed"]
        return TextCell(text, "failed" if failed else "plain")

    return tuple(column.label for column in columns), {
        standing["estimator"]: tuple(cell(column, standing) for column in columns)
        for standing in ranking.to_dict("records")
    }


def _rows(
    summary: pd.DataFrame,
    overall: dict[str, tuple[TextCell, ...]],
    text: Callable[[Mapping[Hashable, Any]], str],
    measure: str,
) -> tuple[Row, ...]:
    """Return rows in the order of ``overall``; the least of the column ``measure`` is best."""
    whole = summary[summary["seeds_failed"] == 0]
    best = whole.groupby("manifold")[measure].min().to_dict()
    pairs = {(row["manifold"], row["estimator"]): row for row in summary.to_dict("records")}
    manifolds = truth_levels(summary)
    labels = {
        str(estimator): label_text(str(estimator), rows)
        for estimator, rows in summary.groupby("estimator")
    }

    def cell(manifold: str, estimator: str) -> TextCell:
        row = pairs.get((manifold, estimator))
        if row is None:
            return TextCell(NOT_RUN)
        if row["seeds_failed"]:
            return TextCell(text(row), "failed")
        return TextCell(text(row), "best" if row[measure] == best[manifold] else "plain")

    return tuple(
        Row(
            estimator,
            labels[estimator],
            cells,
            tuple(cell(manifold, estimator) for manifold in manifolds),
        )
        for estimator, cells in overall.items()
    )


def _setting(summary: pd.DataFrame, preset: str | None) -> str:
    """Return sample sizes, seeds and preset in a sentence."""
    if summary.empty:
        return "No cell has been run."
    parts = [sizes_text(summary), seeds_text(summary)]
    if preset:
        parts.append(f"preset {preset}")
    text = "; ".join(parts) + "."
    return text[0].upper() + text[1:] if text[1] != " " else text


def _subset_note(summary: pd.DataFrame) -> list[str]:
    """Return the meaning of square brackets, where there are any."""
    subset = (summary["points_used"] < summary["n"]).fillna(False)
    read = (summary["points_read"] < summary["n"]).fillna(False)
    if not (subset | read).any():
        return []
    return [
        "Square brackets: the estimator used that many of the points, or used all and gave a "
        "local estimate at that many; without them, all."
    ]
