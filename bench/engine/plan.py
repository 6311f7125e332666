"""Plan of a run: the cells of a suite, and the batches in which workers get them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import estimators
import manifolds
from bench.cell import NO_LIMITS, RUN_PARAMETERS, Cell
from bench.limits import MOST_CELLS, Limits
from bench.parameters import arguments, check_settable, json_values
from bench.plugins import source_digest
from bench.suites.schema import (
    EstimatorChoice,
    EstimatorOverride,
    ManifoldChoice,
    ManifoldOverride,
    Preset,
    Suite,
)
from manifolds.registry import Registry, nearest

_NONE: Mapping[str, Any] = {}


def build(
    suite: Suite,
    preset: str,
    *,
    manifold_patterns: Sequence[str] = (),
    estimator_patterns: Sequence[str] = (),
    seeds: int | None = None,
    n: int | None = None,
    added_manifolds: Iterable[str] = (),
    added_estimators: Iterable[str] = (),
    limits: Limits = NO_LIMITS,
) -> list[Cell]:
    """Return the cells of a suite at a preset, in the suite's order.

    Patterns are names or globs of the suite's labels, or of registered names that the suite does
    not have; ``added_...`` are registered names (a plug-in's) that join the suite, if it does not
    have them already. ``seeds`` and ``n`` replace those of the preset, and ``limits`` those of the
    suite, which in turn come before what an estimator declares. Raises ValueError for whatever
    does not exist or is not allowed, before any work.
    """
    sizes = suite.preset(preset)
    manifold_choices = _select(
        "manifold",
        suite.manifolds,
        {name: ManifoldChoice(manifold=name) for name in manifolds.names()},
        sizes.only_manifolds,
        set(added_manifolds) - {choice.manifold for choice in suite.manifolds.values()},
        manifold_patterns,
    )
    estimator_choices = _select(
        "estimator",
        suite.estimators,
        {name: EstimatorChoice(estimator=name) for name in estimators.names()},
        sizes.only_estimators,
        set(added_estimators) - {choice.estimator for choice in suite.estimators.values()},
        estimator_patterns,
    )
    _check_parameters(suite, sizes)
    overrides = {
        label: sizes.estimators.get(label, EstimatorOverride()) for label in estimator_choices
    }
    methods = {
        label: _estimator(choice, overrides[label]) for label, choice in estimator_choices.items()
    }
    seed_counts = {
        label: seeds or override.seeds or sizes.seeds for label, override in overrides.items()
    }
    most = len(manifold_choices) * sum(seed_counts.values())
    if most > MOST_CELLS:
        raise ValueError(
            f"these are up to {most} cells, of which a run has at most {MOST_CELLS}; lower "
            "--seeds, or choose --manifolds and --estimators"
        )
    cells: dict[str, Cell] = {}
    for manifold, choice in manifold_choices.items():
        source = _resolve(manifolds.catalogue.registry, choice.manifold, choice.parameters)
        points = n or sizes.manifolds.get(manifold, ManifoldOverride()).n or choice.n or sizes.n
        samples: dict[int, str] = {}
        for estimator, method in methods.items():
            if choice.estimators and estimator not in choice.estimators:
                continue
            own = estimator_choices[estimator]
            if more := choice.estimators.get(estimator):
                method = _estimator(own, overrides[estimator], more)
            cell_limits = (
                limits.over(overrides[estimator].limits())
                .over(sizes.limits())
                .over(own.limits())
                .over(suite.limits())
                .over(Limits(method.entry.timeout, method.entry.memory))
            )
            for seed in range(seed_counts[estimator]):
                cell = Cell(
                    suite=suite.name,
                    manifold=manifold,
                    manifold_name=source.entry.name,
                    manifold_parameters=source.parameters,
                    manifold_version=source.entry.version,
                    n=points,
                    seed=seed,
                    entropy=suite.seed,
                    estimator=estimator,
                    estimator_name=method.entry.name,
                    estimator_parameters=method.parameters,
                    estimator_version=method.entry.version,
                    code=source.code + method.code,
                    family=method.entry.family,
                    limits=cell_limits,
                    threads=method.entry.threads,
                    ambient=getattr(source.instance, "ambient", None),
                    manifold_arguments=source.arguments,
                    estimator_arguments=method.arguments,
                )
                # The same for all estimators: computed once.
                vars(cell)["sample_key"] = samples.setdefault(seed, cell.sample_key)
                same = cells.setdefault(cell.key, cell)
                if same is not cell:
                    raise ValueError(
                        f"{same.estimator!r} on {same.manifold!r} and {estimator!r} on "
                        f"{manifold!r} are the same, with the same parameters; choose one of them"
                    )
    if not cells:
        raise ValueError(
            f"the suite runs none of {', '.join(estimator_choices)} on any of "
            f"{', '.join(manifold_choices)}"
        )
    return list(cells.values())


@dataclass(frozen=True)
class _Resolved:
    """A registered class with parameters, as its instance has them; see ``Cell``."""

    instance: Any
    entry: Any
    parameters: dict[str, Any]
    arguments: dict[str, Any]
    code: str


def _check_parameters(suite: Suite, sizes: Preset) -> None:
    """Check every choice of the suite, those that are not run this time as well."""
    for label, manifold in suite.manifolds.items():
        with suite.at(f"manifolds.{label}"):
            _resolve(manifolds.catalogue.registry, manifold.manifold, manifold.parameters)
    for label, estimator in suite.estimators.items():
        with suite.at(f"estimators.{label}"):
            _estimator(estimator, sizes.estimators.get(label, EstimatorOverride()))
    for place, manifold in suite.manifolds.items():
        for label, more in manifold.estimators.items():
            override = sizes.estimators.get(label, EstimatorOverride())
            with suite.at(f"manifolds.{place}.estimators.{label}"):
                _estimator(suite.estimators[label], override, more)


def _estimator(
    choice: EstimatorChoice, override: EstimatorOverride, more: Mapping[str, Any] = _NONE
) -> _Resolved:
    """Return an estimator with the preset's parameters and ``more`` in place of the suite's."""
    parameters = {**choice.parameters, **override.parameters, **more}
    return _resolve(estimators.catalogue.registry, choice.estimator, parameters)


def _select(
    kind: str,
    own: Mapping[str, Any],
    registered: Mapping[str, Any],
    only: Sequence[str],
    added: set[str],
    patterns: Sequence[str],
) -> dict[str, Any]:
    """Return labels with their choices: the suite's own and ``added``, or those of patterns."""
    joined = {**own, **{name: registered[name] for name in sorted(added - own.keys())}}
    if not patterns:
        return {k: v for k, v in joined.items() if not only or k in only or k not in own}
    known = {**joined, **{k: v for k, v in registered.items() if k not in joined}}
    selected: set[str] = set()
    for pattern in patterns:
        matches = fnmatch.filter(joined, pattern) or fnmatch.filter(registered, pattern)
        if not matches:
            hint = nearest(pattern, known)
            raise ValueError(
                f"unknown {kind} {pattern!r}; {hint}this suite has: {', '.join(joined)}"
            )
        selected.update(matches)
    return {label: choice for label, choice in known.items() if label in selected}


def _resolve(registry: Registry[Any], name: str, parameters: Mapping[str, Any]) -> _Resolved:
    """Return a registered class with some parameters; ValueError if they are not allowed."""
    entry = registry.entry(name)
    parameters = check_settable(entry, parameters)
    instance = registry.get(name, **parameters)
    in_key, passed = (
        {key: value for key, value in values.items() if key not in RUN_PARAMETERS}
        for values in (json_values(entry, instance, parameters), arguments(entry, parameters))
    )
    return _Resolved(instance, entry, in_key, passed, source_digest(entry))


def batches(cells: Iterable[Cell], cost: Mapping[str, float]) -> list[list[Cell]]:
    """Group cells for the workers, and order the groups.

    Neighbour estimators of one sample stay together, so that they share its graph, and so do
    estimators that read one trained model, so that none waits for it. The cheapest group comes
    first, so that the first results are there at once, then the longest. ``cost`` is seconds by
    cell key.
    """
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        entry = estimators.entry(cell.estimator_name)
        device = "GPU" if entry.gpu else "CPU"
        if entry.neighbors:
            group = f"graph of {cell.sample_key} on {device}"
        elif entry.shares_model:
            group = f"model {cell.state} of {cell.sample_key} on {device}"
        else:
            group = cell.key
        groups.setdefault(group, []).append(cell)
    seconds = {name: sum(cost[cell.key] for cell in group) for name, group in groups.items()}
    first = min(seconds, key=lambda name: seconds[name], default=None)
    # Sorting is stable and False comes before True: the first, then the others by their cost.
    ordered = sorted(groups, key=lambda name: (name != first, -seconds[name]))
    return [groups[name] for name in ordered]
