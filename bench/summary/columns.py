"""The columns of a summary: from the records of all seeds to files, rankings and tables.

To add a column, add a row to ``COLUMNS``; to add one that no record has yet, add the field to
``bench.record.Record`` as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.format import duration, memory, number, seconds
from bench.summary.seeds import Seeds, over


@dataclass(frozen=True)
class SummaryColumn:
    """A column of a summary.

    ``over_seeds`` gives its value from the records of an estimator on a manifold. It is in the
    runtime files too where it is ``runtime``; accuracy files have all columns. With
    ``over_manifolds`` the ranking has it, as that measure over an estimator's manifolds, and with a
    ``label`` it is a column of the runtime tables for people, written as ``text``; if ``optional``,
    only where it is known.
    """

    name: str
    dtype: str
    over_seeds: Callable[[Seeds], Any]
    runtime: bool = False
    over_manifolds: Callable[[Any], Any] | None = None
    label: str = ""
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
        text=memory,
    ),
    SummaryColumn("threads", "Int64", _over(np.min, "threads", "cells"), runtime=True),
    SummaryColumn("device", "str", lambda seeds: seeds.devices, runtime=True),
    SummaryColumn("groups", "str", lambda seeds: seeds.groups),
)
#: The columns of a summary by name, in their order.
COLUMNS = {column.name: column for column in _TABLE}
