"""Seconds that cells will take, predicted from those of earlier records."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import estimators
from bench.cell import Cell
from bench.record import Timing

#: Seconds of a fit that reads a model which another cell has trained.
READING = 2.0
#: Predictions, and seconds of records, are clipped to these.
MIN_SECONDS, MAX_SECONDS = 1e-3, 1e6
#: n and D at which an estimator takes the seconds that it declares.
DECLARED_AT = (10_000, 100)
#: Growth with n and D that is expected before there are records: seconds go as n D^(1/2).
EXPONENTS = (1.0, 0.5)
STEEPEST = 3.0
# Standard deviations, of natural logarithms: of what is declared, since machines and parameters
# differ; of the exponents; of the mean at one size around a power law, and of one fit there.
_LEVEL, _BY_N, _BY_AMBIENT, _LAW, _FIT = 2.0, 0.5, 1.0, 0.1, 0.3


@dataclass(frozen=True)
class PowerLaw:
    """Seconds of a fit by n and D: ``exp(level)`` at ``centre``, growing with two exponents.

    ``centre`` is an n and a D; ``measured`` are seconds by n and D, which come before the law.
    """

    level: float
    exponents: tuple[float, float]
    centre: tuple[float, float]
    measured: Mapping[tuple[int, int], float] = field(default_factory=dict)

    def seconds(self, n: int, ambient: int | None) -> float:
        """Return the seconds at n points in R^D; at the D of the centre if D is None."""
        if ambient is not None and (n, ambient) in self.measured:
            return self.measured[n, ambient]
        logarithm = self.level + self.exponents[0] * math.log(n / self.centre[0])
        if ambient is not None:
            logarithm += self.exponents[1] * math.log(ambient / self.centre[1])
        return math.exp(min(max(logarithm, math.log(MIN_SECONDS)), math.log(MAX_SECONDS)))


def power_law(declared: float, timings: Iterable[Timing] = ()) -> PowerLaw:
    """Return the law of an estimator that declares so many seconds, from its timings if any.

    Ridge regression of ln seconds towards the declaration and the expected exponents. The centre
    is the mean of the measured sizes, so that one size moves the level alone.
    """
    level = math.log(_clip(declared))
    means = _means(timings)
    if not means:
        return PowerLaw(level, EXPONENTS, DECLARED_AT)
    sizes = np.log(np.array(list(means), dtype=np.float64))
    seconds, counts = np.array(list(means.values())).T
    weights = 1 / (_LAW**2 + _FIT**2 / counts)
    centre = np.average(sizes, axis=0, weights=weights)
    level += float(np.dot(EXPONENTS, centre - np.log(DECLARED_AT)))
    design = np.column_stack([np.ones(len(sizes)), sizes - centre])
    offsets = np.log(seconds) - design @ [level, *EXPONENTS]
    weighted = design.T * weights
    ridge = np.diag([_LEVEL**-2, _BY_N**-2, _BY_AMBIENT**-2])
    moved, *steeper = np.linalg.solve(weighted @ design + ridge, weighted @ offsets)
    by_n, by_ambient = np.clip(np.add(EXPONENTS, steeper), 0.0, STEEPEST).tolist()
    at_n, at_ambient = np.exp(centre).tolist()
    measured = {size: mean for size, (mean, _) in means.items()}
    return PowerLaw(level + float(moved), (by_n, by_ambient), (at_n, at_ambient), measured)


def predict(cells: Iterable[Cell], timings: Iterable[Timing]) -> dict[str, float]:
    """Return the seconds that each cell will take, by key; at most its time limit.

    They are the mean of earlier records of the estimator with the same parameters at the same n
    and D, else from the power law of these records, else what the estimator declares, scaled to
    n and D. Of the cells that read one trained model of a sample the first one has the cost of
    training, the others at most ``READING``.
    """
    records: dict[tuple[str, str], list[Timing]] = {}
    for timing in timings:
        method = timing.estimator_name, timing.estimator_parameters
        records.setdefault(method, []).append(timing)
    shared = {entry.name: entry.shares_model for entry in estimators.catalogue.registry.entries()}
    # By identity, as JSON takes long: the cells of a choice have one mapping between them. It is
    # kept with its law, since another one could get its identity once it is gone.
    laws: dict[tuple[str, int], tuple[PowerLaw, Mapping[str, Any]]] = {}
    known: dict[tuple[str, int, int, int | None], float] = {}
    modelled: set[str] = set()
    seconds: dict[str, float] = {}
    for cell in cells:
        name, parameters = cell.estimator_name, cell.estimator_parameters
        case = name, id(parameters), cell.n, cell.ambient
        cost = known.get(case)
        if cost is None:
            if case[:2] not in laws:
                method = name, json.dumps(parameters, sort_keys=True)
                law = power_law(estimators.entry(name).seconds, records.get(method, ()))
                laws[case[:2]] = law, parameters
            cost = known[case] = laws[case[:2]][0].seconds(cell.n, cell.ambient)
        if shared[name]:
            cost = min(cost, READING) if cell.sample_key in modelled else cost
            modelled.add(cell.sample_key)
        limit = cell.limits.timeout
        seconds[cell.key] = cost if limit is None else min(cost, limit)
    return seconds


def _means(timings: Iterable[Timing]) -> dict[tuple[int, int], tuple[float, int]]:
    """Return mean seconds and number of fits by n and D, without invalid timings."""
    means: dict[tuple[int, int], tuple[float, int]] = {}
    for timing in timings:
        size = timing.n, timing.ambient
        if min(*size, timing.count) < 1 or not math.isfinite(timing.seconds):
            continue
        mean, count = means.get(size, (0.0, 0))
        together = count + timing.count
        more = timing.count / together * (_clip(timing.seconds) - mean)
        means[size] = mean + more, together
    return means


def _clip(seconds: float) -> float:
    return min(max(seconds, MIN_SECONDS), MAX_SECONDS)
