"""Recipes of training as plain numbers, and the keys of trained models."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Recipe:
    """Recipe of the training of a network; noise levels are in units of its frame.

    ``network`` is "residual" (estimators/score/network.py), "unet" or "stanczuk2024", of
    ``width`` (None: by the span of the data) and ``blocks``. ``steps`` is the budget, for
    batches of ``batch`` points; with 0 the network is read untrained. The learning rate rises over
    ``warmup`` steps, stays until ``slow_from``, falls with the inverse root of the steps, and to
    zero over the last ``decay`` of the steps; where the training has converged it does so over
    ``cooling`` times the steps so far. Hidden matrices are ``rotated`` where Adam trains them in a
    basis of its own (optimiser.py). The network that is
    read is a running mean of the weights over about the last ``average`` of the steps (0: the final
    weights). ``antithetic`` noise comes in pairs.

    Noise levels are log-uniform between the two ``levels``.

    The loss is the squared error of the noise times ``loss_scale`` (None: the mean over the axes,
    and not their sum). Gradients are clipped to the norm ``clip``.

    Every ``check_every`` steps the network is evaluated on the ``held_out`` fraction of the
    points, on which it is not trained; ``patience`` evaluations decide whether to stop. For each
    noise level the best network is used, or the last one if ``keep_last``. Where the held-out loss
    rises, the training restarts with ``raise_by`` times the ``weight_decay``, up to
    ``most_weight_decay``, as long as ``worth_while`` of the budget remains. ``shape`` is that of
    images. The residual network's frame excludes axes whose standard deviation is below
    ``negligible`` times the lowest noise level.
    """

    network: str
    width: int | None
    blocks: int
    steps: int
    batch: int
    learning_rate: float
    levels: tuple[float, float]
    check_every: int
    patience: int
    warmup: int = 100
    slow_from: int = 1000
    decay: float = 0.2
    cooling: float = 0.2
    worth_while: float = 0.3
    average: float = 0.1
    antithetic: bool = True
    rotated: bool = True
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    raise_by: float = 100.0
    most_weight_decay: float = 1.0
    clip: float = math.inf
    loss_scale: float | None = None
    keep_last: bool = False
    held_out: float = 0.1
    shape: tuple[int, ...] = ()
    negligible: float = 0.05

    def mean_share(self, steps: int) -> float:
        """Return the share of the weights after some steps in their running mean."""
        return 1 / (1 + self.average * steps)

    def facts(self) -> dict[str, object]:
        """Return all numbers by name."""
        return asdict(self)


def order_of_rows(count: int, seed: int) -> NDArray[np.int64]:
    """Return the rows of a sample in random order: the first are held out, and are read first.

    A score is read where it was not trained: where it was, it may have learned the points by heart.
    """
    return np.random.default_rng(seed).permutation(count)


def content_key(points: NDArray[np.float64], facts: Mapping[str, object]) -> str:
    """Return the key of a model trained on points (n, D) by ``facts``, a hash of both.

    Facts are values of JSON, in any order. Raises TypeError for others.
    """
    rows = np.ascontiguousarray(points, dtype="<f8")
    text = json.dumps({"shape": rows.shape, "facts": dict(facts)}, sort_keys=True)
    digest = hashlib.sha256(text.encode())
    digest.update(rows.data)
    return digest.hexdigest()
