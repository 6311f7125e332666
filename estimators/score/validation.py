"""Validation of a network in training on held-out points: which weights to use, when to stop."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from estimators.score.network import ScoreModule
from estimators.score.selection import gaps, largest_ratio
from estimators.score.spectrum import Score, score_spectra

#: Rows on which the loss of a model is measured, and that of a network in training.
LOSS_ROWS, VALIDATION_ROWS = 1024, 512
#: Levels at which it is measured, from the lowest trained one to the highest.
LEVELS = 12
#: Learning less than this of a direction, in the mean over levels and ``patience`` evaluations, is
#: none.
FLAT = 0.05
#: Directions, one in so many, that a network must have learned beyond the linear denoiser.
LEARNED = 0.2
#: Rise of the mean loss over its least value, and over that on points of the training, in
#: directions and in standard errors, that counts as overfitting.
RISE, SIGNIFICANT = 0.05, 3.0

Verdict = Literal["learning", "overfitted", "exhausted", "converged"]
Weights = dict[str, Tensor]


def level_grid(levels: tuple[float, float]) -> list[float]:
    """Return the noise levels to evaluate at, log-spaced between the two ``levels``."""
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
        """Difference of the linear denoiser's loss to the score's, in standard errors."""
        return (self.linear - self.score) / self.error.clamp(min=1e-12)


def noisy_rows(z: Tensor, rows: int, seed: int) -> tuple[Tensor, Tensor, int]:
    """Return at least ``rows`` rows of ``z``, their noise by the seed, and how many are different.

    Rows of one point are ``count`` apart.
    """
    if len(z) > rows:
        z = z[:: -(-len(z) // rows)]
    count = len(z)
    z = z.repeat(-(-rows // count), 1)
    generator = torch.Generator(z.device).manual_seed(seed)
    return z, torch.randn(z.shape, generator=generator, device=z.device), count


@torch.no_grad()
def denoising_losses(
    score: Score, z: Tensor, scales: Tensor, levels: Sequence[float], seed: int
) -> Losses:
    """Return losses on at least ``LOSS_ROWS`` rows of ``z`` (n, r), with the noise of the seed."""
    z, noise, count = noisy_rows(z, LOSS_ROWS, seed)
    rows = []
    for value in levels:
        estimate, error, linear = _errors(score, z, noise, scales, value)
        squares = estimate.square().sum(1)
        factor = (estimate * noise).sum() / squares.sum()
        residual = (estimate * noise).sum(1) - factor * squares
        rows.append(
            (
                error.mean(),
                linear.mean(),
                _standard_error(linear - error, count),
                factor,
                _standard_error(residual, count) / squares.mean(),
            )
        )
    return Losses(*(torch.stack(column).double().cpu() for column in zip(*rows, strict=True)))


@torch.no_grad()
def excess_losses(
    score: Score, z: Tensor, scales: Tensor, levels: Sequence[float], seed: int
) -> tuple[Tensor, Tensor]:
    """Return the loss less the linear denoiser's at each point, (L, count), and the latter's mean.

    The points are ``VALIDATION_ROWS`` of ``z`` (n, r), or all if there are fewer, always with the
    same noise: the differences of two networks are paired.
    """
    z, noise, count = noisy_rows(z, VALIDATION_ROWS, seed)
    excess, linear = [], []
    for value in levels:
        _, error, least = _errors(score, z, noise, scales, value)
        excess.append((error - least).reshape(-1, count).mean(0))
        linear.append(least.mean())
    return torch.stack(excess).double().cpu(), torch.stack(linear).double().cpu()


def _errors(
    score: Score, z: Tensor, noise: Tensor, scales: Tensor, level: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Return a score's noise estimate (n, r), its errors (n,) and the linear denoiser's (n,)."""
    inputs = z + level * noise
    estimate = -level * score(inputs, torch.full_like(z[:, 0], level))
    wiener = inputs * (level / (scales.square() + level**2))
    return estimate, (estimate - noise).square().sum(1), (wiener - noise).square().sum(1)


def _standard_error(values: Tensor, count: int) -> Tensor:
    """Return the standard error of the mean of values (k * count,), k at each of the points."""
    # Rows of one point are not independent of each other.
    return values.reshape(-1, count).mean(0).std() / count**0.5


