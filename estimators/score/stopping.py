"""When the training of a score network may stop: judged by its readings, never by a truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from estimators.score.network import ScoreNetwork
from estimators.score.spectrum import largest_gap, score_spectra

#: Most rows on which the loss is measured, always with the same noise.
LOSS_ROWS = 1024
#: A loss that fell by less than this fraction from one look to the last has settled.
FLAT = 0.01
#: Noise directions, one in so many, that a network must have learned beyond the linear denoiser.
LEARNED = 0.2


@dataclass
class Settling:
    """Looks at a network in training at a few points and says when nothing changes any more.

    Training has settled once, over the last ``patience`` looks, the dimension read at each of
    ``points`` (c, D) stayed the same, the loss at every noise level stopped falling, and the
    network knows more than the linear denoiser it started from. Of data for which that is the
    best one, a normal law on a subspace, nothing more can be learned: there the budget decides,
    because a network that has not left the linear denoiser yet looks the same.
    """

    points: Tensor
    z: Tensor
    levels: Sequence[float]
    per_dimension: int
    patience: int
    seed: int
    readings: list[Tensor] = field(default_factory=list)
    losses: list[Tensor] = field(default_factory=list)

    def __call__(self, network: ScoreNetwork) -> bool:
        """Look at the network; True if its training has settled."""
        generator = torch.Generator(self.z.device).manual_seed(self.seed)
        spectra = score_spectra(
            network.score,
            self.points,
            self.levels,
            per_dimension=self.per_dimension,
            generator=generator,
        )
        dimension, gap = largest_gap(spectra, 1 - self.per_dimension**-0.5)
        self.readings.append(dimension[gap.mean(1).argmax()])
        loss, linear = self._loss(network, generator)
        self.losses.append(loss)
        if len(self.losses) < self.patience:
            return False
        last = self.readings[-self.patience :]
        same = all(bool((reading == last[0]).all()) for reading in last)
        flat = bool((loss > (1 - FLAT) * self.losses[-self.patience]).all())
        return same and flat and bool((loss < linear - LEARNED).any())

    @torch.no_grad()
    def _loss(self, network: ScoreNetwork, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Mean squared errors of the noise estimate at each level, and of the linear one: (S,)."""
        z = self.z[:: -(-len(self.z) // LOSS_ROWS)]
        noise = torch.randn(z.shape, generator=generator, device=z.device)
        losses, linear = [], []
        for value in self.levels:
            level = torch.full_like(z[:, 0], value)
            inputs = z + value * noise
            wiener = inputs * value / (network.scales.square() + value**2)
            losses.append((network.noise_estimate(inputs, level) - noise).square().sum(1).mean())
            linear.append((wiener - noise).square().sum(1).mean())
        return torch.stack(losses).cpu(), torch.stack(linear).cpu()
