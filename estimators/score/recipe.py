"""How a score network is trained, as plain numbers: a part of what a trained model is known by."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; noise levels are in units of its frame.

    ``network`` is "residual" (estimators/score/network.py), "unet" or "stanczuk2024", of
    ``width`` (None: it follows the span of the data) and ``blocks``. ``steps`` is the budget, for
    batches of ``batch`` points. The learning rate rises over ``warmup`` steps, stays, and falls to
    zero over the last ``decay`` of the steps; where the training has settled it falls over
    ``cooling`` times the steps so far. The network that is read is a running mean of the weights
    over about the last ``average`` of the steps (0: the weights
    as they are). ``antithetic`` noise comes in pairs.

    Noise levels are log-uniform between the two ``levels``. The lower end starts at ``start`` and
    comes down over the first ``descent`` of the budget: errors at small noise count most in the
    loss, and would drown what is first learned at larger noise.

    The loss is the squared error of the noise times ``loss_scale`` (None: the mean over the axes,
    and not their sum). Gradients are clipped to the norm ``clip``.

    Every ``check_every`` steps the network is looked at on the ``held_out`` fraction of the
    points, on which it is not trained; ``patience`` looks decide whether to stop. Of each noise
    level the best network is kept, or the last one if ``keep_last``. Where the held-out loss
    rises, the training begins anew with ``raise_by`` times the ``weight_decay``, up to
    ``most_weight_decay``, as long as ``worth_while`` of the budget is left. ``shape`` is that of
    images.
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
    decay: float = 0.8
    cooling: float = 0.25
    worth_while: float = 0.3
    average: float = 0.1
    antithetic: bool = True
    descent: float = 0.0
    start: float = 0.3
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    raise_by: float = 50.0
    most_weight_decay: float = 0.5
    clip: float = math.inf
    loss_scale: float | None = None
    keep_last: bool = False
    held_out: float = 0.1
    shape: tuple[int, ...] = ()

    @property
    def descended(self) -> int:
        """The step from which all noise levels are trained."""
        return math.ceil(self.descent * self.steps)

    def levels_at(self, step: int) -> tuple[float, float]:
        """Range of the noise levels at a step."""
        low, high = self.levels
        if not self.descent:
            return low, high
        left = max(0.0, 1 - step / max(1, self.descended))
        return max(low, low * (self.start / low) ** left), high

    def mean_share(self, steps: int) -> float:
        """Share of the weights after some steps in their running mean."""
        return 1 / (1 + self.average * steps)

    def facts(self) -> dict[str, object]:
        """All numbers by name."""
        return asdict(self)
