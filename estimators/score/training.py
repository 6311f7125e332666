"""Training of the score network by denoising score matching, with an early stop."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from estimators.score.network import ScoreNetwork


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; noise levels are in units of its frame.

    ``steps`` is the budget, for batches of ``batch`` points. The learning rate rises over
    ``warmup`` steps, stays, and falls to zero over the last ``decay`` of the steps, which begin
    early where the training has settled. The network that is read is a running mean of the
    weights over about the last ``average`` of the steps.

    Noise levels are log-uniform between the two ``levels``. The lower end starts at ``start`` and
    comes down over the first ``descent`` of the budget: errors at small noise count most in the
    loss, and would drown what is first learned at larger noise.
    """

    steps: int
    batch: int
    learning_rate: float
    levels: tuple[float, float]
    check_every: int
    warmup: int = 100
    decay: float = 0.25
    average: float = 0.1
    descent: float = 0.3
    start: float = 0.3

    @property
    def descended(self) -> int:
        """The step from which all noise levels are trained."""
        return math.ceil(self.descent * self.steps)

    def levels_at(self, step: int) -> tuple[float, float]:
        """Range of the noise levels at a step."""
        low, high = self.levels
        left = max(0.0, 1 - step / self.descended)
        return max(low, low * (self.start / low) ** left), high


@dataclass(frozen=True)
class Training:
    """A trained network and its ``loss`` (steps,).

    The loss is the squared error of the noise estimate, summed over the axes of the frame: at a
    small noise level it estimates the dimension.
    """

    network: ScoreNetwork
    loss: NDArray[np.float32]


def noisy(
    z: Tensor, batch: int, levels: tuple[float, float], generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """A batch of rows of ``z`` (n, r) with noise: noisy rows, noise (b, r) and levels (b,)."""
    device = z.device
    rows = torch.randint(len(z), (batch,), generator=generator, device=device)
    low, high = map(math.log, levels)
    level = torch.exp(
        low + (high - low) * torch.rand(len(rows), generator=generator, device=device)
    )
    noise = torch.randn(len(rows), z.shape[1], generator=generator, device=device)
    return z[rows] + level[:, None] * noise, noise, level


def train(
    network: ScoreNetwork,
    z: Tensor,
    recipe: Recipe,
    generator: torch.Generator,
    settled: Callable[[ScoreNetwork], bool],
) -> Training:
    """Train ``network`` on coordinates ``z`` (n, r) in its frame; it becomes the mean network.

    Every ``check_every`` steps ``settled`` sees the mean network and says whether to stop.
    Raises RuntimeError where the loss is no longer finite.
    """
    mean = copy.deepcopy(network).requires_grad_(False)
    weights: list[Tensor] = list(network.parameters())
    mean_weights: list[Tensor] = list(mean.parameters())
    optimiser = torch.optim.AdamW(
        weights, lr=recipe.learning_rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True
    )
    losses: list[Tensor] = []
    decay_from = math.ceil(recipe.steps * (1 - recipe.decay))
    last = recipe.steps
    step = 0
    while step < last:
        rate = min(1.0, (step + 1) / recipe.warmup, (last - step) / max(1, last - decay_from))
        for group in optimiser.param_groups:
            group["lr"] = recipe.learning_rate * rate
        inputs, noise, level = noisy(z, recipe.batch, recipe.levels_at(step), generator)
        # On a CPU, networks of this size gain nothing from half precision.
        with torch.autocast(z.device.type, torch.bfloat16, enabled=z.is_cuda):
            estimate = network.noise_estimate(inputs, level)
        loss = (estimate - noise).square().sum(1).mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss / z.shape[1])
        optimiser.step()
        step += 1
        with torch.no_grad():
            torch._foreach_lerp_(mean_weights, weights, 1 / (1 + recipe.average * step))
        losses.append(loss.detach())
        if step % recipe.check_every == 0:
            _check_finite(losses, step)
            if recipe.descended <= step < decay_from and settled(mean):
                decay_from = step
                last = min(last, math.ceil(step / (1 - recipe.decay)))
    _check_finite(losses, step)
    return Training(mean, torch.stack(losses).float().cpu().numpy())


def _check_finite(losses: list[Tensor], step: int) -> None:
    if not bool(torch.isfinite(losses[-1])):
        raise RuntimeError(
            f"training of the score network broke down: the loss is not finite at step {step}; "
            "a lower learning_rate may help"
        )
