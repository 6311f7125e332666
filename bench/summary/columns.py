"""The columns of a summary and of a ranking: from records to files, tables and the leaderboard.

To add a column, add a row to ``COLUMNS`` or, of an estimator over all manifolds, to ``RANKING``;
to add one that no record has yet, add the field to ``bench.record.Record`` as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bench.format import duration, memory, number, percent, seconds
from bench.record import NOT_APPLICABLE
from bench.summary.statistics import Seeds, Standing, over


@dataclass(frozen=True)
class SummaryColumn:
    """A column of a summary.

    ``over_seeds`` gives its value from the records of an estimator on a manifold. It is in the
    runtime files too where it is ``runtime``; accuracy files have all columns. With
    ``over_manifolds`` the ranking has it, as that measure over an estimator's manifolds, and with a
    ``label`` it is a column of the runtime tables for people, written as ``text``; if ``optional``,
    only where it is known. With a ``heading`` the leaderboard has it too.
    """

    name: str
    dtype: str
    over_seeds: Callable[[Seeds], Any]
    runtime: bool = False
    over_manifolds: Callable[[Any], Any] | None = None
    label: str = ""
    heading: str = ""
    text: Callable[[float], str] = number
    optional: bool = False


def _first(name: str) -> Callable[[Seeds], Any]:
    return lambda seeds: seeds.cells[name][0]


def _over(measure: Callable[[Any], Any], name: str, of: str = "ok") -> Callable[[Seeds], float]:
    return lambda seeds: over(measure, getattr(seeds, of)[name])


_TABLE = (
    SummaryColumn("manifold", "str", _first("manifold"), runtime=True),
    SummaryColumn("estimator", "str", _first("estimator"), runtime=True),
    SummaryColumn("family", "str", _first("family"), runtime=True),
    SummaryColumn("truth", "float64", lambda seeds: seeds.truth),
    SummaryColumn("estimate", "float64", lambda seeds: seeds.interval[0]),
    SummaryColumn("sd", "float64", lambda seeds: seeds.interval[1]),
    SummaryColumn("half_width", "float64", lambda seeds: seeds.interval[2]),
    SummaryColumn("mean_absolute_error", "float64", lambda seeds: seeds.error),
    SummaryColumn("mean_relative_error", "float64", lambda seeds: seeds.relative_error),
    SummaryColumn("exact", "boolean", lambda seeds: seeds.exact),
    SummaryColumn("status", "str", lambda seeds: seeds.status, runtime=True),
    SummaryColumn("seeds_planned", "int64", lambda seeds: seeds.count, runtime=True),
    SummaryColumn("seeds_ok", "int64", lambda seeds: seeds.count_ok, runtime=True),
    SummaryColumn("seeds_failed", "int64", lambda seeds: len(seeds.failed), runtime=True),
    SummaryColumn("failure", "str", lambda seeds: seeds.failure, runtime=True),
    SummaryColumn("ambient", "Int64", _over(np.min, "ambient", "cells")),
    SummaryColumn("n", "int64", _first("n"), runtime=True),
    SummaryColumn("points_used", "Int64", _over(np.min, "points_used", "best"), runtime=True),
    SummaryColumn("points_read", "Int64", _over(np.min, "points_read", "best"), runtime=True),
    SummaryColumn(
        "fit_seconds",
        "float64",
        _over(np.median, "fit_seconds"),
        runtime=True,
        over_manifolds=np.median,
        label="median",
        heading="Median seconds",
        text=seconds,
    ),
    SummaryColumn("shared_seconds", "float64", _over(np.median, "shared_seconds"), True),
    SummaryColumn(
        "sample_seconds", "float64", _over(np.median, "sample_seconds", "cells"), runtime=True
    ),
    SummaryColumn(
        "core_seconds",
        "float64",
        lambda seeds: seeds.core_seconds("fit_seconds"),
        runtime=True,
        over_manifolds=np.sum,
        label="core time",
        heading="Core time",
        text=duration,
    ),
    SummaryColumn(
        "shared_core_seconds",
        "float64",
        lambda seeds: seeds.core_seconds("shared_seconds"),
        runtime=True,
        over_manifolds=np.sum,
        label="shared",
        text=duration,
        optional=True,
    ),
    SummaryColumn(
        "peak_memory_mib",
        "float64",
        _over(np.max, "peak_memory_mib", "cells"),
        runtime=True,
        over_manifolds=np.max,
        label="memory",
        heading="Memory",
        text=memory,
    ),
    SummaryColumn("threads", "Int64", _over(np.min, "threads", "cells"), runtime=True),
    SummaryColumn("device", "str", lambda seeds: seeds.devices, runtime=True),
    SummaryColumn("groups", "str", lambda seeds: seeds.groups),
)
#: The columns of a summary by name, in their order.
COLUMNS = {column.name: column for column in _TABLE}


@dataclass(frozen=True)
class RankingColumn:
    """A column of the ranking: ``value`` of an estimator.

    The leaderboard has it with a ``heading``, and ``table`` with a ``label``, written as ``text``.
    A "count" is of manifolds, a "bar" is a number with a bar of its length; if ``optional``, it is
    in the table only where it is known.
    """

    name: str
    value: Callable[[Standing], Any]
    heading: str = ""
    label: str = ""
    table: Literal["accuracy", "runtime"] = "accuracy"
    kind: Literal["text", "count", "number", "bar"] = "count"
    text: Callable[[Any], str] = str
    optional: bool = False


def _ranking_column(column: SummaryColumn, measure: Callable[[Any], Any]) -> RankingColumn:
    return RankingColumn(
        column.name,
        lambda standing: over(measure, standing.rows[column.name]),
        column.heading,
        column.label,
        "runtime",
        "number",
        column.text,
        column.optional,
    )


_RANKING = (
    RankingColumn(
        "ranking_error",
        lambda standing: standing.ranking_error,
        heading="Mean relative error",
        label="error",
        kind="bar",
        text=percent,
    ),
    RankingColumn(
        "family",
        lambda standing: standing.rows["family"][0],
        heading="Family",
        kind="text",
    ),
    RankingColumn(
        "mean_relative_error",
        lambda standing: over(np.mean, standing.scored["mean_relative_error"]),
        heading="Without failures",
        kind="number",
        text=percent,
    ),
    RankingColumn(
        "within_half",
        lambda standing: int((standing.scored["mean_absolute_error"] <= 0.5).sum()),
        heading="Within ½",
        label="within ½",
    ),
    RankingColumn(
        "exact",
        lambda standing: sum(exact is True for exact in standing.scored["exact"]),
        heading="Exact",
        label="exact",
    ),
    RankingColumn("manifolds", lambda standing: standing.manifolds),
    RankingColumn(
        "scored",
        lambda standing: len(standing.scored["manifold"]),
        heading="Scored",
        label="scored",
    ),
    RankingColumn("failed", lambda standing: standing.count("failed"), heading="Failed"),
    RankingColumn("not_applicable", lambda standing: standing.count(NOT_APPLICABLE)),
    RankingColumn("not_run", lambda standing: standing.manifolds - len(standing.known["manifold"])),
    RankingColumn("seeds_failed", lambda standing: int(standing.rows["seeds_failed"].sum())),
    *(_ranking_column(column, column.over_manifolds) for column in _TABLE if column.over_manifolds),
)
#: The columns of a ranking by name, in their order, after the estimator.
RANKING = {column.name: column for column in _RANKING}
