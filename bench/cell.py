"""A cell of a run: a sample of a manifold, an estimator, keys of the content, and seeds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import estimators
from bench.limits import Limits

NO_LIMITS = Limits()
#: Parameters that the runner sets, from a cell, the device and the shape of a point; None leaves
#: the estimator's default. They are no part of a cell's identity.
RUN_PARAMETERS: Mapping[str, Callable[[Cell, str, tuple[int, ...]], Any]] = {
    "device": lambda cell, device, shape: device,
    "image_shape": lambda cell, device, shape: shape if len(shape) == 3 else None,
    "random_state": lambda cell, device, shape: cell.random_state,
}


@dataclass(frozen=True)
class Cell:
    """One manifold, sample and estimator.

    ``entropy`` is the suite's seed; all random numbers of a cell come from it and the cell's
    identity, so that adding a cell never changes another one. ``code`` is a hash of the code of
    classes from outside the packages, so that an edited plug-in is run again.
    ``..._parameters`` are all that JSON can hold, and part of the keys; ``..._arguments`` are those
    to pass to the class, which has the others as its defaults. ``limits`` are enforced by
    ``bench.workers.worker_slot``. ``threads`` is None if the estimator takes the share of the cores
    that a cell gets; ``ambient`` is None if it is known from a sample only. Cells that differ in
    ``state`` alone are repetitions on one sample, each with another random state of the
    estimator.
    """

    suite: str
    manifold: str
    manifold_name: str
    manifold_parameters: Mapping[str, Any]
    manifold_version: int
    n: int
    seed: int
    entropy: int
    estimator: str
    estimator_name: str
    estimator_parameters: Mapping[str, Any]
    estimator_version: int
    code: str = ""
    family: str = "other"
    limits: Limits = NO_LIMITS
    threads: int | None = None
    ambient: int | None = None
    manifold_arguments: Mapping[str, Any] = field(default_factory=dict)
    estimator_arguments: Mapping[str, Any] = field(default_factory=dict)
    state: int = 0

    @cached_property
    def sample_key(self) -> str:
        """Hash of what the sample depends on."""
        return _digest(
            self.manifold_name,
            self.manifold_parameters,
            self.manifold_version,
            self.n,
            self.seed,
            self.entropy,
        )

    @cached_property
    def identity(self) -> str:
        """Hash of the sample and the estimator."""
        identity = _digest(
            self.sample_key, self.estimator_name, self.estimator_parameters, self.estimator_version
        )
        return _digest(identity, self.state) if self.state else identity

    @cached_property
    def key(self) -> str:
        """Hash of what the result depends on: the identity, and the code of one's own classes."""
        return _digest(self.identity, self.code) if self.code else self.identity

    @property
    def sample_seed(self) -> int:
        """Seed of the sample."""
        return int(self.sample_key[:15], 16)

    @property
    def random_state(self) -> int:
        """Seed of the estimator: the same for all that read one trained model of the sample."""
        if not estimators.entry(self.estimator_name).shares_model:
            return int(self.identity[:7], 16)
        shared = _digest(self.sample_key, self.state) if self.state else self.sample_key
        return int(shared[:7], 16)


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
