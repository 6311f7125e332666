"""Exact score of a blurred sphere, to test readings of scores apart from training."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from scipy.special import ive
from torch import Tensor


@dataclass(frozen=True)
class SphereScore:
    """Score of the uniform k-sphere blurred by noise.

    ``frame`` (D, k + 1) has orthonormal columns, ``radius`` is a length. The blurred density of a
    point at distance t from the centre is that of a von Mises-Fisher distribution of concentration
    radius * t / sigma^2, whose mean resultant is a ratio of modified Bessel functions.
    """

    frame: Tensor
    radius: float = 1.0

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Return the score (n, D), in 1/length, at x (n, D) for noise levels sigma (n,)."""
        frame = self.frame.to(x)
        own = x @ frame
        distance = own.norm(dim=1)
        concentration = self.radius * distance / sigma.square()
        mean = self.radius * _mean_resultant(frame.shape[1], concentration)
        denoised = (own * (mean / distance)[:, None]) @ frame.T
        return (denoised - x) / sigma.square()[:, None]


def _mean_resultant(p: int, concentration: Tensor) -> Tensor:
    """Return I_{p/2}(c) / I_{p/2-1}(c) for unit vectors of R^p, by Bessel functions over e^c."""
    c = concentration.double().cpu().numpy()
    below = ive(p / 2 - 1, c)
    # Where the scaled functions underflow, c is far below p, and the ratio is c / p.
    ratio = torch.from_numpy(ive(p / 2, c)) / torch.from_numpy(below)
    small = torch.from_numpy(below) < 1e-290
    return torch.where(small, torch.from_numpy(c) / p, ratio).to(concentration)
