"""From a suite to an ordered list of cells, each with a content key and a guess of its cost."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import estimators
import manifolds
from bench.cell import NO_LIMITS, RUN_PARAMETERS, Cell
from bench.limits import MOST_CELLS, Limits
from bench.parameters import arguments, described, plain
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
    """The cells of a suite at a preset, in the suite's order.

    Patterns are names or globs of the suite's labels, or of registered names that the suite does
    not have; ``added_...`` are registered names (a plug-in's) that join the suite, if it does not
    have them already. ``seeds`` and ``n`` replace those of the preset, and ``limits`` those of the
    suite, which in turn come before what an estimator declares. Raises ValueError for whatever
    does not exist or is not allowed, before any work.
    """
    sizes = suite.preset(preset)
    chosen_manifolds = _choose(
        "manifold",
        suite.manifolds,
        {name: ManifoldChoice(manifold=name) for name in manifolds.names()},
        sizes.only_manifolds,
        set(added_manifolds) - {choice.manifold for choice in suite.manifolds.values()},
        manifold_patterns,
    )
    chosen_estimators = _choose(
        "estimator",
        suite.estimators,
        {name: EstimatorChoice(estimator=name) for name in estimators.names()},
        sizes.only_estimators,
        set(added_estimators) - {choice.estimator for choice in suite.estimators.values()},
        estimator_patterns,
    )
    _check_parameters(suite, sizes)
    overrides = {
        label: sizes.estimators.get(label, EstimatorOverride()) for label in chosen_estimators
    }
    methods = {
        label: _Method(
            _method(choice, overrides[label]),
            limits.over(overrides[label].limits())
            .over(sizes.limits())
            .over(choice.limits())
            .over(suite.limits()),
        )
        for label, choice in chosen_estimators.items()
    }
    most = len(chosen_manifolds) * sum(
        seeds or overrides[label].seeds or sizes.seeds for label in methods
    )
    if most > MOST_CELLS:
        raise ValueError(
            f"these are up to {most} cells, of which a run has at most {MOST_CELLS}; lower "
            "--seeds, or choose --manifolds and --estimators"
        )
    cells: dict[str, Cell] = {}
    for manifold, place in chosen_manifolds.items():
        source = _resolve(manifolds.catalogue.registry, place.manifold, place.parameters)
        points = n or sizes.manifolds.get(manifold, ManifoldOverride()).n or place.n or sizes.n
        samples: dict[int, str] = {}
        for estimator, method in methods.items():
            if place.estimators and estimator not in place.estimators:
                continue
            if more := place.estimators.get(estimator):
                choice = chosen_estimators[estimator]
                method = replace(method, chosen=_method(choice, overrides[estimator], more))
            for seed in range(seeds or overrides[estimator].seeds or sizes.seeds):
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
                    estimator_name=method.chosen.entry.name,
                    estimator_parameters=method.chosen.parameters,
                    estimator_version=method.chosen.entry.version,
                    code=source.code + method.chosen.code,
                    family=method.chosen.entry.family,
                    limits=method.limits.over(method.own_limits),
                    threads=method.chosen.entry.threads,
                    ambient=getattr(source.instance, "ambient", None),
                    manifold_arguments=source.arguments,
                    estimator_arguments=method.chosen.arguments,
                )
                # The same for all estimators: worked out once.
                vars(cell)["sample_key"] = samples.setdefault(seed, cell.sample_key)
                same = cells.setdefault(cell.key, cell)
                if same is not cell:
                    raise ValueError(
                        f"{same.estimator!r} on {same.manifold!r} and {estimator!r} on "
                        f"{manifold!r} are the same, with the same parameters; choose one of them"
                    )
    if not cells:
        raise ValueError(
            f"the suite runs none of {', '.join(chosen_estimators)} on any of "
            f"{', '.join(chosen_manifolds)}"
        )
    return list(cells.values())


@dataclass(frozen=True)
class _Choice:
    """A class with the parameters that were chosen, as its instance has them; see ``Cell``."""

    instance: Any
    entry: Any
    parameters: dict[str, Any]
    arguments: dict[str, Any]
    code: str


@dataclass(frozen=True)
class _Method:
    """An estimator of the plan, resolved once, and the limits that the suite sets."""

    chosen: _Choice
    limits: Limits

    @property
    def own_limits(self) -> Limits:
        """The limits that the estimator declares."""
        return Limits(self.chosen.entry.timeout, self.chosen.entry.memory)


def _check_parameters(suite: Suite, sizes: Preset) -> None:
    """Every choice of the suite is allowed, those that are not run this time as well."""
    for label, place in suite.manifolds.items():
        with suite.at(f"manifolds.{label}"):
            _resolve(manifolds.catalogue.registry, place.manifold, place.parameters)
    for label, method in suite.estimators.items():
        with suite.at(f"estimators.{label}"):
            _method(method, sizes.estimators.get(label, EstimatorOverride()))
    for manifold, place in suite.manifolds.items():
        for label, more in place.estimators.items():
            override = sizes.estimators.get(label, EstimatorOverride())
            with suite.at(f"manifolds.{manifold}.estimators.{label}"):
                _method(suite.estimators[label], override, more)


def _method(
    choice: EstimatorChoice, override: EstimatorOverride, more: Mapping[str, Any] = _NONE
) -> _Choice:
    """An estimator of the suite, with the preset's parameters and ``more`` in place of its own."""
    parameters = {**choice.parameters, **override.parameters, **more}
    return _resolve(estimators.catalogue.registry, choice.estimator, parameters)


def _choose(
    kind: str,
    own: Mapping[str, Any],
    registered: Mapping[str, Any],
    only: Sequence[str],
    added: set[str],
    patterns: Sequence[str],
) -> dict[str, Any]:
    """Labels with their choices: the suite's own, those added, or those that patterns name."""
    joined = {**own, **{name: registered[name] for name in sorted(added - own.keys())}}
    if not patterns:
        return {k: v for k, v in joined.items() if not only or k in only or k not in own}
    known = {**joined, **{k: v for k, v in registered.items() if k not in joined}}
    chosen: dict[str, Any] = {}
    for pattern in patterns:
        found = fnmatch.filter(joined, pattern) or fnmatch.filter(registered, pattern)
        if not found:
            hint = nearest(pattern, known)
            raise ValueError(
                f"unknown {kind} {pattern!r}; {hint}this suite has: {', '.join(joined)}"
            )
        chosen.update((label, known[label]) for label in found)
    return {label: choice for label, choice in known.items() if label in chosen}


def _resolve(registry: Registry[Any], name: str, parameters: Mapping[str, Any]) -> _Choice:
    """A registered class with some parameters set; ValueError where they are not allowed."""
    entry = registry.entry(name)
    given = plain(entry, parameters)
    instance = registry.get(name, **given)
    described_, passed = (
        {key: value for key, value in found.items() if key not in RUN_PARAMETERS}
        for found in (described(entry, instance, given), arguments(entry, given))
    )
    return _Choice(instance, entry, described_, passed, source_digest(entry))


def batches(cells: Iterable[Cell], cost: Mapping[str, float]) -> list[list[Cell]]:
    """Group cells for the workers, and order the groups.

    Neighbour estimators of one sample stay together, so that they share its graph, and so do the
    readings of a trained model, so that none waits for it. The cheapest group comes first, so that
    the first results are there at once, then the longest.
    ``cost`` is seconds by cell key.
    """
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        entry = estimators.entry(cell.estimator_name)
        lane = "GPU" if getattr(entry, "gpu", False) else "CPU"
        if getattr(entry, "neighbors", False):
            group = f"graph of {cell.sample_key} on {lane}"
        elif getattr(entry, "shares_model", False):
            group = f"model {cell.state} of {cell.sample_key} on {lane}"
        else:
            group = cell.key
        groups.setdefault(group, []).append(cell)
    seconds = {name: sum(cost[cell.key] for cell in group) for name, group in groups.items()}
    first = min(seconds, key=lambda name: seconds[name], default=None)
    # Sorting is stable and False comes before True: the first, then the others by their cost.
    ordered = sorted(groups, key=lambda name: (name != first, -seconds[name]))
    return [groups[name] for name in ordered]
