"""The score network and the training of Stanczuk et al. 2024 (arXiv 2212.12611), as in their code.

For vectors their repository (GBATZOLIS/ID-diff) has a plain fully connected network, of which the
time is one more input. Time and noise level are tied by the variance-exploding diffusion

    sigma(t) = sigma_min (sigma_max / sigma_min)^t,   0 < t < 1,

and the network, which is given the label 999 t as it is, predicts the noise: the score is
-net(x, 999 t) / sigma(t). Points and levels are in the units of the data.
"""

from __future__ import annotations

import contextlib
import math

import torch
from torch import Tensor, nn

from estimators.score.network import ScoreModule
from estimators.score.recipe import Recipe

#: The label of the time t = 1: one less than the number of scales of their discrete diffusion.
LAST_LABEL = 999


#: How long the published checkpoints were trained: 9000 and 14 000 epochs of 80 steps (80 % of
#: 50 000 points), 26 500 epochs of 16 (of 10 000).
STEPS = {"10-sphere": 720_000, "50-sphere": 1_120_000, "line": 424_000}


class PublishedNetwork(ScoreModule):
    """ELU network with an entry layer, ``hidden`` layers of ``width`` and an exit layer.

    Always computes in float32. The label, up to 999, is added to coordinates of size one: in
    bfloat16 the sum would lose them.
    """

    def __init__(
        self,
        ambient: int,
        *,
        width: int = 2048,
        hidden: int = 5,
        sigma_min: float = 0.01,
        sigma_max: float = 4.0,
    ) -> None:
        super().__init__()
        if not 0 < sigma_min < sigma_max:
            raise ValueError(f"need 0 < sigma_min < sigma_max, not {sigma_min} and {sigma_max}")
        self.sigma_min, self.sigma_max = sigma_min, sigma_max
        layers: list[nn.Module] = [nn.Linear(ambient + 1, width), nn.ELU()]
        for _ in range(hidden):
            layers += [nn.Linear(width, width), nn.ELU()]
        self.layers = nn.Sequential(*layers, nn.Linear(width, ambient))

    def level(self, time: Tensor) -> Tensor:
        """Return the noise level sigma at a time."""
        return self.sigma_min * (self.sigma_max / self.sigma_min) ** time

    def time(self, level: Tensor) -> Tensor:
        """Return the time at which the noise level is reached."""
        return (level / self.sigma_min).log() / math.log(self.sigma_max / self.sigma_min)

    def noise_estimate(self, z: Tensor, level: Tensor) -> Tensor:
        """Return the expected noise eps in z = z0 + level * eps: (n, D), (n,) -> (n, D)."""
        label = LAST_LABEL * self.time(level)
        # Autocasting knows no meta device.
        meta = z.is_meta
        whole = contextlib.nullcontext() if meta else torch.autocast(z.device.type, enabled=False)
        with whole:
            noise: Tensor = self.layers(torch.cat([z, label[:, None]], dim=1))
        return noise


def published_recipe(steps: int) -> Recipe:
    """Return the published training on Euclidean data, with a budget of ``steps``.

    Adam with a warm-up and gradients clipped to norm 1, times uniform and so levels log-uniform,
    in units of the points. The loss is likelihood-weighted, 1/2 g(t)^2 |score + noise / sigma|^2
    summed over the coordinates, which with g(t)^2 = 2 sigma(t)^2 log(sigma_max / sigma_min) is
    the squared error of the noise times log(sigma_max / sigma_min). As in the published read-out
    the weights themselves are read, not their running mean, and all points are trained on.
    """
    levels = (0.01, 4.0)
    return Recipe(
        network="stanczuk2024",
        width=2048,
        blocks=5,
        steps=steps,
        batch=500,
        learning_rate=2e-5,
        levels=levels,
        check_every=max(1, min(1000, steps // 4)),
        patience=steps,
        warmup=5000,
        slow_from=steps,
        decay=0.0,
        average=0.0,
        antithetic=False,
        rotated=False,
        betas=(0.9, 0.999),
        weight_decay=0.0,
        most_weight_decay=0.0,
        clip=1.0,
        loss_scale=math.log(levels[1] / levels[0]),
        keep_last=True,
    )