def pool_losses(parts: Sequence[Losses]) -> Losses:
    """Return the losses over several parts of a sample, of the same size."""

    def mean(name: str) -> Tensor:
        return torch.stack([getattr(part, name) for part in parts]).mean(0)

    def error(name: str) -> Tensor:
        errors = torch.stack([getattr(part, name) for part in parts])
        return errors.square().sum(0).sqrt() / len(parts)

    return Losses(
        mean("score"), mean("linear"), error("error"), mean("factor"), error("factor_error")
    )


@dataclass
class Validation:
    """Evaluates a network in training, and stores the best weights at each noise level.

    Small samples are learned by heart, at some noise levels long before others are learned at
    all. So for each level those weights are stored that had the least loss there on held-out rows
    ``z`` (h, r). The verdict of ``evaluate`` is "overfitted" where the loss over all levels has
    risen above its least value, paired point by point, and is above that on as many rows
    ``trained`` (t, r) of the training, both by ``RISE`` and significantly: a loss that rises on
    both is that of a network on its way. It is "exhausted" once no level has improved over twice
    ``patience`` evaluations. It is "converged" where over the last ``patience`` evaluations the
    dimension read at each of ``points`` (c, r) stayed the same, the loss stopped falling, and the
    network has learned more than the linear denoiser it started from. (Of normal data nothing more
    can be learned: there the budget decides, because a network that has not left the linear
    denoiser yet looks the same.)
    """

    z: Tensor
    trained: Tensor
    points: Tensor
    levels: Sequence[float]
    scales: Tensor
    patience: int
    seed: int
    best: Tensor = field(init=False)
    best_evaluation: list[int] = field(init=False)
    least: Tensor | None = None
    first: int = 0
    weights: dict[int, Weights] = field(default_factory=dict)
    losses: list[Tensor] = field(default_factory=list)
    dimensions: list[Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.best = torch.full((len(self.levels),), math.inf, dtype=torch.float64)
        self.best_evaluation = [0] * len(self.levels)

    def evaluate(self, network: ScoreModule) -> Verdict:
        """Evaluate the network and return the verdict on its training."""
        excess, linear = self._excess(network, self.z)
        loss, index = excess.mean(1) + linear, len(self.losses)
        self.losses.append(loss)
        better = loss < self.best
        self.best = torch.where(better, loss, self.best)
        for level in torch.nonzero(better).flatten().tolist():
            self.best_evaluation[level] = index
        self.weights[index] = {k: v.detach().clone() for k, v in network.state_dict().items()}
        needed = (*self.best_evaluation, index)
        self.weights = {k: v for k, v in self.weights.items() if k in needed}
        self.dimensions.append(self.read(network))
        if self._overfitted(network, excess.mean(0)):
            return "overfitted"
        passed = index - self.first
        if passed >= 2 * self.patience and max(self.best_evaluation) <= index - 2 * self.patience:
            return "exhausted"
        if passed < self.patience:
            return "learning"
        last = self.dimensions[-self.patience :]
        same = all(bool((dimension == last[0]).all()) for dimension in last)
        flat = bool((self.losses[-1 - self.patience] - loss).mean() < FLAT)
        learned = bool((loss < linear - LEARNED).any())
        return "converged" if same and flat and learned else "learning"

    def restart(self) -> None:
        """Begin with a new training: its network is not compared with the last one's."""
        self.least, self.first = None, len(self.losses)

    def read(self, network: ScoreModule) -> Tensor:
        """Return the dimensions (c,) that the network gives at the points."""
        spectra = score_spectra(
            network.score,
            self.points,
            self.levels[1::2],
            per_dimension=2,
            generator=torch.Generator(self.z.device).manual_seed(self.seed),
        )
        return largest_ratio(gaps(spectra), spectra).dimension

    def _excess(self, network: ScoreModule, z: Tensor) -> tuple[Tensor, Tensor]:
        return excess_losses(network.score, z, self.scales, self.levels, self.seed)

    def _overfitted(self, network: ScoreModule, excess: Tensor) -> bool:
        """Return whether the loss has risen on held-out points alone; (h,) is theirs."""
        if self.least is None or excess.mean() < self.least.mean():
            self.least = excess
        rise = excess - self.least
        if not _significant(rise.mean(), rise.var() / len(rise)):
            return False
        own = self._excess(network, self.trained)[0].mean(0)
        variance = excess.var() / len(excess) + own.var() / len(own)
        return _significant(excess.mean() - own.mean(), variance)


def _significant(difference: Tensor, variance: Tensor) -> bool:
    return bool(difference > RISE) and bool(difference > SIGNIFICANT * variance.sqrt())
