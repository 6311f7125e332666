"""What is run for points of one's own: every estimator on all of them, and on halves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import estimators
from bench.job import Job, prepare
from bench.suite import EstimatorChoice, ManifoldChoice, Preset, Presets, Suite
from manifolds.datasets.reading import LEAST, Found

#: Labels of all points, and of halves (with a number).
ALL, HALF = "all", "half-"
#: Halves that are drawn, unless it is said otherwise.
HALVES, MOST_HALVES = 10, 1000
#: Seconds after which a fit is stopped, unless it is said otherwise.
TIMEOUT = 1800.0


def estimation_job(
    path: Path,
    found: Found,
    *,
    array: str | None,
    halves: int,
    header: bool | None = None,
    **options: Any,
) -> Job:
    """The job of all cells; ``options`` are those of ``bench.job.prepare``.

    Estimators that train a model are left out of the halves, which would take a training each.
    Raises ValueError for wrong options.
    """
    if halves == 1 or not 0 <= halves <= MOST_HALVES:
        raise ValueError(
            f"halves must be 0, for no intervals, or from 2 to {MOST_HALVES}, not {halves}"
        )
    if halves and len(found.distinct) < 2 * LEAST:
        raise ValueError(
            f"{path} has {len(found.distinct)} distinct rows: halves need at least {2 * LEAST}; "
            "ask for none with --halves 0"
        )
    job = prepare(_suite(path, found, array, header, halves), **options)
    return replace(
        job, cells=[cell for cell in job.cells if cell.manifold == ALL or not _trains(cell)]
    )


def _trains(cell: Any) -> bool:
    return bool(getattr(estimators.entry(cell.estimator_name), "shares_model", False))


def _suite(path: Path, found: Found, array: str | None, header: bool | None, halves: int) -> Suite:
    whole = len(found.distinct)
    parameters: dict[str, Any] = {"path": str(path.resolve()), "digest": found.digest}
    if array is not None:
        parameters["array"] = array
    if header is not None:
        parameters["header"] = header
    places = {ALL: ManifoldChoice(manifold="file", parameters=parameters, n=whole)}
    for part in range(1, halves + 1):
        places[f"{HALF}{part:02d}"] = ManifoldChoice(
            manifold="file", parameters={**parameters, "part": part}, n=whole // 2
        )
    preset = Preset(n=whole, seeds=1)
    return Suite(
        name="estimate",
        about=f"The dimension of {path}",
        manifolds=places,
        estimators={
            name: EstimatorChoice(estimator=name)
            for name in estimators.names()
            if not estimators.entry(name).superseded
        },
        presets=Presets(smoke=preset, quick=preset, full=preset),
        timeout=TIMEOUT,
    )
