"""Exact scores of blurred normal laws on affine subspaces, their mixtures, and blurred cubes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class AffineScore:
    """Score of a normal distribution on an affine subspace blurred by noise.

    ``origin`` (D,) is the mean, ``frame`` (D, d) has orthonormal columns, and ``scales`` (d,) are
    the standard deviations along them, in units of length.
    """

    origin: Tensor
    frame: Tensor
    scales: Tensor

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Return the score (n, D), in 1/length, at x (n, D) for noise levels sigma (n,)."""
        frame, variances = self.frame.to(x), self.scales.to(x).square()
        centred = x - self.origin.to(x)
        noise = sigma.square()[:, None]
        denoised = (centred @ frame * (variances / (variances + noise))) @ frame.T
        return (denoised - centred) / noise

    def log_density(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Return the log blurred density (n,) float64 at x (n, D) for noise levels sigma (n,)."""
        x, sigma = x.double(), sigma.double()
        frame, variances = self.frame.to(x), self.scales.to(x).square()
        centred = x - self.origin.to(x)
        along = centred @ frame
        normal = centred - along @ frame.T
        noise = sigma.square()
        total = variances + noise[:, None]
        squares = (along.square() / total).sum(1) + normal.square().sum(1) / noise
        ambient, rank = frame.shape
        logs = total.log().sum(1) + (ambient - rank) * noise.log()
        return -(squares + logs + ambient * math.log(2 * math.pi)) / 2


@dataclass(frozen=True)
class MixtureScore:
    """Score of a mixture of normal distributions on affine subspaces, blurred by noise.

    ``weights`` are the probabilities of the ``components``, up to a common factor.
    """

    components: Sequence[AffineScore]
    weights: Sequence[float]

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Return the score (n, D), in 1/length, at x (n, D) for noise levels sigma (n,)."""
        shares = self._joint(x, sigma).softmax(1).to(x)
        scores = torch.stack([component(x, sigma) for component in self.components], 1)
        return (shares[:, :, None] * scores).sum(1)

    def log_density(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Return the log blurred density (n,) float64 at x (n, D) for noise levels sigma (n,)."""
        return self._joint(x, sigma).logsumexp(1)

    def _joint(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Return the log of probability times density of each component, (n, C) float64."""
        densities = torch.stack(
            [component.log_density(x, sigma) for component in self.components], 1
        )
        weights = torch.tensor(self.weights).to(densities)
        return densities + (weights / weights.sum()).log()


def subspace(dimension: int, ambient: int, count: int) -> tuple[AffineScore, Tensor]:
    """Return the score of a standard normal distribution on a subspace, and points of it."""
    generator = torch.Generator().manual_seed(3)
    normal = torch.randn(ambient, ambient, generator=generator, dtype=torch.float64)
    frame = torch.linalg.qr(normal)[0][:, :dimension]
    origin = torch.arange(ambient, dtype=torch.float64) / ambient
    latent = torch.randn(count, dimension, generator=generator, dtype=torch.float64)
    scales = torch.ones(dimension, dtype=torch.float64)
    return AffineScore(origin, frame, scales), origin + latent @ frame.T


@dataclass(frozen=True)
class CubeScore:
    """Score of the uniform distribution on a cube from -half to half, blurred by noise."""

    half: float

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Return the score (n, D), in 1/length, at x (n, D) for noise levels sigma (n,)."""
        noise = sigma.double()[:, None]
        # By symmetry at -|x|, where the difference of the tails is not one of numbers near 1.
        upper, lower = (self.half - x.abs().double()) / noise, (-self.half - x.abs()) / noise
        density = torch.special.ndtr(upper) - torch.special.ndtr(lower)
        slope = (-upper.square() / 2).exp() - (-lower.square() / 2).exp()
        score = -slope / (2 * math.pi) ** 0.5 / (density * noise) * x.sign()
        return score.to(x)
