"""What is run for points of one's own: estimators on all of them, on halves, and on classes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import estimators as registered
from bench.engine.job import Job, prepare
from bench.estimation.choices import chosen
from bench.suites.schema import EstimatorChoice, ManifoldChoice, Preset, Presets, Suite
from manifolds.datasets.reading import LEAST, LoadedPoints

#: Labels of all points, and of halves (with a number) and classes of images (with a name).
ALL, HALF, CLASS = "all", "half-", "class-"
#: Halves that are drawn, unless it is said otherwise.
HALVES, MOST_HALVES = 10, 1000
#: Classes of images that are estimated one by one, at most.
MOST_CLASSES = 20
#: Seconds after which a fit is stopped, unless it is said otherwise.
TIMEOUT = 1800.0
_NONE: Mapping[str, Any] = {}


def estimation_job(
    path: Path,
    found: LoadedPoints,
    *,
    array: str | None,
    halves: int,
    header: bool | None = None,
    selection: Mapping[str, Any] = _NONE,
    estimators: Sequence[str] = (),
    **options: Any,
) -> Job:
    """The job of all cells; ``options`` are those of ``bench.engine.job.prepare``.

    ``selection`` are the other arguments of ``read_points`` by which ``found`` was read, and
    ``estimators`` are names, globs or labels, or names with parameters (see ``choices.chosen``).
    Estimators that train a model are left out of halves and classes, which would take a training
    each. Raises ValueError for wrong options.
    """
    if halves == 1 or halves < 0:
        raise ValueError(f"halves must be 0, for no intervals, or at least 2, not {halves}")
    if halves > MOST_HALVES:
        raise ValueError(f"halves must be at most {MOST_HALVES}, not {halves}")
    if halves and len(found.distinct) < 2 * LEAST:
        raise ValueError(
            f"{path} has {len(found.distinct)} distinct rows: halves need at least {2 * LEAST}; "
            "ask for none with --halves 0"
        )
    parameters: dict[str, Any] = {"path": str(path.resolve()), "digest": found.digest}
    parameters |= {"array": array} if array is not None else {}
    parameters |= {"header": header} if header is not None else {}
    parameters |= {name: value for name, value in selection.items() if value}
    own, patterns = chosen(estimators)
    suite = _suite(path, _places(found, parameters, halves), own)
    job = prepare(suite, estimators=patterns, **options)
    return replace(
        job, cells=[cell for cell in job.cells if cell.manifold == ALL or not _trains(cell)]
    )


def classes_of(found: LoadedPoints) -> tuple[dict[str, int], str]:
    """Folders of images that are estimated one by one, with their sizes, and a note on others."""
    names, sizes = np.unique(
        [found.classes[row] for row in found.distinct] if found.classes else [], return_counts=True
    )
    every = {str(name): int(size) for name, size in zip(names, sizes, strict=True) if name}
    large = {name: size for name, size in every.items() if size >= LEAST}
    if len(every) < 2:
        return {}, ""
    if len(large) > MOST_CLASSES:
        return {}, (
            f"the images are in {len(every)} folders, more than {MOST_CLASSES}, and were not "
            "estimated folder by folder"
        )
    note = ""
    if len(large) < len(every):
        note = (
            f"{len(every) - len(large)} of {len(every)} folders have fewer than {LEAST} distinct "
            "images, and were not estimated by themselves"
        )
    return (large if len(large) > 1 else {}), note


def _places(
    found: LoadedPoints, parameters: Mapping[str, Any], halves: int
) -> dict[str, ManifoldChoice]:
    """All points, halves and classes, by label."""
    whole = len(found.distinct)

    def some(n: int, **more: Any) -> ManifoldChoice:
        return ManifoldChoice(manifold="file", parameters={**parameters, **more}, n=n)

    places = {ALL: some(whole)}
    for part in range(1, halves + 1):
        places[f"{HALF}{part:02d}"] = some(whole // 2, part=part)
    for number, (name, size) in enumerate(classes_of(found)[0].items()):
        label = CLASS + re.sub(r"[^A-Za-z0-9._+-]", "_", name)[:60]
        places[label if label not in places else f"{label}-{number}"] = some(size, label=name)
    return places


def _trains(cell: Any) -> bool:
    return bool(getattr(registered.entry(cell.estimator_name), "shares_model", False))


def _suite(
    path: Path, places: Mapping[str, ManifoldChoice], own: Mapping[str, EstimatorChoice]
) -> Suite:
    preset = Preset(n=places[ALL].n or 1, seeds=1)
    suite = Suite(
        name="estimate",
        about=f"The dimension of {path}",
        manifolds=dict(places),
        estimators={
            **{
                name: EstimatorChoice(estimator=name)
                for name in registered.names()
                if not registered.entry(name).superseded
            },
            **own,
        },
        presets=Presets(smoke=preset, quick=preset, full=preset),
        timeout=TIMEOUT,
    )
    suite._path = "--estimators"
    return suite
