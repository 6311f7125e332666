"""Cells of ``estimate``: estimators on all points, on halves, and on classes of images."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import estimators as registered
from bench.engine.job import Job, prepare
from bench.suites import schema
from bench.suites.schema import EstimatorChoice, ManifoldChoice, Preset, Presets, Suite
from manifolds.datasets.reading import LEAST, LoadedPoints

#: Labels of all points, and of halves (with a number) and classes of images (with a name).
ALL, HALF, CLASS = "all", "half-", "class-"
#: Number of halves by default, and at most.
HALVES, MOST_HALVES = 10, 1000
#: Classes of images with estimates of their own, at most.
MOST_CLASSES = 20
#: Seconds after which a fit is stopped, by default.
TIMEOUT = 1800.0
_NONE: Mapping[str, Any] = {}
_CALL = re.compile(r"([^()\s]+)\s*\((.*)\)", re.DOTALL)
_WORDS = {"true": True, "false": False, "none": None}


def estimation_job(
    path: Path,
    data: LoadedPoints,
    *,
    array: str | None,
    halves: int,
    header: bool | None = None,
    selection: Mapping[str, Any] = _NONE,
    estimators: Sequence[str] = (),
    **options: Any,
) -> Job:
    """Return the job of all cells; ``options`` are those of ``bench.engine.job.prepare``.

    ``selection`` are the other arguments of ``read_points`` by which ``data`` was read, and
    ``estimators`` are names, globs or labels, or names with parameters (``parse_estimators``).
    Estimators that train a model are left out of halves and classes, which would take a training
    each. Raises ValueError for wrong options.
    """
    if halves == 1 or halves < 0:
        raise ValueError(f"halves must be 0, for no intervals, or at least 2, not {halves}")
    if halves > MOST_HALVES:
        raise ValueError(f"halves must be at most {MOST_HALVES}, not {halves}")
    if halves and len(data.distinct) < 2 * LEAST:
        raise ValueError(
            f"{path} has {len(data.distinct)} distinct rows: halves need at least {2 * LEAST}; "
            "ask for none with --halves 0"
        )
    parameters: dict[str, Any] = {"path": str(path.resolve()), "digest": data.digest}
    parameters |= {"array": array} if array is not None else {}
    parameters |= {"header": header} if header is not None else {}
    parameters |= {name: value for name, value in selection.items() if value}
    choices, patterns = parse_estimators(estimators)
    suite = _suite(path, _manifolds(data, parameters, halves), choices)
    job = prepare(suite, estimators=patterns, **options)
    return replace(
        job, cells=[cell for cell in job.cells if cell.manifold == ALL or not _trains(cell)]
    )


def image_classes(data: LoadedPoints) -> tuple[dict[str, int], str]:
    """Return the folders of images with estimates of their own, by size, and a note on others."""
    names, sizes = np.unique(
        [data.classes[row] for row in data.distinct] if data.classes else [], return_counts=True
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


def _manifolds(data: LoadedPoints, parameters: Mapping[str, Any], halves: int) -> dict[str, Any]:
    """Return all points, halves and classes as manifolds of a suite, by label."""
    n = len(data.distinct)

    def choice(n: int, **more: Any) -> ManifoldChoice:
        return ManifoldChoice(manifold="file", parameters={**parameters, **more}, n=n)

    choices = {ALL: choice(n)}
    for part in range(1, halves + 1):
        choices[f"{HALF}{part:02d}"] = choice(n // 2, part=part)
    for number, (name, size) in enumerate(image_classes(data)[0].items()):
        label = CLASS + re.sub(r"[^A-Za-z0-9._+-]", "_", name)[:60]
        choices[label if label not in choices else f"{label}-{number}"] = choice(size, label=name)
    return choices


def _trains(cell: Any) -> bool:
    return registered.entry(cell.estimator_name).shares_model


def _suite(
    path: Path, places: Mapping[str, ManifoldChoice], choices: Mapping[str, EstimatorChoice]
) -> Suite:
    preset = Preset(n=places[ALL].n or 1, seeds=1)
    defaults = {
        name: EstimatorChoice(estimator=name)
        for name in registered.names()
        if not registered.entry(name).superseded
    }
    suite = Suite(
        name="estimate",
        about=f"The dimension of {path}",
        manifolds=dict(places),
        estimators={**defaults, **choices},
        presets=Presets(smoke=preset, quick=preset, full=preset),
        timeout=TIMEOUT,
    )
    suite._path = "--estimators"
    return suite


def parse_estimators(specs: Sequence[str]) -> tuple[dict[str, EstimatorChoice], list[str]]:
    """Return choices with parameters by label, and all specs as labels, names and globs.

    A spec is a name or glob, a label that a suite has ("mle-5"), or a name with parameters:
    "mle(neighbors=5)" has the label that suites give it, else one made of them. Raises ValueError
    for an invalid spec; names are not checked here, for plug-ins may bring them.
    """
    choices: dict[str, EstimatorChoice] = {}
    patterns = []
    for spec in specs:
        if "(" in spec or ")" in spec:
            choice = _parse_call(spec)
            label = _label(choice)
            if choices.get(label, choice) != choice:
                label = _label(choice, keys=True)
            choices[label] = choice
        else:
            label = spec
            if spec not in registered.names() and spec in (known := _suite_choices()):
                choices[label] = known[spec]
        patterns.append(label)
    return choices, patterns


def _parse_call(spec: str) -> EstimatorChoice:
    """Return the choice that "NAME(PARAMETER=VALUE, ...)" stands for."""
    call = _CALL.fullmatch(spec.strip())
    if call is None:
        raise ValueError(f"{spec!r} is no NAME(PARAMETER=VALUE, ...), such as mle(neighbors=5)")
    name, arguments = call.groups()
    parameters = {}
    # Commas outside of brackets separate arguments.
    for part in filter(None, map(str.strip, re.split(r",(?![^\[(]*[\])])", arguments))):
        key, equals, value = map(str.strip, part.partition("="))
        if not equals or not key.isidentifier() or not value:
            raise ValueError(f"{spec!r}: {part!r} is no PARAMETER=VALUE, such as neighbors=5")
        if key in parameters:
            raise ValueError(f"{spec!r}: {key!r} is there twice")
        parameters[key] = _parse_value(value)
    return EstimatorChoice(estimator=name, parameters=parameters)


def _parse_value(text: str) -> Any:
    """Return a number, truth value, list or text; words need no quotes."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text


def _label(choice: EstimatorChoice, keys: bool = False) -> str:
    """Return the label of a choice in the suites, or one made of its values like those.

    Values that are no number or word follow their parameter's name, as all do with ``keys``.
    """
    if not choice.parameters:
        return choice.estimator
    for label, known in _suite_choices().items():
        if known == choice:
            return label
    values = [
        str(value) if type(value) in (int, float, str) and not keys else f"{key}-{value}"
        for key, value in choice.parameters.items()
    ]
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", "-".join([choice.estimator, *values]))[:80]


def _suite_choices() -> dict[str, EstimatorChoice]:
    """Return the choices of all suites by label; where two differ, the main suite's."""
    choices: dict[str, EstimatorChoice] = {}
    for name in ("euclidean", *schema.names()):
        for label, choice in schema.load(name).estimators.items():
            plain = EstimatorChoice(estimator=choice.estimator, parameters=choice.parameters)
            choices.setdefault(label, plain)
    return choices
