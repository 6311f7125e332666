"""Watching a network in training, on points it is not trained on: what to keep, when to stop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from estimators.score.protocol import ScoreModule
from estimators.score.selection import gaps, persistence
from estimators.score.spectrum import Score, score_spectra

#: Rows on which the loss is measured, always with the same noise.
LOSS_ROWS = 1024
#: Levels at which it is measured, from the lowest trained one to the highest.
LEVELS = 12
#: Learning less than this of a direction, at every level over ``patience`` looks, is none.
FLAT = 0.05
#: Directions, one in so many, that a network must have learned beyond the linear denoiser.
LEARNED = 0.2
#: A mean loss that has risen by so much of a direction over its least value.
RISE = 0.05

Verdict = Literal["learning", "overfitted", "exhausted", "settled"]
State = dict[str, Tensor]


def grid(levels: tuple[float, float]) -> list[float]:
    """Noise levels to look at, evenly in the logarithm between the two ``levels``."""
    low, high = map(math.log, levels)
    return [math.exp(low + (high - low) * i / (LEVELS - 1)) for i in range(LEVELS)]


@dataclass(frozen=True)
class Losses:
    """Denoising losses at L noise levels, each (L,): squared errors summed over the axes.

    ``score`` are those of the score, ``linear`` those of the linear denoiser, the best one for
    normal data of the same covariance, on the same noisy rows; ``error`` is the standard error of
    their difference over the points. ``factor`` is the one by which the score would have to be
    multiplied for the least loss, 1 for the score of the data; ``factor_error`` its standard error.
    """

    score: Tensor
    linear: Tensor
    error: Tensor
    factor: Tensor
    factor_error: Tensor

    @property
    def gain(self) -> Tensor:
        """How much the score is better, in standard errors."""
        return (self.linear - self.score) / self.error.clamp(min=1e-12)


@torch.no_grad()
def denoising_losses(
    score: Score, z: Tensor, scales: Tensor, levels: Sequence[float], seed: int
) -> Losses:
    """Losses on rows ``z`` (n, r), with the same noise at every call, in ``LOSS_ROWS`` or more."""
    if len(z) > LOSS_ROWS:
        z = z[:: -(-len(z) // LOSS_ROWS)]
    count = len(z)
    z = z.repeat(-(-LOSS_ROWS // count), 1)
    generator = torch.Generator(z.device).manual_seed(seed)
    noise = torch.randn(z.shape, generator=generator, device=z.device)
    found = []
    for value in levels:
        inputs = z + value * noise
        estimate = -value * score(inputs, torch.full_like(z[:, 0], value))
        error = (estimate - noise).square().sum(1)
        wiener = inputs * (value / (scales.square() + value**2))
        best = (wiener - noise).square().sum(1)
        squares = estimate.square().sum(1)
        factor = (estimate * noise).sum() / squares.sum()
        off = (estimate * noise).sum(1) - factor * squares
        found.append(
            (
                error.mean(),
                best.mean(),
                _standard_error(best - error, count),
                factor,
                _standard_error(off, count) / squares.mean(),
            )
        )
    return Losses(*(torch.stack(column).double().cpu() for column in zip(*found, strict=True)))


def _standard_error(values: Tensor, count: int) -> Tensor:
    """That of the mean of values (k * count,) at ``count`` points, over which they repeat."""
    # Rows of one point are not independent of each other.
    return values.reshape(-1, count).mean(0).std() / count**0.5


def pooled(parts: Sequence[Losses]) -> Losses:
    """Losses over several parts of a sample, of the same size."""

    def mean(name: str) -> Tensor:
        return torch.stack([getattr(part, name) for part in parts]).mean(0)

    def error(name: str) -> Tensor:
        errors = torch.stack([getattr(part, name) for part in parts])
        return errors.square().sum(0).sqrt() / len(parts)

    return Losses(
        mean("score"), mean("linear"), error("error"), mean("factor"), error("factor_error")
    )


@dataclass
class Watch:
    """Looks at a network in training, and remembers the best one seen at each noise level.

    Small samples are learned by heart, at some noise levels long before others are learned at
    all. So each level keeps the weights that had the least loss there on held-out rows ``z``
    (h, r). Where the loss over all levels has risen, ``look`` says "overfitted"; once no level
    has improved over ``patience`` looks, "exhausted". It says "settled" where over the last
    ``patience`` looks the dimension read at each of ``points`` (c, r) stayed the same, the loss
    at every level stopped falling, and the network knows more than the linear denoiser it started
    from. (Of normal data nothing more can be learned: there the budget decides, because a network
    that has not left the linear denoiser yet looks the same.)
    """

    z: Tensor
    points: Tensor
    levels: Sequence[float]
    scales: Tensor
    patience: int
    seed: int
    best: Tensor = field(init=False)
    best_look: list[int] = field(init=False)
    least: float = math.inf
    begun: int = 0
    states: dict[int, State] = field(default_factory=dict)
    losses: list[Tensor] = field(default_factory=list)
    readings: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.best = torch.full((len(self.levels),), math.inf, dtype=torch.float64)
        self.best_look = [0] * len(self.levels)

    def look(self, network: ScoreModule) -> Verdict:
        """Look at the network and say how its training stands."""
        found = denoising_losses(network.score, self.z, self.scales, self.levels, self.seed)
        loss, now = found.score, len(self.losses)
        self.losses.append(loss)
        better = loss < self.best
        self.best = torch.where(better, loss, self.best)
        for level in torch.nonzero(better).flatten().tolist():
            self.best_look[level] = now
        self.states[now] = {k: v.detach().clone() for k, v in network.state_dict().items()}
        self.states = {k: v for k, v in self.states.items() if k in (*self.best_look, now)}
        self.readings.append(self.read(network))
        mean = float(loss.mean())
        self.least = min(self.least, mean)
        if mean > self.least + RISE:
            return "overfitted"
        if now - self.begun < self.patience:
            return "learning"
        if max(self.best_look) <= now - self.patience:
            return "exhausted"
        last = self.readings[-self.patience :]
        same = all(bool((reading == last[0]).all()) for reading in last)
        flat = bool((loss > self.losses[-1 - self.patience] - FLAT).all())
        learned = bool((loss < found.linear - LEARNED).any())
        return "settled" if same and flat and learned else "learning"

    def begin_anew(self) -> None:
        """A new training begins: what its network has to keep up with is not the last one's."""
        self.least, self.begun = math.inf, len(self.losses)

    def read(self, network: ScoreModule) -> Tensor:
        """Dimensions (c,) that the network gives at the points."""
        spectra = score_spectra(
            network.score,
            self.points,
            self.levels[1::2],
            per_dimension=2,
            generator=torch.Generator(self.z.device).manual_seed(self.seed),
        )
        return persistence(gaps(spectra), spectra).dimension
